"""Test data: films that look a little like a spine from the side, with planted lesions.

They are drawn, and show no one. A detector that learns nothing scores 0 on them, one that learns
scores high; what it reaches says that its training works, and nothing about patients. Each of the
seven classes of lesion is drawn by a rule of its own, and its box is known to the pixel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import SettingsError
from plainfilm.findings.training.lesions import LESION_CLASSES
from plainfilm.findings.training.spine_like_shapes import Canvas, Spine, lay_out, soft_tissue

__all__ = ["SpineLikeFilm", "spine_like_film", "spine_like_films"]

_MOST_LESIONS: Final = 4
_LEAST_SIDE: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class SpineLikeFilm:
    """One drawn film, test data, and where its lesions are.

    Attributes:
        pixels: (rows, columns) uint8, bright = dense.
        boxes: (lesions, 4) xmin, ymin, xmax, ymax in pixels; 0 is the outer edge of the first.
        labels: (lesions,) of `LESION_CLASSES`.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    labels: tuple[str, ...]


def spine_like_films(
    count: int, *, seed: int = 0, rows: int = 320, columns: int = 192, abnormal: float = 0.7
) -> Iterator[SpineLikeFilm]:
    """Draw films of test data; the same seed gives the same films, however many are asked for.

    Args:
        rows, columns: of a film, in pixels, 64 at least.
        abnormal: the share of films with lesions, 0 to 1; those have one to four.
    Raises:
        SettingsError: a number is out of range.
    """
    if count < 0 or seed < 0:
        raise SettingsError("there can be no fewer than 0 films, and a seed is 0 or more")
    if min(rows, columns) < _LEAST_SIDE:
        raise SettingsError(f"{rows} x {columns} pixels are too few; each side needs {_LEAST_SIDE}")
    if not 0 <= abnormal <= 1:
        raise SettingsError(f"abnormal ({abnormal}) must be 0 to 1")
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        lesions = int(rng.integers(1, _MOST_LESIONS + 1)) if rng.random() < abnormal else 0
        kinds = [
            LESION_CLASSES[int(kind)] for kind in rng.integers(0, len(LESION_CLASSES), lesions)
        ]
        yield spine_like_film(rng, kinds, rows=rows, columns=columns)


def spine_like_film(
    rng: np.random.Generator, kinds: list[str], *, rows: int = 320, columns: int = 192
) -> SpineLikeFilm:
    """Draw one film of test data with lesions of these kinds, as far as there is room for them."""
    spine = lay_out(rng, kinds, rows, columns)
    canvas = Canvas(soft_tissue(rng, spine, rows, columns))
    for level in range(spine.vertebrae):
        _vertebra(canvas, spine, level, rng)
    for level in range(spine.vertebrae - 1):
        _behind_disc(canvas, spine, level)
    boxes, labels = [], []
    for kind, level in spine.lesions:
        boxes.append(_LESIONS[kind](canvas, spine, level, rng))
        labels.append(kind)
    found = np.array(boxes, float).reshape(-1, 4).clip(0, [columns, rows, columns, rows])
    return SpineLikeFilm(_exposed(canvas.film, rng), found, tuple(labels))


