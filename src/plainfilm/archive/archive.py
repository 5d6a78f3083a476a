"""An archive: a folder with settings, a catalog, a tag table, copied films and run manifests."""

import fcntl
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from sqlalchemy import func, select

from plainfilm.archive import query as querying
from plainfilm.archive import report_rows, run_step, schema
from plainfilm.archive.catalog import Catalog
from plainfilm.archive.film_rows import forget_unread
from plainfilm.archive.ingest import Ingest, IngestSummary
from plainfilm.archive.read_files import ReadFiles
from plainfilm.archive.report_rows import ReportSummary
from plainfilm.archive.results import StepRun
from plainfilm.archive.runs import RunSummary, finish_run, start_run
from plainfilm.archive.settings import Settings, read_settings, write_settings
from plainfilm.archive.sources import SourceFile, find_files
from plainfilm.archive.structured_reports import run_on_reports
from plainfilm.errors import ArchiveError, SettingsError
from plainfilm.records import CleanFilm, LinkedReport, Rejection, SourceReport
from plainfilm.steps import Engine, FilmStep, Step, parameters, parameters_hash

__all__ = ["Archive"]

_FOLDERS = ("tags", "objects", "runs")
_LOCK_FILE = "writer.lock"
_CATALOG_FILE = "catalog.db"


def _silent(_count: int) -> None:
    """The progress callback of callers that do not listen."""


