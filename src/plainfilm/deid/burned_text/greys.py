"""Stored values of any depth as 8 bits, for a search that looks at steps between grey values."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.compiled import compiled

__all__ = ["search_range"]

OUTLIER_GREYS: Final = 50.0
"""Grey values of 256 that the darkest and the brightest 0.5 % of a film get at most."""

MIDDLE: Final = (0.5, 99.5)
LEAST_SHARE: Final = 1 / 3
"""Of a film's range that its middle 99 % must have for a linear scale."""


def search_range(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """Stored values as 8 bits, with every grey value still in its order.

    Linear, unless a few values lie so far beyond the others that these would get less than a
    third of the range: then the middle 99 % of the values get most of it.

    Args:
        frame: (rows, columns) stored values, integers.
    Returns:
        (rows, columns) uint8.
    """
    least, most = int(frame.min()), int(frame.max())
    if least == most:
        return np.zeros(frame.shape, np.uint8)
    sample = frame[:: max(1, frame.shape[0] // 512), :: max(1, frame.shape[1] // 512)]
    low, high = _middle(sample, least, most)
    if high - low >= LEAST_SHARE * (most - least):
        low, high = float(least), float(most)
    # What lies beyond the ends gets a little room of its own, and never more than its share: else
    # the noise of a dark border would be torn apart into sharp specks.
    share = (255 - 2 * OUTLIER_GREYS) / max(high - low, 1.0)
    below = min(OUTLIER_GREYS, (low - least) * share)
    above = min(OUTLIER_GREYS, (most - high) * share)
    if most - least < 256 and (low, high) == (least, most):
        return np.asarray(frame if least == 0 else frame - frame.dtype.type(least), np.uint8)
    knots, greys = (least, low, high, most), (0.0, below, 255.0 - above, 255.0)
    if most - least >= 1 << 16:
        return np.asarray(np.interp(frame, knots, greys), dtype=np.uint8)
    table = np.interp(np.arange(least, most + 1), knots, greys).astype(np.uint8)
    return _looked_up(frame, least, table)


def _middle(sample: NDArray[Any], least: int, most: int) -> tuple[float, float]:
    """The ends of the middle 99 %; by counting, which is many times as fast as by sorting."""
    if most - least >= 1 << 16:
        low, high = np.percentile(sample, MIDDLE)
        return float(low), float(high)
    below = np.cumsum(np.bincount(sample.ravel().astype(np.int64) - least))
    places = np.array(MIDDLE) / 100 * (sample.size - 1)
    lower, upper = (np.searchsorted(below, ends(places), "right") for ends in (np.floor, np.ceil))
    low, high = least + lower + (places % 1) * (upper - lower)
    return float(low), float(high)


@compiled
def _looked_up(frame: NDArray[Any], least: int, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame with each value replaced; `numpy.take` would widen the whole frame first."""
    shown = np.empty(frame.shape, np.uint8)
    for row in range(frame.shape[0]):
        for column in range(frame.shape[1]):
            shown[row, column] = table[frame[row, column] - least]
    return shown
