"""Connected patches of a sparse mask, by runs: the time goes with what is marked, not the area.

On a film almost nothing is marked, and labelling every pixel would take most of the search.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.compiled import compiled
from plainfilm.deid.burned_text.joining import join, numbered

__all__ = ["Patches", "patches_of"]


class Patches(NamedTuple):
    """Connected patches: their boxes (end exclusive), mean grey values and sizes, each (n,)."""

    left: NDArray[np.int64]
    top: NDArray[np.int64]
    right: NDArray[np.int64]
    bottom: NDArray[np.int64]
    grey: NDArray[np.float64]
    pixels: NDArray[np.int64]

    @property
    def height(self) -> NDArray[np.int64]:
        return self.bottom - self.top

    @property
    def width(self) -> NDArray[np.int64]:
        return self.right - self.left

    def turned(self) -> "Patches":
        """The patches of the transposed frame."""
        return Patches(self.top, self.left, self.bottom, self.right, self.grey, self.pixels)

    def chosen(self, keep: NDArray[Any]) -> "Patches":
        return Patches(*(values[keep] for values in self))


def patches_of(image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Patches:
    """The patches of a mask's pixels that touch at a side or a corner.

    Args:
        image: (rows, columns) uint8, whose mean grey values are taken.
        mask: (rows, columns) uint8, 0 or 1; its last column is taken for 0, so that no run goes
            on in the next row.
    """
    columns = mask.shape[1]
    mask[:, -1] = 0
    flat = mask.reshape(-1)
    starts, ends = _runs(flat, flat[: len(flat) & ~7].view(np.uint64), cv2.countNonZero(mask))
    patch = _patch_of(starts, ends, columns)
    (left, top, right, bottom), grey, pixels = _measured(
        image.reshape(-1), starts, ends, patch, columns
    )
    return Patches(left, top, right, bottom, grey, pixels)


@compiled
def _runs(
    flat: NDArray[np.uint8], words: NDArray[np.uint64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of each run of ones; eight pixels at a time are passed over where none is."""
    starts, ends = np.empty(most, np.int64), np.empty(most, np.int64)
    count, inside, word = 0, False, 0
    while word <= len(words):
        if not inside:
            while word < len(words) and words[word] == 0:
                word += 1
        for pixel in range(8 * word, min(8 * word + 8, len(flat))):
            if (flat[pixel] != 0) != inside:
                if inside:
                    ends[count] = pixel
                    count += 1
                else:
                    starts[count] = pixel
                inside = not inside
        word += 1
    return starts[:count], ends[:count]


@compiled
def _patch_of(
    starts: NDArray[np.int64], ends: NDArray[np.int64], columns: int
) -> NDArray[np.int64]:
    """The number of each run's patch, counted from the first row on."""
    patch = np.arange(len(starts))
    below = 0
    for run in range(len(starts)):
        while below < len(starts) and ends[below] < starts[run] + columns:
            below += 1
        other = below
        while other < len(starts) and starts[other] <= ends[run] + columns:
            join(patch, run, other)
            other += 1
    numbered(patch)
    return patch


@compiled
def _measured(
    flat: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    patch: NDArray[np.int64],
    columns: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Box (4, n), mean grey value (n,) and pixels (n,) of each patch."""
    count = patch.max() + 1 if len(patch) else 0
    boxes = np.empty((4, count), np.int64)
    grey, pixels = np.zeros(count), np.zeros(count, np.int64)
    for run in range(len(starts)):
        one = patch[run]
        row, left = starts[run] // columns, starts[run] % columns
        right = left + ends[run] - starts[run]
        if pixels[one] == 0:
            boxes[0, one], boxes[1, one], boxes[2, one] = left, row, right
        boxes[0, one] = min(boxes[0, one], left)
        boxes[2, one] = max(boxes[2, one], right)
        boxes[3, one] = row + 1
        pixels[one] += right - left
        for pixel in range(starts[run], ends[run]):
            grey[one] += flat[pixel]
    return boxes, grey / pixels, pixels
