"""From sums of hits to precision, recall and F1: of each label, pooled, and on average."""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate.intervals import Estimate

__all__ = [
    "MEASURES",
    "Sums",
    "defined_mean",
    "estimates_of",
    "in_blocks",
    "precision_recall_f1",
    "ratio",
]

MEASURES: Final = ("precision", "recall", "f1")

_CELLS_AT_A_TIME: Final = 1 << 20

Sums: TypeAlias = NDArray[np.float64]
"""(..., 3, labels): true positives, predicted positives, actual positives."""


def precision_recall_f1(sums: Sums) -> NDArray[np.float64]:
    """(..., 3 measures, labels + 2): per label, then micro and macro; NaN for 0/0.

    A label whose own figure is undefined has no part in the macro mean.
    """
    pooled = np.concatenate([sums, sums.sum(axis=-1, keepdims=True)], axis=-1)
    hits, said, true = (pooled[..., place, :] for place in range(len(MEASURES)))
    single = np.stack([ratio(hits, said), ratio(hits, true), ratio(2 * hits, said + true)], axis=-2)
    return np.concatenate([single, defined_mean(single[..., :-1], axis=-1)], axis=-1)


def defined_mean(each: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    """The mean of what is not NaN, the axis kept; NaN where nothing is left."""
    defined = ~np.isnan(each)
    total = np.where(defined, each, 0).sum(axis=axis, keepdims=True)
    return ratio(total, defined.sum(axis=axis, keepdims=True, dtype=np.float64))


def ratio(over: NDArray[np.float64], under: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN for 0/0."""
    return np.divide(over, under, out=np.full_like(over, np.nan), where=under > 0)


def estimates_of(
    values: NDArray[np.float64],
    interval: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]] | None,
) -> NDArray[np.object_]:
    """An Estimate in the place of each value; one that is undefined has no interval either."""
    estimates = np.empty(values.shape, object)
    for place, value in np.ndenumerate(values):
        if np.isnan(value):
            estimates[place] = Estimate(None)
        elif interval is None:
            estimates[place] = Estimate(float(value))
        else:
            low, high, undefined = (part[place] for part in interval)
            ends = [None if np.isnan(end) else float(end) for end in (low, high)]
            estimates[place] = Estimate(float(value), ends[0], ends[1], int(undefined))
    return estimates


def in_blocks(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    weights: NDArray[np.float64],
    width: int,
) -> NDArray[np.float64]:
    """A statistic of rows of weights, a few rows at a time, so that memory stays bounded.

    Args:
        statistic: maps (some, items) to (some, ...).
        width: numbers that it holds for each row.
    """
    rows = max(1, _CELLS_AT_A_TIME // max(1, width))
    return np.concatenate(
        [statistic(weights[start : start + rows]) for start in range(0, len(weights), rows)]
    )
