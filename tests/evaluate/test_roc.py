"""The ROC against scikit-learn and the definitions."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from plainfilm.errors import InputError
from plainfilm.evaluate import delong_test, roc_auc, roc_curve, youden_threshold

RANDOM = np.random.default_rng(5)
TRUTH = RANDOM.random(200) < 0.4
FIRST = RANDOM.normal(TRUTH * 1.0)
SECOND = FIRST / 2 + RANDOM.normal(TRUTH * 0.4)

# Few different scores, so that ties are common; both kinds of film are there.
FILMS = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=14).filter(
    lambda films: len({truth for truth, _ in films}) == 2
)


@given(FILMS)
def test_the_area_is_scikit_learns(films: list[tuple[bool, int]]) -> None:
    truth, score = (np.array(column) for column in zip(*films, strict=True))
    assert roc_auc(truth, score) == pytest.approx(metrics.roc_auc_score(truth, score))


@pytest.mark.parametrize("truth", [[0, 0, 0], [1, 1, 1], []])
def test_films_of_one_kind_have_no_area_rather_than_a_half(truth: list[int]) -> None:
    score = [0.1, 0.5, 0.9][: len(truth)]
    assert roc_auc(truth, score) is None
    assert youden_threshold(truth, score) is None
    found = delong_test(truth, score, score)
    assert (found.first, found.difference.value, found.p) == (None, None, None)


@given(FILMS)
def test_the_curve_is_scikit_learns(films: list[tuple[bool, int]]) -> None:
    truth, score = (np.array(column) for column in zip(*films, strict=True))
    rate, sensitivity, thresholds = metrics.roc_curve(truth, score, drop_intermediate=False)
    found = roc_curve(truth, score)
    np.testing.assert_allclose(found.false_positive_rate, rate)
    np.testing.assert_allclose(found.sensitivity, sensitivity)
    np.testing.assert_array_equal(found.thresholds, thresholds)


@given(FILMS)
def test_youdens_threshold_is_the_best_of_all_scores(films: list[tuple[bool, int]]) -> None:
    truth, score = (np.array(column) for column in zip(*films, strict=True))

    def index(threshold: float) -> float:
        called = score >= threshold
        return float(called[truth].mean() + (~called[~truth]).mean() - 1)

    best = max(index(each) for each in score)
    found = youden_threshold(truth, score)
    assert found == max(each for each in score if index(each) == pytest.approx(best))


@pytest.mark.parametrize(
    ("truth", "score", "words"),
    [
        ([0, 1], [0.1, np.nan], "1 of 2 scores are NaN"),
        ([0, 2], [0.1, 0.2], "something else than 1 and 0"),
        ([0, 1], [0.1], "of one length"),
        ([0.1, 0.7], [0, 1], "something else than 1 and 0"),  # the wrong way round
    ],
)
def test_what_cannot_be_judged_is_refused(
    truth: list[float], score: list[float], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        roc_auc(truth, score)


def test_delongs_test_is_that_of_the_paper() -> None:
    """DeLong et al. 1988, equations 3 to 8, one pair of films at a time."""
    wins = [np.zeros((TRUTH.sum(), (~TRUTH).sum())) for _ in range(2)]
    for win, score in zip(wins, (FIRST, SECOND), strict=True):
        above, below = score[TRUTH], score[~TRUTH]
        for (i, x), (j, y) in product(enumerate(above), enumerate(below)):
            win[i, j] = (x > y) + (x == y) / 2
    positives, negatives = (np.cov([win.mean(axis=axis) for win in wins]) for axis in (1, 0))
    covariance = positives / TRUTH.sum() + negatives / (~TRUTH).sum()
    gap = wins[1].mean() - wins[0].mean()
    error = (covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) ** 0.5
    found = delong_test(TRUTH, FIRST, SECOND, confidence=0.9)
    assert found.z == pytest.approx(gap / error)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(gap / error)))
    assert found.difference.low == pytest.approx(gap - stats.norm.ppf(0.95) * error)
    assert (found.first, found.second) == (roc_auc(TRUTH, FIRST), roc_auc(TRUTH, SECOND))


def test_delongs_p_is_uniform_where_models_are_equally_good() -> None:
    random = np.random.default_rng(3)
    truth = np.arange(80) < 30
    p = [
        delong_test(truth, random.normal(truth * 1.0), random.normal(truth * 1.0)).p or 0
        for _ in range(200)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_a_model_does_not_differ_from_itself() -> None:
    found = delong_test(TRUTH, FIRST, FIRST)
    assert (found.difference.value, found.z, found.p) == (0, None, None)