class Archive:
    """One archive. Make one with `Archive.create`, open one with `Archive.open`; close it after.

    Any number of processes may read; one at a time may write, and a second one is told so.
    """

    def __init__(self, path: Path, settings: Settings, catalog: Catalog) -> None:
        self.path = path
        self.settings = settings
        self._catalog = catalog

    @classmethod
    def create(cls, path: Path, catalog_url: str = "") -> Self:
        """Make a new archive in `path`, which must be empty or not exist yet.

        Args:
            catalog_url: SQLAlchemy URL of a PostgreSQL database; empty for SQLite in the folder.
        Raises:
            ArchiveError: the folder is not empty or cannot be written.
            SettingsError: the URL is wrong, or its database belongs to another archive.
        """
        path = path.absolute()
        if catalog_url:
            _check_server(catalog_url)
        try:
            # Catalog and tags name patients: the folder is its owner's alone.
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if any(path.iterdir()):
                raise ArchiveError(f"{path} is not empty; choose a new folder for the archive")
            path.chmod(0o700)
        except OSError as error:
            raise ArchiveError(f"cannot make an archive in {path}: {error.strerror}") from error
        settings = write_settings(path, catalog_url)
        catalog = _catalog_of(path, settings)
        with _closed_on_error(catalog), _write_lock(path):
            catalog.migrate()
            catalog.tie_to(settings.archive_id)
        return cls(path, settings, catalog)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an archive, bringing its catalog to this version's schema if it is older.

        Raises:
            ArchiveError: the folder is no archive, or its catalog is missing or cannot be used.
            SettingsError: the settings are wrong.
        """
        path = path.absolute()
        settings = read_settings(path)
        if not settings.catalog_url and not (path / _CATALOG_FILE).exists():
            raise ArchiveError(f"{path / _CATALOG_FILE} is missing; restore it from a backup")
        catalog = _catalog_of(path, settings)
        with _closed_on_error(catalog):
            version = catalog.version()
            if version is None:
                raise ArchiveError(catalog.lost())
            if version != schema.SCHEMA_VERSION:
                with _write_lock(path):
                    catalog.migrate()
            catalog.check_owner(settings.archive_id)
        return cls(path, settings, catalog)

    def close(self) -> None:
        self._catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ingest(
        self,
        sources: Iterable[Path],
        *,
        engine: Engine,
        copy: bool = False,
        progress: Callable[[int], None] = _silent,
    ) -> IngestSummary:
        """Take in every film below the sources: folders, files, zip files or DICOMDIRs.

        Args:
            copy: copy the films into the archive; otherwise they stay where they are.
            progress: called with the number of files settled since the last call.
        Raises:
            BadSource: a source does not exist.
            ArchiveError: the archive cannot be written; what was committed stays, and running
                again goes on from there.
        """
        step = ReadFiles(self.path / "objects" if copy else None)
        sources = list(sources)
        found = self._find(sources)
        with _write_lock(self.path):
            self._drop_orphans()
            run_id = start_run(self._catalog, step.name, step.version, {"copy": copy})
            with self._catalog.writing() as connection:
                forget_unread(connection, sources)
            ingest = Ingest(self._catalog, self.path, engine, step, run_id, progress)
            ingest.take(found)
            while again := ingest.take_dropped():
                ingest.take(self._find(again))
            summary = ingest.summary
            with self._catalog.writing() as connection:
                summary.linked_reports, _ = report_rows.link_reports(connection)
            finish_run(self._catalog, self.path, run_id, summary.counts(), summary.rejections)
        return summary

    def _find(self, sources: Iterable[Path]) -> Iterator[SourceFile | Rejection]:
        return find_files(sources, leave_out=self.path, zip_max_gib=self.settings.zip_max_gib)

    def ingest_reports(self, reports: Iterable[SourceReport]) -> ReportSummary:
        """Store reports and link them to studies by Study Instance UID or accession number."""
        with _write_lock(self.path):
            return report_rows.ingest_reports(self._catalog, reports)

    def reports(self) -> Iterator[LinkedReport]:
        """All reports of the archive, each with its study's films, in a stream."""
        return report_rows.linked_reports(self._catalog, self.path)

    def run(
        self,
        step: Step[Any, Any],
        *,
        engine: Engine,
        where: str | None = None,
        only: Collection[int] | None = None,
        again: bool = False,
        progress: Callable[[int], None] = _silent,
    ) -> RunSummary:
        """Run a step over the films (or reports) that lack its result.

        Args:
            where: an SQL condition on `films` (or `report`) that chooses some, such as
                `Modality = 'DX'`.
            only: film (or report) ids to keep to; None takes all.
            again: compute also what is done.
            progress: called with the number of items settled since the last call.
        Raises:
            BadTable: `where` is not a condition.
            ArchiveError: the archive cannot be written; what was committed stays.
        """
        step_run = self._step_run(step)
        chosen = self._chosen(step_run.kind, where, only)
        with _write_lock(self.path):
            run_id = start_run(self._catalog, step_run.slot, step.version, parameters(step))
            step_run = replace(step_run, run_id=run_id)
            to_do, total = run_step.count_items(self._catalog, step_run, again, chosen)
            summary = run_step.run_step(
                step,
                step_run,
                catalog=self._catalog,
                folder=self.path,
                engine=engine,
                chosen=chosen,
                again=again,
                progress=progress,
            )
            summary.skipped = total - to_do
            summary.rejected_before = run_step.count_rejected(self._catalog, step_run, chosen)
            self._finish(summary)
        return summary

    def run_on_structured_reports(
        self,
        step: FilmStep[CleanFilm | Rejection],
        *,
        engine: Engine,
        again: bool = False,
        progress: Callable[[int], None] = _silent,
    ) -> RunSummary:
        """Run a step over the structured reports that ingest rejected as no films.

        Args:
            step: is given each as a Film without tags, numbered within this run.
            again, progress: as for `run`.
        Raises:
            ArchiveError: the archive cannot be written; what was committed stays.
        """
        step_run = replace(self._step_run(step), slot=f"{step.name}:structured-reports")
        with _write_lock(self.path):
            run_id = start_run(self._catalog, step_run.slot, step.version, parameters(step))
            summary = run_on_reports(
                step,
                replace(step_run, run_id=run_id),
                catalog=self._catalog,
                engine=engine,
                again=again,
                progress=progress,
            )
            self._finish(summary)
        return summary

    def _finish(self, summary: RunSummary) -> None:
        counts = {"done": summary.done, "skipped": summary.skipped}
        counts |= {reason.value: count for reason, count in summary.rejected.items()}
        finish_run(self._catalog, self.path, summary.run_id, counts, summary.rejections)

    def to_do(
        self,
        step: Step[Any, Any],
        *,
        where: str | None = None,
        only: Collection[int] | None = None,
        again: bool = False,
    ) -> int:
        """How many items a run of the step would compute: the length of its progress bar."""
        step_run = self._step_run(step)
        chosen = self._chosen(step_run.kind, where, only)
        return run_step.count_items(self._catalog, step_run, again, chosen)[0]

    def arrow(self, sql: str, **values: object) -> pa.Table:
        """Run one read-only SELECT over the catalog and the tags; see `plainfilm query --help`.

        Raises:
            BadTable: the statement is wrong, or names a table that is not there.
        """
        return querying.query(self._catalog, self.path, sql, values)

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """`arrow`, as a list with a dictionary for each row."""
        found: list[dict[str, Any]] = self.arrow(sql, **values).to_pylist()
        return found

    def counts(self) -> dict[str, int]:
        """The number of patients, studies, series, films, reports and rejected files."""
        names = ("patient", "study", "series", "film", "report")
        with self._catalog.reading() as connection:
            found = {name: self._catalog.count(connection, name) for name in names}
            outcome = schema.source_file.c.outcome
            by_outcome = select(outcome, func.count()).group_by(outcome)
            outcomes = {name: int(count) for name, count in connection.execute(by_outcome)}
        found["duplicate"] = outcomes.get("duplicate", 0)
        found["rejected"] = outcomes.get("rejected", 0)
        return found

    def _step_run(self, step: Step[Any, Any]) -> StepRun:
        # Only a step over reports has a label set.
        label_set: str | None = getattr(step, "label_set", None)
        return StepRun(
            run_id=0,
            slot=step.name if label_set is None else f"{step.name}:{label_set}",
            version=step.version,
            parameters=parameters_hash(step),
            kind="film" if label_set is None else "report",
            label_set=label_set,
            tasks=tuple(getattr(step, "tasks", ())),
        )

    def _chosen(
        self, kind: str, where: str | None, only: Collection[int] | None
    ) -> set[int] | None:
        if where is None:
            return None if only is None else set(only)
        table, key = ("films", "film_id") if kind == "film" else ("report", "report_id")
        # The condition is the user's own SQL, run read-only in a closed DuckDB.
        found = self.arrow(f"SELECT {key} FROM {table} WHERE {where}")  # noqa: S608
        chosen = set(found.column(0).to_pylist())
        return chosen if only is None else chosen.intersection(only)

    def _drop_orphans(self) -> None:
        """Delete parts that a killed ingest wrote but did not commit."""
        with self._catalog.reading() as connection:
            known = set(connection.scalars(select(schema.tag_part.c.name)))
        leftovers: Sequence[Path] = [
            *(path for path in (self.path / "tags").glob("part-*") if path.name not in known),
            *(self.path / "tags").glob(".*.partial"),
            *(self.path / "objects").glob(".partial-*"),
        ]
        for path in leftovers:
            path.unlink(missing_ok=True)


