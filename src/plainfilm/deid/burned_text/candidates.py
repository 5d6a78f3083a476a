"""A cheap search of a whole frame for rows of letter-like shapes; nothing is read.

Burned-in letters have sharp edges and one grey value, and the letters of a line stand on one base
line, have like heights and follow each other closely. Nothing in a body does all of that. So: mark
pixels that stand out from their surroundings by a step, take each connected patch of them as a
letter or its outline, and look for patches that line up, in rows and in columns. Faint letters are
marked by their one grey value: pixels in a flat spot, at the edge of a step.

That burned-in text stands out by its contrast and its constant grey value is the observation of
Johnson et al., MIMIC-CXR (Scientific Data 2019).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from plainfilm.deid.burned_text.boxes import Rectangle
from plainfilm.deid.burned_text.patches import Patches, overlapping_pairs, patches_of

__all__ = ["FIRST_SEARCH", "SECOND_SEARCH", "Candidate", "Search", "find_candidates"]

Mask = NDArray[np.uint8]

MINIMUM_HEIGHT: Final = 6
MAXIMUM_HEIGHT: Final = 110
MAXIMUM_WIDTH: Final = 1.8
"""Of a usual patch, by its height: two letters that touch."""
MAXIMUM_WORD_WIDTH: Final = 14
MINIMUM_WORD_SHARE: Final = 0.12
"""Of its box that a longer patch must fill: a word whose letters touch, and no line."""

LETTER_WIDTH: Final = 0.75
"""Of a usual letter, by its height; tells how many letters a patch of touching ones holds."""
MINIMUM_OUTLINE: Final = 1.2
"""Pixels of a patch, by its height: less is a line's broken edge."""

MINIMUM_PATCHES: Final = 2
MINIMUM_LETTERS: Final = 4
MINIMUM_ASPECT: Final = 1.8
MINIMUM_ADVANCE: Final = 0.45
MAXIMUM_UNEVENNESS: Final = 2.1
"""Of a row: its length by its height, and by its letters; its height by its letters'."""
MOST_TOUCHING: Final = 4
"""Letters by patches: more are the pieces of a long line."""

# How letters of one line may differ: small letters are two thirds of capitals.
MINIMUM_HEIGHT_RATIO: Final = 0.6
MAXIMUM_LINE_OFFSET: Final = 0.18
MAXIMUM_DESCENT: Final = 0.45
MAXIMUM_GAP: Final = 1.7
MAXIMUM_SLANT: Final = 0.3
"""By which boxes of italic letters overlap, by their height."""

NOISE_FACTORS: Final = {3: 5.0}
NOISE_FACTOR: Final = 4.0
"""Steps below this many times the usual contrast of a film are noise: reach → factor, and the
factor of further reaches, in whose squares noise alone makes more contrast."""


class Constant(Enum):
    """What must have one grey value for a pixel to be marked."""

    NOTHING = auto()
    FIELD = auto()
    """A spot nearby: letters on a field of their own, where a film's noise is no measure."""
    CORE = auto()
    """The brightest (darkest) of nine pixels: bold letters, which touch with their pale edges."""
    INK = auto()
    """The pixel's own surroundings: letters that are brighter here and darker there than bone."""


@dataclass(frozen=True, slots=True)
class Marking:
    """How the pixels of letters are marked.

    Attributes:
        step: grey values, of 256, by which a letter stands out.
        reach: pixels, odd: the side of the square in which it does.
        patches: the fewest that make a row; low steps mark more by chance.
    """

    step: int
    reach: int
    patches: int
    constant: Constant = Constant.NOTHING


@dataclass(frozen=True, slots=True)
class Search:
    """The settings of one search of a frame.

    Attributes:
        scale: that the frame is brought to; letters of a few pixels part when they are enlarged.
    """

    markings: tuple[Marking, ...]
    scale: float


FIRST_SEARCH: Final = Search(
    (
        Marking(60, 3, 2),
        Marking(25, 3, 3),
        Marking(14, 5, 4),
        Marking(40, 5, 3, Constant.CORE),
        Marking(9, 5, 4, Constant.FIELD),
        Marking(12, 7, 4, Constant.INK),
    ),
    scale=1.0,
)
SECOND_SEARCH: Final = Search(
    (
        Marking(40, 5, 3),
        Marking(18, 3, 4),
        Marking(14, 5, 4),
        Marking(12, 7, 5),
        Marking(25, 5, 4, Constant.CORE),
        Marking(7, 3, 4, Constant.FIELD),
        Marking(9, 9, 4, Constant.INK),
    ),
    scale=1.5,
)
"""Other steps, other distances, another scale."""
LARGEST_ENLARGED: Final = 4_000_000
"""Pixels of a frame that is not enlarged."""

