"""Whole films as bytes: read from wherever they lie, written beside their place and renamed."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from plainfilm.dicom.location import open_location
from plainfilm.errors import ArchiveError, Reason, UnreadableDicom
from plainfilm.records import Location

__all__ = ["read_film", "write_film"]

MAX_FILE_BYTES: Final = 1 << 31
"""Files beyond this are refused: a film is at most some 100 MB, and the file is held in memory."""

_READ_CHUNK: Final = 1 << 20


def read_film(source: Location | Path) -> bytes:
    """Every byte of a film.

    Raises:
        UnreadableDicom: as `open_location`, or larger than 2 GiB (HEADER_TOO_LARGE).
    """
    location = source if isinstance(source, Location) else Location(source)
    chunks: list[bytes] = []
    total = 0
    with open_location(location) as file:
        # In chunks, since a zip member's true size is known only at its end.
        while chunk := file.read(_READ_CHUNK):
            total += len(chunk)
            if total > MAX_FILE_BYTES:
                message = f"{location} is larger than {MAX_FILE_BYTES} bytes"
                raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)
            chunks.append(chunk)
    return b"".join(chunks)


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
