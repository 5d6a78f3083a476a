"""The anatomy and the drawing behind `spine_like_films`, which is test data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Canvas", "Spine", "lay_out", "soft_tissue"]

Point = tuple[float, float]

_SUBPIXEL: Final = 4  # bits; OpenCV draws with coordinates of fixed point
_TWO_BODIES: Final = frozenset({"spondylolisthesis", "surgical implant", "disc space narrowing"})


class Canvas:
    """Adds shapes with soft edges to a film.

    Attributes:
        film: (rows, columns) float32, about 0 to 1, bright = dense.
    """

    def __init__(self, film: NDArray[np.float32]) -> None:
        self.film = film

    def polygon(self, points: NDArray[np.float64], density: float) -> None:
        mask = self._mask()
        cv2.fillPoly(mask, [_fixed(points)], 255, cv2.LINE_AA, _SUBPIXEL)
        self._add(mask, density)

    def outline(self, points: NDArray[np.float64], density: float) -> None:
        mask = self._mask()
        cv2.polylines(mask, [_fixed(points)], True, 255, 2, cv2.LINE_AA, _SUBPIXEL)
        self._add(mask, density)

    def ellipse(self, centre: Point, radii: Point, turn: float, density: float) -> None:
        """Args: turn: degrees clockwise."""
        mask = self._mask()
        at, axes = _fixed(np.array([centre, radii]))
        cv2.ellipse(mask, at, axes, turn, 0, 360, 255, -1, cv2.LINE_AA, _SUBPIXEL)
        self._add(mask, density)

    def line(self, start: Point, end: Point, thickness: float, density: float) -> None:
        mask = self._mask()
        first, last = _fixed(np.array([start, end]))
        cv2.line(mask, first, last, 255, max(1, round(thickness)), cv2.LINE_AA, _SUBPIXEL)
        self._add(mask, density)

    def _mask(self) -> NDArray[np.uint8]:
        return np.zeros(self.film.shape, np.uint8)

    def _add(self, mask: NDArray[np.uint8], density: float) -> None:
        self.film += mask * np.float32(density / 255)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(points * (1 << _SUBPIXEL)).astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Spine:
    """Where bodies are, and which lesions were planned where.

    Attributes:
        centres: (n, 2) x, y in pixels.
        widths, heights: (n,) of the bodies.
        fronts: (n,) the share of its height that a body has at its front, which is at the left.
        tilts: (n,) in radians.
        lesions: (class, level) each; a lesion between two bodies has the upper one's level.
    """

    centres: NDArray[np.float64]
    widths: NDArray[np.float64]
    heights: NDArray[np.float64]
    fronts: NDArray[np.float64]
    tilts: NDArray[np.float64]
    lesions: tuple[tuple[str, int], ...]

    @property
    def vertebrae(self) -> int:
        return len(self.centres)

    def point(self, level: int, across: float, down: float) -> Point:
        """A place by a body's halves: (-1, -1) is its upper front corner, were it not collapsed."""
        x = across * self.widths[level] / 2
        y = down * self.heights[level] / 2
        cosine, sine = np.cos(self.tilts[level]), np.sin(self.tilts[level])
        centre = self.centres[level]
        return float(centre[0] + x * cosine - y * sine), float(centre[1] + x * sine + y * cosine)

    def outline(self, level: int) -> NDArray[np.float64]:
        """(6, 2) corners and waists of a body."""
        front = float(self.fronts[level])
        places = (
            (-1.0, -front),
            (1.0, -1.0),
            (0.92, 0.0),
            (1.0, 1.0),
            (-1.0, front),
            (-0.92, 0.0),
        )
        return np.array([self.point(level, *place) for place in places])

    def foramen(self, level: int) -> tuple[Point, Point]:
        """Centre and half sides of the opening behind the disc below a body."""
        above, below = self.point(level, 1.5, 1.0), self.point(level + 1, 1.5, -1.0)
        centre = ((above[0] + below[0]) / 2, (above[1] + below[1]) / 2)
        return centre, (0.2 * float(self.widths[level]), 0.4 * float(self.heights[level]))


def lay_out(rng: np.random.Generator, kinds: Sequence[str], rows: int, columns: int) -> Spine:
    """Draw the anatomy, and change it where a lesion changes it."""
    count = int(rng.integers(6, 8))
    lesions = _placed(rng, kinds, count)
    levels = {kind: {level for name, level in lesions if name == kind} for kind, _ in lesions}
    pitch = rows / (count + 0.3)
    heights = 0.72 * pitch * rng.uniform(0.94, 1.06, count)
    gaps = 0.28 * pitch * rng.uniform(0.9, 1.1, count)
    fronts = np.ones(count)
    for level in levels.get("disc space narrowing", ()):
        gaps[level] *= 0.12
    for level in levels.get("vertebral collapse", ()):
        fronts[level] = rng.uniform(0.3, 0.45)
    tops = np.cumsum(heights + gaps) - heights - gaps + 0.15 * pitch
    y = tops + heights / 2
    phase, bend = rng.uniform(0, 2 * np.pi), rng.uniform(0.01, 0.05) * columns
    x = columns * rng.uniform(0.38, 0.5) + bend * np.sin(2 * np.pi * y / rows + phase)
    slope = bend * 2 * np.pi / rows * np.cos(2 * np.pi * y / rows + phase)
    widths = heights * rng.uniform(1.2, 1.35)
    for level in levels.get("spondylolisthesis", ()):
        x[: level + 1] -= rng.uniform(0.32, 0.45) * widths[level]
    return Spine(np.stack([x, y], axis=1), widths, heights, fronts, -np.arctan(slope), lesions)


def _placed(
    rng: np.random.Generator, kinds: Sequence[str], count: int
) -> tuple[tuple[str, int], ...]:
    """Give each lesion a level of its own; those that find none are left out."""
    free = set(range(count - 1))
    placed = []
    for kind in kinds:
        needs = (0, 1) if kind in _TWO_BODIES else (0,)
        fitting = [level for level in sorted(free) if all(level + n in free for n in needs)]
        if not fitting:
            continue
        level = int(rng.choice(fitting))
        free -= {level + n for n in needs}
        placed.append((kind, level))
    return tuple(placed)


def soft_tissue(
    rng: np.random.Generator, spine: Spine, rows: int, columns: int
) -> NDArray[np.float32]:
    """(rows, columns) what lies before and behind the spine: a broad band, and clouds."""
    across = np.arange(columns) / columns
    middle = float(spine.centres[:, 0].mean()) / columns
    band = 0.2 * np.exp(-(((across - middle) / 0.3) ** 2))
    clouds = rng.normal(0, 0.05, (9, 6)).astype(np.float32)
    grain = rng.normal(0, 0.05, (rows // 4, columns // 4)).astype(np.float32)
    film = np.float32(0.12) + band[np.newaxis].astype(np.float32)
    for noise in (clouds, grain):
        film = film + cv2.resize(noise, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(film, np.float32)
