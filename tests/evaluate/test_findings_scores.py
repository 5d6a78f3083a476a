"""Figures of findings against scikit-learn, and their intervals."""

import numpy as np
import pytest
from sklearn import metrics

from plainfilm.errors import InputError
from plainfilm.evaluate import UNKNOWN, Bootstrap, score_findings

RANDOM = np.random.default_rng(8)
TRUTH = (RANDOM.random((120, 2)) < (0.4, 0.1)).astype(np.int8)
SCORE = np.round(np.clip(RANDOM.normal(0.3 + 0.3 * TRUTH, 0.2), 0, 1), 2)  # with ties
NAMES = ("Edema", "Mass")


def test_figures_are_scikit_learns() -> None:
    found = score_findings(TRUTH, SCORE, NAMES, thresholds=0.5).findings
    for place, score in enumerate(found):
        truth, called = TRUTH[:, place], SCORE[:, place] >= 0.5
        assert score.auroc.value == pytest.approx(metrics.roc_auc_score(truth, SCORE[:, place]))
        assert score.sensitivity.value == pytest.approx(metrics.recall_score(truth, called))
        specificity = metrics.recall_score(truth, called, pos_label=0)
        assert score.specificity.value == pytest.approx(specificity)
        assert score.f1.value == pytest.approx(metrics.f1_score(truth, called))
        assert (score.positives, score.negatives) == (truth.sum(), 120 - truth.sum())


def test_resamples_are_films_drawn_with_replacement() -> None:
    """The same films as the bootstrap draws, scored one resample after the other."""
    drawn: list[np.ndarray] = []
    Bootstrap(40, seed=3).replicates(lambda w: drawn.append(w) or w[:, 0], np.ones(120, np.int64))
    found = score_findings(TRUTH, SCORE, NAMES, thresholds=0.5, bootstrap=Bootstrap(40, seed=3))
    areas = []
    for weights in np.concatenate(drawn).astype(int):
        rows = np.repeat(np.arange(120), weights)
        areas.append(metrics.roc_auc_score(TRUTH[rows, 0], SCORE[rows, 0]))
    low, high = np.quantile(areas, [0.025, 0.975])
    assert (found.findings[0].auroc.low, found.findings[0].auroc.high) == pytest.approx((low, high))


def test_a_finding_of_one_kind_is_undefined_and_no_part_of_the_mean() -> None:
    truth = np.column_stack([TRUTH[:, 0], np.zeros(120, np.int8)])
    found = score_findings(truth, SCORE, NAMES, bootstrap=Bootstrap(20))
    edema, mass = found.findings
    assert (mass.auroc.value, mass.threshold, mass.specificity.value) == (None, None, None)
    assert found.mean.auroc == edema.auroc
    given = score_findings(truth, SCORE, NAMES, thresholds=0.5).findings[1]
    assert (given.auroc.value, given.sensitivity.value) == (None, None)
    assert given.specificity.value == pytest.approx((SCORE[:, 1] < 0.5).mean())


def test_films_of_unknown_truth_have_no_part() -> None:
    truth = TRUTH.copy()
    truth[:30, 0] = UNKNOWN
    found = score_findings(truth, SCORE, NAMES).findings
    rest = score_findings(TRUTH[30:], SCORE[30:], NAMES).findings
    assert found[0] == rest[0]
    assert found[1] != rest[1]


def test_resamples_without_a_positive_are_counted_and_left_out() -> None:
    truth = np.zeros((12, 1), np.int8)
    truth[0] = 1
    score = np.linspace(1, 0, 12)[:, np.newaxis]
    (found,) = score_findings(truth, score, ("Mass",), bootstrap=Bootstrap(500)).findings
    assert found.auroc.undefined_resamples == pytest.approx(500 * (11 / 12) ** 12, abs=60)
    assert (found.auroc.low, found.auroc.high) == (1, 1)


def test_intervals_cover_the_truth() -> None:
    random = np.random.default_rng(4)
    truth = (np.arange(150) < 60).astype(np.int8)[:, np.newaxis]
    covered = 0
    for _ in range(60):
        score = random.normal(truth)
        (found,) = score_findings(truth, score, ("Mass",), bootstrap=Bootstrap(200)).findings
        covered += (found.auroc.low or 0) <= 0.76025 <= (found.auroc.high or 0)  # Φ(1/√2)
    assert covered >= 50


def test_nan_and_other_truths_are_refused_by_name() -> None:
    broken = SCORE.copy()
    broken[3, 1] = np.nan
    with pytest.raises(InputError, match="Mass: 1 of 120 probabilities are NaN"):
        score_findings(TRUTH, broken, NAMES)
    with pytest.raises(InputError, match="something else than 1, 0 and -1"):
        score_findings(np.full((120, 2), 2, np.int8), SCORE, NAMES)
    with pytest.raises(InputError, match="do not fit"):
        score_findings(TRUTH, SCORE[:5], NAMES)
