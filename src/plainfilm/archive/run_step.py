"""Running a step over the archive: select what is not done, hand it out, commit what comes back."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.sql.expression import FromClause

from plainfilm.archive import schema
from plainfilm.archive.catalog import Catalog
from plainfilm.archive.clean_copies import remove_copies
from plainfilm.archive.film_rows import film_location
from plainfilm.archive.results import StepRun, store
from plainfilm.archive.runs import RunSummary
from plainfilm.archive.tags import FILM_ID
from plainfilm.errors import MAY_PASS, ArchiveError, Reason
from plainfilm.records import Decision, Film, Outcome, Prediction, Rejection, Report
from plainfilm.steps import Engine, Step

__all__ = ["count_items", "count_rejected", "run_step"]

BATCH_ITEMS: Final = 64
_COMMIT_ITEMS: Final = 2_000
_COMMIT_SECONDS: Final = 5.0  # what a killed run may lose
_PAGE_REPORTS: Final = 1_000

Item = Film | Report


def run_step(
    step: Step[Any, Any],
    step_run: StepRun,
    *,
    catalog: Catalog,
    folder: Path,
    engine: Engine,
    chosen: set[int] | None,
    again: bool,
    progress: Callable[[int], None],
) -> RunSummary:
    """Run a step over the items that lack its result, and commit as they come.

    Args:
        chosen: film or report ids to keep to; None takes all.
        again: compute also what is done.
        progress: hears how many items were settled.
    """
    summary = RunSummary(step_run.run_id)
    items: Iterator[Item] = (
        _reports(catalog, step_run, again)
        if step_run.kind == "report"
        else _films(catalog, folder, step_run, _keywords(step), again)
    )
    if chosen is not None:
        items = (item for item in items if _id(item) in chosen)
    pending = _Pending()
    for result in engine.run(step, _batches(items, getattr(step, "batch_items", BATCH_ITEMS))):
        pending.ids += [_id(item) for item in result.inputs]
        pending.outputs += result.outputs
        pending.outputs += [_lost(item) for item in result.lost]
        if pending.due():
            _commit(pending, catalog, step_run, summary, progress)
    _commit(pending, catalog, step_run, summary, progress)
    return summary


@dataclass(slots=True)
class _Pending:
    ids: list[int] = field(default_factory=list)
    outputs: list[object] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def due(self) -> bool:
        waited = time.monotonic() - self.since
        return len(self.ids) >= _COMMIT_ITEMS or waited >= _COMMIT_SECONDS


def _commit(
    pending: _Pending,
    catalog: Catalog,
    step_run: StepRun,
    summary: RunSummary,
    progress: Callable[[int], None],
) -> None:
    if pending.ids:
        with catalog.writing() as connection:
            outdated = store(connection, step_run, pending.ids, pending.outputs)
        remove_copies(outdated)
    summary.done += len(pending.ids)
    summary.reject([item for item in pending.outputs if isinstance(item, Rejection)])
    progress(len(pending.ids))
    pending.ids, pending.outputs, pending.since = [], [], time.monotonic()


def _id(item: Item) -> int:
    return item.film_id if isinstance(item, Film) else item.report_id


def _lost(item: Item) -> Rejection:
    location = item.location if isinstance(item, Film) else None
    return Rejection(location, Reason.WORKER_DIED, item_id=_id(item))


def _keywords(step: Step[Any, Any]) -> tuple[str, ...]:
    return tuple(getattr(step, "keywords", ()))


def _batches(items: Iterator[Item], size: int) -> Iterator[Sequence[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _to_do(query: Select[Any], item: Any, step_run: StepRun, again: bool) -> Select[Any]:
    """Keep the items without a result of this step in this version with these parameters.

    A rejection for a reason that may pass, such as a share that was not mounted, is no result.
    """
    if again:
        return query
    done = schema.step_result
    is_done = select(literal(1)).where(
        _of_run(step_run),
        done.c.item_id == item,
        or_(done.c.reason.is_(None), done.c.reason.not_in(MAY_PASS)),
    )
    if step_run.tasks:
        newer = schema.step_result.alias()
        is_done = is_done.where(
            ~select(literal(1))
            .where(
                newer.c.step.in_(step_run.tasks),
                newer.c.item_id == item,
                newer.c.run_id > done.c.run_id,
            )
            .exists()
        )
    return query.where(~is_done.exists())


def _of_run(step_run: StepRun) -> ColumnElement[bool]:
    done = schema.step_result
    return and_(
        done.c.step == step_run.slot,
        done.c.version == step_run.version,
        done.c.parameters == step_run.parameters,
    )


def count_items(
    catalog: Catalog, step_run: StepRun, again: bool, chosen: set[int] | None
) -> tuple[int, int]:
    """How many items a run would compute, and how many there are to choose from."""
    table: FromClause = schema.report if step_run.kind == "report" else schema.film
    key = table.c.report_id if step_run.kind == "report" else table.c.film_id
    with catalog.reading() as connection:
        if chosen is not None:
            ids = connection.scalars(_to_do(select(key), key, step_run, again))
            return sum(item in chosen for item in ids), len(chosen)
        total = connection.scalar(select(func.count()).select_from(table)) or 0
        query = _to_do(select(func.count()).select_from(table), key, step_run, again)
        return int(connection.scalar(query) or 0), int(total)


def count_rejected(catalog: Catalog, step_run: StepRun, chosen: set[int] | None) -> int:
    """How many items an earlier run of the step rejected, and this one passed over."""
    done = schema.step_result
    query = select(done.c.item_id).where(
        _of_run(step_run), done.c.reason.is_not(None), done.c.run_id != step_run.run_id
    )
    with catalog.reading() as connection:
        return sum(chosen is None or item in chosen for item in connection.scalars(query))


def _films(
    catalog: Catalog, folder: Path, step_run: StepRun, keywords: tuple[str, ...], again: bool
) -> Iterator[Film]:
    """The films to do, part by part of the tag table, each part read once for its tags."""
    film = schema.film
    with catalog.reading() as connection:
        parts = connection.scalars(select(schema.tag_part.c.name).order_by("name")).all()
    columns = (film.c.film_id, film.c.sop_instance_uid, film.c.path, film.c.member)
    for part in parts:
        query = _to_do(
            select(*columns).where(film.c.tag_part == part), film.c.film_id, step_run, again
        )
        with catalog.reading() as connection:
            rows = connection.execute(query.order_by(film.c.film_id)).all()
        if not rows:
            continue
        tags = _tags(folder / "tags" / part, keywords)
        said = _predictions(catalog, part, step_run.tasks)
        decided = _decisions(catalog, part, step_run.tasks)
        for film_id, uid, path, member in rows:
            yield Film(
                film_id,
                uid,
                film_location(folder, path, member),
                tags.get(film_id, {}),
                said.get(film_id, {}),
                decided.get(film_id),
            )


def _predictions(
    catalog: Catalog, part: str, tasks: tuple[str, ...]
) -> dict[int, dict[str, Prediction]]:
    """film_id → task → what an earlier step said of the films of one part."""
    if not tasks:
        return {}
    said = schema.prediction
    query = (
        select(said.c.film_id, said.c.task, said.c.value, said.c.probability, said.c.details)
        .join(schema.film, schema.film.c.film_id == said.c.film_id)
        .where(schema.film.c.tag_part == part, said.c.task.in_(tasks))
    )
    found: defaultdict[int, dict[str, Prediction]] = defaultdict(dict)
    with catalog.reading() as connection:
        for film_id, task, value, probability, details in connection.execute(query):
            prediction = Prediction(film_id, task, value, probability, json.loads(details))
            found[film_id][task] = prediction
    return found


def _decisions(catalog: Catalog, part: str, tasks: tuple[str, ...]) -> dict[int, Decision]:
    """film_id → what earlier steps decided of the films of one part."""
    if not tasks:
        return {}
    said = schema.decision
    query = (
        select(said)
        .join(schema.film, schema.film.c.film_id == said.c.film_id)
        .join(schema.run, schema.run.c.run_id == said.c.run_id)
        .where(schema.film.c.tag_part == part, schema.run.c.step.in_(tasks))
    )
    with catalog.reading() as connection:
        return {
            row.film_id: Decision(
                row.film_id,
                Outcome(row.outcome),
                row.category,
                row.probability,
                row.laterality,
                json.loads(row.details),
            )
            for row in connection.execute(query)
        }


def _tags(part: Path, keywords: tuple[str, ...]) -> dict[int, dict[str, Any]]:
    """film_id → the wanted tags of one part; absent tags are left out."""
    if not keywords:
        return {}
    try:
        with pq.ParquetFile(part) as file:
            present = [name for name in keywords if name in file.schema_arrow.names]
            table = file.read([FILM_ID, *present])
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(
            f"cannot read the tags in {part}: the file is missing or damaged"
        ) from error
    values = table.to_pydict()
    return {
        film_id: {name: values[name][row] for name in present if values[name][row] is not None}
        for row, film_id in enumerate(values[FILM_ID])
    }


def _reports(catalog: Catalog, step_run: StepRun, again: bool) -> Iterator[Report]:
    report = schema.report
    columns = (report.c.report_id, report.c.name, report.c.text)
    last = 0
    while True:
        query = _to_do(
            select(*columns).where(report.c.report_id > last), report.c.report_id, step_run, again
        )
        with catalog.reading() as connection:
            rows = connection.execute(query.order_by(report.c.report_id).limit(_PAGE_REPORTS)).all()
        for report_id, name, text in rows:
            yield Report(report_id, name, text)
        if not rows:
            return
        last = rows[-1].report_id
