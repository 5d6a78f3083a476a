"""Tables of predicted and true categories, brought together film by film."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable, SettingsError
from plainfilm.evaluate.csv_tables import CsvTable
from plainfilm.evaluate.film_tables import cells_of, common_films, film_rows, id_columns, place_of

__all__ = ["UNDECIDED", "CategoryPair", "pair_categories"]

UNDECIDED: Final = -1
"""In place of a category: none was named."""

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
    said_id, true_id = id_columns(predicted, truth, id_column, truth_id)
    reader = _Reader(every, by_name)
    said = reader.predictions(predicted, said_id, probabilities)
    true = reader.truth(truth, true_id)
    both, lone = common_films(
        predicted, truth, said.row_of, true.row_of, by_name=by_name, common=common
    )
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
        (cells,) = cells_of(table, (_CATEGORY,))
        category = self._categories(table, _CATEGORY, cells, may_be_empty=False)
        return _Rows(film_rows(table, id_column, by_name=self.by_name), category)

    def predictions(self, table: CsvTable, id_column: str, probabilities: bool) -> _Rows:
        wanted = (_CATEGORY, _PROBABILITY, _SECOND) if probabilities else (_CATEGORY,)
        decides = _DECISION in table.columns
        columns = cells_of(table, (*wanted, _DECISION) if decides else wanted)
        category = self._categories(table, _CATEGORY, columns[0], may_be_empty=True)
        found = _Rows(film_rows(table, id_column, by_name=self.by_name), category)
        if probabilities:
            found.probability = _probabilities(table, columns[1], category)
            found.second = self._categories(table, _SECOND, columns[2], may_be_empty=True)
        if decides:
            found.decision = _decisions(table, columns[-1])
        return found

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
                f"{place_of(table, wrong[0], column)}: the value is none of the {len(self.names)}"
                f" categories{more}; a film of any other view is `{self.names[-1]}`"
            )
        return np.array([known[cell] for cell in cells], np.int16)


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
            raise BadTable(f"{place_of(table, row, _PROBABILITY)}: no number from 0 to 1")
    return values


def _decisions(table: CsvTable, cells: Sequence[str]) -> NDArray[np.str_]:
    """Decisions are a few plain words; anything else is another kind of column."""
    kinds = set(cells)
    if len(kinds) > _MOST_DECISIONS or not all(map(_DECISION_WORD.fullmatch, kinds)):
        raise BadTable(f"{table.path}, column {_DECISION}: holds something else than decisions")
    return np.array(cells, np.str_)
