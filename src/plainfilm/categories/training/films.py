"""The films that a network learns from: their table, their squares, their split by patient."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from plainfilm.categories._square import read_square
from plainfilm.errors import BadTable, InputError, Reason
from plainfilm.evaluate.csv_tables import CsvTable
from plainfilm.models.disk_array import array_on_disk
from plainfilm.models.patient_folds import deal_patients
from plainfilm.records import Location, Rejection
from plainfilm.vocabulary import CATEGORIES

__all__ = ["CLASSES", "TrainingFilm", "deal", "load_squares", "read_training_films"]

CLASSES: Final = (*(category.name for category in CATEGORIES), "other")
_COLUMNS: Final = ("file", "category", "patient")
_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class TrainingFilm:
    """One film with its truth.

    Attributes:
        patient: any text that tells patients apart; a split never divides one.
        upright: whether the film lies as it should, so that turning it teaches what turned
            films look like; False where that is not known.
        collage: whether several views share the film.
        weight: how often it is drawn, against others of its category.
        measured: whether it counts in the figures; a piece of a film, say, may not.
        source: where it comes from, for the model card.
        name: what its table calls it; nothing hangs on it.
    """

    location: Location
    category: str
    patient: str
    upright: bool = True
    collage: bool = False
    weight: float = 1.0
    measured: bool = True
    source: str = ""
    name: str = field(default="", repr=False)


def read_training_films(table: Path) -> list[TrainingFilm]:
    """Read `file, category, patient` and, where given, `member` (of a zip file),
    `upright, collage, weight, measured, source`.

    Files are relative to the table's folder.

    Raises:
        BadTable: a column is missing, a row lacks a value, or a category is not in the table of
            categories.
    """
    rows = CsvTable(table)
    rows.places(_COLUMNS)
    return [
        _film(table, number, dict(zip(rows.columns, (value.strip() for value in row), strict=True)))
        for number, row in rows.rows()
    ]


def _film(table: Path, number: int, row: Mapping[str, str]) -> TrainingFilm:
    where = f"{table}, row {number}"
    for name in _COLUMNS:
        if not row[name]:
            raise BadTable(f"{where}: {name} is empty")
    if row["category"] not in CLASSES:
        raise BadTable(f"{where}: the category is neither in the category table nor `other`")
    try:
        weight = float(row.get("weight") or 1)
    except ValueError as error:
        raise BadTable(f"{where}: weight is not a number") from error
    if not 0 < weight < float("inf"):
        raise BadTable(f"{where}: weight must be above 0")
    return TrainingFilm(
        Location(table.parent / row["file"], row.get("member") or None),
        row["category"],
        row["patient"],
        upright=row.get("upright") != "0",
        collage=row.get("collage") == "1",
        weight=weight,
        measured=row.get("measured") != "0",
        source=row.get("source", ""),
        name=row["file"],
    )


def load_squares(
    films: Sequence[TrainingFilm], side: int, file: Path, progress: Callable[[int], None]
) -> tuple[np.ndarray, list[int], list[Rejection]]:
    """Render every film into one array that lives on disk.

    Args:
        side: of a square, in pixels.
        file: where the array is kept; the system reads from it what is needed.
        progress: called with how many films are done.
    Raises:
        SettingsError: the disk has no room for the file.
    Returns:
        (n, side, side) uint8; the positions of the films that were read, in order; and the others.
    """
    squares = array_on_disk(file, np.uint8, (len(films), side, side))
    read: list[int] = []
    rejections: list[Rejection] = []
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(films), _AT_ONCE):
            some = films[start : start + _AT_ONCE]
            for number, found in enumerate(pool.map(lambda film: _square(film, side), some), start):
                if isinstance(found, Rejection):
                    rejections.append(found)
                else:
                    squares[number] = found
                    read.append(number)
            progress(start + len(some))
    return squares, read, rejections


def _square(film: TrainingFilm, side: int) -> np.ndarray | Rejection:
    try:
        return read_square(film.location, side)
    except InputError as error:
        return Rejection(film.location, error.reason or Reason.FILE_UNREADABLE, str(error))


def deal(films: Sequence[TrainingFilm], parts: int) -> np.ndarray:
    """Deal patients out so that each part gets its share of every category; (n,) part numbers."""
    patients = [film.patient for film in films]
    return deal_patients(patients, [(film.category,) for film in films], parts)
