"""Running a step over structured reports: files that ingest rejected, being no films.

They have no row among the films, so that no step meets them by surprise; a step that is made for
them finds them among the rejected files. What it made of each is kept by file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import and_, insert, select

from plainfilm.archive import schema
from plainfilm.archive.catalog import Catalog
from plainfilm.archive.clean_copies import forget_reports, remove_copies
from plainfilm.archive.film_rows import file_key
from plainfilm.archive.read_files import same_bytes
from plainfilm.archive.results import StepRun
from plainfilm.archive.runs import RunSummary
from plainfilm.dicom import read_header
from plainfilm.errors import MAY_PASS, InputError, Reason, UnreadableDicom
from plainfilm.records import CleanFilm, Film, Location, Rejection
from plainfilm.steps import Engine, FilmStep

__all__ = ["run_on_reports"]

_BATCH: Final = 64


def run_on_reports(
    step: FilmStep[Any],
    step_run: StepRun,
    *,
    catalog: Catalog,
    engine: Engine,
    again: bool,
    progress: Callable[[int], None],
) -> RunSummary:
    """Run a step over the structured reports that lack its result, and commit as they come.

    One that is there twice is one; of two with the same SOP Instance UID and other content the
    second is rejected, and so is one with a film's.

    Args:
        step: makes a CleanFilm or a Rejection of each, under the number that it is given as
            `film_id`.
        progress: hears how many were settled.
    """
    run = _Run(catalog, step_run, RunSummary(step_run.run_id))
    to_do = run.select(again=again)
    progress(run.summary.skipped)
    for result in engine.run(step, _batches(run.films(to_do))):
        lost = [Rejection(i.location, Reason.WORKER_DIED, item_id=i.film_id) for i in result.lost]
        run.commit(result.inputs, [*result.outputs, *lost])
        progress(len(result.inputs))
    run.refuse()
    return run.summary


@dataclass(slots=True)
class _Run:
    """One run.

    Attributes:
        known: SOP Instance UID → the report that has it.
        refused: reports that were not given to the step.
    """

    catalog: Catalog
    step_run: StepRun
    summary: RunSummary
    known: dict[str, Location] = field(default_factory=dict)
    refused: list[Rejection] = field(default_factory=list)

    def select(self, *, again: bool) -> list[Location]:
        """The reports to do; counts the others."""
        file, clean = schema.source_file, schema.clean_structured_report
        query = (
            select(file.c.path, file.c.member, clean)
            .outerjoin(clean, and_(clean.c.path == file.c.path, clean.c.member == file.c.member))
            .where(file.c.reason == Reason.STRUCTURED_REPORT)
            .order_by(file.c.path, file.c.member)
        )
        to_do: list[Location] = []
        with self.catalog.reading() as connection:
            for row in connection.execute(query):
                location = Location(Path(row[0]), row[1] or None)
                is_done = (row.version, row.parameters) == (
                    self.step_run.version,
                    self.step_run.parameters,
                ) and row.reason not in MAY_PASS
                if again or not is_done:
                    to_do.append(location)
                    continue
                self.summary.skipped += 1
                self.summary.rejected_before += row.reason is not None
                self.known[row.sop_instance_uid] = location
        return to_do

    def films(self, to_do: Sequence[Location]) -> Iterator[Film]:
        """The reports as a step takes them, numbered from 1; none of them twice."""
        for number, location in enumerate(to_do, 1):
            try:
                uid = str(read_header(location).tags.get("SOPInstanceUID") or "").strip(" \0")
            except InputError as error:
                reason = error.reason or Reason.FILE_UNREADABLE
                self.refused.append(Rejection(location, reason, str(error)))
                continue
            other = (self.known.get(uid) or self._film_of(uid)) if uid else None
            if other is not None and (same := _is_same(location, other)) is not None:
                if not same:
                    detail = f"the same SOP Instance UID with other content is in {other}"
                    self.refused.append(Rejection(location, Reason.UID_CONFLICT, detail))
                continue
            self.known[uid] = location
            yield Film(number, uid, location)

    def _film_of(self, uid: str) -> Location | None:
        """Where the film is that has a SOP Instance UID, and the name of its clean copy with it."""
        film = schema.film.c
        with self.catalog.reading() as connection:
            row = connection.execute(
                select(film.path, film.member).where(film.sop_instance_uid == uid)
            ).first()
        return None if row is None else Location(Path(row.path), row.member or None)

    def commit(self, inputs: Sequence[Film], outputs: Sequence[CleanFilm | Rejection]) -> None:
        """Replace what was known of these reports."""
        films = {film.film_id: film for film in inputs}
        rows = [self._row(films, output) for output in outputs]
        keys = [(str(row["path"]), str(row["member"])) for row in rows]
        with self.catalog.writing() as connection:
            before = forget_reports(connection, keys)
            if rows:
                connection.execute(insert(schema.clean_structured_report), rows)
        made = {output.path for output in outputs if isinstance(output, CleanFilm)}
        remove_copies(path for path in before if path not in made)
        self.summary.done += len(outputs)
        self.summary.reject([item for item in outputs if isinstance(item, Rejection)])

    def refuse(self) -> None:
        """Forget what was known of reports that cannot be given to a step any more."""
        locations = [item.location for item in self.refused if item.location is not None]
        with self.catalog.writing() as connection:
            before = forget_reports(connection, map(file_key, locations))
            kept = set(connection.scalars(select(schema.clean_structured_report.c.clean_path)))
        remove_copies(path for path in before if str(path) not in kept)
        self.summary.done += len(self.refused)
        self.summary.reject(self.refused)

    def _row(self, films: dict[int, Film], output: CleanFilm | Rejection) -> dict[str, object]:
        rejection = output if isinstance(output, Rejection) else None
        number = output.item_id if isinstance(output, Rejection) else output.film_id
        film = films[number or 0]
        path, member = file_key(film.location)
        return {
            "path": path,
            "member": member,
            "sop_instance_uid": film.sop_instance_uid,
            "version": self.step_run.version,
            "parameters": self.step_run.parameters,
            "clean_path": None if isinstance(output, Rejection) else str(output.path),
            "reason": rejection.reason.value if rejection else None,
            "detail": rejection.detail if rejection else None,
            "run_id": self.step_run.run_id,
        }


def _is_same(one: Location, other: Location) -> bool | None:
    """Whether two files hold the same bytes; None where one of them is gone."""
    try:
        return same_bytes(one, other)
    except UnreadableDicom:
        return None


def _batches(films: Iterator[Film]) -> Iterator[Sequence[Film]]:
    batch: list[Film] = []
    for film in films:
        batch.append(film)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
