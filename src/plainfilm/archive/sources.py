"""Finding files: folders recursively, zip files, DICOMDIR, in a steady order and bounded memory."""

import os
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from plainfilm.dicom import listed_files
from plainfilm.errors import BadSource, Reason, UnreadableDicom
from plainfilm.records import Location, Rejection

__all__ = ["OWN_PREFIX", "SourceFile", "find_files"]

OWN_PREFIX = ".plainfilm-"
"""Names that begin so are those of files in which plainfilm keeps account of a folder it wrote."""

_GIB = 1024**3

# What zipfile raises on a damaged directory.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    NotImplementedError,
    OverflowError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may be a film: where it is, and what tells whether it changed."""

    location: Location
    bytes: int
    mtime_ns: int


def find_files(
    sources: Iterable[str | os.PathLike[str]], *, leave_out: Path, zip_max_gib: float
) -> Iterator[SourceFile | Rejection]:
    """Every file below the sources, each directory in the order of its names; but not plainfilm's
    own accounts of folders.

    All sources are checked at the call, before the first file is looked for.

    Args:
        sources: folders, DICOM files, zip files or DICOMDIR files.
        leave_out: a folder (the archive itself) that is passed over, with all that it holds.
        zip_max_gib: largest sum of declared member sizes of one zip file, in GiB.
    Raises:
        BadSource: a source does not exist, cannot be looked at, or is an empty text.
    """
    checked = [_checked(source) for source in sources]
    return _Walk(leave_out, int(zip_max_gib * _GIB)).all(checked)


def _checked(source: str | os.PathLike[str]) -> tuple[Path, bool]:
    """The one absolute path of a source, and whether it is a folder."""
    text = os.fspath(source)
    if not text:
        raise BadSource("a source is an empty text; name the current folder `.`")
    try:
        status = Path(text).stat()
        path = Path(os.path.abspath(text))  # noqa: PTH100  # resolve() would follow links
        # Behind a link to a folder, `..` is another folder than the text says.
        if ".." in Path(text).parts and not _is(path, status):
            path = Path(os.path.realpath(text))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadSource(f"{_printable(text)} does not exist") from error
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        raise BadSource(f"{_printable(text)} cannot be read: {why}") from error
    return path, stat.S_ISDIR(status.st_mode)


def _is(path: Path, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), status)
    except OSError:
        return False


class _Walk:
    def __init__(self, leave_out: Path, zip_max_bytes: int) -> None:
        self._leave_out = Path(os.path.realpath(leave_out))
        self._zip_max_bytes = zip_max_bytes
        self._visited: set[tuple[int, int]] = set()  # links may close a circle of folders
        if leave_out.exists():
            status = leave_out.stat()
            self._visited.add((status.st_dev, status.st_ino))

    def all(self, sources: Sequence[tuple[Path, bool]]) -> Iterator[SourceFile | Rejection]:
        for path, is_folder in sources:
            if self._left_out(path):
                continue
            if is_folder:
                yield from self.folder(path)
            else:
                yield from self.file(path)
                if path.name.upper() == "DICOMDIR":
                    yield from self.listed(path)

    def folder(self, top: Path) -> Iterator[SourceFile | Rejection]:
        """The files below a folder, however deep: what is still to visit waits in a list."""
        open_folders: list[Iterator[tuple[Path, bool]]] = [iter([(top, True)])]
        while open_folders:
            for path, is_folder in open_folders[-1]:
                if not is_folder:
                    yield from self.file(path)
                    continue
                try:
                    open_folders.append(self._entries(path))
                except OSError as error:
                    yield _rejected(path, Reason.FILE_UNREADABLE, error)
                    continue
                break
            else:
                open_folders.pop()

    def _entries(self, folder: Path) -> Iterator[tuple[Path, bool]]:
        """What a folder holds by name, and which of it are folders; nothing if it was visited."""
        status = folder.stat()
        if (status.st_dev, status.st_ino) in self._visited:
            return iter(())
        self._visited.add((status.st_dev, status.st_ino))
        if folder.is_symlink() and self._left_out(folder):
            return iter(())
        with os.scandir(folder) as found:
            others = (entry for entry in found if not _is_own(entry.name))
            entries = sorted((entry.name, _is_folder(entry)) for entry in others)
        return ((folder / name, is_folder) for name, is_folder in entries)

    def _left_out(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(self._leave_out)

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
            detail = "the file name is not valid UTF-8; rename the file"
            yield Rejection(Location(Path(_printable(path))), Reason.FILE_UNREADABLE, detail)
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
                # Not is_dir(), which fails on an empty name.
                members = [i for i in archive.infolist() if not i.filename.endswith("/")]
        except _ZIP_ERRORS as error:
            yield _rejected(path, Reason.BAD_ZIP, error)
            return
        expanded = sum(info.file_size for info in members)
        if expanded > self._zip_max_bytes:
            detail = f"{expanded / _GIB:.1f} GiB declared, {self._zip_max_bytes / _GIB:.1f} allowed"
            yield Rejection(Location(path), Reason.ZIP_TOO_LARGE, detail)
            return
        repeats = Counter(info.filename for info in members)
        for name, info in {info.filename: info for info in members}.items():
            location = Location(path, name)
            if not name:
                yield Rejection(Location(path), Reason.BAD_ZIP, "a member has no name")
            elif _climbs_out(name):
                yield Rejection(location, Reason.UNSAFE_ZIP_PATH)
            elif repeats[name] > 1:
                # Only the last could be opened by this name, and which one is meant is unknown.
                detail = f"{repeats[name]} members have this name"
                yield Rejection(location, Reason.BAD_ZIP, detail)
            elif info.flag_bits & 0x1:
                yield Rejection(location, Reason.BAD_ZIP, "the member is encrypted")
            else:
                yield SourceFile(location, info.file_size, status.st_mtime_ns)


def _is_own(name: str) -> bool:
    """Whether it is an account, or one half written, which has a dot more."""
    return name.startswith((OWN_PREFIX, f".{OWN_PREFIX}"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # such as a link to itself; looking at it as a file tells what is wrong
        return False


def _printable(path: str | Path) -> str:
    """A path as text, with the bytes that are none spelled out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


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
