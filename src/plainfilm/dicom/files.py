"""Whole films as bytes: read from wherever they lie, written beside their place and renamed."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from plainfilm.dicom.location import open_source
from plainfilm.errors import ArchiveError, Reason, UnreadableDicom
from plainfilm.records import Location

__all__ = ["read_film", "write_film"]

MAX_FILE_BYTES: Final = 1 << 31
"""Files beyond this are refused: a film is at most some 100 MB, and the file is held in memory."""

_READ_AT_MOST: Final = 64 << 20


def read_film(source: Location | Path) -> bytes:
    """Every byte of a film.

    Raises:
        UnreadableDicom: as `open_location`, or larger than 2 GiB (HEADER_TOO_LARGE).
    """
    location = source if isinstance(source, Location) else Location(source)
    pieces: list[bytes] = []
    total = 0
    with open_source(location) as opened:
        _refuse_large(opened.size, location)
        # A zip member's true size is known only at its end, and a read may give less than asked.
        while piece := opened.read_at(total, _piece(opened.size - total)):
            pieces.append(piece)
            total += len(piece)
            _refuse_large(total, location)
    return b"".join(pieces)


def _piece(rest: int) -> int:
    """How much to read at once: all of a film's rest, and a look beyond its end."""
    return min(max(rest, 0) + 1, _READ_AT_MOST)


def _refuse_large(size: int, location: Location) -> None:
    if size > MAX_FILE_BYTES:
        message = f"{location} is larger than {MAX_FILE_BYTES} bytes"
        raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)


def write_film(content: bytes | memoryview, path: Path) -> None:
    """Write a film's bytes beside `path` and rename, so that a film is there whole or not at all.

    Raises:
        ArchiveError: the file cannot be written: disk full, no permission, no such folder.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            file.write(content)
        partial.replace(path)
    except OSError as exc:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ArchiveError(f"cannot write {path}: {exc.strerror}") from exc
