"""Confidence intervals: Wilson's and Wald's for proportions, the bootstrap for anything."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plainfilm.errors import SettingsError

__all__ = ["Bootstrap", "Estimate", "percentile", "wald", "wilson"]

_CELLS_AT_A_TIME: Final = 1 << 21
"""Weights that are held at a time: some 50 MB, whatever the number of resamples."""

_ALIKE: Final = 4
"""Items of a kind, on average, above which a multinomial is quicker than drawing one by one."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval.

    Attributes:
        value: None where the figure is undefined (0/0).
        low, high: None where the figure is undefined, or no interval was asked for.
        undefined_resamples: resamples in which the figure was undefined; they have no part in
            the interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    undefined_resamples: int = 0


def wilson(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval for proportions, without continuity correction.

    Args:
        successes, trials: of one shape, or such that broadcast; 0 ≤ successes ≤ trials.
        confidence: in (0, 1).
    Returns:
        Lower and upper ends in [0, 1]; NaN where there are no trials.
    Raises:
        SettingsError: `confidence` is not in (0, 1).
    Source: Wilson, J Am Stat Assoc 1927; Brown, Cai and DasGupta, Stat Sci 2001.
    """
    share, n, z = _proportions(successes, trials, confidence)
    center = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.clip(center - half, 0, 1), np.clip(center + half, 0, 1)


def wald(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95, *, cut: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wald's interval for proportions.

    It is printed in many papers and is here for comparison with them; near 0 and 1 and for few
    trials it is too narrow, and at 0 and 1 of no width at all.

    Args, Returns, Raises: as `wilson`, but for
        cut: to [0, 1]; else the ends may pass 0 and 1, as papers print them.
    Source: Brown, Cai and DasGupta, Stat Sci 2001.
    """
    share, n, z = _proportions(successes, trials, confidence)
    half = z * np.sqrt(share * (1 - share) / n)
    low, high = share - half, share + half
    return (np.clip(low, 0, 1), np.clip(high, 0, 1)) if cut else (low, high)


def _proportions(
    successes: ArrayLike, trials: ArrayLike, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    _check_confidence(confidence)
    n = np.asarray(trials, np.float64)
    n = np.where(n > 0, n, np.nan)
    return np.asarray(successes, np.float64) / n, n, NormalDist().inv_cdf((1 + confidence) / 2)


def percentile(
    replicates: NDArray[np.float64], confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """The percentile interval of a bootstrap.

    Args:
        replicates: (resamples, ...); NaN where a figure is undefined in a resample.
        confidence: in (0, 1).
    Returns:
        Lower and upper ends, and the number of undefined resamples, each (...). The ends are
        quantiles of the defined replicates, interpolated linearly; NaN where there are none.
    Raises:
        SettingsError: `confidence` is not in (0, 1).
    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3.
    """
    _check_confidence(confidence)
    ordered = np.sort(replicates, axis=0)  # NaN comes last
    defined = np.count_nonzero(~np.isnan(ordered), axis=0)
    low, high = (_quantile(ordered, defined, (1 + side * confidence) / 2) for side in (-1, 1))
    return low, high, len(replicates) - defined


def _quantile(
    ordered: NDArray[np.float64], defined: NDArray[np.int64], share: float
) -> NDArray[np.float64]:
    """A quantile of the first `defined` of each column; NumPy's own fails where there is none."""
    place = np.maximum(defined - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(defined - 1, 0))
    start = np.take_along_axis(ordered, below[np.newaxis], axis=0)[0]
    end = np.take_along_axis(ordered, above[np.newaxis], axis=0)[0]
    return np.asarray(start + (place - below) * (end - start), np.float64)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Resampling with replacement; the same seed gives the same resamples.

    Attributes:
        resamples: how many; 10,000 make the ends of a 95 % interval steady in the third digit.
        confidence: in (0, 1).
        seed: of NumPy's default generator.
    Raises:
        SettingsError: `resamples` < 1, `seed` < 0, or `confidence` not in (0, 1).
    """

    resamples: int = 10_000
    confidence: float = 0.95
    seed: int = 20

    def __post_init__(self) -> None:
        _check_confidence(self.confidence)
        if self.resamples < 1:
            raise SettingsError(f"resamples ({self.resamples}) must be at least 1")
        if self.seed < 0:
            raise SettingsError(f"the seed ({self.seed}) must not be negative")

    def replicates(
        self,
        statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        counts: NDArray[np.int64],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float64]:
        """Compute a statistic on every resample.

        A resample is told by how often it draws each item (a multinomial), so that a statistic
        that is made of sums takes one matrix product for thousands of resamples.

        Args:
            statistic: maps weights, (some, items), how often each item was drawn, to figures,
                (some, ...), NaN where one is undefined.
            counts: (items,), how often each item is in the sample: items that are all alike may
                be given once, which is as good and faster.
            progress: called with the number of resamples just done.
        Returns:
            (resamples, ...) float64.
        Raises:
            SettingsError: there is nothing to draw from.
        """
        total = int(counts.sum())
        if not total:
            raise SettingsError("a bootstrap needs at least one item to draw from")
        random = np.random.default_rng(self.seed)
        step = max(1, _CELLS_AT_A_TIME // len(counts))
        parts: list[NDArray[np.float64]] = []
        for start in range(0, self.resamples, step):
            size = min(step, self.resamples - start)
            parts.append(statistic(_drawn(random, counts, size)))
            if progress is not None:
                progress(size)
        return np.concatenate(parts)


def _drawn(
    random: np.random.Generator, counts: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """(size, items): how often each item is in each of `size` resamples.

    Drawing the items one by one is the quicker way unless many are alike.
    """
    total, kinds = int(counts.sum()), len(counts)
    if total > _ALIKE * kinds:
        return random.multinomial(total, counts / total, size).astype(np.float64)
    places = random.integers(0, total, (size, total))
    if total > kinds:
        places = np.repeat(np.arange(kinds), counts)[places]
    places += np.arange(0, size * kinds, kinds)[:, np.newaxis]
    drawn = np.bincount(places.ravel(), minlength=size * kinds)
    return drawn.reshape(size, kinds).astype(np.float64)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise SettingsError(f"confidence ({confidence}) must lie between 0 and 1")
