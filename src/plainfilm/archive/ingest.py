"""Taking films in: find files, skip the known, read the rest in workers, commit in bulk.

The driver is the only writer. It commits up to `COMMIT_FILMS` films at a time: first the Parquet
part, then one transaction with the rows that name it. A part without its rows does not exist for
any reader, so a process killed at any moment loses only work, never a film, and takes none twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Connection, or_, select

from plainfilm.archive import schema
from plainfilm.archive.catalog import Catalog
from plainfilm.archive.film_rows import FilmWriter, file_key
from plainfilm.archive.read_files import FilmRow, FilmsRead, ReadFiles
from plainfilm.archive.runs import MAX_LISTED
from plainfilm.archive.sources import SourceFile
from plainfilm.archive.tags import decode_batch
from plainfilm.errors import MAY_PASS, Reason
from plainfilm.records import Rejection
from plainfilm.steps import Engine

__all__ = ["Ingest", "IngestSummary"]

BATCH_FILES = 250
COMMIT_FILMS = 2_000
_LOOKUP_FILES = 1_000


@dataclass(slots=True)
class IngestSummary:
    """What an ingest did, in files.

    Attributes:
        known: files that were there before and have not changed since.
        duplicates: files with the same content as a film of another file.
        linked_reports: reports that found their study because of these films.
    """

    films: int = 0
    duplicates: int = 0
    known: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    linked_reports: int = 0

    @property
    def files(self) -> int:
        return self.films + self.duplicates + self.known + self.rejected.total()

    def counts(self) -> dict[str, int]:
        """The counts as a run manifest keeps them, rejections by reason."""
        found = {"films": self.films, "duplicates": self.duplicates, "known": self.known}
        return found | {reason.value: count for reason, count in self.rejected.items()}


class Ingest:
    """One ingest: `take` what `find_files` finds, then what `take_dropped` names, until nothing.

    Args:
        progress: hears how many files are settled.
    Raises:
        ArchiveError: the catalog or the disk refuses; what was committed before stays.
    """

    def __init__(
        self,
        catalog: Catalog,
        folder: Path,
        engine: Engine,
        step: ReadFiles,
        run_id: int,
        progress: Callable[[int], None],
    ) -> None:
        self.summary = IngestSummary()
        self._catalog = catalog
        self._folder = folder
        self._engine = engine
        self._step = step
        self._progress = progress
        self._writer = FilmWriter(catalog, folder, run_id)
        self._pending = _Pending()

    def take(self, found: Iterable[SourceFile | Rejection]) -> None:
        """Take in what was found, and commit it."""
        for result in self._engine.run(self._step, self._batches(found)):
            for read in result.outputs:
                self._pending.take(read)
            for file in result.lost:
                rejection = Rejection(file.location, Reason.WORKER_DIED)
                self._pending.rejected.append((file, rejection))
            if self._pending.size >= COMMIT_FILMS:
                self._commit()
        self._commit()

    def take_dropped(self) -> list[Path]:
        """Files that lost their film since: duplicates of a film that went, conflicts with it."""
        dropped, self._writer.dropped = sorted(self._writer.dropped), set()
        return [path for path in dropped if path.exists()]

    def _batches(self, found: Iterable[SourceFile | Rejection]) -> Iterator[Sequence[SourceFile]]:
        """The found files that the catalog does not know as they are, in batches."""
        waiting: list[SourceFile] = []
        for group in self._groups(found):
            waiting.extend(group)
            while len(waiting) >= BATCH_FILES:
                yield waiting[:BATCH_FILES]
                waiting = waiting[BATCH_FILES:]
        if waiting:
            yield waiting

    def _groups(self, found: Iterable[SourceFile | Rejection]) -> Iterator[list[SourceFile]]:
        group: list[SourceFile] = []
        for item in found:
            if isinstance(item, Rejection):
                self._pending.rejected.append((None, item))
                continue
            group.append(item)
            if len(group) == _LOOKUP_FILES:
                yield self._unknown_of(group)
                group = []
        if group:
            yield self._unknown_of(group)

    def _unknown_of(self, group: list[SourceFile]) -> list[SourceFile]:
        with self._catalog.reading() as connection:
            known = _known(connection, group, self._folder)
        unknown = [
            file
            for file in group
            if known.get(file_key(file.location)) != (file.bytes, file.mtime_ns)
        ]
        if len(unknown) < len(group):
            self.summary.known += len(group) - len(unknown)
            self._progress(len(group) - len(unknown))
        return unknown

    def _commit(self) -> None:
        """Settle what is pending."""
        pending, summary = self._pending, self.summary
        if not pending.size:
            return
        settled = self._writer.commit(pending.films, pending.tags, pending.rejected)
        summary.films += settled.films
        summary.duplicates += settled.duplicates
        summary.rejected.update(rejection.reason for rejection in settled.rejected)
        summary.rejections.extend(settled.rejected[: MAX_LISTED - len(summary.rejections)])
        self._progress(pending.size)
        self._pending = _Pending()


@dataclass(slots=True)
class _Pending:
    """What was read and is not committed yet."""

    films: list[FilmRow] = field(default_factory=list)
    tags: list[pa.Table] = field(default_factory=list)
    rejected: list[tuple[SourceFile | None, Rejection]] = field(default_factory=list)

    def take(self, read: FilmsRead) -> None:
        if read.films:
            self.films.extend(read.films)
            self.tags.append(decode_batch(read.tags))
        self.rejected.extend(read.rejected)

    @property
    def size(self) -> int:
        return len(self.films) + len(self.rejected)


def _known(
    connection: Connection, files: Sequence[SourceFile], folder: Path
) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """The files that need not be read again if size and time are still those given here."""
    table, film = schema.source_file, schema.film
    columns = (table.c.path, table.c.member, table.c.bytes, table.c.mtime_ns, table.c.outcome)
    paths = list({str(file.location.path) for file in files})
    rows = connection.execute(
        select(*columns, film.c.path)
        .outerjoin(film, film.c.film_id == table.c.film_id)
        .where(table.c.path.in_(paths))
        .where(or_(table.c.reason.is_(None), table.c.reason.not_in(MAY_PASS)))
    )
    return {
        (path, member): (size, mtime)
        for path, member, size, mtime, outcome, place in rows
        # A duplicate is of use once the film that it duplicates is gone.
        if outcome != "duplicate" or (folder / place).exists()
    }
