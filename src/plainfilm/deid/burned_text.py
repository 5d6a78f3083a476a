"""A cheap search for text that is burned into a film's pixels: a suspicion, not a reading.

Burned-in letters have sharp edges, and the letters of a line stand on one base line, have like
heights and one grey value, and follow each other closely. Nothing in a body does all of that. So:
mark the pixels that are brighter (or darker) than a neighbour by a step, take each connected patch
of them as one letter's outline, and look for patches that line up, in rows and in columns.

The observation that burned-in text stands out by its contrast and its constant grey value is that
of Johnson et al., MIMIC-CXR (Scientific Data 2019).
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["TextRow", "search_range", "suspect_text"]

STEPS: Final = (25, 60)
"""Edge steps to search with: the low one finds faint text, the high one parts blurred letters."""

MINIMUM_HEIGHT: Final = 7
MAXIMUM_HEIGHT: Final = 110
MAXIMUM_WIDTH: Final = 1.8
"""Of a patch, by its height: two letters that touch."""

LETTER_WIDTH: Final = 0.75
"""Of a usual letter, by its height; tells how many letters a patch of touching ones holds."""

MINIMUM_OUTLINE: Final = 1.2
"""Pixels of a patch, by its height: less is a line's broken edge."""

MINIMUM_PATCHES: Final = 3
MINIMUM_LETTERS: Final = 4

# How letters of one line may differ: small letters are two thirds of capitals.
MINIMUM_HEIGHT_RATIO: Final = 0.65
MAXIMUM_LINE_OFFSET: Final = 0.15
MAXIMUM_DESCENT: Final = 0.4
MAXIMUM_GAP: Final = 1.6
MAXIMUM_GREY_OFFSET: Final = 25

OUTLIER_GREYS: Final = 30.0
"""Grey values of 256 that the darkest and the brightest 0.5 % of a film get."""

NOISE_FACTOR: Final = 5
"""Steps below this many times the usual difference between neighbours are noise."""

_EIGHT_NEIGHBOURS: Final = np.ones((3, 3), dtype=np.bool_)


class TextRow(NamedTuple):
    """Where a row of letter-like shapes is, in pixels from the film's upper left corner."""

    x: int
    y: int
    width: int
    height: int

    def turned(self) -> "TextRow":
        """The row of the transposed film."""
        return TextRow(self.y, self.x, self.height, self.width)

    def overlaps(self, other: "TextRow") -> bool:
        """Whether two boxes share a pixel."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height

    def joined(self, other: "TextRow") -> "TextRow":
        """The smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return TextRow(x, y, right - x, bottom - y)


class _Patches(NamedTuple):
    """Connected patches: their boxes (end exclusive) and mean grey values, each of shape (n,)."""

    left: NDArray[np.int64]
    top: NDArray[np.int64]
    right: NDArray[np.int64]
    bottom: NDArray[np.int64]
    grey: NDArray[np.float64]
    pixels: NDArray[np.int64]

    def turned(self) -> "_Patches":
        """The patches of the transposed film."""
        return _Patches(self.top, self.left, self.bottom, self.right, self.grey, self.pixels)

    def chosen(self, keep: NDArray[Any]) -> "_Patches":
        return _Patches(*(values[keep] for values in self))


