"""The receiver operating characteristic: its curve, the area under it, thresholds, two models."""

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plainfilm.errors import InputError
from plainfilm.evaluate.intervals import Estimate

__all__ = [
    "DelongTest",
    "RocCurve",
    "auroc",
    "binary_truth",
    "delong_test",
    "roc_auc",
    "roc_curve",
    "youden_threshold",
]


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """Operating points, from none called positive to all of them.

    Attributes:
        thresholds: a film is called positive at `score >= threshold`; the first is infinite, then
            every score there is, falling.
        false_positive_rate, sensitivity: at each threshold, in [0, 1]; NaN where no film is
            negative, or none positive.
    """

    thresholds: NDArray[np.float64]
    false_positive_rate: NDArray[np.float64]
    sensitivity: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DelongTest:
    """Two models on the same films.

    Attributes:
        first, second: their areas; None where they are undefined.
        difference: second - first, with its interval (normal, on the plain scale).
        z, p: two-sided; None where an area is undefined or the difference does not vary.
    """

    first: float | None
    second: float | None
    difference: Estimate
    z: float | None
    p: float | None


def roc_auc(truth: ArrayLike, score: ArrayLike) -> float | None:
    """The area under the receiver operating characteristic; a tie counts half.

    Args:
        truth: (films,), 1 or True where positive, else 0 or False.
        score: (films,), higher where the film is more likely positive; never NaN.
    Returns:
        In [0, 1]; None where all films are of one kind, since the area is undefined then.
    Raises:
        InputError: shapes differ, `truth` holds something else, or a score is NaN.
    Source: Hanley and McNeil, Radiology 1982.
    """
    positive, values = binary_truth(truth, score)
    return auroc(values, positive).value


def auroc(
    score: NDArray[np.float64], positive: NDArray[np.bool_], *, confidence: float = 0.95
) -> Estimate:
    """The area under the receiver operating characteristic, with DeLong's interval.

    The interval is made on the logit scale, so that it stays in [0, 1]; an area of 0 or 1, or
    fewer than two films of a kind, have none.

    Args:
        score: (films,), higher where the film is more likely positive.
        positive: (films,).
    Source: DeLong, DeLong and Clarke-Pearson, Biometrics 1988, by the algorithm of Sun and Xu,
        IEEE Signal Process Lett 2014; logit: Pepe, The Statistical Evaluation of Medical Tests,
        2003, section 5.2.4.
    """
    beaten, losing = _placements(score, positive)
    if not len(beaten) or not len(losing):
        return Estimate(None)
    area = float(beaten.mean())
    if min(len(beaten), len(losing)) < 2 or not 0 < area < 1:
        return Estimate(area)
    variance = beaten.var(ddof=1) / len(beaten) + losing.var(ddof=1) / len(losing)
    if variance == 0:
        return Estimate(area)
    center = np.log(area / (1 - area))
    half = NormalDist().inv_cdf((1 + confidence) / 2) * np.sqrt(variance) / (area * (1 - area))
    low, high = (1 / (1 + np.exp(-(center + side * half))) for side in (-1, 1))
    return Estimate(area, float(low), float(high))


def delong_test(
    truth: ArrayLike, first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95
) -> DelongTest:
    """DeLong's test for a difference between two models' areas on the same films.

    Args:
        truth: (films,), 1 or True where positive, else 0 or False.
        first, second: (films,), the scores of either model; never NaN.
    Raises:
        InputError: as `roc_auc`.
    Source: as `auroc`; the covariance is that of both models' placements.
    """
    positive, one = binary_truth(truth, first)
    _, other = binary_truth(truth, second)
    placed = [_placements(score, positive) for score in (one, other)]
    beaten, losing = (np.stack(part) for part in zip(*placed, strict=True))
    m, n = beaten.shape[1], losing.shape[1]
    if not m or not n:
        return DelongTest(None, None, Estimate(None), None, None)
    areas = [float(area) for area in beaten.mean(axis=1)]
    gap = areas[1] - areas[0]
    if min(m, n) < 2:
        return DelongTest(areas[0], areas[1], Estimate(gap), None, None)
    variance = float(
        np.diff(beaten, axis=0).var(ddof=1) / m + np.diff(losing, axis=0).var(ddof=1) / n
    )
    if variance <= 0:
        return DelongTest(areas[0], areas[1], Estimate(gap), None, None)
    error = sqrt(variance)
    half = NormalDist().inv_cdf((1 + confidence) / 2) * error
    z = gap / error
    return DelongTest(
        areas[0], areas[1], Estimate(gap, gap - half, gap + half), z, erfc(abs(z) / sqrt(2))
    )


def roc_curve(truth: ArrayLike, score: ArrayLike) -> RocCurve:
    """Sensitivity against the false positive rate, at every score there is.

    Args, Raises: as `roc_auc`.
    """
    positive, values = binary_truth(truth, score)
    thresholds, place = np.unique(-values, return_inverse=True)
    hits = np.cumsum(np.bincount(place, positive, len(thresholds)))
    alarms = np.cumsum(np.bincount(place, ~positive, len(thresholds)))
    return RocCurve(np.concatenate([[np.inf], -thresholds]), _from_zero(alarms), _from_zero(hits))


def youden_threshold(truth: ArrayLike, score: ArrayLike) -> float | None:
    """The score at which sensitivity + specificity - 1 is largest; among equals the highest.

    A film is called positive at `score >= threshold`. Choose it on films that are not those it is
    judged on.

    Args, Raises: as `roc_auc`.
    Returns:
        None where all films are of one kind.
    Source: Youden, Cancer 1950.
    """
    curve = roc_curve(truth, score)
    index = curve.sensitivity - curve.false_positive_rate
    if np.isnan(index).any():
        return None
    # The infinite threshold calls nothing positive: of no use, even where nothing is better.
    return float(curve.thresholds[1 + int(np.argmax(index[1:]))])


def binary_truth(
    truth: ArrayLike, score: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Both as arrays, checked.

    Raises:
        InputError: as `roc_auc`.
    """
    known, values = np.asarray(truth), np.asarray(score, np.float64)
    if known.ndim != 1 or known.shape != values.shape:
        raise InputError(
            f"truth and scores must be lists of one length; they are {known.shape} and"
            f" {values.shape}"
        )
    if not np.isin(known, (0, 1)).all():
        raise InputError("the truth holds something else than 1 and 0 (or True and False)")
    if np.isnan(values).any():
        missing = int(np.isnan(values).sum())
        raise InputError(f"{missing:,} of {len(values):,} scores are NaN; no film can be left out")
    return known.astype(bool), values


def _placements(
    score: NDArray[np.float64], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of the negatives that each positive exceeds, and of the positives that exceed each
    negative; a tie counts half. Either is empty where there are no films of its kind."""
    above, below = score[positive], score[~positive]
    m, n = len(above), len(below)
    ranks = _midranks(np.concatenate([above, below]))
    beaten = (ranks[:m] - _midranks(above)) / max(n, 1)
    return beaten, 1 - (ranks[m:] - _midranks(below)) / max(m, 1)


def _midranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], np.float64)


def _from_zero(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Shares of the last count, behind a 0."""
    total = counts[-1] if len(counts) else 0
    return np.concatenate([[0.0], counts]) / (total if total else np.nan)
