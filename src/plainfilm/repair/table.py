"""The table of proposals: what to change in which film, and why."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import ArchiveError
from plainfilm.records import Decision, Film
from plainfilm.repair.present import shown
from plainfilm.repair.proposals import Proposal, propose
from plainfilm.repair.selection import DecidedFilms
from plainfilm.text_files import write_beside

__all__ = ["FilmProposals", "ProposalCounts", "film_proposals", "write_proposals"]

_COLUMNS: Final = (
    "film_id",
    "path",
    "sop_instance_uid",
    "keyword",
    "present",
    "proposed",
    "outcome",
    "category",
    "probability",
    "evidence",
    "why",
)


@dataclass(frozen=True, slots=True)
class FilmProposals:
    """What is proposed for one film; at least one change."""

    film: Film
    decision: Decision
    proposals: tuple[Proposal, ...]


@dataclass(slots=True)
class ProposalCounts:
    """What a table of proposals holds.

    Attributes:
        decided: films that were looked at.
        films: those with at least one proposal.
    """

    decided: int = 0
    films: int = 0
    by_keyword: Counter[str] = field(default_factory=Counter)
    by_why: Counter[str] = field(default_factory=Counter)

    @property
    def proposals(self) -> int:
        return self.by_keyword.total()

    def count(self, found: FilmProposals) -> None:
        self.films += 1
        self.by_keyword.update(one.keyword for one in found.proposals)
        self.by_why.update(one.why.value for one in found.proposals)


def film_proposals(
    archive: Archive,
    *,
    where: str | None = None,
    counts: ProposalCounts | None = None,
) -> Iterator[FilmProposals]:
    """The decided films for which something is proposed, by film_id.

    Args:
        where: an SQL condition on `films`.
        counts: counts along.
    Raises:
        BadTable: `where` is not a condition.
    """
    for film, decision in DecidedFilms(archive, where):
        if counts is not None:
            counts.decided += 1
        proposals = propose(film, decision)
        if proposals:
            found = FilmProposals(film, decision, proposals)
            if counts is not None:
                counts.count(found)
            yield found


def write_proposals(found: Iterator[FilmProposals], table: Path) -> None:
    """Write a CSV table with a row for each proposal, beside its place and renamed.

    It shows what the tags hold: a table for those who may see the films.

    Raises:
        ArchiveError: the table cannot be written.
    """
    try:
        with write_beside(table) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            for film in found:
                writer.writerows(_rows(film))
    except OSError as error:
        raise ArchiveError(f"cannot write {table}: {error.strerror}") from error


def _rows(found: FilmProposals) -> Iterator[tuple[object, ...]]:
    decision = found.decision
    for proposal in found.proposals:
        yield (
            found.film.film_id,
            found.film.location,
            found.film.sop_instance_uid,
            proposal.keyword,
            proposal.present,
            shown(proposal.proposed),
            decision.outcome.value,
            decision.category,
            "" if decision.probability is None else f"{decision.probability:.4f}",
            proposal.evidence,
            proposal.why.value,
        )
