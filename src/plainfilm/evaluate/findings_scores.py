"""Probabilities of findings against the truth: areas, figures at a threshold, and intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import InputError
from plainfilm.evaluate.intervals import Bootstrap, Estimate, percentile
from plainfilm.evaluate.roc import youden_threshold
from plainfilm.evaluate.sums import defined_mean, estimates_of, ratio

__all__ = ["FINDING_MEASURES", "UNKNOWN", "FindingScore", "FindingScores", "score_findings"]

UNKNOWN: Final = -1
"""In place of 1 or 0: whether the film shows the finding is not known."""

FINDING_MEASURES: Final = ("auroc", "sensitivity", "specificity", "f1")


@dataclass(frozen=True, slots=True)
class FindingScore:
    """How well one finding was told.

    Attributes:
        positives, negatives: films whose truth is known.
        threshold: a film is called positive at `probability >= threshold`; None where no threshold
            could be chosen, and then sensitivity, specificity and F1 are undefined.
        auroc: undefined where all films are positive, or all negative.
        f1: the harmonic mean of sensitivity and positive predictive value.
    """

    finding: str
    positives: int
    negatives: int
    threshold: float | None
    auroc: Estimate
    sensitivity: Estimate
    specificity: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class FindingScores:
    """One model's scores.

    Attributes:
        mean: of each figure over the findings for which it is defined; its `finding` is `mean`,
            its films and threshold are those of no finding (0 and None).
    """

    findings: tuple[FindingScore, ...]
    mean: FindingScore


def score_findings(
    truth: NDArray[np.int8],
    probability: NDArray[np.float64],
    names: tuple[str, ...],
    *,
    thresholds: Mapping[str, float] | float | None = None,
    bootstrap: Bootstrap | None = None,
    progress: Callable[[int], None] | None = None,
) -> FindingScores:
    """Score probabilities of findings.

    Args:
        truth: (films, findings): 1, 0, or `UNKNOWN`, which has no part in that finding's figures.
        probability: (films, findings), higher where the finding is more likely; never NaN.
        names: of the findings.
        thresholds: for all, or of each finding; where None or not named, the one that maximises
            Youden's index on these very films, which makes the figures at it too good.
        bootstrap: draws films, all findings of a film together; without it nothing has an
            interval. Thresholds stay as they are.
        progress: called with the number of resamples just done.
    Raises:
        InputError: shapes differ, a probability is NaN, or a truth is something else.
    Source: AUROC as `roc_auc`; percentile intervals as `percentile`.
    """
    _check(truth, probability, names)
    chosen = [
        _threshold(thresholds, name, truth[:, place], probability[:, place])
        for place, name in enumerate(names)
    ]
    statistics = [
        _Statistic(truth[:, place], probability[:, place], chosen[place])
        for place in range(len(names))
    ]

    def figures_of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        each = np.stack([statistic(weights) for statistic in statistics], axis=1)
        return np.concatenate([each, defined_mean(each, axis=1)], axis=1)

    films = np.ones(len(truth), np.int64)
    (values,) = figures_of(films[np.newaxis].astype(np.float64))
    interval = None
    if bootstrap is not None:
        replicates = bootstrap.replicates(figures_of, films, progress=progress)
        interval = percentile(replicates, bootstrap.confidence)
    estimates = estimates_of(values, interval)
    scores = tuple(
        FindingScore(
            name,
            int((truth[:, place] == 1).sum()),
            int((truth[:, place] == 0).sum()),
            chosen[place],
            *estimates[place],
        )
        for place, name in enumerate(names)
    )
    return FindingScores(scores, FindingScore("mean", 0, 0, None, *estimates[-1]))


class _Statistic:
    """One finding's figures, (some, 4), from how often each film was drawn, (some, films)."""

    def __init__(
        self, truth: NDArray[np.int8], score: NDArray[np.float64], threshold: float | None
    ) -> None:
        self._positive = np.flatnonzero(truth == 1)
        negative = np.flatnonzero(truth == 0)
        self._negative = negative[np.argsort(score[negative], kind="stable")]
        ordered = score[self._negative]
        # Of the ordered negatives, those below each positive, and those not above it.
        self._below = np.searchsorted(ordered, score[self._positive], side="left")
        self._upto = np.searchsorted(ordered, score[self._positive], side="right")
        limit = np.inf if threshold is None else threshold
        self._hit = (score[self._positive] >= limit).astype(np.float64)
        self._kept_out = int(np.searchsorted(ordered, limit, side="left"))
        self._called = threshold is not None

    def __call__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = weights[:, self._positive]
        below = np.zeros((len(weights), len(self._negative) + 1))
        np.cumsum(weights[:, self._negative], axis=1, out=below[:, 1:])
        positives, negatives = drawn.sum(axis=1), below[:, -1]
        beaten = below[:, self._below]
        beaten += below[:, self._upto]
        area = ratio(np.einsum("ij,ij->i", drawn, beaten), 2 * positives * negatives)
        if not self._called:
            undefined = np.full(len(weights), np.nan)
            return np.stack([area, undefined, undefined, undefined], axis=1)
        hits, kept_out = drawn @ self._hit, below[:, self._kept_out]
        called = hits + negatives - kept_out
        return np.stack(
            [
                area,
                ratio(hits, positives),
                ratio(kept_out, negatives),
                ratio(2 * hits, positives + called),
            ],
            axis=1,
        )


def _threshold(
    thresholds: Mapping[str, float] | float | None,
    name: str,
    truth: NDArray[np.int8],
    score: NDArray[np.float64],
) -> float | None:
    if isinstance(thresholds, (int, float)):
        return float(thresholds)
    if thresholds is not None and name in thresholds:
        return thresholds[name]
    known = truth != UNKNOWN
    return youden_threshold(truth[known], score[known])


def _check(
    truth: NDArray[np.int8], probability: NDArray[np.float64], names: tuple[str, ...]
) -> None:
    if truth.shape != probability.shape or truth.shape[1:] != (len(names),):
        raise InputError(
            f"truth {truth.shape}, probabilities {probability.shape} and {len(names)} names of"
            " findings do not fit"
        )
    if not np.isin(truth, (0, 1, UNKNOWN)).all():
        raise InputError(f"the truth holds something else than 1, 0 and {UNKNOWN} (not known)")
    for place in np.flatnonzero(np.isnan(probability).any(axis=0)):
        missing = int(np.isnan(probability[:, place]).sum())
        raise InputError(
            f"{names[place]}: {missing:,} of {len(truth):,} probabilities are NaN; no film can be"
            " left out"
        )
