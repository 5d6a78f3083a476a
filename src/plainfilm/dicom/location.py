"""Where a film's bytes come from: a file, a member of a zip file, or bytes at hand.

`open_location` gives a stream to whoever needs the whole film. The header reader uses a
`ByteSource`, which fetches the head in one read and can look further in without reading all.
"""

import io
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import Location

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["ByteSource", "open_location", "open_source"]

# Opening a named pipe would wait for its writer forever; Windows has neither pipe nor flag.
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)

_ENCRYPTED_FLAG: Final = 0x1

# What zipfile raises on damaged, encrypted or unsupported members.
_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class ByteSource(Protocol):
    """Bytes with a known size, of which mostly the head is read."""

    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from `offset` on, fewer than `length` only at the end."""
        ...


class _Bytes:
    """Bytes at hand."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


class _File:
    """An open file, read at offsets without a buffer in between."""

    def __init__(self, descriptor: int, size: int, path: Path) -> None:
        self.size = size
        self._descriptor = descriptor
        self._path = path

    def read_at(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as exc:
            raise _unreadable(self._path, exc) from exc


class _ZipMember:
    """An open member of a zip file; going back means inflating it from its start."""

    def __init__(self, stream: BinaryIO, size: int, location: Location) -> None:
        self.size = size
        self._stream = stream
        self._location = location

    def read_at(self, offset: int, length: int) -> bytes:
        with _translated(self._location):
            self._stream.seek(offset)
            return self._stream.read(length)


class _Guarded(io.RawIOBase):
    """A stream whose reads raise UnreadableDicom, so that their errors are nobody else's.

    Whoever copies a film has an output that raises OSError too.
    """

    def __init__(self, stream: BinaryIO, location: Location) -> None:
        self._stream = stream
        self._location = location

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        with _translated(self._location):
            return self._stream.seek(offset, whence)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        with _translated(self._location):
            data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)


@contextmanager
def open_source(source: Location | Path | bytes) -> Iterator[ByteSource]:
    """Open a film for reading at offsets.

    Raises:
        UnreadableDicom: gone (FILE_VANISHED), not to be opened (FILE_UNREADABLE), or a zip file
            or member that is damaged, encrypted or missing (BAD_ZIP).
    """
    if isinstance(source, bytes):
        yield _Bytes(source)
    elif isinstance(source, Location) and source.member is not None:
        with _open_member(source) as (stream, size):
            yield _ZipMember(stream, size, source)
    else:
        path = source.path if isinstance(source, Location) else source
        descriptor, size = _open_file(path)
        try:
            yield _File(descriptor, size, path)
        finally:
            os.close(descriptor)


@contextmanager
def open_location(location: Location) -> Iterator[BinaryIO]:
    """Open a film as a binary stream, positioned at its start.

    Raises:
        UnreadableDicom: as `open_source`; also from reads, when the disk fails (FILE_UNREADABLE)
            or a zip member turns out damaged (BAD_ZIP).
    """
    if location.member is not None:
        with _open_member(location) as (stream, _):
            yield io.BufferedReader(_Guarded(stream, location))
        return
    descriptor, _ = _open_file(location.path)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        yield io.BufferedReader(_Guarded(cast("BinaryIO", file), location))


def _open_file(path: Path) -> tuple[int, int]:
    """Descriptor and size in bytes of a regular file."""
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as exc:
        raise _unreadable(path, exc) from exc
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UnreadableDicom(f"{path} is not a regular file", Reason.FILE_UNREADABLE)
    return descriptor, status.st_size


@contextmanager
def _open_member(location: Location) -> Iterator[tuple[BinaryIO, int]]:
    """Stream and declared size of a zip member."""
    path, member = location.path, location.member or ""
    with _translated(location):
        status = path.stat()
        archive = _zip_file(path, status.st_mtime_ns, status.st_size, os.getpid())
        try:
            info = archive.getinfo(member)
        except KeyError as exc:
            raise UnreadableDicom(f"{location} is not in the zip file", Reason.BAD_ZIP) from exc
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise UnreadableDicom(f"{location} is encrypted", Reason.BAD_ZIP)
        stream = archive.open(info)
    with stream:
        yield stream, info.file_size  # type: ignore[misc]  # IO[bytes] serves as BinaryIO


@lru_cache(maxsize=2)
def _zip_file(path: Path, mtime_ns: int, size: int, process: int) -> zipfile.ZipFile:
    """The opened zip file, kept open: reading its directory anew for each member is slow.

    A changed file has another time or size, so it is opened anew; so is it in a forked process,
    which would otherwise share its parent's position in the file.
    """
    return zipfile.ZipFile(path)


@contextmanager
def _translated(location: Location) -> Iterator[None]:
    """Turn what reading a film raises into UnreadableDicom."""
    try:
        yield
    except OSError as exc:
        # bz2 tells of damage by an OSError that no system call made, so it has no number.
        if location.member is not None and exc.errno is None:
            raise _bad_zip(location) from exc
        raise _unreadable(location.path, exc) from exc
    except _ZIP_ERRORS as exc:
        if location.member is None:
            raise
        raise _bad_zip(location) from exc


def _bad_zip(location: Location) -> UnreadableDicom:
    return UnreadableDicom(f"{location} cannot be unpacked", Reason.BAD_ZIP)


def _unreadable(path: Path, exc: OSError | ValueError) -> UnreadableDicom:
    if isinstance(exc, (FileNotFoundError, NotADirectoryError)):
        return UnreadableDicom(f"{path} is gone", Reason.FILE_VANISHED)
    why = exc.strerror if isinstance(exc, OSError) else None
    return UnreadableDicom(
        f"{path} cannot be read: {why or type(exc).__name__}", Reason.FILE_UNREADABLE
    )