INK_SPREAD: Final = 1
FIELD_REACH: Final = 9
"""Grey values that ink may spread, and the side of the square in which a field is looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of letter-like shapes.

    Attributes:
        place: on the frame as it is; on the transposed frame where `turned`.
        turned: whether the row runs down the frame.
        height: pixels, of its usual letter.
        patches, letters: how many it has; letters are estimated where they touch.
        bright: whether the letters are brighter than what surrounds them; None: both, at places.
        grey: value of the marked pixels.
        step: the marking's, or the noise's where that is more.
    """

    place: Rectangle
    turned: bool
    height: float
    patches: int
    letters: int
    bright: bool | None
    grey: float
    step: float


def find_candidates(image: NDArray[np.uint8], search: Search = FIRST_SEARCH) -> list[Candidate]:
    """Rows of letter-like shapes, written across or along the frame.

    One line may be found several times, with each marking, and in parts.

    Args:
        image: (rows, columns) uint8, from `search_range`.
    """
    if min(image.shape) < MINIMUM_HEIGHT:
        return []
    scale = search.scale if image.size <= LARGEST_ENLARGED else 1.0
    if scale != 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return [
        candidate if scale == 1 else _scaled(candidate, scale)
        for marking in search.markings
        for bright in ((None,) if marking.constant is Constant.INK else (True, False))
        for candidate in _candidates(image, marking, bright)
    ]


def _scaled(candidate: Candidate, scale: float) -> Candidate:
    """A candidate of an enlarged frame, on the frame itself."""
    left, top, right, bottom = (round(side / scale) for side in candidate.place)
    place = Rectangle(left, top, max(right, left + 1), max(bottom, top + 1))
    return replace(candidate, place=place, height=candidate.height / scale)


def _candidates(
    image: NDArray[np.uint8], marking: Marking, bright: bool | None
) -> Iterator[Candidate]:
    mask, step = _mask(image, marking, bright)
    patches = _letter_like(patches_of(image, mask))
    for turned in (False, True):
        lying = patches.turned() if turned else patches
        for row in _rows(lying, tolerance=max(10.0, min(30.0, 5 + 0.35 * step))):
            letters, count = _letters_in(row)
            if count < marking.patches or not MINIMUM_LETTERS <= letters <= MOST_TOUCHING * count:
                continue
            place = Rectangle(
                int(row.left.min()), int(row.top.min()), int(row.right.max()), int(row.bottom.max())
            )
            height = float(np.median(row.height))
            if _is_line(place, letters, height):
                grey = float(np.median(row.grey))
                yield Candidate(place, turned, height, count, letters, bright, grey, step)


def _is_line(place: Rectangle, letters: int, height: float) -> bool:
    """Whether a row is as long and as straight as its letters make it."""
    return (
        place.width >= max(MINIMUM_ASPECT * place.height, MINIMUM_ADVANCE * letters * height)
        and place.height <= MAXIMUM_UNEVENNESS * height
    )


def _mask(image: NDArray[np.uint8], marking: Marking, bright: bool | None) -> tuple[Mask, float]:
    """Pixels that are brighter (or darker) than one nearby by the step; and the step.

    They lie inside the letter, so that a gap of a single pixel parts two letters.
    """
    # A cross of three parts letters that touch at a corner; further reach needs a square.
    shape = cv2.MORPH_CROSS if marking.reach == 3 else cv2.MORPH_RECT
    kernel = cv2.getStructuringElement(shape, (marking.reach, marking.reach))
    if bright is None:
        contrast = cv2.max(
            cv2.subtract(image, cv2.erode(image, kernel)),
            cv2.subtract(cv2.dilate(image, kernel), image),
        )
    elif bright:
        contrast = cv2.subtract(image, cv2.erode(image, kernel))
    else:
        contrast = cv2.subtract(cv2.dilate(image, kernel), image)
    step = float(marking.step)
    if marking.constant is Constant.NOTHING:
        factor = NOISE_FACTORS.get(marking.reach, NOISE_FACTOR)
        step = min(max(step, factor * float(np.median(contrast[::8, ::8]))), 255.0)
    mask = cv2.threshold(contrast, step - 1, 1, cv2.THRESH_BINARY)[1]
    if marking.constant is Constant.CORE:
        mask = cv2.bitwise_and(mask, _core(image, bright=bool(bright)))
    elif marking.constant is not Constant.NOTHING:
        mask = cv2.bitwise_and(mask, _constant(image, marking))
    return mask, step