def _catalog_of(path: Path, settings: Settings) -> Catalog:
    return Catalog(settings.catalog_url or f"sqlite:///{path / _CATALOG_FILE}")


def _check_server(catalog_url: str) -> None:
    """Find out that a database cannot be used before anything is written for it."""
    catalog = Catalog(catalog_url)
    with _closed_on_error(catalog):
        if catalog.dialect == "sqlite":
            raise SettingsError("catalog.url names PostgreSQL; leave it out for SQLite")
        catalog.version()
    catalog.close()


@contextmanager
def _closed_on_error(catalog: Catalog) -> Iterator[None]:
    try:
        yield
    except BaseException:
        catalog.close()
        raise


def _make_folders(folder: Path) -> None:
    for name in _FOLDERS:  # an empty one is lost on the way through some archivers
        try:
            (folder / name).mkdir(exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"cannot make {folder / name}: {error.strerror}") from error


@contextmanager
def _write_lock(folder: Path) -> Iterator[None]:
    """Hold the archive's write lock; the system frees it when the process ends, however it ends."""
    path = folder / _LOCK_FILE
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        msg = f"cannot write to the archive {folder}: {error.strerror}; check its permissions"
        raise ArchiveError(msg) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"another plainfilm process is writing to {folder}; wait for it to end"
            raise ArchiveError(msg) from error
        _make_folders(folder)
        yield
    finally:
        os.close(handle)
