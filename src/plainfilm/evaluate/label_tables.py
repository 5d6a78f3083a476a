"""Tables of labels on disk, in the two forms that datasets are published in.

- One column per label, as `plainfilm label`, CheXpert and MIMIC-CXR write it: 1 positive,
  0 negative, -1 uncertain, empty not mentioned (`1.0` counts as `1`).
- One column `Finding Labels` that lists the positive labels, as ChestX-ray14 writes it:
  `Cardiomegaly|Effusion`. A label that is not in the list is not mentioned.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable
from plainfilm.evaluate.csv_tables import CsvTable, listed

__all__ = [
    "NEGATIVE",
    "NOT_MENTIONED",
    "POSITIVE",
    "UNCERTAIN",
    "LabelMatrix",
    "LabelPatterns",
    "LabelTable",
]

POSITIVE: Final = 1
NEGATIVE: Final = 0
UNCERTAIN: Final = -1
NOT_MENTIONED: Final = -2
"""What an empty cell becomes in arrays of labels."""

_VALUE_OF: Final = {
    "": NOT_MENTIONED,
    "1": POSITIVE,
    "1.0": POSITIVE,
    "0": NEGATIVE,
    "0.0": NEGATIVE,
    "-0.0": NEGATIVE,
    "-1": UNCERTAIN,
    "-1.0": UNCERTAIN,
}
_LISTING: Final = "Finding Labels"
_SEPARATOR: Final = "|"
_ID: Final = "id"
_LISTING_ID: Final = "Image Index"

_MOST_LABELS: Final = 1_000
_MOST_PATTERNS: Final = 1 << 16
"""Different rows that are held at a time; real tables have fewer, whatever their length."""

_Cells: TypeAlias = tuple[str, ...]
_Values: TypeAlias = tuple[int, ...]


class LabelPatterns(Protocol):
    """Labels to be counted: their names, how many rows, and which different rows there are."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def rows(self) -> int: ...

    def patterns(self) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int64]]]: ...


@dataclass(frozen=True, slots=True, eq=False)
class LabelMatrix:
    """A table of labels in memory.

    Attributes:
        ids: of the rows; unique.
        values: (rows, labels) int8: 1, 0, -1, or `NOT_MENTIONED`.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    values: NDArray[np.int8]

    @property
    def rows(self) -> int:
        return len(self.values)

    def patterns(self) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int64]]]:
        """As of `LabelTable`, in one pair."""
        if self.rows:
            patterns, counts = np.unique(self.values, axis=0, return_counts=True)
            yield patterns, counts.astype(np.int64)


class LabelTable:
    """A table of labels on disk.

    Opening it checks its columns, its ids and that every row is whole; values are checked when
    they are read. But for 8 bytes per row while ids are compared, memory does not grow with it.

    Args:
        id_column: `id` where not given, or `Image Index` beside `Finding Labels`.
        labels: the labels to read, in this order; all of them where not given.
        without: labels or other columns to leave out.
        order: where `labels` is not given, the order in which labels of `Finding Labels` come;
            those it does not name follow by name.
    Attributes:
        names: of the labels.
        rows: how many the table has.
    Raises:
        BadTable: the file cannot be read, is no CSV in UTF-8, lacks columns (the message names
            those found), or has ids that are empty or there more than once (the message names
            the row, or the ids).
    """

    def __init__(
        self,
        path: Path,
        *,
        id_column: str | None = None,
        labels: Sequence[str] | None = None,
        without: Collection[str] = (),
        order: Sequence[str] = (),
    ) -> None:
        self.path = path
        self._table = CsvTable(path)
        columns = self._table.columns
        self._lists = _LISTING in columns
        self._id = id_column or (_LISTING_ID if self._lists else _ID)
        self.rows = self._table.check_ids(self._id)
        if labels is None:
            labels = self._listed(order) if self._lists else columns
        # A column without a name is a number of the row, as data frames write it.
        unasked = {*without, self._id, ""}
        self.names = tuple(name for name in dict.fromkeys(labels) if name not in unasked)
        if not self.names:
            raise BadTable(f"{path}: no labels; found the columns {listed(columns)}")
        self._places = self._table.places((_LISTING,) if self._lists else self.names)

    def load(self) -> LabelMatrix:
        """The whole table in memory: a byte for each label, and the ids.

        Raises:
            BadTable: a value is none of 1, 0, -1 and empty (the message names row and column).
        """
        (id_place,) = self._table.places((self._id,))
        cells_of = _picker(self._places)
        known: dict[_Cells, _Values] = {}
        ids: list[str] = []
        values = array("b")
        for number, row in self._table.rows():
            cells = cells_of(row)
            if cells not in known:
                if len(known) == _MOST_PATTERNS:
                    known.clear()
                known[cells] = self._decode(cells, number)
            ids.append(row[id_place].strip())
            values.extend(known[cells])
        matrix = np.frombuffer(values, np.int8).reshape(len(ids), len(self.names))
        return LabelMatrix(tuple(ids), self.names, matrix)

    def patterns(self) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int64]]]:
        """The different rows, and how often each is there.

        Yields:
            (patterns, labels) int8 and (patterns,) int64. A pattern comes again in a later pair
            when the table has more of them than are held at a time.
        Raises:
            BadTable: as `load`.
        """
        cells_of = _picker(self._places)
        known: dict[_Cells, _Values] = {}
        counts: Counter[_Cells] = Counter()
        for number, row in self._table.rows():
            cells = cells_of(row)
            if cells not in known:
                if len(known) == _MOST_PATTERNS:
                    yield _arrays(known, counts)
                    known, counts = {}, Counter()
                known[cells] = self._decode(cells, number)
            counts[cells] += 1
        if known:
            yield _arrays(known, counts)

    def _decode(self, cells: _Cells, number: int) -> _Values:
        if self._lists:
            positive = _split(cells[0])
            return tuple(POSITIVE if name in positive else NOT_MENTIONED for name in self.names)
        values: list[int] = []
        for name, cell in zip(self.names, cells, strict=True):
            value = _VALUE_OF.get(cell.strip())
            if value is None:
                # The value itself may be anything, a report's text even; it is not shown.
                raise BadTable(
                    f"{self.path}, row {number}, column {listed([name])}: the value is none of"
                    " 1, 0, -1 and empty; a column that is no label has to be left out"
                )
            values.append(value)
        return tuple(values)

    def _listed(self, order: Sequence[str]) -> list[str]:
        """Every label that `Finding Labels` lists anywhere."""
        (place,) = self._table.places((_LISTING,))
        found: set[str] = set()
        for number, row in self._table.rows():
            found |= _split(row[place])
            if len(found) > _MOST_LABELS:
                raise BadTable(
                    f"{self.path}, row {number}, column {_LISTING}: more than {_MOST_LABELS:,}"
                    " different labels by now"
                )
        known = [name for name in order if name in found]
        return known + sorted(found.difference(known))


def _split(cell: str) -> set[str]:
    return {name.strip() for name in cell.split(_SEPARATOR)} - {""}


def _picker(places: Sequence[int]) -> Callable[[list[str]], _Cells]:
    """Takes the cells at these places from a row, always as a tuple."""
    if len(places) == 1:
        (place,) = places
        return lambda row: (row[place],)
    return itemgetter(*places)


def _arrays(
    known: dict[_Cells, _Values], counts: Counter[_Cells]
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    patterns = np.array(list(known.values()), np.int8)
    return patterns, np.array([counts[cells] for cells in known], np.int64)
