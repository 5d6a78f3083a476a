"""CSV tables with an id column: checked as a whole when opened, then read in a stream."""

import csv
import gzip
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable, Reason
from plainfilm.text_files import csv_reader, known_columns

__all__ = ["CsvTable", "listed"]

_LONGEST_LINE: Final = 1 << 20
_NAMED_AT_MOST: Final = 30
_LONGEST_NAME: Final = 60


class CsvTable:
    """A CSV file in UTF-8 with a row of column names, plain or gzipped; `;` or tabs may separate.

    Attributes:
        columns: the names, as the file has them, without spaces around; those at the end that
            have none, as spreadsheets leave them, are no columns.
    Raises:
        BadTable: the file cannot be read, is empty, or names a column twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._opened() as lines:
            names = [name.strip() for name in next(csv_reader(lines), ())]
        _drop_blank_end(names, 0)
        self.columns = tuple(names)
        if not self.columns:
            raise BadTable(f"{path}: the table is empty; it has no row of column names")
        twice = [name for name, count in Counter(self.columns).items() if count > 1]
        if twice:
            found = known_columns(twice)
            raise BadTable(f"{path}: columns that are there more than once: {found}")

    def places(self, names: Iterable[str]) -> tuple[int, ...]:
        """Where columns stand in each row.

        Raises:
            BadTable: columns are missing; the message names them and those found that are known.
        """
        wanted = tuple(names)
        missing = [name for name in wanted if name not in self.columns]
        if missing:
            found = known_columns(self.columns, wanted)
            raise BadTable(f"{self.path}: missing columns {listed(missing)}; found {found}")
        return tuple(self.columns.index(name) for name in wanted)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with its number, where the column names are row 1 and empty lines don't count.

        Raises:
            BadTable: the file cannot be read to its end, or a row has too few or too many values.
        """
        width = len(self.columns)
        number = 1
        with self._opened() as lines:
            reader = csv_reader(lines)
            next(reader, None)
            for row in reader:
                if not row:
                    continue
                number += 1
                _drop_blank_end(row, width)
                if len(row) != width:
                    raise BadTable(
                        f"{self.path}, row {number}: {len(row)} values, but {width} columns"
                    )
                yield number, row

    def check_ids(self, column: str) -> int:
        """Check that every row has an id of its own; returns the number of rows.

        Ids are compared by 8 bytes each; only where those agree are the ids themselves looked at.

        Raises:
            BadTable: an id is empty or there more than once (the message names rows and no id,
                which may be a patient's), or the column is missing.
        """
        (place,) = self.places((column,))
        hashes = array("q")
        for number, row in self.rows():
            name = row[place].strip()
            if not name:
                raise BadTable(f"{self.path}, row {number}, column {column}: the id is empty")
            hashes.append(hash(name))
        suspects = _repeated(np.frombuffer(hashes, np.int64))
        if suspects:
            rows_of: dict[str, list[int]] = {}
            for number, row in self.rows():
                if hash(name := row[place].strip()) in suspects:
                    rows_of.setdefault(name, []).append(number)
            twice = sorted(row for rows in rows_of.values() if len(rows) > 1 for row in rows)
            if twice:
                raise BadTable(
                    f"{self.path}: ids that are there more than once, in rows"
                    f" {listed(map(str, twice))}"
                )
        return len(hashes)

    @contextmanager
    def _opened(self) -> Iterator[Iterator[str]]:
        """The file's lines; whatever is wrong with the file becomes BadTable."""
        # The limit is the whole process's; lines are bounded, and so are fields.
        csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_LINE))
        try:
            with _text(self.path) as stream:
                yield _lines(stream, self.path)
        except FileNotFoundError as exc:
            raise BadTable(f"{self.path}: there is no such file", Reason.FILE_VANISHED) from exc
        except UnicodeDecodeError as exc:
            raise BadTable(f"{self.path}: the table is not text in UTF-8") from exc
        except gzip.BadGzipFile as exc:
            # What Python says of it holds the file's first bytes.
            raise BadTable(f"{self.path}: the file is damaged, or not gzipped") from exc
        except (csv.Error, zlib.error, EOFError) as exc:
            raise BadTable(f"{self.path}: the table is damaged or no CSV ({exc})") from exc
        except OSError as exc:
            message = f"{self.path}: cannot be opened ({exc.strerror})"
            raise BadTable(message, Reason.FILE_UNREADABLE) from exc


def listed(names: Iterable[str]) -> str:
    """Names for a message: the first ones, cut where they are long, and how many more there are."""
    every = list(names)
    shown = [
        name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
        for name in every[:_NAMED_AT_MOST]
    ]
    more = f" and {len(every) - len(shown)} more" if len(every) > len(shown) else ""
    return ", ".join(shown) + more


def _drop_blank_end(row: list[str], width: int) -> None:
    while len(row) > width and not row[-1].strip():
        row.pop()


def _repeated(hashes: NDArray[np.int64]) -> set[int]:
    hashes.sort()  # in place: a second copy would double the memory
    return set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())


def _text(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _lines(stream: TextIO, path: Path) -> Iterator[str]:
    """Lines of bounded length: a file without line ends must not fill memory."""
    while line := stream.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise BadTable(f"{path}: a line is longer than {_LONGEST_LINE:,} characters")
        yield line
