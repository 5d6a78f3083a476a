"""What a prediction's probability is worth: right against wrong, thresholds, calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from plainfilm.errors import SettingsError
from plainfilm.evaluate.intervals import Estimate
from plainfilm.evaluate.proportions import WILSON_95, Proportion, ProportionInterval
from plainfilm.evaluate.roc import auroc

__all__ = [
    "Kept",
    "MeanProbability",
    "ProbabilityBin",
    "ProbabilityScores",
    "WelchTest",
    "accuracy_against_threshold",
    "expected_calibration_error",
    "probability_bins",
    "score_probabilities",
]

BINS: Final = 15
_ROUNDING: Final = 1e-12
"""A standard deviation below this part of the mean is 0."""
THRESHOLDS: Final = tuple(place / 100 for place in range(101))


@dataclass(frozen=True, slots=True)
class MeanProbability:
    """Of some predictions; the mean needs one of them, the standard deviation two."""

    films: int
    mean: float | None
    deviation: float | None


@dataclass(frozen=True, slots=True)
class WelchTest:
    """Welch's t-test for a difference of two means, two-sided."""

    t: float
    degrees_of_freedom: float
    p: float


@dataclass(frozen=True, slots=True)
class ProbabilityBin:
    """The predictions whose probability lies above `low` and up to `high`.

    Attributes:
        mean: probability; None where the bin is empty.
        accuracy: of the bin's films.
    """

    low: float
    high: float
    mean: float | None
    accuracy: Proportion


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left when only predictions of at least `threshold` are kept.

    Attributes:
        share: of all films, those kept.
        accuracy: of the films kept.
    """

    threshold: float
    share: Proportion
    accuracy: Proportion


@dataclass(frozen=True, slots=True)
class ProbabilityScores:
    """What probabilities are worth.

    Attributes:
        right, wrong: probabilities of the predictions that were right and wrong.
        welch: None where a group has fewer than two films, or neither varies.
        cohens_d: (mean of the right - mean of the wrong) / pooled standard deviation; None
            likewise.
        auroc: the chance that a right prediction has a higher probability than a wrong one.
        calibration_error: the expected calibration error over `bins`.
        largest_gap: between mean probability and accuracy of a bin.
        curve: accuracy and films kept, by threshold.
    """

    right: MeanProbability
    wrong: MeanProbability
    welch: WelchTest | None
    cohens_d: float | None
    auroc: Estimate
    calibration_error: float | None
    largest_gap: float | None
    bins: tuple[ProbabilityBin, ...]
    curve: tuple[Kept, ...]


def score_probabilities(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    *,
    interval: ProportionInterval = WILSON_95,
    bins: int = BINS,
    thresholds: Sequence[float] = THRESHOLDS,
) -> ProbabilityScores:
    """Ask whether probabilities tell right predictions from wrong ones, and say what they mean.

    Args:
        probability: of the predicted category, (films,) in [0, 1]; NaN where nothing was
            predicted, which counts in the shares of films kept only.
        right: whether the prediction was right, (films,).
        bins: of the calibration; see `probability_bins`.
    Raises:
        SettingsError: there are no bins, or shapes differ.
    """
    if probability.shape != right.shape:
        raise SettingsError(f"{len(probability)} probabilities do not fit {len(right)} films")
    predicted = ~np.isnan(probability)
    known, hit = probability[predicted], right[predicted]
    binned = probability_bins(known, hit, bins=bins, interval=interval)
    gaps = [_gap(each) for each in binned if each.mean is not None]
    return ProbabilityScores(
        right=_mean(known[hit]),
        wrong=_mean(known[~hit]),
        welch=_welch(known[hit], known[~hit]),
        cohens_d=_cohens_d(known[hit], known[~hit]),
        auroc=auroc(known, hit, confidence=interval.confidence),
        calibration_error=expected_calibration_error(binned),
        largest_gap=max(gaps, default=None),
        bins=binned,
        curve=accuracy_against_threshold(probability, right, thresholds, interval=interval),
    )


def probability_bins(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    *,
    bins: int = BINS,
    interval: ProportionInterval = WILSON_95,
) -> tuple[ProbabilityBin, ...]:
    """Sort predictions into bins of equal width: (0, 1/bins], …; 0 itself is in the first.

    Args:
        probability: (films,) in [0, 1].
        right: (films,).
    Raises:
        SettingsError: `bins` < 1.
    Source: Guo et al., ICML 2017, with their 15 bins by default.
    """
    if bins < 1:
        raise SettingsError(f"bins ({bins}) must be at least 1")
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.searchsorted(edges[1:-1], probability, side="left")
    films = np.bincount(bin_of, minlength=bins)
    sums = np.bincount(bin_of, probability, bins)
    hits = np.bincount(bin_of, right, bins)
    return tuple(
        ProbabilityBin(
            float(edges[place]),
            float(edges[place + 1]),
            float(sums[place] / films[place]) if films[place] else None,
            interval.of(int(hits[place]), int(films[place])),
        )
        for place in range(bins)
    )


def expected_calibration_error(bins: Sequence[ProbabilityBin]) -> float | None:
    """The mean distance of a bin's accuracy from its mean probability, weighted by films.

    None where the bins hold no films.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017, equation 3.
    """
    films = sum(each.accuracy.of for each in bins)
    if not films:
        return None
    return sum(each.accuracy.of * _gap(each) for each in bins if each.mean is not None) / films


def _gap(each: ProbabilityBin) -> float:
    accuracy, mean = each.accuracy.estimate.value, each.mean
    return 0.0 if accuracy is None or mean is None else abs(accuracy - mean)


def accuracy_against_threshold(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    thresholds: Sequence[float] = THRESHOLDS,
    *,
    interval: ProportionInterval = WILSON_95,
) -> tuple[Kept, ...]:
    """Keep only predictions of at least a threshold: how many are kept, how many of them right.

    Args:
        probability: (films,); NaN, no prediction, is never kept.
        right: (films,).
    """
    known = ~np.isnan(probability)
    order = np.argsort(probability[known])
    ordered = probability[known][order]
    hits = np.concatenate([[0], np.cumsum(right[known][order])])
    curve: list[Kept] = []
    for threshold in thresholds:
        start = int(np.searchsorted(ordered, threshold, side="left"))
        kept = len(ordered) - start
        curve.append(
            Kept(
                threshold,
                interval.of(kept, len(probability)),
                interval.of(int(hits[-1] - hits[start]), kept),
            )
        )
    return tuple(curve)


def _mean(values: NDArray[np.float64]) -> MeanProbability:
    return MeanProbability(
        len(values),
        float(values.mean()) if len(values) else None,
        float(_variance(values) ** 0.5) if len(values) > 1 else None,
    )


def _variance(values: NDArray[np.float64]) -> float:
    """Of a sample; 0 where no more than the last digits of the sums vary: 0.7, 0.7, 0.7."""
    deviation = float(values.std(ddof=1))
    return deviation**2 if deviation > _ROUNDING * abs(float(values.mean())) else 0.0


def _welch(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> WelchTest | None:
    """Source: Welch, Biometrika 1947."""
    if min(len(right), len(wrong)) < 2:
        return None
    one, other = (_variance(values) / len(values) for values in (right, wrong))
    if not one + other:
        return None
    t = float((right.mean() - wrong.mean()) / np.sqrt(one + other))
    freedom = float((one + other) ** 2 / (one**2 / (len(right) - 1) + other**2 / (len(wrong) - 1)))
    return WelchTest(t, freedom, float(2 * stdtr(freedom, -abs(t))))


def _cohens_d(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> float | None:
    """Source: Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, section 2.5."""
    if min(len(right), len(wrong)) < 2:
        return None
    freedom = [len(values) - 1 for values in (right, wrong)]
    pooled = np.average([_variance(right), _variance(wrong)], weights=freedom)
    return float((right.mean() - wrong.mean()) / np.sqrt(pooled)) if pooled else None
