"""Writing repaired copies of an archive's films into a folder."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive, claim_folder, film_folders
from plainfilm.errors import ArchiveError, Reason
from plainfilm.records import Film, Rejection
from plainfilm.repair.folder import MARKER, DoneFilm, Journal
from plainfilm.repair.present import shown
from plainfilm.repair.steps import Applied, ApplyOutcome, ApplyRepairs, OutputFailed, RepairTask
from plainfilm.repair.table import FilmProposals, film_proposals
from plainfilm.steps import BatchResult, Engine

__all__ = ["ApplySummary", "apply_proposals"]

_BATCH: Final = 8
_UID: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_LONGEST_UID: Final = 64


@dataclass(slots=True)
class ApplySummary:
    """What came of applying.

    Attributes:
        repaired: films written now; `skipped`: those that an earlier run wrote.
        withdrawn: files deleted, since nothing is proposed for their film any more, or it is
            rejected now.
    """

    repaired: int = 0
    skipped: int = 0
    withdrawn: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def rejected(self) -> Counter[Reason]:
        return Counter(item.reason for item in self.rejections)


def apply_proposals(
    archive: Archive,
    out: Path,
    *,
    engine: Engine,
    where: str | None = None,
    moment: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> ApplySummary:
    """Write a repaired copy of every film for which something is proposed; originals stay.

    Copies go to `<study>/<film>.dcm` below `out`, by their UIDs, which stay as they are. What an
    earlier run wrote for the same proposals is left alone, so a killed run goes on. Copies whose
    film needs no repair any more are deleted, unless `where` chooses some films.

    Args:
        out: a new or empty folder, or one with results from the same archive.
        moment: what the films' records say of when; now, unless given.
        progress: hears how many films are settled since it last heard.
    Raises:
        SettingsError: `out` holds something else, or lies among the originals.
        BadTable: `where` is not a condition.
        ArchiveError: a film cannot be written, such as on a full disk; what was written stays.
    """
    owner = {"made_by": "plainfilm repair", "archive": archive.settings.archive_id}
    claim_folder(out, MARKER, owner, [*film_folders(archive), archive.path])
    run = _Run(out.absolute(), Journal(out))
    run.journal.compact()
    step = ApplyRepairs(moment or datetime.now(UTC))
    for result in engine.run(step, _batches(run.to_do(film_proposals(archive, where=where)))):
        run.settle(result)
        if progress is not None:
            progress(len(result.inputs))
    run.withdraw(everything=where is None)
    run.journal.compact()
    return run.summary


@dataclass(slots=True)
class _Run:
    """One run over one folder.

    Attributes:
        wanted: film_id → the copy that there shall be, of every film with proposals.
    """

    out: Path
    journal: Journal
    wanted: dict[int, DoneFilm] = field(default_factory=dict)
    summary: ApplySummary = field(default_factory=ApplySummary)

    def to_do(self, found: Iterator[FilmProposals]) -> Iterator[RepairTask]:
        """The films that are not done yet."""
        for item in found:
            film = item.film
            copy = DoneFilm(
                film.film_id, film.sop_instance_uid, _file_name(film), _fingerprint(item)
            )
            self.wanted[film.film_id] = copy
            if self.journal.is_done(copy):
                self.summary.skipped += 1
            else:
                yield RepairTask(film, item.decision, item.proposals, self.out / copy.file)

    def settle(self, result: BatchResult[RepairTask, ApplyOutcome]) -> None:
        """Note what became of a batch.

        Raises:
            ArchiveError: a film could not be written.
        """
        written = [
            self.wanted[item.task.film.film_id]
            for item in result.outputs
            if isinstance(item, Applied)
        ]
        self.journal.add(written)
        self.summary.repaired += len(written)
        self.summary.rejections += [item for item in result.outputs if isinstance(item, Rejection)]
        self.summary.rejections += [
            Rejection(task.film.location, Reason.WORKER_DIED, item_id=task.film.film_id)
            for task in result.lost
        ]
        for item in result.outputs:
            if isinstance(item, OutputFailed):
                raise ArchiveError(item.cause)

    def withdraw(self, *, everything: bool) -> None:
        """Delete copies of films that were rejected now and, of `everything`, those of films for
        which nothing is proposed any more."""
        rejected = {item.item_id for item in self.summary.rejections}
        gone = {copy.file for film_id, copy in self.wanted.items() if film_id in rejected}
        if everything:
            gone |= self.journal.done.keys() - {copy.file for copy in self.wanted.values()}
        self.summary.withdrawn = self.journal.remove(sorted(gone))


def _batches(tasks: Iterator[RepairTask]) -> Iterator[Sequence[RepairTask]]:
    batch: list[RepairTask] = []
    for task in tasks:
        batch.append(task)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _fingerprint(item: FilmProposals) -> str:
    values = [(one.keyword, one.present, shown(one.proposed)) for one in item.proposals]
    text = repr((str(item.film.location), item.film.sop_instance_uid, values))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _file_name(film: Film) -> str:
    """Where a repaired film goes; what is no UID never becomes part of a path."""
    study, uid = shown(film.tags.get("StudyInstanceUID")), film.sop_instance_uid
    folder = study if _is_uid(study) else "study"
    return f"{folder}/{uid if _is_uid(uid) else film.film_id}.dcm"


def _is_uid(text: str) -> bool:
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None
