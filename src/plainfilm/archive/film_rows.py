"""Writing films: what is new, what is a duplicate, what conflicts; then all of it at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import (
    Connection,
    Table,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from plainfilm.archive import schema
from plainfilm.archive.catalog import Catalog, chunks
from plainfilm.archive.clean_copies import copies_of, forget_reports, remove_copies
from plainfilm.archive.read_files import FilmRow, same_bytes
from plainfilm.archive.sources import SourceFile
from plainfilm.archive.tags import FILM_ID, write_part
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import Location, Rejection

__all__ = ["FilmWriter", "Settled", "file_key", "film_location", "forget_unread"]

_CHUNK: Final = 5_000  # parameters in one statement; SQLite allows 32,766, and a key may take two


@dataclass(slots=True)
class Settled:
    """What one commit settled."""

    films: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)


@dataclass(slots=True)
class _Plan:
    """What a commit will do, before it does it."""

    new: list[tuple[int, FilmRow]] = field(default_factory=list)  # row in the tag tables, film
    duplicates: list[tuple[FilmRow, str]] = field(default_factory=list)  # file, SOP Instance UID
    rejected: list[tuple[SourceFile | None, Rejection]] = field(default_factory=list)
    stale: set[int] = field(default_factory=set)  # films whose file changed or vanished
    replaced: set[tuple[str, str]] = field(default_factory=set)  # files that have a row by now
    film_of: dict[str, int] = field(default_factory=dict)  # SOP Instance UID → film already there


def film_location(folder: Path, path: str, member: str | None) -> Location:
    """Where a film's bytes are, from its catalog row; a relative path is a copy in the archive."""
    return Location(folder / path, member or None)


