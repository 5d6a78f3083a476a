"""How large a film is, in the sizes that cassettes and detectors come in."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.tag_table import MISSING, TagColumn, TagTable

__all__ = ["FILM_SIZE", "film_sizes"]

FILM_SIZE: Final = "FilmSize"
_MM_PER_CM: Final = 10
_BY: Final = "\N{MULTIPLICATION SIGN}"
_NEAR_CM: Final = 1.0
_LEAST_CM: Final = 1.0
# Shorter side first, cm. Source: ISO 4090, and the detectors of 43 cm that followed.
_SIZES: Final = (
    (13, 18), (15, 30), (15, 40), (18, 24), (18, 43), (20, 40), (24, 24), (24, 30), (30, 30),
    (30, 35), (30, 40), (30, 90), (35, 35), (35, 43), (40, 40), (43, 43),
)  # fmt: skip
# At the detector, where the film was made, before at the patient's skin.
_SPACINGS: Final = ("ImagerPixelSpacing", "PixelSpacing")


def film_sizes(table: TagTable) -> TagColumn:
    """Each film's size, such as 35 by 43 cm: a usual one where both sides are within a
    centimetre.

    Missing for films without numbers of rows and columns or a spacing, and where a side is less
    than a centimetre, which is no film's size.
    """
    films = len(table)
    spacing = np.full((films, 2), np.nan)
    for keyword in _SPACINGS:
        found = _numbers(table, keyword)
        if found.shape[1] >= 2:
            spacing = np.where(np.isnan(spacing), found[:, :2], spacing)
    pixels = np.full((films, 2), np.nan)
    for side, keyword in enumerate(("Rows", "Columns")):
        found = _numbers(table, keyword)
        if found.shape[1]:
            pixels[:, side] = found[:, 0]
    sides = np.sort(pixels * spacing / _MM_PER_CM, axis=1)
    known = np.flatnonzero((sides >= _LEAST_CM).all(axis=1))
    whole, places = np.unique(np.round(sides[known], 1), axis=0, return_inverse=True)
    index: dict[str, int] = {}
    named = [index.setdefault(_name(short, long), len(index)) for short, long in whole.tolist()]
    codes = np.full(films, MISSING, np.int32)
    codes[known] = np.asarray(named, np.int32)[places.reshape(-1)]
    return TagColumn(FILM_SIZE, codes, tuple(index))


def _numbers(table: TagTable, keyword: str) -> NDArray[np.float64]:
    column = table.columns.get(keyword)
    return np.empty((len(table), 0)) if column is None else column.numbers


def _name(short: float, long: float) -> str:
    near = [
        (abs(short - a) + abs(long - b), a, b)
        for a, b in _SIZES
        if max(abs(short - a), abs(long - b)) <= _NEAR_CM
    ]
    _, a, b = min(near, default=(0, round(short), round(long)))
    return f"{a}{_BY}{b} cm"