def search_range(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """Stored values as 8 bits for `suspect_text`, with every grey value still in its order.

    The middle 99 % of the values get most of the range; text is often the one value beyond it.

    Args:
        frame: (rows, columns) stored values, integers.
    Returns:
        (rows, columns) uint8.
    """
    least, most = int(frame.min()), int(frame.max())
    if least == most:
        return np.zeros(frame.shape, np.uint8)
    sample = frame[:: max(1, frame.shape[0] // 512), :: max(1, frame.shape[1] // 512)]
    low, high = np.percentile(sample, (0.5, 99.5))
    # What lies beyond the ends gets a little room of its own, and never more than its share: else
    # the noise of a dark border would be torn apart into sharp specks.
    share = (255 - 2 * OUTLIER_GREYS) / max(high - low, 1.0)
    below = min(OUTLIER_GREYS, (low - least) * share)
    above = min(OUTLIER_GREYS, (most - high) * share)
    knots, greys = (least, low, high, most), (0.0, below, 255.0 - above, 255.0)
    if most - least >= 1 << 16:
        return np.asarray(np.interp(frame, knots, greys), dtype=np.uint8)
    table = np.interp(np.arange(least, most + 1), knots, greys).astype(np.uint8)
    shown: NDArray[np.uint8] = np.take(table, np.subtract(frame, least, dtype=np.int32))
    return shown


def suspect_text(image: NDArray[np.uint8]) -> list[TextRow]:
    """Find rows of at least four letter-like shapes, written across or along the film.

    Args:
        image: (rows, columns) uint8, from `search_range` or rendered for display.
    Returns:
        boxes that do not overlap, from top to bottom; lines that stand close may share a box.
    """
    if min(image.shape) < 3:
        return []
    found: list[TextRow] = []
    for mask in _edge_masks(image):
        patches = _patches(image, mask)
        found.extend(_rows(patches))
        found.extend(row.turned() for row in _rows(patches.turned()))
    return sorted(_merged(found), key=lambda row: (row.y, row.x))


def _merged(rows: list[TextRow]) -> list[TextRow]:
    """Join the boxes that overlap: a line is found with each step, and its letters' columns too."""
    merged: list[TextRow] = []
    for row in rows:
        joined = row
        while overlapping := [other for other in merged if joined.overlaps(other)]:
            merged = [other for other in merged if other not in overlapping]
            for other in overlapping:
                joined = joined.joined(other)
        merged.append(joined)
    return merged


def _edge_masks(image: NDArray[np.uint8]) -> Iterator[NDArray[np.bool_]]:
    """Masks of the pixels that are brighter, and darker, than a direct neighbour by each step.

    The mask lies inside the letter, so that a gap of a single pixel parts two letters.
    """
    center = image[1:-1, 1:-1]
    above, below = image[:-2, 1:-1], image[2:, 1:-1]
    before, after = image[1:-1, :-2], image[1:-1, 2:]
    darkest = np.minimum(np.minimum(above, below), np.minimum(before, after))
    brightest = np.maximum(np.maximum(above, below), np.maximum(before, after))
    rise = center - np.minimum(darkest, center)
    fall = np.maximum(brightest, center) - center
    noise = NOISE_FACTOR * float(np.median(rise[::4, ::4]))
    for step in sorted({max(step, noise) for step in STEPS}):
        for contrast in (rise, fall):
            mask = np.zeros(image.shape, dtype=np.bool_)
            np.greater_equal(contrast, step, out=mask[1:-1, 1:-1])
            yield mask


def _patches(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> _Patches:
    """Boxes, greys and sizes of a mask's connected patches, of which those of letter size stay."""
    labels, count = ndimage.label(mask, _EIGHT_NEIGHBOURS)
    positions = np.flatnonzero(mask)
    label = labels.ravel()[positions]
    pixels = np.bincount(label, minlength=count + 1)[1:]
    order = np.argsort(label, kind="stable")
    starts = np.concatenate(([0], np.cumsum(pixels)[:-1])).astype(np.intp)
    y, x = np.divmod(positions[order], image.shape[1])
    if not count:
        nothing = np.zeros(0, np.int64)
        return _Patches(nothing, nothing, nothing, nothing, np.zeros(0), nothing)
    grey = np.bincount(label, image.ravel()[positions], minlength=count + 1)[1:] / pixels
    return _Patches(
        np.minimum.reduceat(x, starts),
        np.minimum.reduceat(y, starts),
        np.maximum.reduceat(x, starts) + 1,
        np.maximum.reduceat(y, starts) + 1,
        grey,
        pixels,
    )


def _rows(patches: _Patches) -> Iterator[TextRow]:
    """The rows in which patches follow each other as letters do."""
    height = patches.bottom - patches.top
    letters = (height >= MINIMUM_HEIGHT) & (height <= MAXIMUM_HEIGHT)
    letters &= patches.right - patches.left <= MAXIMUM_WIDTH * height
    letters &= patches.pixels >= MINIMUM_OUTLINE * height
    patches = patches.chosen(letters)
    if len(patches.left) < MINIMUM_PATCHES:
        return
    first, second = _neighbours(patches)
    count = len(patches.left)
    links = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    rows, row_of = connected_components(links, directed=False)
    for row in np.flatnonzero(np.bincount(row_of, minlength=rows) >= MINIMUM_PATCHES):
        members = patches.chosen(row_of == row)
        if _letters_in(members) >= MINIMUM_LETTERS:
            left, top = int(members.left.min()), int(members.top.min())
            right, bottom = int(members.right.max()), int(members.bottom.max())
            yield TextRow(left, top, right - left, bottom - top)


def _neighbours(patches: _Patches) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of patches that may be two letters of one line, the second right of the first."""
    order = np.argsort(patches.bottom, kind="stable")
    bottoms = patches.bottom[order]
    height = patches.bottom - patches.top
    reach = MAXIMUM_DESCENT * height[order] + 1
    start = np.searchsorted(bottoms, bottoms - reach, side="left")
    count = np.searchsorted(bottoms, bottoms + reach, side="right") - start
    first = np.repeat(np.arange(len(order)), count)
    second = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    second += np.repeat(start, count)
    first, second = order[first], order[second]
    lower = np.minimum(height[first], height[second])
    gap = patches.left[second] - patches.right[first]
    alike = (gap >= -1) & (gap <= MAXIMUM_GAP * lower)
    alike &= lower >= MINIMUM_HEIGHT_RATIO * np.maximum(height[first], height[second])
    # Small letters share the base line with capitals; J and Q, which hang below it, the top line.
    base = np.abs(patches.bottom[first] - patches.bottom[second])
    top = np.abs(patches.top[first] - patches.top[second])
    alike &= np.minimum(base, top) <= MAXIMUM_LINE_OFFSET * lower + 1
    alike &= np.abs(patches.grey[first] - patches.grey[second]) <= MAXIMUM_GREY_OFFSET
    return first[alike], second[alike]


def _letters_in(row: _Patches) -> int:
    """How many letters stand in a row side by side; patches inside others are not counted."""
    letters = patches = 0
    end = -2
    for position in np.argsort(row.left, kind="stable"):
        if row.left[position] >= end - 1:
            width = row.right[position] - row.left[position]
            height = row.bottom[position] - row.top[position]
            letters += max(1, round(width / (LETTER_WIDTH * height)))
            patches += 1
            end = int(row.right[position])
    return letters if patches >= MINIMUM_PATCHES else 0
