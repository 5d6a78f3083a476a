"""What tables of predicted and of true values have in common: films, each with an id."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.evaluate.csv_tables import CsvTable, listed
from plainfilm.evaluate.pairing import in_both, refuse_lone
from plainfilm.text_files import known_columns

__all__ = ["cells_of", "common_films", "film_rows", "id_columns", "place_of"]

_ID_COLUMNS: Final = ("file", "id")


def id_columns(
    predicted: CsvTable, truth: CsvTable, id_column: str | None, truth_id: str | None
) -> tuple[str, str]:
    """The columns of ids of both tables: as given, or `file` if both have it, else `id`.

    Raises:
        BadTable: none is given, and they have neither in common.
    """
    if id_column is not None:
        return id_column, truth_id or id_column
    for name in _ID_COLUMNS:
        if name in predicted.columns and (truth_id or name) in truth.columns:
            return name, truth_id or name
    raise BadTable(
        f"no column of ids that both tables have: neither `file` nor `id`; found"
        f" {known_columns(predicted.columns)} in {predicted.path} and"
        f" {known_columns(truth.columns)} in"
        f" {truth.path}"
    )


def film_rows(table: CsvTable, id_column: str, *, by_name: bool) -> dict[str, int]:
    """Each film's row, counted from 0.

    Args:
        by_name: films are called by their files' names, whatever folders stand before them.
    Raises:
        BadTable: an id is empty or there twice, or the column is missing.
    """
    table.check_ids(id_column)
    (ids,) = cells_of(table, (id_column,))
    if by_name:
        ids = [PurePath(film).name for film in ids]
        twice = [film for film, count in Counter(ids).items() if count > 1]
        if twice:
            raise BadTable(f"{table.path}: names of more than one file: {listed(twice)}")
    return {film: row for row, film in enumerate(ids)}


def common_films(
    predicted: CsvTable,
    truth: CsvTable,
    said: dict[str, int],
    true: dict[str, int],
    *,
    by_name: bool,
    common: bool,
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]:
    """The films that both tables have, in the order of the truth; and what each has alone.

    Raises:
        BadTable: there is none, or, unless `common`, a table has one alone (the message names it).
    """
    both, lone = in_both(tuple(said), tuple(true))
    if not both:
        hint = "" if by_name else "; files in different folders can be compared by name"
        raise BadTable(f"{predicted.path} and {truth.path} have no film in common{hint}")
    if not common:
        refuse_lone("films", (predicted.path, truth.path), lone)
    return both, lone


def cells_of(table: CsvTable, names: Sequence[str]) -> list[list[str]]:
    """The cells of some columns, a list for each, without spaces around."""
    places = table.places(names)
    columns: list[list[str]] = [[] for _ in places]
    for _, row in table.rows():
        for cells, place in zip(columns, places, strict=True):
            cells.append(row[place].strip())
    return columns


def place_of(table: CsvTable, row: int, column: str) -> str:
    """Words for a message; `row` is counted from 0."""
    return f"{table.path}, row {row + 2}, column {column}"  # the names are row 1
