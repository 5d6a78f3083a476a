"""Words burned into pixels, as X-ray systems and print servers burn them."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.demo._tables import bundled

__all__ = ["BurnedInText", "burn_in", "draw_text"]

GLYPH_ROWS: Final = 7
GLYPH_COLUMNS: Final = 5
DOTS_BETWEEN_LINES: Final = 3
MARGIN: Final = 6


@dataclass(frozen=True, slots=True)
class BurnedInText:
    """What was burned in, and where: top row, left column, height and width of its field."""

    lines: tuple[str, ...]
    box: tuple[int, int, int, int]


def draw_text(lines: tuple[str, ...], *, scale: int = 2) -> NDArray[np.bool_]:
    """Draw lines of text in a 5 by 7 dot font.

    Accents are dropped and letters raised, as such fonts do; what the font lacks stays blank.

    Args:
        lines: from top to bottom.
        scale: pixels per dot, ≥ 1.
    Returns:
        (rows, columns): True where there is ink, without a margin.
    """
    columns = max(len(line) for line in lines) * (GLYPH_COLUMNS + 1)
    step = GLYPH_ROWS + DOTS_BETWEEN_LINES
    dots = np.zeros((len(lines) * step, columns), dtype=np.bool_)
    for index, line in enumerate(lines):
        for position, character in enumerate(_plain_letters(line)):
            glyph = _font().get(character)
            if glyph is not None:
                top, left = index * step, position * (GLYPH_COLUMNS + 1)
                dots[top : top + GLYPH_ROWS, left : left + GLYPH_COLUMNS] = glyph
    return np.kron(dots, np.ones((scale, scale), dtype=np.bool_)).astype(np.bool_)


def burn_in(
    frame: NDArray[np.uint8], lines: tuple[str, ...], style: str
) -> tuple[NDArray[np.uint8], BurnedInText]:
    """Burn lines of text into a film that is shown bright = dense.

    Args:
        frame: (rows, columns), display values 0 to 255; left as it is.
        style: `corner`, white on a black field at the top left; `box`, black on a white field
            with a frame at the bottom right.
    Returns:
        the new film, and what was burned in where.
    """
    ink = np.pad(draw_text(lines), MARGIN)
    height, width = ink.shape
    if style == "corner":
        top, left = 0, 0
        field = np.where(ink, 255, 0).astype(np.uint8)
    else:
        top, left = frame.shape[0] - height - MARGIN, frame.shape[1] - width - MARGIN
        field = np.where(ink, 10, 245).astype(np.uint8)
        field[[0, 1, -2, -1], :] = 10
        field[:, [0, 1, -2, -1]] = 10
    burned = frame.copy()
    burned[top : top + height, left : left + width] = field
    return burned, BurnedInText(lines, (top, left, height, width))


def _plain_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).upper()


@cache
def _font() -> dict[str, NDArray[np.bool_]]:
    lines = bundled("tables", "font_5x7.txt").read_text("ascii").splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("char ")]
    return {
        lines[start].removeprefix("char "): np.array(
            [[dot == "#" for dot in row] for row in lines[start + 1 : start + 1 + GLYPH_ROWS]]
        )
        for start in starts
    }
