"""Tables of labels on disk: checked as a whole when opened, then read in a stream.

Two forms are read, plain or gzipped:

- one column per label, as `plainfilm label`, CheXpert and MIMIC-CXR write it: 1 positive,
  0 negative, -1 uncertain, empty not mentioned (`1.0` counts as `1`);
- one column `Finding Labels` that lists the positive labels, as ChestX-ray14 writes it:
  `Cardiomegaly|Effusion`. A label that is not in the list is not mentioned.
"""

import csv
import gzip
import sys
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, TextIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable, Reason

__all__ = ["NEGATIVE", "NOT_MENTIONED", "POSITIVE", "UNCERTAIN", "LabelMatrix", "LabelTable"]

POSITIVE: Final = 1
NEGATIVE: Final = 0
UNCERTAIN: Final = -1
NOT_MENTIONED: Final = -2
"""What an empty cell becomes in arrays of labels."""

_VALUE_OF: Final = {
    "": NOT_MENTIONED,
    **{"1": POSITIVE, "0": NEGATIVE, "-1": UNCERTAIN},
    **{"1.0": POSITIVE, "0.0": NEGATIVE, "-1.0": UNCERTAIN, "-0.0": NEGATIVE},
}

_LISTING: Final = "Finding Labels"
_SEPARATOR: Final = "|"
_ID: Final = "id"
_LISTING_ID: Final = "Image Index"

_MOST_LABELS: Final = 1_000
_MOST_PATTERNS: Final = 1 << 16
"""Different rows that are held at a time; real tables have fewer, whatever their length."""
_LONGEST_LINE: Final = 1 << 20
_NAMED_AT_MOST: Final = 10
_COLUMNS_NAMED: Final = 40
_LONGEST_NAME: Final = 40

_Cells: TypeAlias = tuple[str, ...]
_Values: TypeAlias = tuple[int, ...]


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