def _core(image: NDArray[np.uint8], *, bright: bool) -> Mask:
    """Pixels that none of their neighbours exceeds by more than one grey value."""
    square = np.ones((3, 3), np.uint8)
    if bright:
        below = cv2.subtract(cv2.dilate(image, square), image)
    else:
        below = cv2.subtract(image, cv2.erode(image, square))
    core: Mask = cv2.threshold(below, 1, 1, cv2.THRESH_BINARY_INV)[1]
    return core


def _constant(image: NDArray[np.uint8], marking: Marking) -> Mask:
    """Pixels that are, or lie near, the middle of nine pixels of one value."""
    square = np.ones((3, 3), np.uint8)
    spread = cv2.subtract(cv2.dilate(image, square), cv2.erode(image, square))
    most = INK_SPREAD if marking.constant is Constant.INK else 0
    spots: Mask = cv2.threshold(spread, most, 1, cv2.THRESH_BINARY_INV)[1]
    if marking.constant is Constant.FIELD:
        spots = cv2.dilate(spots, np.ones((FIELD_REACH, FIELD_REACH), np.uint8))
    return spots


def _letter_like(patches: Patches) -> Patches:
    """The patches of a letter's size, lying or turned."""
    smaller = np.minimum(patches.width, patches.height)
    letters = np.maximum(patches.width, patches.height) >= MINIMUM_HEIGHT
    letters &= (smaller <= MAXIMUM_HEIGHT) & (patches.pixels >= MINIMUM_HEIGHT)
    letters &= patches.pixels >= MINIMUM_OUTLINE * smaller
    return patches.chosen(letters)


def _rows(patches: Patches, tolerance: float) -> Iterator[Patches]:
    """The rows in which patches follow each other as letters do."""
    height, width = patches.bottom - patches.top, patches.right - patches.left
    letters = (height >= MINIMUM_HEIGHT) & (height <= MAXIMUM_HEIGHT)
    letters &= patches.pixels >= MINIMUM_OUTLINE * height
    is_word = patches.pixels >= MINIMUM_WORD_SHARE * width * height
    is_word &= width <= MAXIMUM_WORD_WIDTH * height
    letters &= (width <= MAXIMUM_WIDTH * height) | is_word
    patches = patches.chosen(letters)
    count = len(patches.left)
    if count < MINIMUM_PATCHES:
        return
    first, second = _neighbours(patches, tolerance)
    links = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    rows, row_of = connected_components(links, directed=False)
    by_row = np.argsort(row_of, kind="stable")
    ends = np.cumsum(np.bincount(row_of, minlength=rows))
    for row in np.flatnonzero(np.diff(ends, prepend=0) >= MINIMUM_PATCHES):
        start = 0 if row == 0 else ends[row - 1]
        yield patches.chosen(by_row[start : ends[row]])


def _neighbours(patches: Patches, tolerance: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of patches that may be two letters of one line, the second right of the first."""
    order = np.argsort(patches.bottom, kind="stable")
    bottoms = patches.bottom[order]
    height = patches.bottom - patches.top
    reach = MAXIMUM_DESCENT * height[order] + 1
    start = np.searchsorted(bottoms, bottoms - reach, side="left")
    end = np.searchsorted(bottoms, bottoms + reach, side="right")
    first, second = overlapping_pairs(start, end)
    first, second = order[first], order[second]
    lower = np.minimum(height[first], height[second])
    gap = patches.left[second] - patches.right[first]
    alike = (gap >= -1 - MAXIMUM_SLANT * lower) & (gap <= MAXIMUM_GAP * lower)
    alike &= patches.left[second] > patches.left[first]
    alike &= lower >= MINIMUM_HEIGHT_RATIO * np.maximum(height[first], height[second])
    # Small letters share the base line with capitals; J and Q, which hang below it, the top line.
    base = np.abs(patches.bottom[first] - patches.bottom[second])
    top = np.abs(patches.top[first] - patches.top[second])
    alike &= np.minimum(base, top) <= MAXIMUM_LINE_OFFSET * lower + 1
    alike &= np.abs(patches.grey[first] - patches.grey[second]) <= tolerance
    return first[alike], second[alike]


def _letters_in(row: Patches) -> tuple[int, int]:
    """Letters and patches that stand side by side; patches inside others are not counted."""
    letters = patches = 0
    end = -2
    for position in np.argsort(row.left, kind="stable"):
        height = row.bottom[position] - row.top[position]
        if row.left[position] >= end - 1 - MAXIMUM_SLANT * height:
            width = row.right[position] - row.left[position]
            letters += max(1, round(width / (LETTER_WIDTH * height)))
            patches += 1
            end = int(row.right[position])
    return letters, patches