def _exposed(film: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As a detector of that day would show it: contrast, brightness and noise vary."""
    film = film * rng.uniform(0.85, 1.1) + rng.uniform(-0.04, 0.04)
    film += rng.normal(0, rng.uniform(0.01, 0.025), film.shape).astype(np.float32)
    shown: NDArray[np.uint8] = np.rint(film.clip(0, 1) * 255).astype(np.uint8)
    return shown


def _vertebra(canvas: Canvas, spine: Spine, level: int, rng: np.random.Generator) -> None:
    outline = spine.outline(level)
    density = 0.24 + rng.uniform(-0.03, 0.03)
    if (("vertebral collapse", level)) in spine.lesions:
        density += 0.07  # what is pressed together is denser
    canvas.polygon(outline, density)
    canvas.outline(outline, 0.14)
    # The arch and the spinous process, behind the body.
    width, height = spine.widths[level], spine.heights[level]
    canvas.ellipse(spine.point(level, 0.95, 0.0), (0.42 * width, 0.2 * height), 0, 0.10)
    canvas.ellipse(spine.point(level, 1.7, 0.5), (0.4 * width, 0.15 * height), 25, 0.12)


def _behind_disc(canvas: Canvas, spine: Spine, level: int) -> None:
    """The foramen behind a disc: a dark oval, but where it is narrowed."""
    narrowed = ("foraminal stenosis", level) in spine.lesions
    centre, (across, down) = spine.foramen(level)
    share = 0.4 if narrowed else 1.0
    canvas.ellipse(centre, (across, down), 0, 0.12)
    canvas.ellipse(centre, (across * 0.75 * share, down * 0.85 * share), 0, -0.24)


def _disc_space_narrowing(
    _canvas: Canvas, spine: Spine, level: int, _rng: np.random.Generator
) -> list[float]:
    """Laid out already: the box is what lies between the two bodies, with their end plates."""
    above, below = spine.outline(level), spine.outline(level + 1)
    margin = 0.22 * spine.heights[level]
    edge = (above[:, 1].max() + below[:, 1].min()) / 2
    left, right = (
        min(above[:, 0].min(), below[:, 0].min()),
        max(above[:, 0].max(), below[:, 0].max()),
    )
    return [left, edge - margin, right, edge + margin]


def _foraminal_stenosis(
    _canvas: Canvas, spine: Spine, level: int, _rng: np.random.Generator
) -> list[float]:
    (x, y), (across, down) = spine.foramen(level)
    return [x - across, y - down, x + across, y + down]


def _osteophytes(canvas: Canvas, spine: Spine, level: int, rng: np.random.Generator) -> list[float]:
    """A beak at a body's lower front corner, bent towards the next body."""
    length = rng.uniform(0.42, 0.55)
    beak = np.array(
        [
            spine.point(level, -0.85, 0.35),
            spine.point(level, -1.0 - length, 0.75),
            spine.point(level, -1.0 - 0.85 * length, 1.2),
            spine.point(level, -0.75, 0.98),
        ]
    )
    canvas.polygon(beak, 0.34)
    return _around(beak, 1)


def _spondylolisthesis(
    _canvas: Canvas, spine: Spine, level: int, _rng: np.random.Generator
) -> list[float]:
    """Laid out already: a body, with all above it, has slipped forward on the next."""
    return _around(np.concatenate([spine.outline(level), spine.outline(level + 1)]), 1)


def _surgical_implant(
    canvas: Canvas, spine: Spine, level: int, rng: np.random.Generator
) -> list[float]:
    """A screw in each of two bodies, and the rod that joins them."""
    heads, tips = [], []
    for place in (level, level + 1):
        drop = rng.uniform(-0.15, 0.15)
        tips.append(spine.point(place, rng.uniform(-0.6, -0.3), drop))
        heads.append(spine.point(place, 1.3, drop - 0.1))
    thickness = 0.1 * spine.heights[level]
    for tip, head in zip(tips, heads, strict=True):
        canvas.line(tip, head, thickness, 0.55)
        canvas.ellipse(head, (1.6 * thickness, 1.6 * thickness), 0, 0.55)
    canvas.line(heads[0], heads[1], 1.4 * thickness, 0.55)
    return _around(np.array([*heads, *tips]), 2 * thickness)


def _vertebral_collapse(
    _canvas: Canvas, spine: Spine, level: int, _rng: np.random.Generator
) -> list[float]:
    """Laid out already: the front of the body has lost most of its height."""
    return _around(spine.outline(level), 1)


def _other_lesions(
    canvas: Canvas, spine: Spine, level: int, rng: np.random.Generator
) -> list[float]:
    """A round patch in a body, denser than bone or eaten away."""
    radius = rng.uniform(0.24, 0.34) * spine.heights[level]
    x, y = spine.point(level, rng.uniform(-0.4, 0.4), rng.uniform(-0.25, 0.25))
    canvas.ellipse((x, y), (radius, radius), 0, float(rng.choice([0.32, -0.3])))
    return [x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1]


def _around(points: NDArray[np.float64], margin: float) -> list[float]:
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    return [*low.tolist(), *high.tolist()]


_LESIONS: Final = {
    "disc space narrowing": _disc_space_narrowing,
    "foraminal stenosis": _foraminal_stenosis,
    "osteophytes": _osteophytes,
    "spondylolisthesis": _spondylolisthesis,
    "surgical implant": _surgical_implant,
    "vertebral collapse": _vertebral_collapse,
    "other lesions": _other_lesions,
}
