"""What probabilities are worth, against SciPy, scikit-learn and the definitions."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn import calibration, metrics

from plainfilm.errors import SettingsError
from plainfilm.evaluate import (
    accuracy_against_threshold,
    auroc,
    expected_calibration_error,
    probability_bins,
    score_probabilities,
)

RANDOM = np.random.default_rng(11)
RIGHT = RANDOM.random(300) < 0.7
PROBABILITY = np.clip(RANDOM.normal(np.where(RIGHT, 0.85, 0.6), 0.15), 0, 1)

# Few different values, so that ties are common.
GROUPS = st.tuples(
    st.lists(st.integers(0, 6), min_size=2, max_size=12),
    st.lists(st.integers(0, 6), min_size=2, max_size=12),
)


def of_groups(groups: tuple[list[int], list[int]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    above, below = groups
    return np.array(above + below) / 6, np.array([True] * len(above) + [False] * len(below))


def test_means_and_welchs_test_are_scipys() -> None:
    found = score_probabilities(PROBABILITY, RIGHT)
    assert found.welch is not None
    expected = stats.ttest_ind(PROBABILITY[RIGHT], PROBABILITY[~RIGHT], equal_var=False)
    assert (found.welch.t, found.welch.degrees_of_freedom, found.welch.p) == pytest.approx(
        (expected.statistic, expected.df, expected.pvalue)
    )
    assert found.right.films + found.wrong.films == 300
    assert found.wrong.mean == pytest.approx(PROBABILITY[~RIGHT].mean())
    assert found.wrong.deviation == pytest.approx(stats.tstd(PROBABILITY[~RIGHT]))


def test_cohens_d_is_the_difference_in_pooled_standard_deviations() -> None:
    # Means 0.6 and 0.4; variances 0.02 and 0.16 with 4 and 2 degrees of freedom.
    right = [0.4, 0.6, 0.6, 0.6, 0.8]
    wrong = [0.0, 0.4, 0.8]
    found = score_probabilities(np.array(right + wrong), np.array([True] * 5 + [False] * 3))
    assert found.cohens_d == pytest.approx(0.2 / ((4 * 0.02 + 2 * 0.16) / 6) ** 0.5)


@pytest.mark.parametrize(
    ("probability", "right"),
    [
        ([0.9, 0.8], [True, True]),
        ([0.9, 0.8, 0.3], [True, True, False]),
        ([0.5] * 4, [True, False] * 2),
        ([0.7] * 6 + [0.1] * 6, [True] * 6 + [False] * 6),
    ],
    ids=["none wrong", "one wrong", "all alike", "alike but for rounding"],
)
def test_groups_too_small_or_all_alike_have_no_test(
    probability: list[float], right: list[bool]
) -> None:
    found = score_probabilities(np.array(probability), np.array(right))
    assert (found.welch, found.cohens_d, found.auroc.low) == (None, None, None)


@given(GROUPS)
def test_auroc_is_scikit_learns_and_its_interval_delongs(
    groups: tuple[list[int], list[int]],
) -> None:
    score, positive = of_groups(groups)
    found = auroc(score, positive, confidence=0.9)
    assert found.value == pytest.approx(metrics.roc_auc_score(positive, score))
    # DeLong et al. 1988, equations 2 to 6, one pair of films at a time.
    above, below = score[positive], score[~positive]
    wins = np.zeros((len(above), len(below)))
    for (i, x), (j, y) in product(enumerate(above), enumerate(below)):
        wins[i, j] = (x > y) + (x == y) / 2
    area = wins.mean()
    parts = [wins.mean(axis=axis) for axis in (1, 0)]
    variance = sum(part.var(ddof=1) / len(part) for part in parts)
    if not 0 < area < 1 or variance < 1e-12:
        assert found.low is None
        return
    half = stats.norm.ppf(0.95) * variance**0.5 / (area * (1 - area))
    expected = [1 / (1 + np.exp(-(np.log(area / (1 - area)) + side * half))) for side in (-1, 1)]
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_one_kind_of_film_has_no_auroc() -> None:
    assert auroc(np.array([0.1, 0.2]), np.array([True, True])).value is None


def test_the_interval_of_the_auroc_covers_the_truth() -> None:
    """Normal scores one standard deviation apart have an area of Φ(1/√2)."""
    truth, random = stats.norm.cdf(0.5**0.5), np.random.default_rng(2)
    positive = np.arange(120) < 40
    intervals = [auroc(random.normal(positive, 1.0), positive) for _ in range(400)]
    covered = np.mean([(each.low or 0) <= truth <= (each.high or 0) for each in intervals])
    assert 0.92 <= covered <= 0.98


def test_bins_are_scikit_learns() -> None:
    bins = probability_bins(PROBABILITY, RIGHT, bins=10)
    accuracy, mean = calibration.calibration_curve(RIGHT, PROBABILITY, n_bins=10)
    filled = [each for each in bins if each.mean is not None]
    assert [each.mean for each in filled] == pytest.approx(mean.tolist())
    assert [each.accuracy.estimate.value for each in filled] == pytest.approx(accuracy.tolist())


def test_a_bin_holds_its_upper_end_and_the_first_one_0_too() -> None:
    bins = probability_bins(np.array([0, 0.5, 0.51, 1]), np.ones(4, bool), bins=2)
    assert [each.accuracy.of for each in bins] == [2, 2]
    with pytest.raises(SettingsError, match=r"bins \(0\)"):
        probability_bins(PROBABILITY, RIGHT, bins=0)


def test_the_calibration_error_weighs_gaps_by_films() -> None:
    # Two bins: 3 films at 0.4 of which 0 are right, 1 film at 0.9 that is right.
    probability, right = np.array([0.4, 0.4, 0.4, 0.9]), np.array([False] * 3 + [True])
    bins = probability_bins(probability, right, bins=2)
    assert expected_calibration_error(bins) == pytest.approx((3 * 0.4 + 1 * 0.1) / 4)
    assert score_probabilities(probability, right, bins=2).largest_gap == pytest.approx(0.4)
    assert expected_calibration_error(probability_bins(np.array([]), np.array([], bool))) is None


def test_perfect_probabilities_have_almost_no_calibration_error() -> None:
    random = np.random.default_rng(1)
    probability = random.random(200_000)
    right = random.random(200_000) < probability
    assert (expected_calibration_error(probability_bins(probability, right)) or 0) < 0.01


def test_a_threshold_keeps_what_reaches_it() -> None:
    probability = np.array([0.9, 0.5, 0.7, np.nan, 0.7])
    right = np.array([True, False, True, False, False])
    found = accuracy_against_threshold(probability, right, (0, 0.7, 0.71, 0.95))
    assert [(kept.share.count, kept.share.of, kept.accuracy.count) for kept in found] == [
        (4, 5, 2),  # no prediction is never kept, but counts among all films
        (3, 5, 2),
        (1, 5, 1),
        (0, 5, 0),
    ]
    assert found[-1].accuracy.estimate.value is None


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30), st.floats(0, 1)
)
def test_the_curve_is_a_plain_count(films: list[tuple[float, bool]], threshold: float) -> None:
    probability, right = (np.array(column) for column in zip(*films, strict=True))
    (found,) = accuracy_against_threshold(probability, right, [threshold])
    kept = [hit for value, hit in films if value >= threshold]
    assert (found.share.count, found.accuracy.count) == (len(kept), sum(kept))


def test_films_and_probabilities_must_be_as_many() -> None:
    with pytest.raises(SettingsError, match="300 probabilities do not fit 2 films"):
        score_probabilities(PROBABILITY, RIGHT[:2])
