"""One frame searched for text: candidates, whole lines, readings, verdicts."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.boxes import TextBox, TextStays, Verdict
from plainfilm.deid.burned_text.candidates import FIRST_SEARCH, Search, find_candidates
from plainfilm.deid.burned_text.crops import TURNS, cut_out
from plainfilm.deid.burned_text.extent import Line, whole_lines
from plainfilm.deid.burned_text.judging import is_legible, judge_text
from plainfilm.deid.burned_text.letters import may_be_letters
from plainfilm.deid.burned_text.reading import Reading, read_lines
from plainfilm.deid.identity import KnownIdentity

__all__ = ["ReadLine", "search_frame"]

MOST_LINES: Final = 60
"""More candidate lines than any film carries: a form on paper."""

DOUBTFUL_PATCHES: Final = 6
DOUBTFUL_TOUCHING: Final = 2.0
"""Letters by patches: more are the pieces of a long line."""
ONE_INK_TOUCHING: Final = 1.5
DOUBTFUL_CONSTANCY: Final = 0.45
DOUBTFUL_CONTRAST: Final = 20.0
DOUBTFUL_CERTAINTY: Final = 0.5
DOUBTFUL_CHARACTERS: Final = 5
LEAST_READ_SHARE: Final = 0.35
"""Characters of a reading that is of the whole line, by the line's patches."""

SURE: Final = 0.93
SURE_CHARACTERS: Final = 5
"""A reading that is so sure of so many characters is not upside down."""
LEAST_READ: Final = 2
"""Characters of a reading that is worth another."""

SAME_SHARE: Final = 0.85
"""Of the larger of two places, for both to hold the same line and nothing else."""

SHADOW_SHARE: Final = 0.5
"""Of the smaller of two rows that must lie in the other for one to be the other's shadow."""
LEAST_CONSTANCY: Final = 0.2
"""Added to it, since lossy compression leaves no grey value constant."""


class ReadLine(NamedTuple):
    """A line, what it reads as, and the turn in which it does."""

    line: Line
    reading: Reading
    turn: int


def search_frame(
    image: NDArray[np.uint8],
    identity: KnownIdentity,
    *,
    index: int = 0,
    search: Search = FIRST_SEARCH,
    seen: list[ReadLine] | None = None,
) -> tuple[TextBox, ...]:
    """Find, read and judge the text on one frame.

    Args:
        image: (rows, columns) uint8, from `search_range`.
        index: what the boxes carry as `frame`.
        seen: what was read before on this very frame, and is not read again; what is read now is
            added.
    Raises:
        TextStays: there is text everywhere.
    """
    lines = whole_lines(image, find_candidates(image, search))
    if len(lines) > MOST_LINES:
        message = f"text everywhere: {len(lines)} rows of letter-like shapes"
        raise TextStays(message)
    seen = [] if seen is None else seen
    known = [read for line in lines for read in seen if _is_same(line, read.line)]
    new = [line for line in lines if not any(_is_same(line, read.line) for read in seen)]
    read_now = _read(image, new, seen)
    seen += read_now
    boxes = []
    for read in _without_shadows(known + read_now):
        judged = _judged(read, identity)
        if judged == (Verdict.IDENTITY, "unknown_word"):
            judged = _as_marker(image, read, identity) or judged
        if judged is not None:
            place = read.line.place
            boxes.append(
                TextBox(index, place.left, place.top, place.width, place.height, read.turn, *judged)
            )
    return tuple(sorted(boxes, key=lambda box: (box.y, box.x)))


def _as_marker(
    image: NDArray[np.uint8], read: ReadLine, identity: KnownIdentity
) -> tuple[Verdict, str] | None:
    """The verdict on a marker that was misread for the bones at its ends; None where it is none.

    The part that was found first must read as known words, with all but two of the characters.
    """
    if read.line.core == read.line.place:
        return None
    core = _read_line(image, replace(read.line, place=read.line.core)).reading
    if not is_legible(core) or len(core.text) < len(read.reading.text) - 2:
        return None
    judged = judge_text(core.text, identity)
    return judged if judged is not None and judged[0] is Verdict.KEEP else None


def _is_same(line: Line, other: Line) -> bool:
    larger = max(line.place.area, other.place.area)
    return line.place.shared(other.place) >= SAME_SHARE * larger and line.has_ink_of(other)


