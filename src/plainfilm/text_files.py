"""Bytes to text: UTF-8, else Latin-1, and nothing that is no text."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Final

from plainfilm.errors import BadSource, BadTable, Reason

__all__ = ["checked_lines", "decode", "open_text", "read_bytes"]

_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
"""Control characters but for the blank ones and 1A, which old DOS files end with. Windows-1252,
which exports call Latin-1, has letters and quotation marks at 80-9F, so those pass."""
_LONGEST_LINE: Final = 32 * 1024 * 1024
"""Characters; a file without line breaks must not fill the memory."""


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


def _unopened(path: Path | str, exc: OSError) -> BadSource:
    return BadSource(f"{path}: cannot be opened ({exc.strerror})", Reason.FILE_UNREADABLE)
