"""Making text vanish: its box takes the value of what surrounds it."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.boxes import Rectangle

__all__ = ["filled", "with_edges"]

RING: Final = 3
"""Pixels around a box that tell the background."""
EDGE_SHARE: Final = 0.06
LEAST_EDGE: Final = 2
"""What a box is widened by for the pale edges of its letters: of its thickness, or pixels."""


def with_edges(place: Rectangle, shape: tuple[int, int]) -> Rectangle:
    """A box of letters, widened over their pale edges, within a frame of (rows, columns)."""
    edge = max(LEAST_EDGE, round(EDGE_SHARE * min(place.width, place.height)))
    return place.padded(edge, edge, shape)


def filled(frame: NDArray[Any], places: Sequence[Rectangle]) -> NDArray[Any]:
    """The frame with each place in the median of the pixels around it, sample by sample.

    Args:
        frame: (rows, columns) or (rows, columns, samples), integers.
    """
    new = frame.copy()
    for place in places:
        around = place.padded(RING, RING, frame.shape[:2])
        ring = np.ones((around.height, around.width), np.bool_)
        ring[
            place.top - around.top : place.bottom - around.top,
            place.left - around.left : place.right - around.left,
        ] = False
        # Of the frame as it was: a neighbouring box would otherwise pass its own filling on.
        values = frame[around.top : around.bottom, around.left : around.right][ring]
        if not len(values):  # the box is the whole frame
            values = np.full((1, *frame.shape[2:]), frame.min(), frame.dtype)
        # One of the values that are there: a mean would be none of a palette's indices.
        middle = np.sort(values, axis=0)[len(values) // 2]
        new[place.top : place.bottom, place.left : place.right] = middle
    return new
