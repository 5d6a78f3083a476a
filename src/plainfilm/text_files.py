"""Text files: bytes to text, text to the rows of a CSV, and files that are written whole or not."""

import csv
import errno
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Final, Protocol

from plainfilm.errors import BadSource, BadTable, Reason

__all__ = [
    "CsvReader",
    "checked_lines",
    "csv_reader",
    "decode",
    "known_columns",
    "open_text",
    "read_bytes",
    "write_beside",
]

_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
"""Control characters but for the blank ones and 1A, which old DOS files end with. Windows-1252,
which exports call Latin-1, has letters and quotation marks at 80-9F, so those pass."""
_LONGEST_LINE: Final = 32 * 1024 * 1024
"""Characters; a file without line breaks must not fill the memory."""
_QUOTED: Final = re.compile(r'"[^"]*"')
_NO_LETTER: Final = re.compile(r"[\W_]+")
_IN_TABLES: Final = """
accession accessionnumber body bodypart bodypartexamined category code decision file filmid films
findinglabels id imageindex imagelaterality laterality member modality name part path patientid
probability procedure protocolname report second seriesdescription seriesinstanceuid
sopinstanceuid status study studydate studydescription studyinstanceuid text third truth view
viewposition views
"""
_COLUMNS: Final = frozenset(_IN_TABLES.split())
"""Names of columns that messages may show, without blanks and underscores."""


def read_bytes(path: Path | str) -> bytes:
    """The whole of a file.

    Raises:
        BadSource: it cannot be opened.
    """
    try:
        # Folders hold thousands of small files; Path and buffers would take as long as the reading.
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
            return stream.read()
    except OSError as exc:
        raise _unopened(path, exc) from exc


def decode(
    data: bytes, where: Path | str, encodings: Sequence[str] = ("utf-8-sig", "latin-1")
) -> str:
    """Text in the first of the encodings that its bytes fit.

    Raises:
        BadTable: they fit none, or there are control characters in it, as no text has.
    """
    tried = " or ".join(dict.fromkeys(encodings))
    for encoding in encodings:
        text = _decoded(data, encoding)
        if text is not None:
            break
    else:
        raise BadTable(f"{where}: is no text in {tried}")
    if _BINARY.search(text):
        raise BadTable(f"{where}: holds binary bytes, so it is no text in {tried}")
    return text


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def open_text(path: Path, encoding: str) -> IO[str]:
    """A text file with its line ends as they are.

    Raises:
        BadSource: it cannot be opened.
    """
    try:
        return path.open(encoding=encoding, newline="")
    except OSError as exc:
        raise _unopened(path, exc) from exc


def checked_lines(stream: IO[str], path: Path) -> Iterator[str]:
    """The lines of a text file.

    Raises:
        BadTable: a line holds binary bytes or has no end; the message has its number.
        UnicodeDecodeError: the text is not in the stream's encoding.
    """
    for number, line in enumerate(iter(partial(stream.readline, _LONGEST_LINE), ""), start=1):
        if len(line) == _LONGEST_LINE:
            raise BadTable(f"{path}, line {number}: longer than {_LONGEST_LINE:,} characters")
        if _BINARY.search(line):
            raise BadTable(
                f"{path}, line {number}: holds binary bytes, so it is no text in UTF-8 or Latin-1"
            )
        yield line


class CsvReader(Protocol):
    """What csv.reader returns."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> "CsvReader": ...
    def __next__(self) -> list[str]: ...


def csv_reader(lines: Iterable[str]) -> CsvReader:
    """The rows of a CSV, as csv.reader gives them. Its first line tells what separates values: `,`,
    or where it has none `;` or a tab, as Excel writes them in many languages.

    A quote that is never closed, or text behind a closed one, raises csv.Error: read leniently,
    all rows behind it would become one value.
    """
    following = iter(lines)
    head: list[str] = []
    for line in following:
        head.append(line)
        if line.strip():
            break
    names = _QUOTED.sub("", head[-1]) if head else ""
    delimiter = next((mark for mark in ",;\t" if mark in names), ",")
    return csv.reader(chain(head, following), delimiter=delimiter, strict=True)


def known_columns(found: Sequence[str], known: Iterable[str] = ()) -> str:
    """What a message may say of a table's first row. A table without column names has a patient
    there, so that only names which are known are shown, and the others counted.

    Args:
        known: names to show beside those of plainfilm's own tables.
    """
    letters = _COLUMNS.union(map(_letters, known))
    shown = list(dict.fromkeys(name for name in found if _letters(name) in letters))
    others = sum(_letters(name) not in letters for name in found)
    if not found:
        return "none"
    if not shown:
        return f"no known name among {others} (the first row must hold the names of the columns)"
    more = f" and {others} other{'s' if others > 1 else ''}" if others else ""
    return ", ".join(shown) + more


def _letters(name: str) -> str:
    return _NO_LETTER.sub("", name).lower()


@contextmanager
def write_beside(path: Path) -> Iterator[IO[str]]:
    """A text file that takes its place only when the block ends well. Until then it has a name of
    its own, so that two that write the same file do not mix; the last one's stays.

    Raises:
        OSError: the file cannot be written; the caller knows what that means.
    """
    if path.exists() and not path.is_file():  # a device would be replaced by a file
        raise OSError(errno.EEXIST, "it is there, and no regular file")
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with beside.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _unopened(path: Path | str, exc: OSError) -> BadSource:
    return BadSource(f"{path}: cannot be opened ({exc.strerror})", Reason.FILE_UNREADABLE)
