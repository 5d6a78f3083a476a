"""The steps that write repaired films, and undo repairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, TypeAlias, TypeVar

from plainfilm.dicom import amend_film, read_film, read_header, restore_film, write_film
from plainfilm.errors import ArchiveError, InputError, Reason, UnreadableDicom
from plainfilm.records import Decision, Film, Location, Rejection
from plainfilm.repair.present import shown
from plainfilm.repair.proposals import Proposal, propose

__all__ = [
    "Applied",
    "ApplyRepairs",
    "OutputFailed",
    "RepairTask",
    "UndoRepairs",
    "UndoTask",
    "Undone",
]

Task = TypeVar("Task")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class RepairTask:
    """One film to repair, and where the repaired one goes; its folder is made when missing."""

    film: Film
    decision: Decision
    proposals: tuple[Proposal, ...]
    target: Path


@dataclass(frozen=True, slots=True)
class Applied:
    """A repaired film that was written."""

    task: RepairTask


@dataclass(frozen=True, slots=True)
class UndoTask:
    """One file that may hold repairs, and where the film goes as it was before them."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one file.

    Attributes:
        restored: False where there was nothing to undo, and nothing was written.
    """

    task: UndoTask
    restored: bool


@dataclass(frozen=True, slots=True)
class OutputFailed:
    """A film could not be written; no other film will fare better."""

    cause: str


ApplyOutcome: TypeAlias = Applied | OutputFailed | Rejection
UndoOutcome: TypeAlias = Undone | OutputFailed | Rejection


@dataclass(frozen=True)
class ApplyRepairs:
    """Write films with their proposals carried out, and a record of them inside.

    A film is rejected where its file would get other proposals now than the catalog's tags got:
    it has changed since it was taken in.

    Attributes:
        moment: what the record says of when, with its time zone.
    """

    name: ClassVar[str] = "repair"
    version: ClassVar[str] = "1"

    moment: datetime

    def process(self, batch: Sequence[RepairTask]) -> Sequence[ApplyOutcome]:
        return [
            _settled(self._apply, task, task.film.location, task.film.film_id) for task in batch
        ]

    def _apply(self, task: RepairTask) -> Applied:
        content = read_film(task.film.location)
        tags = read_header(content).tags
        now = Film(task.film.film_id, task.film.sop_instance_uid, task.film.location, tags)
        same = tags.get("SOPInstanceUID") == task.film.sop_instance_uid and _same(
            propose(now, task.decision), task.proposals
        )
        if not same:
            message = "what the film says of itself is not what the catalog holds"
            raise UnreadableDicom(message, Reason.FILE_CHANGED)
        values = {proposal.keyword: proposal.proposed for proposal in task.proposals}
        _write(amend_film(content, values, moment=self.moment), task.target)
        return Applied(task)


@dataclass(frozen=True)
class UndoRepairs:
    """Write films as they were before plainfilm repaired them."""

    name: ClassVar[str] = "undo-repair"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[UndoTask]) -> Sequence[UndoOutcome]:
        return [_settled(self._undo, task, Location(task.source), None) for task in batch]

    def _undo(self, task: UndoTask) -> Undone:
        restored = restore_film(read_film(task.source))
        if restored is not None:
            _write(restored, task.target)
        return Undone(task, restored is not None)


def _same(now: Sequence[Proposal], before: Sequence[Proposal]) -> bool:
    """Whether the proposals are equal; the catalog writes values in its own way."""
    return [_in_text(one) for one in now] == [_in_text(one) for one in before]


def _in_text(proposal: Proposal) -> tuple[str, ...]:
    return proposal.keyword, proposal.present, shown(proposal.proposed)


def _settled(
    carry_out: Callable[[Task], Done], task: Task, location: Location, film_id: int | None
) -> Done | OutputFailed | Rejection:
    """What must stop everything comes back as a record: an engine may run the step in another
    process, where an exception would only say that a worker failed."""
    try:
        return carry_out(task)
    except InputError as error:
        reason = error.reason or Reason.FILE_UNREADABLE
        return Rejection(location, reason, str(error), film_id)
    except ArchiveError as error:
        return OutputFailed(str(error))


def _write(content: bytes, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"cannot make {target.parent}: {error.strerror}") from error
    write_film(content, target)
