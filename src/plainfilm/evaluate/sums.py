"""From sums of hits to precision, recall and F1: of each label, pooled, and on average."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate.intervals import Estimate

__all__ = ["MEASURES", "Sums", "estimates_of", "precision_recall_f1"]

MEASURES: Final = ("precision", "recall", "f1")

Sums: TypeAlias = NDArray[np.float64]
"""(..., 3, labels): true positives, predicted positives, actual positives."""


def precision_recall_f1(sums: Sums) -> NDArray[np.float64]:
    """(..., 3 measures, labels + 2): per label, then micro and macro; NaN for 0/0.

    A label whose own figure is undefined has no part in the macro mean.
    """
    pooled = np.concatenate([sums, sums.sum(axis=-1, keepdims=True)], axis=-1)
    hits, said, true = (pooled[..., place, :] for place in range(len(MEASURES)))
    single = np.stack(
        [_ratio(hits, said), _ratio(hits, true), _ratio(2 * hits, said + true)], axis=-2
    )
    each = single[..., :-1]
    defined = ~np.isnan(each)
    mean = _ratio(np.where(defined, each, 0).sum(axis=-1), defined.sum(axis=-1, dtype=np.float64))
    return np.concatenate([single, mean[..., np.newaxis]], axis=-1)


def _ratio(over: NDArray[np.float64], under: NDArray[np.float64]) -> NDArray[np.float64]:
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
