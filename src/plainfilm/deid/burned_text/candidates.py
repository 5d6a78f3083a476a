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
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.compiled import compiled
from plainfilm.deid.burned_text.boxes import Rectangle
from plainfilm.deid.burned_text.joining import join, numbered
from plainfilm.deid.burned_text.marking import Constant, MarkedFrame, Marking, scratch_plane
from plainfilm.deid.burned_text.patches import Patches, patches_of

__all__ = ["FIRST_SEARCH", "SECOND_SEARCH", "Candidate", "Search", "find_candidates"]

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
        larger = scratch_plane(("enlarged",), tuple(round(side * scale) for side in image.shape))
        image = cv2.resize(image, None, larger, scale, scale, cv2.INTER_CUBIC)
    frame = MarkedFrame(image)
    return [
        candidate if scale == 1 else _scaled(candidate, scale)
        for marking in search.markings
        for bright in ((None,) if marking.constant is Constant.INK else (True, False))
        for candidate in _candidates(frame, marking, bright)
    ]


def _scaled(candidate: Candidate, scale: float) -> Candidate:
    """A candidate of an enlarged frame, on the frame itself."""
    left, top, right, bottom = (round(side / scale) for side in candidate.place)
    place = Rectangle(left, top, max(right, left + 1), max(bottom, top + 1))
    return replace(candidate, place=place, height=candidate.height / scale)


def _candidates(frame: MarkedFrame, marking: Marking, bright: bool | None) -> Iterator[Candidate]:
    mask, step = frame.mask(marking, bright)
    patches = _letter_like(patches_of(frame.image, mask))
    for turned in (False, True):
        lying = patches.turned() if turned else patches
        tolerance = max(10.0, min(30.0, 5 + 0.35 * step))
        for row in _rows(lying, tolerance, marking.patches):
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


def _letter_like(patches: Patches) -> Patches:
    """The patches of a letter's size, lying or turned."""
    smaller = np.minimum(patches.width, patches.height)
    letters = np.maximum(patches.width, patches.height) >= MINIMUM_HEIGHT
    letters &= (smaller <= MAXIMUM_HEIGHT) & (patches.pixels >= MINIMUM_HEIGHT)
    letters &= patches.pixels >= MINIMUM_OUTLINE * smaller
    return patches.chosen(letters)


def _rows(patches: Patches, tolerance: float, least: int) -> Iterator[Patches]:
    """The rows in which patches, at least so many, follow each other as letters do."""
    height, width = patches.bottom - patches.top, patches.right - patches.left
    letters = (height >= MINIMUM_HEIGHT) & (height <= MAXIMUM_HEIGHT)
    letters &= patches.pixels >= MINIMUM_OUTLINE * height
    is_word = patches.pixels >= MINIMUM_WORD_SHARE * width * height
    is_word &= width <= MAXIMUM_WORD_WIDTH * height
    letters &= (width <= MAXIMUM_WIDTH * height) | is_word
    patches = patches.chosen(letters)
    if len(patches.left) < least:
        return
    row_of = _row_of(np.argsort(patches.bottom, kind="stable"), patches, tolerance)
    by_row = np.argsort(row_of, kind="stable")
    members = np.bincount(row_of)
    ends = np.cumsum(members)
    for row in np.flatnonzero(members >= least):
        yield patches.chosen(by_row[ends[row] - members[row] : ends[row]])


@compiled
def _row_of(order: NDArray[np.int64], patches: Patches, tolerance: float) -> NDArray[np.int64]:
    """The number of the row that each patch is part of.

    Args:
        order: of the patches by their bottom.
    """
    row_of = np.arange(len(order))
    for position in range(len(order)):
        one = order[position]
        reach = MAXIMUM_DESCENT * (patches.bottom[one] - patches.top[one]) + 1
        for step in (-1, 1):
            near = position + step
            while 0 <= near < len(order):
                other = order[near]
                if abs(patches.bottom[other] - patches.bottom[one]) > reach:
                    break
                if _follows(patches, one, other, tolerance):
                    join(row_of, one, other)
                near += step
    numbered(row_of)
    return row_of


@compiled
def _follows(patches: Patches, first: int, second: int, tolerance: float) -> bool:
    """Whether two patches may be letters of one line, the second right of the first."""
    tall = patches.bottom[first] - patches.top[first]
    second_tall = patches.bottom[second] - patches.top[second]
    lower = min(tall, second_tall)
    gap = patches.left[second] - patches.right[first]
    if gap < -1 - MAXIMUM_SLANT * lower or gap > MAXIMUM_GAP * lower:
        return False
    if patches.left[second] <= patches.left[first]:
        return False
    if lower < MINIMUM_HEIGHT_RATIO * max(tall, second_tall):
        return False
    # Small letters share the base line with capitals; J and Q, which hang below it, the top line.
    base = abs(patches.bottom[first] - patches.bottom[second])
    top = abs(patches.top[first] - patches.top[second])
    if min(base, top) > MAXIMUM_LINE_OFFSET * lower + 1:
        return False
    return bool(abs(patches.grey[first] - patches.grey[second]) <= tolerance)


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
