"""Where text lies on a film, and what is to become of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["Rectangle", "TextBox", "TextStays", "Verdict"]


class Verdict(StrEnum):
    """What a line of text is taken for."""

    IDENTITY = "identity"
    """Names, dates, times, ids and every word that the table of kept words does not know."""
    KEEP = "keep"
    """Side markers and words of technique."""
    DOUBTFUL = "doubtful"
    """It has the shape of text, and could not be read."""


@dataclass(frozen=True, slots=True)
class TextBox:
    """One line of text on one frame.

    Attributes:
        frame: index of the frame, from 0; -1 for an overlay, -2 for the icon image.
        x, y, width, height: pixels from the frame's upper left corner.
        turn: degrees clockwise to turn the frame so that the line reads from left to right: 0,
            90, 180 or 270.
        why: code of what decided: `header`, `name`, `date`, `time`, `number`, `unknown_word`,
            `side`, `technique`, `scale`, `unreadable`. Never the text that was read.
    """

    frame: int
    x: int
    y: int
    width: int
    height: int
    turn: int
    verdict: Verdict
    why: str


class TextStays(UnsupportedPixels):
    """A film's text cannot be taken out for certain, so that the film is withheld.

    Attributes:
        reason: always `burned_in_text`.
        boxes: what was found before the search was given up.
    """

    def __init__(self, message: str, boxes: Iterable[TextBox] = ()) -> None:
        super().__init__(message, Reason.BURNED_IN_TEXT)
        self.boxes = tuple(boxes)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (str(self), self.boxes))


class Rectangle(NamedTuple):
    """Pixels from `left` to `right` and `top` to `bottom`, ends exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return self.width * self.height

    def turned(self) -> "Rectangle":
        """The same place on the transposed frame."""
        return Rectangle(self.top, self.left, self.bottom, self.right)

    def joined(self, other: "Rectangle") -> "Rectangle":
        """The smallest rectangle that holds both."""
        return Rectangle(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def shared(self, other: "Rectangle") -> int:
        """How many pixels both hold."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, across) * max(0, down)

    def padded(self, across: int, down: int, shape: tuple[int, int]) -> "Rectangle":
        """Widened on each side, within a frame of (rows, columns)."""
        return Rectangle(
            max(0, self.left - across),
            max(0, self.top - down),
            min(shape[1], self.right + across),
            min(shape[0], self.bottom + down),
        )
