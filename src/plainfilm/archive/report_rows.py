"""Reports in the catalog, linked to studies as a radiology information system would."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from plainfilm.archive import schema
from plainfilm.archive.catalog import Catalog
from plainfilm.records import LinkedReport, Location, SourceReport

__all__ = ["ReportSummary", "ingest_reports", "link_reports", "linked_reports"]

_CHUNK: Final = 1_000


@dataclass(slots=True)
class ReportSummary:
    """What an ingest of reports did.

    Attributes:
        known: reports that were there with the same text.
        updated: reports that were there with another text, which was replaced.
        linked: reports that found their study in this call, earlier ones included.
        unlinked: reports in the archive without a study.
    """

    new: int = 0
    updated: int = 0
    known: int = 0
    linked: int = 0
    unlinked: int = 0


def ingest_reports(catalog: Catalog, reports: Iterable[SourceReport]) -> ReportSummary:
    """Store reports by name and link them to studies; the same reports twice change nothing."""
    summary = ReportSummary()
    stream = iter(reports)
    while batch := list(islice(stream, _CHUNK)):
        with catalog.writing() as connection:
            _store(catalog, connection, batch, summary)
    with catalog.writing() as connection:
        summary.linked, summary.unlinked = link_reports(connection)
    return summary


def _store(
    catalog: Catalog,
    connection: Connection,
    batch: Sequence[SourceReport],
    summary: ReportSummary,
) -> None:
    table = schema.report
    latest = {report.name: report for report in batch}
    present = {
        row.name: row
        for row in connection.execute(select(table).where(table.c.name.in_(list(latest))))
    }
    new = [report for name, report in latest.items() if name not in present]
    changed = [
        (present[name].report_id, report)
        for name, report in latest.items()
        if name in present and not _same(present[name], report)
    ]
    if new:
        ids = catalog.take_ids(connection, "report", len(new))
        rows = [{"report_id": i, **_row(report)} for i, report in zip(ids, new, strict=True)]
        connection.execute(insert(table), rows)
    for report_id, report in changed:
        _forget_labels(connection, report_id)
        values = {**_row(report), "study_pk": None}
        connection.execute(update(table).where(table.c.report_id == report_id).values(values))
    summary.new += len(new)
    summary.updated += len(changed)
    summary.known += len(batch) - len(new) - len(changed)


def _row(report: SourceReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "text": report.text.replace("\0", ""),  # PostgreSQL's text has no NUL
        "accession_number": report.accession_number or None,
        "study_instance_uid": report.study_instance_uid or None,
    }


def _same(row: Any, report: SourceReport) -> bool:
    return all(getattr(row, name) == value for name, value in _row(report).items())


def _forget_labels(connection: Connection, report_id: int) -> None:
    label, done = schema.label, schema.step_result
    connection.execute(delete(label).where(label.c.report_id == report_id))
    connection.execute(
        delete(done).where(done.c.item_kind == "report", done.c.item_id == report_id)
    )


def linked_reports(catalog: Catalog, folder: Path) -> Iterator[LinkedReport]:
    """All reports, in the order in which they came, each with its study's films; in pages, so that
    memory does not grow with the archive."""
    last = 0
    while page := _page(catalog, last):
        last = page[-1].report_id
        films = _films_of(catalog, folder, {row.study_pk for row in page if row.study_pk})
        for row in page:
            yield LinkedReport(
                row.name,
                row.text,
                row.accession_number or "",
                row.uid or "",
                tuple(films.get(row.study_pk, ())),
            )


def _page(catalog: Catalog, last: int) -> Sequence[Any]:
    report, study = schema.report, schema.study
    columns = (report, study.c.study_instance_uid.label("uid"))
    statement = (
        select(*columns)
        .select_from(report.outerjoin(study, report.c.study_pk == study.c.study_pk))
        .where(report.c.report_id > last)
        .order_by(report.c.report_id)
        .limit(_CHUNK)
    )
    with catalog.reading() as connection:
        return connection.execute(statement).all()


def _films_of(catalog: Catalog, folder: Path, studies: set[int]) -> dict[int, list[Location]]:
    film, series = schema.film, schema.series
    statement = (
        select(series.c.study_pk, film.c.path, film.c.member)
        .join(series, film.c.series_pk == series.c.series_pk)
        .where(series.c.study_pk.in_(studies))
        .order_by(film.c.film_id)
    )
    found: dict[int, list[Location]] = {}
    with catalog.reading() as connection:
        for study_pk, path, member in connection.execute(statement):
            found.setdefault(study_pk, []).append(Location(folder / path, member or None))
    return found


def link_reports(connection: Connection) -> tuple[int, int]:
    """Link reports that have no study yet; returns how many found one and how many still lack it.

    The Study Instance UID decides; without one the accession number does, provided that exactly
    one study carries it.
    """
    report, study = schema.report, schema.study
    lacking = select(func.count()).select_from(report).where(report.c.study_pk.is_(None))
    before = connection.scalar(lacking) or 0
    by_uid = study.c.study_instance_uid == report.c.study_instance_uid
    by_accession = and_(
        report.c.study_instance_uid.is_(None),
        study.c.accession_number == report.c.accession_number,
    )
    match = or_(by_uid, by_accession)
    only = select(func.count()).select_from(study).where(match).scalar_subquery()
    connection.execute(
        update(report)
        .where(report.c.study_pk.is_(None), exists().where(match), only == 1)
        .values(study_pk=select(func.min(study.c.study_pk)).where(match).scalar_subquery())
    )
    after = connection.scalar(lacking) or 0
    return before - after, after
