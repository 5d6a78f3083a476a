"""Which pixels of a frame are marked as those of letters, by steps and constant grey values."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.compiled import compiled

__all__ = ["Constant", "MarkedFrame", "Marking", "scratch_plane"]

Mask = NDArray[np.uint8]

NOISE_FACTORS: Final = {3: 5.0}
NOISE_FACTOR: Final = 4.0
"""Steps below this many times the usual contrast of a film are noise: reach → factor, and the
factor of further reaches, in whose squares noise alone makes more contrast."""

INK_SPREAD: Final = 1
FIELD_REACH: Final = 9
"""Grey values that ink may spread, and the side of the square in which a field is looked for."""

LARGEST_KEPT: Final = 8_000_000
"""Pixels of a plane that is kept for the next frame."""


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


class MarkedFrame:
    """A frame and the masks of its letters; what several markings need is worked out once.

    Args:
        image: (rows, columns) uint8.
    """

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.image = image
        self._planes: dict[tuple[object, ...], NDArray[np.uint8]] = {}

    def mask(self, marking: Marking, bright: bool | None) -> tuple[Mask, float]:
        """Pixels that are brighter (or darker) than one nearby by the step; and the step.

        They lie inside the letter, so that a gap of a single pixel parts two letters.

        Args:
            bright: None marks both.
        Returns:
            (rows, columns) of 0 and 1, good until the next call; and grey values.
        """
        if bright is None:
            above, below = (self._contrast(marking.reach, side) for side in (True, False))
            contrast = cv2.max(above, below, dst=self._plane("either"))
        else:
            contrast = self._contrast(marking.reach, bright)
        step = float(marking.step)
        if marking.constant is Constant.NOTHING:
            factor = NOISE_FACTORS.get(marking.reach, NOISE_FACTOR)
            step = min(max(step, factor * _median(contrast[::8, ::8])), 255.0)
        mask: Mask = cv2.threshold(
            contrast, step - 1, 1, cv2.THRESH_BINARY, dst=self._plane("mask")
        )[1]
        if marking.constant is not Constant.NOTHING:
            cv2.bitwise_and(mask, self._constant(marking.constant, bright=bool(bright)), dst=mask)
        return mask, step

    def _contrast(self, reach: int, bright: bool) -> NDArray[np.uint8]:
        """How far each pixel is above the least (below the most) within reach."""
        key = ("contrast", reach, bright)
        if key not in self._planes:
            # A cross of three parts letters that touch at a corner; further reach needs a square.
            shape = cv2.MORPH_CROSS if reach == 3 else cv2.MORPH_RECT
            kernel = cv2.getStructuringElement(shape, (reach, reach))
            plane = self._planes[key] = self._plane(*key)
            if bright:
                cv2.subtract(self.image, cv2.erode(self.image, kernel, dst=plane), dst=plane)
            else:
                cv2.subtract(cv2.dilate(self.image, kernel, dst=plane), self.image, dst=plane)
        return self._planes[key]

    def _constant(self, constant: Constant, *, bright: bool) -> Mask:
        """Pixels that have, or are near, what must have one grey value."""
        key = (constant, bright and constant is Constant.CORE)
        if key not in self._planes:
            plane = self._planes[key] = self._plane(*key)
            least, most = self._extreme(cv2.erode), self._extreme(cv2.dilate)
            if constant is Constant.CORE:
                pair = (most, self.image) if bright else (self.image, least)
            else:
                pair = (most, least)
            spread = 0 if constant is Constant.FIELD else INK_SPREAD
            cv2.subtract(*pair, dst=plane)
            cv2.threshold(plane, spread, 1, cv2.THRESH_BINARY_INV, dst=plane)
            if constant is Constant.FIELD:
                cv2.dilate(plane, np.ones((FIELD_REACH, FIELD_REACH), np.uint8), dst=plane)
        return self._planes[key]

    def _extreme(self, which: Callable[..., Any]) -> NDArray[np.uint8]:
        """The least (most) of the nine pixels around each."""
        key = (which.__name__,)
        if key not in self._planes:
            self._planes[key] = which(self.image, np.ones((3, 3), np.uint8), dst=self._plane(*key))
        return self._planes[key]

    def _plane(self, *key: object) -> NDArray[np.uint8]:
        return scratch_plane(key, self.image.shape)


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.planes: dict[tuple[object, ...], NDArray[np.uint8]] = {}


_scratch = _Scratch()


def scratch_plane(key: tuple[object, ...], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A plane to write to, the same at each call: new memory costs more than what is written there.

    Args:
        key: names the plane, of which there are a dozen in each thread.
        shape: (rows, columns); planes of large frames are not kept.
    """
    size = shape[0] * shape[1]
    if size > LARGEST_KEPT:
        return np.empty(shape, np.uint8)
    planes = _scratch.planes
    if key not in planes or len(planes[key]) < size:
        planes[key] = np.empty(size, np.uint8)
    return planes[key][:size].reshape(shape)


@compiled
def _median(values: NDArray[np.uint8]) -> float:
    """By counting, which is many times as fast as by sorting."""
    counts = np.zeros(256, np.int64)
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            counts[values[row, column]] += 1
    below, lower, upper = 0, -1, -1
    for value in range(256):
        below += counts[value]
        if lower < 0 and below > (values.size - 1) // 2:
            lower = value
        if upper < 0 and below > values.size // 2:
            upper = value
    return (lower + upper) / 2
