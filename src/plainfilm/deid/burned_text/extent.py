"""From a row of letter-like shapes to the whole line that it belongs to, and its ink.

A search for steps finds some of a line's letters: those that stand out from what happens to lie
behind them. Once one part of a line is known, so is its ink, one grey value, and the rest is
looked for by that alone, on both sides.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.boxes import Rectangle
from plainfilm.deid.burned_text.candidates import Candidate

__all__ = ["Line", "whole_lines"]

MARGIN: Final = 0.5
"""Above and below the row, by its letters' height: room for accents and what hangs below."""
LARGEST_GAP: Final = 2.2
"""Between two words of a line, by its letters' height."""
LONGEST_REACH: Final = 30
"""Letters' heights that a line may go on to each side."""
INK_SPREAD: Final = 0.35
LEAST_INK_SPREAD: Final = 7.0
"""Grey values that a letter's pixels may be from the ink: this share of the contrast, or this."""
LEAST_CONTRAST: Final = 10.0
JOINED_SHARE: Final = 0.5
"""Of the smaller of two rows that must lie in the larger for both to be one line."""
STRAY_SHARE: Final = 0.04
"""Of the most ink in a row of pixels: less, far from the letters, is bone of the ink's grey."""
HANGING: Final = 0.35
"""How far commas and tails hang below the letters first found, by their height."""
LONGEST_WORD: Final = 14
"""Of letters that touch, by their height."""
SAME_INK: Final = 25.0
"""Grey values by which the ink of one line may be told differently; a bright line between dark
letters is another."""
EXACT_SPREAD: Final = 2.0
EXACT_STEP: Final = 5.0
"""Letters on a ground near to their ink are told by having its very value, beside this step."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text-like shapes.

    Attributes:
        place: on the frame as it is, whatever the turn; the whole line.
        core: the part of it that was found first.
        turned: whether it runs down the frame.
        height: pixels, of its usual letter.
        ink, ground: grey values of the letters and of what surrounds them.
        patches, letters: the most that any marking found.
        constancy: share of the letters' marked pixels that lie within 2 of one grey value.
    """

    place: Rectangle
    core: Rectangle
    turned: bool
    height: float
    ink: float
    ground: float
    patches: int
    letters: int
    constancy: float

    @property
    def contrast(self) -> float:
        return abs(self.ink - self.ground)

    def part(self, length: float) -> Rectangle:
        """So much of the line, by its thickness, around the middle of its core; or all of it."""
        place = self.place.turned() if self.turned else self.place
        core = self.core.turned() if self.turned else self.core
        half = round(length * place.height / 2)
        middle = (core.left + core.right) // 2
        middle = min(max(middle, place.left + half), max(place.right - half, place.left + half))
        part = Rectangle(
            max(place.left, middle - half), place.top, min(place.right, middle + half), place.bottom
        )
        return part.turned() if self.turned else part

    def has_ink_of(self, other: "Line") -> bool:
        return abs(self.ink - other.ink) <= SAME_INK


def whole_lines(image: NDArray[np.uint8], candidates: list[Candidate]) -> list[Line]:
    """The lines that candidates are part of, each once.

    Args:
        image: (rows, columns) uint8, in which the candidates were found.
    """
    lines: list[Line] = []
    for candidate in sorted(candidates, key=lambda one: (-one.patches, -one.letters)):
        line = _whole_line(image, candidate)
        if line is not None:
            lines.append(line)
    return _joined(lines)


def _whole_line(image: NDArray[np.uint8], candidate: Candidate) -> Line | None:
    lying = image.T if candidate.turned else image
    ink, ground, constancy = _ink(lying, candidate)
    if abs(ink - ground) < LEAST_CONTRAST:
        return None
    place = _grown(lying, candidate, ink, ground)
    return Line(
        place.turned() if candidate.turned else place,
        candidate.place.turned() if candidate.turned else candidate.place,
        candidate.turned,
        candidate.height,
        ink,
        ground,
        candidate.patches,
        candidate.letters,
        constancy,
    )


def _ink(lying: NDArray[np.uint8], candidate: Candidate) -> tuple[float, float, float]:
    """Grey values of letters and surroundings, and how constant the letters' is."""
    around = candidate.place.padded(2, 2, lying.shape)
    region = lying[around.top : around.bottom, around.left : around.right]
    if candidate.bright is None:
        others = region[np.abs(region - candidate.grey) > LEAST_CONTRAST]
        ground = float(np.median(others)) if len(others) else candidate.grey
        return candidate.grey, ground, 1.0
    square = np.ones((5, 5), np.uint8)
    if candidate.bright:
        contrast = cv2.subtract(region, cv2.erode(region, square))
    else:
        contrast = cv2.subtract(cv2.dilate(region, square), region)
    marked = region[contrast >= min(candidate.step, 255)]
    if not len(marked):
        marked = region.ravel()
    histogram = np.bincount(marked, minlength=256)
    near = np.convolve(histogram, np.ones(5), "same")
    # The ink is the common value farthest towards its end: edges of thin letters are paler.
    common = np.flatnonzero(near >= 0.6 * near.max())
    ink = float(common.max() if candidate.bright else common.min())
    others = region[np.abs(region - ink) > LEAST_CONTRAST]
    ground = float(np.median(others)) if len(others) else ink
    return ink, ground, float(near.max() / len(marked))