class FilmWriter:
    """Commits read films into one archive; the process holds the archive's write lock."""

    def __init__(self, catalog: Catalog, folder: Path, run_id: int) -> None:
        self._catalog = catalog
        self._folder = folder
        self._run_id = run_id
        self.dropped: set[Path] = set()  # files to read again, since the film they hang on went

    def commit(
        self,
        films: Sequence[FilmRow],
        tags: Sequence[pa.Table],
        rejected: Sequence[tuple[SourceFile | None, Rejection]],
    ) -> Settled:
        """Commit films with their tags (a row each, in order) and rejections, all or none."""
        with self._catalog.reading() as connection:
            plan = self._plan(connection, films, rejected)
        with self._catalog.writing() as connection:
            ids = self._catalog.take_ids(connection, "film", len(plan.new))
        part = self._write_tags(plan, ids, tags)
        with self._catalog.writing() as connection:
            outdated = [
                *copies_of(connection, plan.stale).values(),
                *forget_reports(connection, plan.replaced),
            ]
            self._forget(connection, plan)
            self._insert_films(connection, plan, ids, part)
            self._insert_files(connection, plan, ids)
        remove_copies(outdated)
        return Settled(len(plan.new), len(plan.duplicates), [r for _, r in plan.rejected])

    def _plan(
        self,
        connection: Connection,
        films: Sequence[FilmRow],
        rejected: Sequence[tuple[SourceFile | None, Rejection]],
    ) -> _Plan:
        plan = _Plan(rejected=list(rejected))
        seen: dict[tuple[str, str], tuple[int, int] | None] = {
            file_key(row.file.location): (row.file.bytes, row.file.mtime_ns) for row in films
        }
        for file, item in rejected:
            if item.location is not None:
                seen[file_key(item.location)] = (file.bytes, file.mtime_ns) if file else None
        unchanged = self._note_changed(connection, seen, plan)
        present = self._present(connection, [row.sop_instance_uid for row in films], plan.stale)
        taken: set[tuple[str, str]] = set()
        for index, row in enumerate(films):
            key = file_key(row.file.location)
            if key in unchanged or key in taken:
                continue  # the same source named twice in one command
            taken.add(key)
            self._place(plan, index, row, present)
        return plan

    def _note_changed(
        self,
        connection: Connection,
        seen: Mapping[tuple[str, str], tuple[int, int] | None],
        plan: _Plan,
    ) -> set[tuple[str, str]]:
        """Mark the films of files that changed as stale; returns the files that did not change.

        Args:
            seen: file → its size in bytes and modification time in ns as they are now.
        """
        table = schema.source_file
        unchanged = set()
        for paths in chunks(list({path for path, _ in seen}), _CHUNK):
            for row in connection.execute(select(table).where(table.c.path.in_(paths))):
                key = (row.path, row.member)
                if key not in seen:
                    continue
                plan.replaced.add(key)
                if row.run_id == self._run_id and seen[key] == (row.bytes, row.mtime_ns):
                    unchanged.add(key)  # this very run settled it
                elif row.outcome == "film":
                    plan.stale.add(row.film_id)
        return unchanged

    def _present(
        self, connection: Connection, uids: Sequence[str], stale: set[int]
    ) -> dict[str, tuple[int | None, Location]]:
        table = schema.film
        columns = (table.c.sop_instance_uid, table.c.film_id, table.c.path, table.c.member)
        return {
            uid: (film_id, film_location(self._folder, path, member))
            for part in chunks(uids, _CHUNK)
            for uid, film_id, path, member in connection.execute(
                select(*columns).where(table.c.sop_instance_uid.in_(part))
            )
            if film_id not in stale
        }

    def _place(
        self,
        plan: _Plan,
        index: int,
        row: FilmRow,
        present: dict[str, tuple[int | None, Location]],
    ) -> None:
        """Decide whether a film is new, a duplicate or in conflict with another."""
        uid, location = row.sop_instance_uid, row.file.location
        if uid in present:
            film_id, other = present[uid]
            try:
                same = same_bytes(location, other)
            except UnreadableDicom:
                same = None  # one of the two is gone by now
            if same:
                if film_id is not None:
                    plan.film_of[uid] = film_id
                plan.duplicates.append((row, uid))
                return
            if same is False or film_id is None:
                detail = f"the same SOP Instance UID with other content is in {other}"
                plan.rejected.append((row.file, Rejection(location, Reason.UID_CONFLICT, detail)))
                return
            plan.stale.add(film_id)  # the film moved: its old place is empty
        present[uid] = (None, location)
        plan.new.append((index, row))

    def _write_tags(self, plan: _Plan, ids: range, tags: Sequence[pa.Table]) -> str | None:
        if not plan.new:
            return None
        name = f"part-{self._run_id:06d}-{ids[0]:09d}.parquet"
        table = pa.concat_tables(list(tags), promote_options="default")
        if len(plan.new) < table.num_rows:
            table = table.take(pa.array([index for index, _ in plan.new], pa.int64()))
        table = table.add_column(0, FILM_ID, pa.array(list(ids), pa.int64()))
        write_part(self._folder / "tags", name, table)
        return name

    def _forget(self, connection: Connection, plan: _Plan) -> None:
        """Delete stale films, what was computed from them, and what they leave empty."""
        if not plan.stale:
            return
        files = schema.source_file
        for film_ids in chunks(sorted(plan.stale), _CHUNK):
            hanging = select(files.c.path).where(
                files.c.film_id.in_(film_ids), files.c.outcome == "duplicate"
            )
            self.dropped.update(map(Path, connection.scalars(hanging)))
            for table in (
                schema.prediction, schema.decision, schema.box, schema.clean_film,
                schema.source_file,
            ):  # fmt: skip
                connection.execute(delete(table).where(table.c.film_id.in_(film_ids)))
            done = schema.step_result
            connection.execute(
                delete(done).where(done.c.item_kind == "film", done.c.item_id.in_(film_ids))
            )
            connection.execute(delete(schema.film).where(schema.film.c.film_id.in_(film_ids)))
        conflicts = files.c.reason == Reason.UID_CONFLICT
        self.dropped.update(map(Path, connection.scalars(select(files.c.path).where(conflicts))))
        connection.execute(delete(files).where(conflicts))
        _drop_childless(connection)

    def _insert_films(
        self, connection: Connection, plan: _Plan, ids: range, part: str | None
    ) -> None:
        if part is None:
            return
        films = [row for _, row in plan.new]
        patients = self._keys(
            connection, schema.patient, "patient_key", "patient_pk", _patients(films)
        )
        studies = self._keys(
            connection,
            schema.study,
            "study_instance_uid",
            "study_pk",
            {
                row.study_instance_uid: {
                    "patient_pk": patients[_patient_key(row)],
                    "accession_number": row.accession_number,
                    "study_date": row.study_date,
                    "study_description": row.study_description,
                }
                for row in reversed(films)  # the first film of a study speaks for it
            },
        )
        series = self._keys(
            connection,
            schema.series,
            "series_instance_uid",
            "series_pk",
            {
                row.series_instance_uid: {
                    "study_pk": studies[row.study_instance_uid],
                    "modality": row.modality,
                    "series_description": row.series_description,
                }
                for row in reversed(films)
            },
        )
        connection.execute(
            insert(schema.tag_part), {"name": part, "films": len(films), "run_id": self._run_id}
        )
        connection.execute(
            insert(schema.film),
            [
                {
                    "film_id": film_id,
                    "series_pk": series[row.series_instance_uid],
                    "sop_instance_uid": row.sop_instance_uid,
                    "sop_class_uid": row.sop_class_uid,
                    "transfer_syntax_uid": row.transfer_syntax_uid,
                    "rows": row.rows,
                    "columns": row.columns,
                    "frames": row.frames,
                    "path": row.stored or str(row.file.location.path),
                    "member": None if row.stored else row.file.location.member,
                    "tag_part": part,
                }
                for film_id, row in zip(ids, films, strict=True)
            ],
        )

    def _keys(
        self,
        connection: Connection,
        table: Table,
        key: str,
        primary: str,
        wanted: Mapping[str, Mapping[str, Any]],
    ) -> dict[str, int]:
        """The primary keys of rows by their natural key; rows that are missing are inserted."""
        found: dict[str, int] = {}
        for part in chunks(list(wanted), _CHUNK):
            rows = connection.execute(
                select(table.c[key], table.c[primary]).where(table.c[key].in_(part))
            )
            found.update((natural, number) for natural, number in rows)
        missing = [natural for natural in wanted if natural not in found]
        if missing:
            new = dict(
                zip(
                    missing,
                    self._catalog.take_ids(connection, table.name, len(missing)),
                    strict=True,
                )
            )
            connection.execute(
                insert(table),
                [
                    {key: natural, primary: number, **wanted[natural]}
                    for natural, number in new.items()
                ],
            )
            found.update(new)
        return found

    def _insert_files(self, connection: Connection, plan: _Plan, ids: range) -> None:
        film_of = plan.film_of | {
            row.sop_instance_uid: film_id for film_id, (_, row) in zip(ids, plan.new, strict=True)
        }
        rows = [
            _file_row(
                row.file.location, row.file, "film", self._run_id, film_of[row.sop_instance_uid]
            )
            for _, row in plan.new
        ]
        rows += [
            _file_row(row.file.location, row.file, "duplicate", self._run_id, film_of[uid])
            for row, uid in plan.duplicates
        ]
        rows += [
            _file_row(item.location, file, "rejected", self._run_id, None)
            | {"reason": item.reason.value, "detail": item.detail}
            for file, item in plan.rejected
            if item.location is not None
        ]
        if not rows:
            return
        table = schema.source_file
        latest = {(row["path"], row["member"]): row for row in rows}
        for keys in chunks(list(plan.replaced & latest.keys()), _CHUNK):
            connection.execute(delete(table).where(tuple_(table.c.path, table.c.member).in_(keys)))
        connection.execute(insert(table), list(latest.values()))


