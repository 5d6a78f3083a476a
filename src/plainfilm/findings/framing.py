"""A film as a network takes it, and the way back from the network's places to the film's."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import ImageFacts, open_image, resize
from plainfilm.errors import Reason, UnsupportedPixels
from plainfilm.models import Framing
from plainfilm.records import Location

__all__ = ["Frame", "FramedFilm", "ShownFilm", "show_film"]

_ROUNDING: Final = 1e-6  # pixels by which a side may be too long for want of digits


class Frame(NamedTuple):
    """The rectangle that a network takes, in pixels, and how a film comes into it."""

    rows: int
    columns: int
    framing: Framing

    def shape_of(self, rows: int, columns: int) -> tuple[int, int]:
        """What a film of so many pixels is scaled to; for `crop` it sticks out of the frame."""
        if self.framing == "stretch":
            return self.rows, self.columns
        scales = (self.rows / rows, self.columns / columns)
        scale = min(scales) if self.framing == "pad" else max(scales)
        return max(1, round(rows * scale)), max(1, round(columns * scale))

    def longest_side(self, rows: int, columns: int) -> int:
        """How fine a film of so many pixels has to be decoded: pixels of its longer side."""
        down, across = self.shape_of(rows, columns)
        if self.framing != "stretch":
            return max(down, across)
        return math.ceil(max(rows, columns) * max(down / rows, across / columns) - _ROUNDING)


@dataclass(frozen=True, slots=True, eq=False)
class FramedFilm:
    """A film in a frame.

    Attributes:
        pixels: (rows, columns) float32 in [0, 1], bright = dense.
        within: where the frame's outer edges lie on the film as shown: xmin, ymin, xmax, ymax as
            shares of it, beyond [0, 1] where the film does not fill the frame.
        film: the film.
    """

    pixels: NDArray[np.float32]
    within: tuple[float, float, float, float]
    film: "ShownFilm"

    def on_film(self, boxes: NDArray[Any]) -> NDArray[np.float64]:
        """Boxes in the frame as boxes on the film.

        Args:
            boxes: (n, 4), xmin, ymin, xmax, ymax as shares of the frame.
        Returns:
            (n, 4), pixels of the stored film, cut off at its edges, so that a box beside the film
            has no area.
        """
        left, top, right, bottom = self.within
        origin = np.array([left, top, left, top])
        extent = np.array([right - left, bottom - top] * 2)
        shown = (origin + np.asarray(boxes, np.float64) * extent).clip(0, 1)
        stored = _unturned(shown, self.film.quarter_turns)
        found: NDArray[np.float64] = stored * ([self.film.columns, self.film.rows] * 2)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ShownFilm:
    """A film decoded for display, once, however many frames it is to go into.

    Attributes:
        pixels: (rows, columns) uint8, bright = dense, turned upright; at least as fine as the
            frames it was shown for, where the film is.
        rows, columns: of the stored film, in pixels.
        quarter_turns: clockwise, by which it was turned.
    """

    pixels: NDArray[np.uint8]
    rows: int
    columns: int
    quarter_turns: int

    def framed(self, frame: Frame) -> FramedFilm:
        """The film in a frame."""
        scaled = frame.shape_of(*_turned_shape(self.rows, self.columns, self.quarter_turns))
        pixels = self.pixels if self.pixels.shape == scaled else resize(self.pixels, *scaled)
        # Above 0 where the film leaves room, below where it sticks out.
        top, left = (frame.rows - scaled[0]) // 2, (frame.columns - scaled[1]) // 2
        square = np.zeros((frame.rows, frame.columns), np.float32)
        into = slice(max(0, top), top + scaled[0]), slice(max(0, left), left + scaled[1])
        of = (
            slice(max(0, -top), max(0, -top) + frame.rows),
            slice(max(0, -left), max(0, -left) + frame.columns),
        )
        np.multiply(pixels[of], np.float32(1 / 255), out=square[into])
        within = (
            -left / scaled[1],
            -top / scaled[0],
            (frame.columns - left) / scaled[1],
            (frame.rows - top) / scaled[0],
        )
        return FramedFilm(square, within, self)


def show_film(location: Location, frames: Sequence[Frame], quarter_turns: int = 0) -> ShownFilm:
    """Decode a film for some frames.

    Args:
        quarter_turns: clockwise, that bring it upright.
    Raises:
        UnreadableDicom: the file cannot be read, or is no image.
        UnsupportedPixels: it cannot be decoded, has several frames, or shows nothing.
    """
    image = open_image(location)
    if image.facts.frames > 1:
        raise UnsupportedPixels(f"{location}: {image.facts.frames} frames", Reason.SEVERAL_FRAMES)
    try:
        pixels = image.render(_longest_side(image.facts, frames, quarter_turns))
    except UnsupportedPixels as error:
        raise UnsupportedPixels(f"{location}: {error}", error.reason) from error
    if pixels.min() == pixels.max():
        raise UnsupportedPixels(f"{location} shows nothing", Reason.BLANK_IMAGE)
    upright = np.rot90(pixels, -quarter_turns)
    return ShownFilm(upright, image.facts.rows, image.facts.columns, quarter_turns % 4)


def _longest_side(facts: ImageFacts, frames: Sequence[Frame], quarter_turns: int) -> int:
    """How fine the film has to be for all frames, in pixels of its longer side."""
    if not facts.rows or not facts.columns:
        return 1  # such a film cannot be decoded, and says why when it is
    shape = _turned_shape(facts.rows, facts.columns, quarter_turns)
    return max(frame.longest_side(*shape) for frame in frames)


def _turned_shape(rows: int, columns: int, quarter_turns: int) -> tuple[int, int]:
    return (columns, rows) if quarter_turns % 2 else (rows, columns)


def _unturned(boxes: NDArray[np.float64], quarter_turns: int) -> NDArray[np.float64]:
    """Boxes of a film that was turned clockwise, as they lie on the film before."""
    for _ in range(quarter_turns % 4):
        xmin, ymin, xmax, ymax = boxes.T
        # A turn clockwise took (x, y) to (1 - y, x).
        boxes = np.stack([ymin, 1 - xmax, ymax, 1 - xmin], axis=1)
    return boxes
