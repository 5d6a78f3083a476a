"""Intervals, against SciPy's and against what theory says."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from plainfilm.errors import SettingsError
from plainfilm.evaluate import Bootstrap, intervals, percentile, wald, wilson

Array: TypeAlias = NDArray[np.float64]

SAMPLE = np.random.default_rng(3).normal(10, 2, 200)
EACH_ONCE = np.ones(len(SAMPLE), np.int64)


def mean(weights: Array) -> Array:
    return weights @ SAMPLE / weights.sum(axis=-1)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(proportion: tuple[int, int]) -> None:
    low, high = wilson(*proportion, confidence=0.9)
    expected = stats.binomtest(*proportion).proportion_ci(0.9, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wald_is_the_textbook_formula_cut_to_what_can_be() -> None:
    low, high = wald([30, 0, 1, 5], [100, 5, 20, 5])
    half = 1.959964 * (0.3 * 0.7 / 100) ** 0.5
    assert low == pytest.approx([0.3 - half, 0, 0, 1], abs=1e-6)
    assert high[[0, 1, 3]] == pytest.approx([0.3 + half, 0, 1], abs=1e-6)


@pytest.mark.parametrize("interval", [wilson, wald])
def test_no_trials_have_no_interval(interval: Callable[..., tuple[Array, Array]]) -> None:
    low, high = interval([0, 1], [0, 2])
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]


def test_the_bootstrap_agrees_with_scipys_and_with_theory() -> None:
    replicates = Bootstrap(resamples=20_000).replicates(mean, EACH_ONCE)
    low, high, undefined = percentile(replicates)
    assert undefined == 0
    scipys = stats.bootstrap(
        (SAMPLE,), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    assert (low, high) == pytest.approx((scipys.low, scipys.high), abs=0.02)
    half = 1.96 * SAMPLE.std() / len(SAMPLE) ** 0.5
    assert (low, high) == pytest.approx((SAMPLE.mean() - half, SAMPLE.mean() + half), abs=0.03)


def test_the_same_seed_gives_the_same_resamples_however_many_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = Bootstrap(100).replicates(mean, EACH_ONCE)
    monkeypatch.setattr(intervals, "_CELLS_AT_A_TIME", 7 * len(SAMPLE))
    done: list[int] = []
    in_parts = Bootstrap(100).replicates(mean, EACH_ONCE, progress=done.append)
    np.testing.assert_allclose(at_once, in_parts, rtol=1e-12)  # sums in another order
    assert sum(done) == 100
    assert max(done) == 7
    assert (Bootstrap(100, seed=1).replicates(mean, EACH_ONCE) != at_once).any()


def test_items_that_are_alike_may_be_given_once() -> None:
    """Drawing 40 ones and 60 zeros is drawing from a binomial distribution."""

    def share(weights: Array) -> Array:
        return weights[:, 0] / weights.sum(axis=1)

    replicates = Bootstrap(20_000).replicates(share, np.array([40, 60]))
    assert replicates.mean() == pytest.approx(0.4, abs=0.002)
    assert replicates.std() == pytest.approx((0.4 * 0.6 / 100) ** 0.5, rel=0.03)


def test_each_resample_draws_as_many_as_there_are() -> None:
    totals = Bootstrap(50).replicates(lambda weights: weights.sum(axis=1), np.array([3, 0, 9]))
    assert (totals == 12).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(0, 5))
def test_the_ends_are_quantiles_of_what_is_defined(values: list[float], missing: int) -> None:
    column = np.array([np.nan] * missing + values)
    nothing = np.full(len(column), np.nan)
    low, high, undefined = percentile(np.stack([column, nothing], axis=1), 0.8)
    assert (low[0], high[0]) == pytest.approx(tuple(np.quantile(values, [0.1, 0.9])), abs=1e-6)
    assert np.isnan([low[1], high[1]]).all()
    assert undefined.tolist() == [missing, len(column)]


@pytest.mark.parametrize("wrong", [{"resamples": 0}, {"seed": -1}, {"confidence": 1.0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=f"\\({next(iter(wrong.values()))}\\)"):
        Bootstrap(**wrong)


def test_confidence_out_of_range_is_refused() -> None:
    for call in (lambda: wilson(1, 2, 0), lambda: wald(1, 2, 95), lambda: percentile(SAMPLE, 2)):
        with pytest.raises(SettingsError, match="between 0 and 1"):
            call()


def test_nothing_cannot_be_resampled() -> None:
    with pytest.raises(SettingsError, match="at least one item"):
        Bootstrap(10).replicates(mean, np.zeros(3, np.int64))