class LabelTable:
    """A table of labels on disk.

    Opening reads the table once and checks its columns, its ids and that every row is whole;
    values are checked when they are read. Memory does not grow with the table, but for 8 bytes
    per row while ids are compared.

    Args:
        id_column: `id` where not given, or `Image Index` beside `Finding Labels`.
        labels: the labels to read, in this order; all of them where not given.
        without: labels or columns to leave out.
        first: where `labels` is not given, labels that `Finding Labels` lists come in this
            order, and others after them by name.
    Raises:
        BadTable: the file cannot be read, is no CSV in UTF-8, lacks columns (the message names
            those found), or holds an id twice or none (the message names the ids, or the row).
    """

    def __init__(
        self,
        path: Path,
        *,
        id_column: str | None = None,
        labels: Sequence[str] | None = None,
        without: Collection[str] = (),
        first: Sequence[str] = (),
    ) -> None:
        self.path = path
        self._columns = self._read_columns()
        self._listing = _LISTING in self._columns
        self.id_column = id_column or (_LISTING_ID if self._listing else _ID)
        self._id_place = self._places((self.id_column,))[0]
        self.rows, listed = self._check_rows()
        if self._listing:
            found = [*(name for name in first if name in listed)]
            found += sorted(listed.difference(found))
        else:
            found = [name for name in self._columns if name != self.id_column]
        self.names = tuple(name for name in labels or found if name not in without)
        if not self.names:
            raise BadTable(f"{path}: no column holds labels; found {_listed(self._columns)}")
        self._label_places = self._places((_LISTING,) if self._listing else self.names)

    def load(self) -> LabelMatrix:
        """The whole table in memory: one byte per label, and the ids.

        Raises:
            BadTable: a value is none of 1, 0, -1 and empty (the message names row and column).
        """
        ids: list[str] = []
        values = array("b")
        known: dict[_Cells, _Values] = {}
        cells_of = _picker(self._label_places)
        for number, row in self._rows():
            cells = cells_of(row)
            if cells not in known:
                if len(known) >= _MOST_PATTERNS:
                    known.clear()
                known[cells] = self._decode(cells, number)
            ids.append(row[self._id_place].strip())
            values.extend(known[cells])
        shape = len(ids), len(self.names)
        return LabelMatrix(
            tuple(ids), self.names, np.frombuffer(values, np.int8).reshape(shape)
        )

    def patterns(self) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int64]]]:
        """The different rows, and how often each is there.

        Yields:
            (patterns, labels) int8 and (patterns,) int64. A pattern may come again in a later
            pair when the table holds more of them than are kept in memory.
        Raises:
            BadTable: a value is none of 1, 0, -1 and empty (the message names row and column).
        """
        decoded: dict[_Cells, _Values] = {}
        counts: Counter[_Cells] = Counter()
        cells_of = _picker(self._label_places)
        for number, row in self._rows():
            cells = cells_of(row)
            if cells not in decoded:
                if len(decoded) >= _MOST_PATTERNS:
                    yield _arrays(decoded, counts)
                    decoded.clear()
                    counts.clear()
                decoded[cells] = self._decode(cells, number)
            counts[cells] += 1
        if decoded:
            yield _arrays(decoded, counts)

    def _decode(self, cells: _Cells, number: int) -> _Values:
        if self._listing:
            listed = _split(cells[0])
            return tuple(POSITIVE if name in listed else NOT_MENTIONED for name in self.names)
        values = [_VALUE_OF.get(cell.strip()) for cell in cells]
        if None in values:
            column = self.names[values.index(None)]
            raise BadTable(
                f"{self.path}, row {number}, column {_short(column)}: the value is none of 1, 0,"
                " -1 and empty; where the column is no label, leave it out"
            )
        return tuple(value for value in values if value is not None)

    def _read_columns(self) -> tuple[str, ...]:
        with self._opened() as lines:
            columns = tuple(name.strip() for name in next(csv.reader(lines), ()))
        if not any(columns):
            raise BadTable(f"{self.path}: the table is empty; it has no row of column names")
        twice = [name for name, count in Counter(columns).items() if count > 1]
        if twice:
            raise BadTable(f"{self.path}: columns that are there more than once: {_listed(twice)}")
        return columns

    def _places(self, names: Iterable[str]) -> tuple[int, ...]:
        missing = [name for name in names if name not in self._columns]
        if missing:
            raise BadTable(
                f"{self.path}: missing columns {_listed(missing)}; found {_listed(self._columns)}"
            )
        return tuple(self._columns.index(name) for name in names)

    def _check_rows(self) -> tuple[int, set[str]]:
        """The number of rows, and the labels that `Finding Labels` lists."""
        hashes = array("q")
        cells: set[str] = set()
        listed: set[str] = set()
        place = self._columns.index(_LISTING) if self._listing else self._id_place
        for number, row in self._rows():
            name = row[self._id_place].strip()
            if not name:
                raise BadTable(f"{self.path}, row {number}: the id is empty")
            hashes.append(hash(name))
            if self._listing and row[place] not in cells:
                cells.add(row[place])
                listed |= _split(row[place])
                if max(len(listed), len(cells) // _MOST_PATTERNS) > _MOST_LABELS:
                    raise BadTable(f"{self.path}: `{_LISTING}` lists over {_MOST_LABELS} labels")
                if len(cells) >= _MOST_PATTERNS:
                    cells.clear()
        self._refuse_duplicates(np.frombuffer(hashes, np.int64))
        return len(hashes), listed

    def _refuse_duplicates(self, hashes: NDArray[np.int64]) -> None:
        """Ids are compared by their hashes; only where two agree are the ids themselves read."""
        ordered = np.sort(hashes)
        suspects = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
        if not suspects:
            return
        names = (row[self._id_place].strip() for _, row in self._rows())
        counts = Counter(name for name in names if hash(name) in suspects)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise BadTable(f"{self.path}: ids that are there more than once: {_listed(twice)}")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows after the column names, numbered as spreadsheets do; empty lines are left out."""
        with self._opened() as lines:
            reader = csv.reader(lines)
            next(reader, None)
            width = len(self._columns)
            for number, row in enumerate(reader, start=2):
                if len(row) == width:
                    yield number, row
                elif row:
                    raise BadTable(
                        f"{self.path}, row {number}: {len(row)} values, but {width} columns"
                    )

    @contextmanager
    def _opened(self) -> Iterator[Iterator[str]]:
        """The table's lines; what goes wrong with the file inside becomes BadTable."""
        try:
            with _text(self.path) as stream:
                yield _lines(stream, self.path)
        except UnicodeDecodeError as exc:
            raise BadTable(f"{self.path}: the table is not text in UTF-8") from exc
        except csv.Error as exc:
            raise BadTable(f"{self.path}: no CSV ({exc})") from exc
        except FileNotFoundError as exc:
            message = f"{self.path}: there is no such file"
            raise BadTable(message, Reason.FILE_VANISHED) from exc
        except (OSError, EOFError) as exc:
            # gzip tells of damage by OSError, EOFError and, of deflated data, by zlib.error
            message = f"{self.path}: cannot be read ({getattr(exc, 'strerror', None) or exc})"
            raise BadTable(message, Reason.FILE_UNREADABLE) from exc


def _text(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _lines(stream: TextIO, path: Path) -> Iterator[str]:
    """Lines of a bounded length: a file without line ends is refused before it fills memory."""
    while line := stream.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise BadTable(f"{path}: a line is longer than {_LONGEST_LINE:,} characters")
        yield line


def _picker(places: Sequence[int]) -> "itemgetter[_Cells]":
    # A slice where there is one place, so that the result is a tuple-like in both cases.
    return itemgetter(*places)