def forget_unread(connection: Connection, sources: Sequence[Path]) -> None:
    """Forget what could not even be looked at below the sources; the next walk tells anew."""
    table = schema.source_file
    for source in sources:
        name = os.path.abspath(source)  # noqa: PTH100 - links stay as they are
        below = func.substr(table.c.path, 1, len(name) + 1) == f"{name.rstrip('/')}/"
        connection.execute(
            delete(table).where(table.c.bytes.is_(None), or_(table.c.path == name, below))
        )


def _drop_childless(connection: Connection) -> None:
    """Delete series without films, studies without series and patients without studies.

    What a file holds now then makes them anew: a corrected PatientID gives another patient.
    """
    series, study, patient, report = (
        schema.series, schema.study, schema.patient, schema.report,
    )  # fmt: skip
    has_film = exists().where(schema.film.c.series_pk == series.c.series_pk)
    connection.execute(delete(series).where(~has_film))
    has_series = exists().where(series.c.study_pk == study.c.study_pk)
    gone = select(study.c.study_pk).where(~has_series)
    connection.execute(update(report).where(report.c.study_pk.in_(gone)).values(study_pk=None))
    connection.execute(delete(study).where(~has_series))
    has_study = exists().where(study.c.patient_pk == patient.c.patient_pk)
    connection.execute(delete(patient).where(~has_study))


def file_key(location: Location) -> tuple[str, str]:
    """The key of a file's row in `source_file`: its path, and its member or nothing."""
    return str(location.path), location.member or ""


def _file_row(
    location: Location, file: SourceFile | None, outcome: str, run_id: int, film_id: int | None
) -> dict[str, Any]:
    path, member = file_key(location)
    return {
        "path": path,
        "member": member,
        "bytes": file.bytes if file else None,
        "mtime_ns": file.mtime_ns if file else None,
        "outcome": outcome,
        "film_id": film_id,
        "reason": None,
        "detail": None,
        "run_id": run_id,
    }


def _patient_key(row: FilmRow) -> str:
    if row.patient_id is None:
        return f"study:{row.study_instance_uid}"
    return f"id:{row.patient_id}" if row.issuer is None else f"id:{row.patient_id}^{row.issuer}"


def _patients(films: Sequence[FilmRow]) -> dict[str, dict[str, str | None]]:
    return {
        _patient_key(row): {"patient_id": row.patient_id, "issuer": row.issuer} for row in films
    }
