"""A dataset's folder while it is being written: beside its final place, renamed when complete."""

import csv
import gzip
import hashlib
import io
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.errors import ArchiveError, SettingsError

__all__ = ["CHECKSUMS", "LINEAGE", "DatasetFolder", "cannot_write", "new_dataset"]

CHECKSUMS: Final = "SHA256SUMS"
LINEAGE: Final = "lineage.json"
_PARTIAL: Final = ".partial-"
_OWNER: Final = ".plainfilm-publishing.json"
# An archive's own folders; a dataset in there would be taken for its content.
_ARCHIVE_FOLDERS: Final = ("objects", "tags", "runs")


@dataclass(slots=True)
class DatasetFolder:
    """An unfinished dataset.

    Attributes:
        path: where its files go for now.
        name: the dataset's name, part of its tables' names.
        checksums: relative path → SHA-256 of every file so far.
    """

    path: Path
    name: str
    checksums: dict[str, str] = field(default_factory=dict)

    def write(self, relative: str, content: bytes) -> None:
        """Write one file and note its checksum.

        Raises:
            ArchiveError: the disk is full or the folder cannot be written.
        """
        target = self.path / relative
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:
            raise cannot_write(relative, error.strerror) from error
        self.checksums[relative] = hashlib.sha256(content).hexdigest()

    def write_table(
        self, relative: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Write a CSV table, gzipped where its name ends in `.gz`; equal rows give equal bytes."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        content = buffer.getvalue().encode()
        # No time of day in the gzip header: equal tables have equal checksums.
        self.write(
            relative, gzip.compress(content, mtime=0) if relative.endswith(".gz") else content
        )

    @contextmanager
    def adding(self, relative: str) -> Iterator[Path]:
        """Give the path of a file to write in the block, whose checksum is noted at its end.

        Raises:
            ArchiveError: the disk is full or the folder cannot be written.
        """
        target = self.path / relative
        try:
            yield target
            with target.open("rb") as file:
                self.checksums[relative] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise cannot_write(relative, error.strerror) from error

    def remove(self, relative: str) -> None:
        """Remove a file that was put elsewhere.

        Raises:
            ArchiveError: it cannot be removed.
        """
        try:
            (self.path / relative).unlink()
        except OSError as error:
            raise cannot_write(relative, error.strerror) from error
        del self.checksums[relative]

    def remove_folder(self, relative: str) -> None:
        """Remove a folder whose files were all removed, where there is one.

        Raises:
            ArchiveError: it cannot be removed.
        """
        try:
            if (self.path / relative).exists():
                (self.path / relative).rmdir()
        except OSError as error:
            raise cannot_write(relative, error.strerror) from error

    def write_checksums(self) -> None:
        """Write the list that `sha256sum --check` reads, over every file but itself."""
        lines = [f"{digest}  {path}\n" for path, digest in sorted(self.checksums.items())]
        try:
            (self.path / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
        except OSError as error:
            raise cannot_write(CHECKSUMS, error.strerror) from error


def cannot_write(relative: str, cause: str | None) -> ArchiveError:
    """The error for an output that cannot be written, in the user's words."""
    msg = f"cannot write the dataset's {relative}: {cause or 'unknown cause'}"
    return ArchiveError(f"{msg}; nothing was published")


@contextmanager
def new_dataset(out: Path, archive: Path) -> Iterator[DatasetFolder]:
    """Give a folder to write a dataset to, and move it to `out` when the block ends well.

    The folder is `out.partial-…` in the same place, so the move is one rename: `out` appears
    complete or not at all. On any error the partial folder is removed; one that a killed process
    left is removed by the next publication to the same place on the same machine.

    Raises:
        SettingsError: `out` holds something already, lies in a published dataset, or among an
            archive's own files.
        ArchiveError: the place cannot be written.
    """
    _check_place(out, archive)
    _remove_abandoned(out)
    partial = out.with_name(f"{out.name}{_PARTIAL}{secrets.token_hex(4)}")
    try:
        partial.mkdir(parents=True)
        (partial / _OWNER).write_text(json.dumps(_this_process()), encoding="utf-8")
    except OSError as error:
        raise ArchiveError(f"cannot make {partial}: {error.strerror}") from error
    try:
        folder = DatasetFolder(partial, _table_name(out))
        yield folder
        folder.write_checksums()
        try:
            (partial / _OWNER).unlink()
            partial.rename(out)  # replaces an empty folder, fails on any other
        except OSError as error:
            raise ArchiveError(f"cannot rename {partial} to {out}: {error.strerror}") from error
    finally:
        if partial.exists():
            shutil.rmtree(partial, ignore_errors=True)


def _this_process() -> dict[str, object]:
    return {"host": socket.gethostname(), "pid": os.getpid()}


def _remove_abandoned(out: Path) -> None:
    """Remove partial folders of this dataset whose process is gone.

    Those of another machine, of a live process, or that do not say whose they are, stay.
    """
    if not out.parent.is_dir():
        return
    for folder in out.parent.iterdir():
        if folder.name.startswith(f"{out.name}{_PARTIAL}") and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        owner = json.loads((folder / _OWNER).read_bytes())
    except (OSError, ValueError):
        return False
    match owner:
        case {"host": host, "pid": int(pid)} if host == socket.gethostname() and pid > 0:
            return not _is_running(pid)
    return False


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True


def _check_place(out: Path, archive: Path) -> None:
    try:
        taken = not out.is_dir() or any(out.iterdir()) if out.exists() else out.is_symlink()
    except OSError as error:
        raise SettingsError(f"cannot look into {out}: {error.strerror}") from error
    if taken:
        msg = f"{out} exists and is not an empty folder"
        raise SettingsError(f"{msg}; a published dataset is never changed: choose a new folder")
    for folder in out.resolve().parents:
        if (folder / CHECKSUMS).is_file() and (folder / LINEAGE).is_file():
            msg = f"{out} lies in {folder}, a published dataset, which is never changed"
            raise SettingsError(f"{msg}; choose a folder next to it")
    for name in _ARCHIVE_FOLDERS:
        if out.resolve().is_relative_to(archive.resolve() / name):
            raise SettingsError(f"{out} lies in the archive's own {name}/; choose another folder")


def _table_name(out: Path) -> str:
    """The folder's name with whatever could trouble a file name or a checksum list replaced."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._") else "-" for c in out.name)
    return kept.strip("-.") or "dataset"
