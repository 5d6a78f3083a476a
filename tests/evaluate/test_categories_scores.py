"""Scores of categories, against scikit-learn and against what the paper printed."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from plainfilm.evaluate import (
    UNDECIDED,
    Bootstrap,
    CategoryPair,
    CategoryScore,
    ProportionInterval,
    score_categories,
)

NAMES = ("a", "b", "c", "d", "other")


def make_pair(
    predicted: Sequence[int], truth: Sequence[int], second: Sequence[int] | None = None
) -> CategoryPair:
    return CategoryPair(
        names=NAMES,
        other="other",
        films=tuple(str(number) for number in range(len(truth))),
        predicted=np.array(predicted, np.int16),
        truth=np.array(truth, np.int16),
        probability=None,
        second=None if second is None else np.array(second, np.int16),
        decision=None,
    )


FILMS = st.lists(
    st.tuples(st.integers(UNDECIDED, 4), st.integers(0, 4)), min_size=1, max_size=60
).map(lambda pairs: make_pair(*zip(*pairs, strict=True)))


@given(FILMS)
def test_figures_are_scikit_learns(pair: CategoryPair) -> None:
    found = score_categories(pair)
    there = [NAMES.index(score.category) for score in found.categories]
    assert there == sorted({*pair.truth, *pair.predicted} - {UNDECIDED})
    both = metrics.confusion_matrix(pair.truth, pair.predicted, labels=[*there, UNDECIDED])
    assert (found.confusion == both[:-1]).all()
    ppv, sensitivity, f1, films = metrics.precision_recall_fscore_support(
        pair.truth, pair.predicted, labels=there, zero_division=np.nan
    )
    assert [score.films for score in found.categories] == films.tolist()
    for name, expected in (("ppv", ppv), ("sensitivity", sensitivity)):
        figures = [getattr(score, name).estimate.value for score in found.categories]
        np.testing.assert_allclose(np.array(figures, np.float64), expected)
    figures = [score.f1.value for score in found.categories]
    np.testing.assert_allclose(np.array(figures, np.float64), f1)
    assert found.macro_f1.value == pytest.approx(f1.mean())
    # Scikit-learn warns of predictions that are no true category; the mean recall is the same.
    assert found.balanced_accuracy.value == pytest.approx(np.nanmean(sensitivity))
    assert found.accuracy.estimate.value == metrics.accuracy_score(pair.truth, pair.predicted)


@given(FILMS)
def test_specificity_and_npv_are_those_of_one_category_against_the_rest(pair: CategoryPair) -> None:
    for score in score_categories(pair).categories:
        place = NAMES.index(score.category)
        others, not_said = pair.truth != place, pair.predicted != place
        assert score.specificity.of == others.sum()
        assert score.npv.of == not_said.sum()
        assert score.specificity.count == score.npv.count == (others & not_said).sum()


def abdomen(method: str) -> CategoryScore:
    """100 films of one category, 89 of them right, among others."""
    pair = make_pair([0] * 89 + [1] * 11 + [1] * 100, [0] * 100 + [1] * 100)
    return score_categories(pair, interval=ProportionInterval(method)).categories[0]


def test_the_papers_row_of_89_films_of_100_has_its_interval() -> None:
    """89 (82.9-95.1), as printed for Abdomen AP; Wilson's interval is another."""
    found = abdomen("wald").sensitivity
    assert (found.count, found.of) == (89, 100)
    figures = (found.estimate.value, found.estimate.low, found.estimate.high)
    assert [round(100 * (figure or 0), 1) for figure in figures] == [89, 82.9, 95.1]
    wilson = abdomen("wilson").sensitivity.estimate
    assert (wilson.low, wilson.high) == pytest.approx((0.8137, 0.9375), abs=1e-4)


def test_wald_passes_1_as_papers_print_it_and_wilson_does_not() -> None:
    pair = make_pair([0] * 99 + [1], [0] * 100)
    highs = {
        method: score_categories(pair, interval=ProportionInterval(method)).accuracy.estimate.high
        for method in ("wald", "wilson")
    }
    assert (highs["wald"] or 0) > 1 > (highs["wilson"] or 2)


def test_overall_figures_say_what_is_counted() -> None:
    # truth:         a  a  a  b  other other other other
    pair = make_pair(
        [0, 1, UNDECIDED, 4, 4, 4, UNDECIDED, 1],
        [0, 0, 0, 1, 4, 4, 4, 4],
        [1, 0, UNDECIDED, 1, 0, 0, UNDECIDED, 4],
    )
    found = score_categories(pair)
    assert (found.accuracy.count, found.accuracy.of) == (3, 8)
    assert (found.accuracy_decided.count, found.accuracy_decided.of) == (3, 6)
    assert (found.accuracy_named.count, found.accuracy_named.of) == (1, 4)
    # A film of another view that stayed undecided was not taken for one of the categories.
    assert (found.other_kept_out.count, found.other_kept_out.of) == (3, 4)
    assert found.top_two is not None
    assert (found.top_two.count, found.top_two.of) == (6, 8)


def test_accuracy_is_told_by_decision() -> None:
    pair = make_pair([0, 0, 1, 1], [0, 1, 1, 0])
    decision = np.array(["straight", "person", "straight", "person"])
    found = score_categories(replace(pair, decision=decision)).by_decision
    assert {kind: (share.count, share.of) for kind, share in found.items()} == {
        "person": (0, 2),
        "straight": (2, 2),
    }


def test_what_is_0_of_0_is_undefined() -> None:
    found = score_categories(make_pair([1, 1], [0, 0]))
    a, b = found.categories
    assert (a.ppv.estimate.value, b.sensitivity.estimate.value) == (None, None)
    assert found.other_kept_out.estimate.value is None
    assert found.balanced_accuracy.value == 0


def test_the_bootstrap_gives_f1_and_means_their_intervals() -> None:
    random = np.random.default_rng(5)
    truth = random.integers(0, 5, 400)
    predicted = np.where(random.random(400) < 0.8, truth, random.integers(0, 5, 400))
    pair = make_pair(predicted.tolist(), truth.tolist())
    found = score_categories(pair, bootstrap=Bootstrap(500))
    drawn = [random.integers(0, 400, 400) for _ in range(500)]
    macro_f1 = partial(metrics.f1_score, average="macro")
    balanced = metrics.balanced_accuracy_score
    for name, score in (("macro_f1", macro_f1), ("balanced_accuracy", balanced)):
        estimate = getattr(found, name)
        ends = np.quantile([score(truth[d], predicted[d]) for d in drawn], [0.025, 0.975])
        assert (estimate.low, estimate.high) == pytest.approx(tuple(ends), abs=0.015)
    assert found.categories[0].f1.low is not None
    assert score_categories(pair).macro_f1.low is None
