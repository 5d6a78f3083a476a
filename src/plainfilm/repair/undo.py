"""Undoing repairs in files, with nothing but the files themselves."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.archive import claim_folder
from plainfilm.errors import ArchiveError, BadSource, Reason
from plainfilm.records import Location, Rejection
from plainfilm.repair.folder import MARKER, OWN_FILES
from plainfilm.repair.steps import OutputFailed, Undone, UndoRepairs, UndoTask
from plainfilm.steps import Engine

__all__ = ["UndoSummary", "undo_repairs"]

_BATCH: Final = 8


@dataclass(slots=True)
class UndoSummary:
    """What came of undoing.

    Attributes:
        restored: films written as they were before; `unchanged`: files without a repair, of which
            nothing is written.
    """

    restored: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def rejected(self) -> Counter[Reason]:
        return Counter(item.reason for item in self.rejections)


def undo_repairs(
    source: Path,
    out: Path,
    *,
    engine: Engine,
    progress: Callable[[int], None] | None = None,
) -> UndoSummary:
    """Write films as they were before plainfilm repaired them, the last repair undone first.

    Args:
        source: a file, or a folder whose files keep their places below `out`.
        out: a new or empty folder, or an earlier result of undoing the same source.
        progress: hears how many files are settled since it last heard.
    Raises:
        BadSource: the source is not there.
        SettingsError: `out` holds something else, or lies within the source or around it.
        ArchiveError: a film cannot be written.
    """
    if not source.exists():
        raise BadSource(f"{source} does not exist")
    root = source if source.is_dir() else source.parent
    owner = {"made_by": "plainfilm repair --undo", "source": str(source.absolute())}
    claim_folder(out, MARKER, owner, [root])
    summary = UndoSummary()
    for result in engine.run(UndoRepairs(), _batches(_files(source), root, out)):
        for item in result.outputs:
            if isinstance(item, OutputFailed):
                raise ArchiveError(item.cause)
            if isinstance(item, Rejection):
                summary.rejections.append(item)
            else:
                _count(summary, item)
        summary.rejections += [
            Rejection(Location(task.source), Reason.WORKER_DIED) for task in result.lost
        ]
        if progress is not None:
            progress(len(result.inputs))
    return summary


def _count(summary: UndoSummary, item: Undone) -> None:
    if item.restored:
        summary.restored += 1
    else:
        summary.unchanged += 1


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            if name not in OWN_FILES and not name.endswith(".partial"):
                yield Path(folder) / name


def _batches(files: Iterator[Path], root: Path, out: Path) -> Iterator[Sequence[UndoTask]]:
    batch: list[UndoTask] = []
    for path in files:
        batch.append(UndoTask(path, out.absolute() / path.relative_to(root)))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
