"""Reports in tables: CSV and JSON Lines."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from plainfilm.errors import BadTable
from plainfilm.records import SourceReport
from plainfilm.reports._duplicates import ids_twice
from plainfilm.text_files import checked_lines, csv_reader, known_columns, open_text

__all__ = ["Columns", "read_csv", "read_json_lines", "refuse_duplicates"]

_LINKS: Final = ("accession_number", "study_instance_uid")
_NAMED_AT_MOST: Final = 10
_KEPT: Final = 8 * 1024 * 1024
"""Bytes of a table that is kept between checking and reading it."""
_LONGEST_FIELD: Final = 32 * 1024 * 1024
"""Characters; the csv module's own limit of 128 Ki is too small for a report."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns that hold a report's id and text, and of what else of it is to be
    read into `SourceReport.header`; upper and lower case are one."""

    id: str = "id"
    text: str = "text"
    header: tuple[str, ...] = ()

    def check(self, where: Path | str, found: Sequence[str]) -> None:
        """Raises BadTable when a column is missing; the message names the known ones found."""
        missing = [name for name in self._all if name.lower() not in found]
        if missing:
            named = known_columns(found, self._all)
            raise BadTable(f"{where}: missing columns {', '.join(missing)}; found {named}")

    @property
    def _all(self) -> tuple[str, ...]:
        return (self.id, self.text, *self.header)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns to read, in lower case: id, text, links, header."""
        return tuple(map(str.lower, (self.id, self.text, *_LINKS, *self.header)))


class _Row(NamedTuple):
    line: int
    name: str
    text: str
    accession_number: str
    study_instance_uid: str
    header: tuple[str, ...]


_Read = Callable[[Path, Columns, str], Iterator[_Row]]


def read_csv(path: Path, columns: Columns) -> Iterator[SourceReport]:
    """Reports of a CSV file with a header line, and columns of their links where it has them.

    Values are separated as the first line tells, see `csv_reader`; a quote that is never closed is
    refused, since it would swallow the reports behind it.
    """
    return _checked(path, columns, _csv_rows)


def read_json_lines(path: Path, columns: Columns) -> Iterator[SourceReport]:
    """Reports of a file with one JSON object on each line."""
    return _checked(path, columns, _json_rows)


def refuse_duplicates(where: Path, names: Sequence[str], count: int) -> None:
    """Raises BadTable that names the ids that are there more than once, if any."""
    if names:
        shown = ", ".join(names[:_NAMED_AT_MOST])
        rest = count - min(len(names), _NAMED_AT_MOST)
        more = f" and {rest:,} more" if rest else ""
        raise BadTable(f"{where}: ids that are there more than once: {shown}{more}")


def _checked(path: Path, columns: Columns, read: _Read) -> Iterator[SourceReport]:
    """The reports of a table that was read through once, to find what is wrong with it."""
    try:
        rows = _sound(path, lambda: read(path, columns, "utf-8-sig"))
    except UnicodeDecodeError:
        rows = _sound(path, lambda: read(path, columns, "latin-1"))
    return (
        SourceReport(row.name, row.text, row.accession_number, row.study_instance_uid, row.header)
        for row in rows()
    )


def _sound(path: Path, read: Callable[[], Iterator[_Row]]) -> Callable[[], Iterable[_Row]]:
    """What gives the table's rows once more; a small table is kept, not read again."""
    if path.stat().st_size <= _KEPT:
        rows = list(read())
        again: Callable[[], Iterable[_Row]] = lambda: rows  # noqa: E731
    else:
        again = read
    twice, count = ids_twice(lambda: _names(path, again()))
    refuse_duplicates(path, twice, count)
    return again


def _names(path: Path, rows: Iterable[_Row]) -> Iterator[str]:
    for row in rows:
        if not row.name:
            raise BadTable(f"{path}, line {row.line}: the id is empty")
        yield row.name


def _csv_rows(path: Path, columns: Columns, encoding: str) -> Iterator[_Row]:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    with open_text(path, encoding) as stream:
        reader = csv_reader(checked_lines(stream, path))
        first = 1  # line of the row that is read next; a quote may be open from there to the end
        try:
            header = [name.strip().lower() for name in next(reader, [])]
            columns.check(path, header)
            places = [header.index(name) if name in header else None for name in columns.wanted]
            first = reader.line_num + 1
            for row in reader:
                if len(row) > len(header):
                    raise BadTable(f"{path}, line {reader.line_num}: more values than columns")
                if row:
                    values = ["" if p is None or p >= len(row) else row[p] for p in places]
                    yield _row(reader.line_num, values)
                first = reader.line_num + 1
        except csv.Error as exc:
            raise BadTable(f"{path}, line {first}: no CSV ({exc})") from exc


def _json_rows(path: Path, columns: Columns, encoding: str) -> Iterator[_Row]:
    with open_text(path, encoding) as stream:
        for line, text in enumerate(checked_lines(stream, path), start=1):
            if not text.strip():
                continue
            where = f"{path}, line {line}"
            try:
                parsed = json.loads(text)
            except (ValueError, RecursionError) as exc:
                raise BadTable(f"{where}: no JSON") from exc
            if not isinstance(parsed, dict):
                raise BadTable(f"{where}: not a JSON object")
            row = {key.lower(): value for key, value in parsed.items()}
            columns.check(where, list(row))
            yield _row(line, [_plain(row.get(key), key, where) for key in columns.wanted])


def _row(line: int, values: Sequence[str]) -> _Row:
    name, text, accession, uid, *header = values
    return _Row(line, name.strip(), text, accession.strip(), uid.strip(), tuple(header))


def _plain(value: object, key: str, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (str, int, float)):
        return str(value)
    raise BadTable(f"{where}: `{key}` is neither text nor a number")