def _read(
    image: NDArray[np.uint8], lines: Sequence[Line], before: Sequence[ReadLine]
) -> list[ReadLine]:
    """Lines in the turn that reads better; one that lies on a line that was read is left out."""
    reads: list[ReadLine] = []
    for line in sorted(lines, key=_promise, reverse=True):
        if any(
            is_legible(read.reading) and _lies_on(line, read.line) for read in (*before, *reads)
        ):
            continue
        read = _read_line(image, line)
        reads.append(read)
        # Where a line runs into bones that are as bright as its ink, less of it reads better.
        is_worth_more = len(read.reading.text) >= LEAST_READ and line.core != line.place
        if is_worth_more and not is_legible(read.reading):
            core = _read_line(image, replace(line, place=line.core))
            if is_legible(core.reading):
                reads.append(core)
    return reads


def _read_line(image: NDArray[np.uint8], line: Line) -> ReadLine:
    turns = TURNS[line.turned]
    if not (_has_shape_of_text(line) or may_be_letters(image, line)):
        return ReadLine(line, Reading("", 0.0), turns[0])
    reads = []
    for turn in turns:
        (reading,) = read_lines([cut_out(image, line, turn)])
        reads.append(ReadLine(line, reading, turn))
        if reading.certainty >= SURE and len(reading.text) >= SURE_CHARACTERS:
            break
    return max(reads, key=lambda read: _weight(read.reading))


def _promise(line: Line) -> float:
    """How likely a line is to read: many letters of one ink."""
    return (LEAST_CONSTANCY + line.constancy) * math.sqrt(line.patches * line.letters)


def _lies_on(line: Line, other: Line) -> bool:
    """Whether the better part of a line, or of what was found of it first, lies in another."""
    shared = line.place.shared(other.place)
    found = line.core.shared(other.place)
    smaller = min(line.place.area, other.place.area)
    return shared > SHADOW_SHARE * smaller or found > SHADOW_SHARE * line.core.area


def _weight(reading: Reading) -> float:
    """How much a reading tells: long ones are rarely right by chance."""
    return reading.certainty * math.sqrt(len(reading.text))


def _without_shadows(reads: list[ReadLine]) -> list[ReadLine]:
    """Without what lies on a line that reads better: the columns of its letters line up, too."""
    legible = [read for read in reads if is_legible(read.reading)]
    return [read for read in reads if not any(_is_shadow(read, other) for other in legible)]


def _is_shadow(read: ReadLine, other: ReadLine) -> bool:
    if other is read or _worth(other) <= _worth(read):
        return False
    return _lies_on(read.line, other.line)


def _worth(read: ReadLine) -> float:
    """How well a line is told: between the letters of one lies another, of the ground's grey."""
    constancy = LEAST_CONSTANCY + read.line.constancy
    return _weight(read.reading) * constancy * math.sqrt(read.line.patches)


def _judged(read: ReadLine, identity: KnownIdentity) -> tuple[Verdict, str] | None:
    judged = judge_text(read.reading.text, identity) if is_legible(read.reading) else None
    if judged is not None and (judged[0] is Verdict.IDENTITY or not _is_misread(read)):
        return judged
    return (Verdict.DOUBTFUL, "unreadable") if _looks_like_text(read) else judged


def _looks_like_text(read: ReadLine) -> bool:
    """Whether a line has the shape of text, or one that is half as good and half a reading."""
    line, reading = read.line, read.reading
    if line.patches < DOUBTFUL_PATCHES or line.letters > DOUBTFUL_TOUCHING * line.patches:
        return False
    if _has_shape_of_text(line):
        return True
    return reading.certainty >= DOUBTFUL_CERTAINTY and _characters(read) >= DOUBTFUL_CHARACTERS


def _has_shape_of_text(line: Line) -> bool:
    """Whether a line is one of text whatever it reads as: letters unknown to the network."""
    has_one_ink = line.constancy >= DOUBTFUL_CONSTANCY and line.contrast >= DOUBTFUL_CONTRAST
    return (
        has_one_ink
        and line.patches >= DOUBTFUL_PATCHES
        and line.letters <= ONE_INK_TOUCHING * line.patches
    )


def _is_misread(read: ReadLine) -> bool:
    """Whether most letters of a line are missing in its reading."""
    return _characters(read) < LEAST_READ_SHARE * read.line.patches


def _characters(read: ReadLine) -> int:
    return sum(character.isalnum() for character in read.reading.text)
