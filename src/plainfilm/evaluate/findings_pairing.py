"""Tables of findings' probabilities and of the truth, brought together film by film."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable
from plainfilm.evaluate.csv_tables import CsvTable, listed
from plainfilm.evaluate.film_tables import cells_of, common_films, film_rows, place_of
from plainfilm.evaluate.findings_scores import UNKNOWN
from plainfilm.evaluate.label_tables import NEGATIVE, NOT_MENTIONED, POSITIVE, LabelTable
from plainfilm.evaluate.pairing import in_both, refuse_lone

__all__ = ["FindingPair", "pair_findings"]

_ID_COLUMNS: Final = ("id", "file", "Image Index")


@dataclass(frozen=True, slots=True, eq=False)
class FindingPair:
    """Probabilities and the truth of the same films and findings.

    Attributes:
        films: their ids, in the order of the truth.
        findings: in the order of the truth.
        truth: (films, findings) int8: 1, 0, or `UNKNOWN`.
        models: name → (films, findings) float64 in [0, 1].
        only_predicted, only_true: films that a table alone has; not compared.
        findings_only_predicted, findings_only_true: likewise.
    """

    films: tuple[str, ...]
    findings: tuple[str, ...]
    truth: NDArray[np.int8]
    models: Mapping[str, NDArray[np.float64]]
    only_predicted: tuple[str, ...] = ()
    only_true: tuple[str, ...] = ()
    findings_only_predicted: tuple[str, ...] = ()
    findings_only_true: tuple[str, ...] = ()


def pair_findings(
    models: Mapping[str, CsvTable],
    truth: CsvTable,
    *,
    findings: Sequence[str] | None = None,
    without: Sequence[str] = (),
    id_column: str | None = None,
    truth_id: str | None = None,
    by_name: bool = False,
    common: bool = False,
    blank_is_negative: bool = False,
) -> FindingPair:
    """Read tables and bring them together by their films and findings.

    Every table has a column of ids and a column for each finding. Predictions hold probabilities.
    The truth holds 1, 0, -1 (uncertain) or nothing; or lists the positive ones in `Finding Labels`.

    Args:
        models: name → its predictions; at least one.
        findings: to compare; where not given, all columns.
        without: findings or other columns to leave out.
        id_column: of all tables; where not given, `id`, `file` or `Image Index`.
        truth_id: the column of the ids in the truth, where it has another name there.
        by_name: compare files by their names, whatever folders stand before them.
        common: compare the films and findings that all tables have, and list the rest; else a rest
            is an error.
        blank_is_negative: a finding that the truth says nothing of is not there, as in tables of
            labels from reports; else it is not known. Of `Finding Labels` it is always not there.
    Raises:
        BadTable: columns are missing; an id is empty, there twice, or in one table only (the
            message names it); a probability is no number in [0, 1], as NaN is none, or a truth none
            of 1, 0, -1 and empty (the message names row and column).
    """
    true = _Truth(truth, truth_id or id_column or _ids(truth), findings, without, by_name)
    names, films = true.findings, tuple(true.row_of)
    only_predicted, only_true = _Lone(), _Lone()
    findings_only_predicted, findings_only_true = _Lone(), _Lone()
    said: dict[str, tuple[CsvTable, dict[str, int]]] = {}
    for name, table in models.items():
        column = id_column or _ids(table)
        kept = tuple(each for each in table.columns if each not in {*without, column, ""})
        if findings is not None:
            table.places(findings)
            kept = tuple(dict.fromkeys(findings))
        names, lone_findings = in_both(kept, names)
        if not common:
            refuse_lone("findings", (table.path, truth.path), lone_findings)
        rows = film_rows(table, column, by_name=by_name)
        films, lone_films = common_films(
            table, truth, rows, dict.fromkeys(films, 0), by_name=by_name, common=common
        )
        said[name] = (table, rows)
        only_predicted.add(lone_films[0])
        only_true.add(lone_films[1])
        findings_only_predicted.add(lone_findings[0])
        findings_only_true.add(lone_findings[1])
    if not names:
        raise BadTable(f"{truth.path}: the tables have no finding in common")
    return FindingPair(
        films,
        names,
        true.values(films, names, blank_is_negative=blank_is_negative),
        {
            name: _probabilities(table, [rows[film] for film in films], names)
            for name, (table, rows) in said.items()
        },
        only_predicted.names(),
        only_true.names(),
        findings_only_predicted.names(),
        findings_only_true.names(),
    )


class _Lone:
    """Names that were met alone in any table, each once."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, names: Sequence[str]) -> None:
        self._names |= dict.fromkeys(names)

    def names(self) -> tuple[str, ...]:
        return tuple(self._names)


class _Truth:
    """The table of the truth: which film is in which row, and what is true of it."""

    def __init__(
        self,
        table: CsvTable,
        id_column: str,
        findings: Sequence[str] | None,
        without: Sequence[str],
        by_name: bool,
    ) -> None:
        self._table = LabelTable(table.path, id_column=id_column, labels=findings, without=without)
        self._lists = "Finding Labels" in table.columns
        self.findings = self._table.names
        self.row_of = film_rows(table, id_column, by_name=by_name)

    def values(
        self, films: Sequence[str], names: Sequence[str], *, blank_is_negative: bool
    ) -> NDArray[np.int8]:
        """(films, findings): 1, 0, or `UNKNOWN`."""
        rows = np.array([self.row_of[film] for film in films], np.intp)
        columns = np.array([self.findings.index(name) for name in names], np.intp)
        values = self._table.load().values[np.ix_(rows, columns)]
        blank = NEGATIVE if blank_is_negative or self._lists else UNKNOWN
        known = np.where(values == NOT_MENTIONED, blank, values)
        return np.where(np.isin(known, (POSITIVE, NEGATIVE)), known, UNKNOWN).astype(np.int8)


def _ids(table: CsvTable) -> str:
    found = [name for name in _ID_COLUMNS if name in table.columns]
    if not found:
        table.places(_ID_COLUMNS[:1])  # raises, and names the columns found that are known
    return found[0]


def _probabilities(
    table: CsvTable, rows: Sequence[int], names: Sequence[str]
) -> NDArray[np.float64]:
    """(films, findings) in [0, 1]."""
    columns = cells_of(table, names)
    values = np.empty((len(rows), len(names)))
    for place, (name, cells) in enumerate(zip(names, columns, strict=True)):
        numbers = np.array([_number(cell) for cell in cells])[rows]
        wrong = np.flatnonzero(~((numbers >= 0) & (numbers <= 1)))
        if len(wrong):
            more = f" (and in {len(wrong) - 1:,} more rows)" if len(wrong) > 1 else ""
            where = place_of(table, rows[wrong[0]], listed([name]))
            raise BadTable(f"{where}: no probability from 0 to 1, such as 0.5{more}")
        values[:, place] = numbers
    return values


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
