"""Changing films at random, with their boxes moved along."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import SettingsError

__all__ = ["BoxChanges", "ChangedFilm", "change_film", "move_boxes"]

_LEAST_SEEN: Final = 0.4  # of a box's area, below which it is no longer the finding's
_LEAST_SIDE: Final = 2.0  # pixels
_STEP: Final = 32


@dataclass(frozen=True, slots=True)
class BoxChanges:
    """How far films are changed.

    Attributes:
        shorter: the least and the most that a film's shorter side is scaled to, in pixels.
        longer: pixels that its longer side never goes beyond.
        flip: how likely left and right change places, 0 to 1.
        tilt: up to how many degrees a film is turned either way.
        shift: up to which share of its sides it is moved; what leaves the film is lost.
        grey: how far brightness, contrast and gamma vary, 0 to 1.
    Raises:
        SettingsError: a value is out of range.
    """

    shorter: tuple[int, int] = (640, 800)
    longer: int = 1333
    flip: float = 0.5
    tilt: float = 0.0
    shift: float = 0.0
    grey: float = 0.0

    def __post_init__(self) -> None:
        low, high = self.shorter
        if not 32 <= low <= high <= self.longer:
            raise SettingsError("sides must be 32 ≤ shorter's least ≤ its most ≤ longer")
        shares = (self.flip, self.shift, self.grey)
        if not all(0 <= share <= 1 for share in shares) or not 0 <= self.tilt <= 45:
            raise SettingsError("flip, shift and grey are 0 to 1, and tilt is 0 to 45 degrees")


@dataclass(frozen=True, slots=True, eq=False)
class ChangedFilm:
    """A film as a network learns from it.

    Attributes:
        pixels: (rows, columns) float32 in [0, 1].
        boxes: (k, 4) xmin, ymin, xmax, ymax in its pixels.
        labels: (k,) int64.
    """

    pixels: NDArray[np.float32]
    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]


def change_film(
    pixels: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    labels: NDArray[np.int64],
    changes: BoxChanges,
    rng: np.random.Generator,
) -> ChangedFilm:
    """Scale, flip, tilt and shift a film, and change its greys.

    A box becomes the upright box around where its corners went. It is lost when less than 0.4 of
    it is left on the film.

    Args:
        pixels: (rows, columns), bright = dense.
        boxes: (k, 4) xmin, ymin, xmax, ymax in pixels.
    """
    rows, columns = pixels.shape
    wanted = int(rng.integers(changes.shorter[0], changes.shorter[1] + 1))
    scale = min(wanted / min(rows, columns), changes.longer / max(rows, columns))
    size = (max(_STEP, round(rows * scale)), max(_STEP, round(columns * scale)))
    matrix = _matrix((rows, columns), size, changes, rng)
    moved = cv2.warpAffine(
        np.ascontiguousarray(pixels), _of_centres(matrix), size[::-1], flags=cv2.INTER_LINEAR
    )
    kept, own = move_boxes(boxes, matrix, size)
    film = moved.astype(np.float32) / np.float32(255)
    return ChangedFilm(_greyed(film, changes.grey, rng), kept, labels[own])


def _matrix(
    before: Sequence[int], after: Sequence[int], changes: BoxChanges, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(2, 3) from x, y of the film to x, y of the changed one, by pixels' outer edges."""
    down, across = after[0] / before[0], after[1] / before[1]
    sign = -1.0 if rng.random() < changes.flip else 1.0
    angle = math.radians(rng.uniform(-changes.tilt, changes.tilt))
    shift = rng.uniform(-changes.shift, changes.shift, 2) * (after[1], after[0])
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array([[cosine * across * sign, -sine * down], [sine * across * sign, cosine * down]])
    middle = np.array([before[1], before[0]]) / 2
    return np.column_stack([turn, np.array([after[1], after[0]]) / 2 + shift - turn @ middle])


def _of_centres(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for OpenCV, to which 0 is the middle of the first pixel, not its edge."""
    half = np.array([0.5, 0.5])
    shift = matrix[:, 2] + matrix[:, :2] @ half - half
    return np.column_stack([matrix[:, :2], shift])


def move_boxes(
    boxes: NDArray[np.float64], matrix: NDArray[np.float64], size: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Boxes where a film's places went.

    Args:
        boxes: (k, 4) xmin, ymin, xmax, ymax in pixels.
        matrix: (2, 3) from a film's x, y to the changed film's.
        size: rows and columns of the changed film.
    Returns:
        those that are left, cut off at the film's edges; and which of the boxes they are, (k,).
    """
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    moved = corners @ matrix[:, :2].T + matrix[:, 2]
    around = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    ends = np.array([size[1], size[0]] * 2)
    seen = np.minimum(around, ends).clip(0)
    sides = seen[:, 2:] - seen[:, :2]
    whole = np.prod(around[:, 2:] - around[:, :2], axis=1)
    left = (np.prod(sides, axis=1) >= _LEAST_SEEN * whole) & (sides >= _LEAST_SIDE).all(axis=1)
    return seen[left], left


def _greyed(
    film: NDArray[np.float32], reach: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    if not reach:
        return film
    gamma = math.exp(rng.uniform(-0.5, 0.5) * reach)
    contrast = 1 + rng.uniform(-0.3, 0.3) * reach
    brightness = rng.uniform(-0.1, 0.1) * reach
    changed = (film**gamma - 0.5) * contrast + 0.5 + brightness
    found: NDArray[np.float32] = changed.clip(0, 1).astype(np.float32)
    return found
