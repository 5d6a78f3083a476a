"""Tables of predicted and true categories, brought together film by film."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable, SettingsError
from plainfilm.evaluate.csv_tables import CsvTable, listed
from plainfilm.evaluate.pairing import in_both, refuse_lone
from plainfilm.text_files import known_columns

__all__ = ["UNDECIDED", "CategoryPair", "pair_categories"]

UNDECIDED: Final = -1
"""In place of a category: none was named."""

_ID_COLUMNS: Final = ("file", "id")
_CATEGORY: Final = "category"
_PROBABILITY: Final = "probability"
_SECOND: Final = "second"
_DECISION: Final = "decision"
_DECISION_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}|")
_MOST_DECISIONS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class CategoryPair:
    """Predicted and true categories of the same films, in the order of the truth.

    Attributes:
        names: every category there could be; arrays hold places in it.
        other: the name among them of whatever is no category of its own.
        films: their ids, (films,).
        predicted: (films,) int16; `UNDECIDED` where none was predicted.
        truth: (films,) int16; never `UNDECIDED`.
        probability: of `predicted`, (films,) float64 in [0, 1], NaN where undecided; None where
            the predictions have none.
        second: the runner-up, (films,) int16, `UNDECIDED` where none is named; None likewise.
        decision: what was decided to do with each film, (films,); None where the table does not
            say.
        only_predicted, only_true: ids that one table alone has; not compared.
    """

    names: tuple[str, ...]
    other: str
    films: tuple[str, ...]
    predicted: NDArray[np.int16]
    truth: NDArray[np.int16]
    probability: NDArray[np.float64] | None
    second: NDArray[np.int16] | None
    decision: NDArray[np.str_] | None
    only_predicted: tuple[str, ...] = ()
    only_true: tuple[str, ...] = ()


def pair_categories(
    predicted: CsvTable,
    truth: CsvTable,
    names: Sequence[str],
    *,
    other: str,
    id_column: str | None = None,
    truth_id: str | None = None,
    by_name: bool = False,
    common: bool = False,
    without: Collection[str] = (),
    probabilities: bool = True,
) -> CategoryPair:
    """Read two tables and bring them together by their films.

    Predictions have the columns `category` (empty: undecided), `probability`, `second` (may be
    empty) and perhaps `decision`, as `plainfilm classify` writes them; the truth has `category`.
    Further columns are passed over.

    Args:
        names: the categories, `other` not among them.
        id_column: of both tables; where not given, `file` if both have it, else `id`.
        truth_id: the column of the ids in the truth, where it has another name there.
        by_name: compare files by their names, whatever folders stand before them.
        common: compare the films that both tables have; else a film without partner is an error.
        without: leave out films that are truly of these categories.
        probabilities: whether the predictions have them; `probability` and `second` are not read
            otherwise.
    Raises:
        BadTable: columns are missing; an id is empty, there twice, or in one table only (the
            message names it); a category is none of `names`, a probability no number in [0, 1]
            (the message names row and column); or no film is left.
        SettingsError: `without` names a category that is none.
    """
    every = (*names, other)
    if unknown := sorted(set(without).difference(every)):
        raise SettingsError(f"no such category: {', '.join(unknown)}; known: {', '.join(every)}")
    id_columns = _id_columns(predicted, truth, id_column, truth_id)
    reader = _Reader(every, by_name)
    said = reader.predictions(predicted, id_columns[0], probabilities)
    true = reader.truth(truth, id_columns[1])
    both, lone = in_both(tuple(said.row_of), tuple(true.row_of))
    if not both:
        hint = "" if by_name else "; files in different folders can be compared by name"
        raise BadTable(f"{predicted.path} and {truth.path} have no film in common{hint}")
    if not common:
        refuse_lone("films", (predicted.path, truth.path), lone)
    left_out = {every.index(name) for name in without}
    films = tuple(film for film in both if true.category[true.row_of[film]] not in left_out)
    if not films:
        raise BadTable(f"{truth.path}: every film is of a category that is to be left out")
    rows = np.array([said.row_of[film] for film in films], np.intp)
    return CategoryPair(
        names=every,
        other=other,
        films=films,
        predicted=said.category[rows],
        truth=true.category[[true.row_of[film] for film in films]],
        probability=None if said.probability is None else said.probability[rows],
        second=None if said.second is None else said.second[rows],
        decision=None if said.decision is None else said.decision[rows],
        only_predicted=lone[0],
        only_true=lone[1],
    )


@dataclass(slots=True, eq=False)
class _Rows:
    """One table's rows: which film is in which, its category, and what else is told of it."""

    row_of: dict[str, int]
    category: NDArray[np.int16]
    probability: NDArray[np.float64] | None = None
    second: NDArray[np.int16] | None = None
    decision: NDArray[np.str_] | None = None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads either table; `names` has `other` at its end."""

    names: tuple[str, ...]
    by_name: bool

    def truth(self, table: CsvTable, id_column: str) -> _Rows:
        (cells,) = _columns(table, (_CATEGORY,))
        category = self._categories(table, _CATEGORY, cells, may_be_empty=False)
        return _Rows(self._rows(table, id_column), category)

    def predictions(self, table: CsvTable, id_column: str, probabilities: bool) -> _Rows:
        wanted = (_CATEGORY, _PROBABILITY, _SECOND) if probabilities else (_CATEGORY,)
        decides = _DECISION in table.columns
        columns = _columns(table, (*wanted, _DECISION) if decides else wanted)
        category = self._categories(table, _CATEGORY, columns[0], may_be_empty=True)
        found = _Rows(self._rows(table, id_column), category)
        if probabilities:
            found.probability = _probabilities(table, columns[1], category)
            found.second = self._categories(table, _SECOND, columns[2], may_be_empty=True)
        if decides:
            found.decision = _decisions(table, columns[-1])
        return found

    def _rows(self, table: CsvTable, id_column: str) -> dict[str, int]:
        """Each film's row, counted from 0."""
        table.check_ids(id_column)
        (ids,) = _columns(table, (id_column,))
        if self.by_name:
            ids = [PurePath(film).name for film in ids]
            twice = [film for film, count in Counter(ids).items() if count > 1]
            if twice:
                raise BadTable(f"{table.path}: names of more than one file: {listed(twice)}")
        return {film: row for row, film in enumerate(ids)}

    def _categories(
        self, table: CsvTable, column: str, cells: Sequence[str], *, may_be_empty: bool
    ) -> NDArray[np.int16]:
        known = {name: place for place, name in enumerate(self.names)}
        if may_be_empty:
            known[""] = UNDECIDED
        wrong = [row for row, cell in enumerate(cells) if cell not in known]
        if wrong:
            # The value may be anything, a report's text even; it is not shown.
            more = f" (and in {len(wrong) - 1:,} more rows)" if len(wrong) > 1 else ""
            raise BadTable(
                f"{_place(table, wrong[0], column)}: the value is none of the {len(self.names)}"
                f" categories{more}; a film of any other view is `{self.names[-1]}`"
            )
        return np.array([known[cell] for cell in cells], np.int16)