def _grown(lying: NDArray[np.uint8], candidate: Candidate, ink: float, ground: float) -> Rectangle:
    """The row's rectangle, widened over whatever of its ink follows on both sides."""
    height = max(candidate.height, 0.75 * candidate.place.height, 8.0)
    reach, margin = int(LONGEST_REACH * height), int(MARGIN * height) + 1
    area = candidate.place.padded(reach, margin, lying.shape)
    region = lying[area.top : area.bottom, area.left : area.right]
    letters = _inked(np.ascontiguousarray(region), ink, ground, height)
    columns = np.flatnonzero(letters.any(axis=0)) + area.left
    gap = int(LARGEST_GAP * height) + 2
    left = _followed(-columns[::-1], -candidate.place.left, gap)
    right = _followed(columns, candidate.place.right - 1, gap)
    left, right = min(candidate.place.left, -left), max(candidate.place.right, right + 1)
    rows = _inked_rows(letters[:, left - area.left : right - area.left], candidate, area, height)
    top = min(candidate.place.top, int(rows.min(initial=candidate.place.top)))
    bottom = max(candidate.place.bottom, int(rows.max(initial=0)) + 1)
    return Rectangle(left, top, right, bottom)


def _inked_rows(
    letters: NDArray[np.bool_], candidate: Candidate, area: Rectangle, height: float
) -> NDArray[np.intp]:
    """Rows of the frame that hold ink; far from the letters first found, enough of it."""
    ink = letters.sum(axis=1)
    rows = np.flatnonzero(ink) + area.top
    hanging = HANGING * height
    is_near = rows >= candidate.place.top - hanging
    is_near &= rows < candidate.place.bottom + hanging
    is_near |= ink[rows - area.top] > STRAY_SHARE * ink.max(initial=0)
    return np.compress(is_near, rows)


def _inked(
    region: NDArray[np.uint8], ink: float, ground: float, height: float
) -> NDArray[np.bool_]:
    """Pixels of the ink's value beside a step, in patches of letter size."""
    contrast = abs(ink - ground)
    spread = max(LEAST_INK_SPREAD, INK_SPREAD * contrast)
    square = np.ones((5, 5), np.uint8)
    rise = cv2.subtract(region, cv2.erode(region, square))
    fall = cv2.subtract(cv2.dilate(region, square), region)
    towards_ground = rise if ink > ground else fall
    mask = (_within(region, ink, spread) > 0) & (towards_ground >= max(8.0, 0.4 * contrast))
    exact = (_within(region, ink, EXACT_SPREAD) > 0) & (cv2.max(rise, fall) >= EXACT_STEP)
    return _of_letter_size(mask, height, 0.2) | _of_letter_size(exact, height, 0.4)


def _within(region: NDArray[np.uint8], ink: float, spread: float) -> Any:
    return cv2.inRange(region, max(0.0, ink - spread), min(255.0, ink + spread))


def _of_letter_size(mask: NDArray[np.bool_], height: float, least: float) -> NDArray[np.bool_]:
    """The mask without patches that are larger or smaller than letters of a height."""
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), 8, cv2.CV_32S)
    _, _, width, tall, pixels = boxes.T
    kept = (tall <= 1.9 * height) & (width <= LONGEST_WORD * height)
    kept &= (pixels >= 3) & (np.maximum(width, tall) >= least * height)
    kept[0] = False
    letters: NDArray[np.bool_] = kept[labels]
    return letters


def _followed(columns: NDArray[np.int64], start: int, gap: int) -> int:
    """The last column that is reached from the start without a step of more than `gap`."""
    beyond = columns[columns > start]
    if not len(beyond):
        return start
    steps = np.diff(beyond, prepend=start)
    broken = np.flatnonzero(steps > gap)
    last = len(beyond) if not len(broken) else int(broken[0])
    return int(beyond[last - 1]) if last else start


def _joined(lines: list[Line]) -> list[Line]:
    """Each line once: those of one direction that lie in one another are one."""
    kept: list[Line] = []
    for line in lines:
        for index, other in enumerate(kept):
            smaller = min(line.place.area, other.place.area)
            if (
                line.turned == other.turned
                and line.has_ink_of(other)
                and line.place.shared(other.place) >= JOINED_SHARE * smaller
            ):
                kept[index] = _both(other, line)
                break
        else:
            kept.append(line)
    return kept


def _both(line: Line, other: Line) -> Line:
    return Line(
        line.place.joined(other.place),
        line.core,
        line.turned,
        line.height,
        line.ink,
        line.ground,
        max(line.patches, other.patches),
        max(line.letters, other.letters),
        max(line.constancy, other.constancy),
    )
