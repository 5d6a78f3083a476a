"""Finding files: folders recursively, zip files, DICOMDIR, in a steady order and bounded memory."""

import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from plainfilm.dicom import listed_files
from plainfilm.errors import BadSource, Reason, UnreadableDicom
from plainfilm.records import Location, Rejection

__all__ = ["SourceFile", "find_files"]

_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may be a film: where it is, and what tells whether it changed."""

    location: Location
    bytes: int
    mtime_ns: int


def find_files(
    sources: Iterable[Path], *, leave_out: Path, zip_max_gib: float
) -> Iterator[SourceFile | Rejection]:
    """Every file below the sources, each directory in the order of its names.

    Args:
        sources: folders, DICOM files, zip files or DICOMDIR files.
        leave_out: a folder (the archive itself) that is passed over.
        zip_max_gib: largest sum of declared member sizes of one zip file, in GiB.
    Raises:
        BadSource: a source does not exist.
    """
    walk = _Walk(leave_out.resolve(), int(zip_max_gib * _GIB))
    for source in sources:
        path = source.absolute()
        if not path.exists():
            raise BadSource(f"{source} does not exist")
        if path.is_dir():
            yield from walk.folder(path)
        else:
            yield from walk.file(path)
            if path.name.upper() == "DICOMDIR":
                yield from walk.listed(path)


class _Walk:
    def __init__(self, leave_out: Path, zip_max_bytes: int) -> None:
        self._leave_out = leave_out
        self._zip_max_bytes = zip_max_bytes
        self._visited: set[tuple[int, int]] = set()  # links may close a circle of folders

    def folder(self, folder: Path) -> Iterator[SourceFile | Rejection]:
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in self._visited:
                return
            self._visited.add((status.st_dev, status.st_ino))
            if folder.resolve() == self._leave_out:
                return
            with os.scandir(folder) as found:
                entries = sorted((entry.name, entry.is_dir()) for entry in found)
        except OSError as error:
            yield _rejected(folder, Reason.FILE_UNREADABLE, error)
            return
        for name, is_folder in entries:
            if is_folder:
                yield from self.folder(folder / name)
            else:
                yield from self.file(folder / name)

    def file(self, path: Path) -> Iterator[SourceFile | Rejection]:
        try:
            status = path.stat()
        except FileNotFoundError as error:
            yield _rejected(path, Reason.FILE_VANISHED, error)
            return
        except OSError as error:
            yield _rejected(path, Reason.FILE_UNREADABLE, error)
            return
        if not stat.S_ISREG(status.st_mode):
            yield Rejection(Location(path), Reason.FILE_UNREADABLE, "not a regular file")
        elif not _storable(path):
            printable = os.fsencode(path).decode("utf-8", "backslashreplace")
            detail = "the file name is not valid UTF-8; rename the file"
            yield Rejection(Location(Path(printable)), Reason.FILE_UNREADABLE, detail)
        elif path.suffix.lower() == ".zip":
            yield from self._zip(path, status)
        elif path.name.upper() == "DICOMDIR":
            yield from _missing_of(path)
        else:
            yield SourceFile(Location(path), status.st_size, status.st_mtime_ns)

    def listed(self, dicomdir: Path) -> Iterator[SourceFile | Rejection]:
        """The files that a DICOMDIR lists; the missing ones were reported with the file itself."""
        try:
            names = listed_files(dicomdir)
        except UnreadableDicom:
            return
        for name in names:
            path = _inside(dicomdir.parent, name)
            if path is not None and path.exists():
                yield from self.file(path)

    def _zip(self, path: Path, status: os.stat_result) -> Iterator[SourceFile | Rejection]:
        try:
            with zipfile.ZipFile(path) as archive:
                members = [info for info in archive.infolist() if not info.is_dir()]
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            yield _rejected(path, Reason.BAD_ZIP, error)
            return
        expanded = sum(info.file_size for info in members)
        if expanded > self._zip_max_bytes:
            detail = f"{expanded / _GIB:.1f} GiB declared, {self._zip_max_bytes / _GIB:.1f} allowed"
            yield Rejection(Location(path), Reason.ZIP_TOO_LARGE, detail)
            return
        for info in members:
            location = Location(path, info.filename)
            if _climbs_out(info.filename):
                yield Rejection(location, Reason.UNSAFE_ZIP_PATH)
            elif info.flag_bits & 0x1:
                yield Rejection(location, Reason.BAD_ZIP, "the member is encrypted")
            else:
                yield SourceFile(location, info.file_size, status.st_mtime_ns)


def _storable(path: Path) -> bool:
    """Whether a catalog can hold the path: Linux allows names that are not text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _climbs_out(member: str) -> bool:
    path = PurePosixPath(member.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or member[1:2] == ":"


def _inside(folder: Path, listed: tuple[str, ...]) -> Path | None:
    """A DICOMDIR's file id as a path below its folder, whatever case the medium was copied in."""
    path = folder
    for part in listed:
        if part in ("", ".", "..") or "/" in part:
            return None
        path = next((p for p in (path / part, path / part.lower()) if p.exists()), path / part)
    return path


def _missing_of(dicomdir: Path) -> Iterator[Rejection]:
    """What a DICOMDIR lists and its folder lacks; the DICOMDIR itself is no film."""
    try:
        names = listed_files(dicomdir)
    except UnreadableDicom as error:
        yield Rejection(Location(dicomdir), error.reason or Reason.NOT_DICOM, str(error))
        return
    for name in names:
        path = _inside(dicomdir.parent, name)
        if path is None or not path.exists():
            missing = dicomdir.parent.joinpath(*name) if path is None else path
            yield Rejection(Location(missing), Reason.LISTED_FILE_MISSING)


def _rejected(path: Path, reason: Reason, error: Exception) -> Rejection:
    detail = (error.strerror or "") if isinstance(error, OSError) else str(error)
    return Rejection(Location(path), reason, detail)