def _columns(table: CsvTable, names: Sequence[str]) -> list[list[str]]:
    """The cells of some columns, a list for each."""
    places = table.places(names)
    columns: list[list[str]] = [[] for _ in places]
    for _, row in table.rows():
        for cells, place in zip(columns, places, strict=True):
            cells.append(row[place].strip())
    return columns


def _place(table: CsvTable, row: int, column: str) -> str:
    return f"{table.path}, row {row + 2}, column {column}"  # the names are row 1


def _probabilities(
    table: CsvTable, cells: Sequence[str], category: NDArray[np.int16]
) -> NDArray[np.float64]:
    values = np.full(len(cells), np.nan)
    for row in np.flatnonzero(category != UNDECIDED).tolist():
        try:
            values[row] = float(cells[row])
        except ValueError:
            values[row] = np.nan
        if not 0 <= values[row] <= 1:
            raise BadTable(f"{_place(table, row, _PROBABILITY)}: no number from 0 to 1")
    return values


def _decisions(table: CsvTable, cells: Sequence[str]) -> NDArray[np.str_]:
    """Decisions are a few plain words; anything else is another kind of column."""
    kinds = set(cells)
    if len(kinds) > _MOST_DECISIONS or not all(map(_DECISION_WORD.fullmatch, kinds)):
        raise BadTable(f"{table.path}, column {_DECISION}: holds something else than decisions")
    return np.array(cells, np.str_)


def _id_columns(
    predicted: CsvTable, truth: CsvTable, id_column: str | None, truth_id: str | None
) -> tuple[str, str]:
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
