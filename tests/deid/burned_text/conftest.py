"""Smooth films, and lines of text in a real typeface to burn into them."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from plainfilm.deid.identity import KnownIdentity

LINE = "DOE, JANE 1956-03-04"


@pytest.fixture(scope="session")
def jane() -> KnownIdentity:
    return KnownIdentity(frozenset({"doe", "jane"}), ("ng0038126",), frozenset())


@pytest.fixture(scope="session")
def smooth() -> Callable[..., np.ndarray]:
    return smooth_film


@pytest.fixture(scope="session")
def write() -> Callable[..., np.ndarray]:
    return write_line


def smooth_film(rows: int = 400, columns: int = 520, seed: int = 0) -> np.ndarray:
    """Soft shadows between 60 and 190, and a little noise, as in a film of the chest."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    shadow = np.sin(5 * x + rng.uniform(0, 6)) + np.cos(4 * y + rng.uniform(0, 6))
    return np.clip(125 + 32 * shadow + rng.normal(0, 2, shadow.shape), 0, 255).astype(np.uint8)


def write_line(
    film: np.ndarray, text: str, x: int = 40, y: int = 60, *, pixels: int = 24, ink: int = 255
) -> np.ndarray:
    """The film with a line of text in Pillow's own typeface, at the upper left corner (x, y)."""
    face = ImageFont.load_default(pixels)
    left, top, right, bottom = (round(side) for side in face.getbbox(text))
    image = Image.new("L", (right - left + 2, bottom - top + 2), 0)
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=face)
    share = np.asarray(image) / 255
    new = film.astype(np.float64)
    part = new[y : y + share.shape[0], x : x + share.shape[1]]
    assert part.shape == share.shape, "the text does not fit on the film"
    part[:] = part * (1 - share) + ink * share
    return new.round().astype(film.dtype)
