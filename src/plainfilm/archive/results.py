"""Committing what steps return: each kind of record to its table, replacing earlier ones."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, insert, select

from plainfilm.archive import schema
from plainfilm.archive.catalog import chunks
from plainfilm.archive.clean_copies import copies_of
from plainfilm.archive.tags import to_json
from plainfilm.records import Box, CleanFilm, Decision, Label, Prediction, Rejection

__all__ = ["StepRun", "store"]

_CHUNK: Final = 5_000
_OF_FILMS: Final = (schema.prediction, schema.decision, schema.box, schema.clean_film)


@dataclass(frozen=True, slots=True)
class StepRun:
    """One run of one step, as the catalog knows it.

    Attributes:
        slot: the name under which results replace one another.
        parameters: their hash.
        kind: `film` or `report`, what the step reads.
        label_set: of a step over reports; None otherwise.
        tasks: the steps whose predictions this one reads.
    """

    run_id: int
    slot: str
    version: str
    parameters: str
    kind: str
    label_set: str | None
    tasks: tuple[str, ...] = ()


def store(
    connection: Connection, step_run: StepRun, item_ids: Sequence[int], outputs: Sequence[object]
) -> list[Path]:
    """Replace the earlier results of a step for these items by `outputs`, and mark them done.

    Returns:
        De-identified copies of films that the step rejects now: remove them after the commit.
    """
    rejected = [item.item_id for item in outputs if isinstance(item, Rejection) and item.item_id]
    before = copies_of(connection, rejected) if step_run.kind == "film" else {}
    _forget(connection, step_run, item_ids)
    rows: defaultdict[Table, list[dict[str, Any]]] = defaultdict(list)
    rejections: dict[int, Rejection] = {}
    for record in outputs:
        if isinstance(record, Rejection):
            if record.item_id is not None:
                rejections[record.item_id] = record
            continue
        table, row_of = _TABLE_OF[type(record)]
        rows[table].append(row_of(record) | {"run_id": step_run.run_id})
    rows[schema.step_result] = [
        _done_row(step_run, item_id, rejections.get(item_id)) for item_id in item_ids
    ]
    for table, new in rows.items():
        if new:
            connection.execute(insert(table), new)
    # A step that makes no copies leaves those of another step alone.
    after = copies_of(connection, before)
    return [path for film_id, path in before.items() if film_id not in after]


def _forget(connection: Connection, step_run: StepRun, item_ids: Sequence[int]) -> None:
    earlier = select(schema.run.c.run_id).where(schema.run.c.step == step_run.slot)
    for ids in chunks(item_ids, _CHUNK):
        done = schema.step_result
        connection.execute(
            delete(done).where(done.c.step == step_run.slot, done.c.item_id.in_(ids))
        )
        if step_run.kind == "report":
            label = schema.label
            connection.execute(
                delete(label).where(
                    label.c.report_id.in_(ids), label.c.label_set == step_run.label_set
                )
            )
            continue
        for table in _OF_FILMS:
            connection.execute(
                delete(table).where(table.c.film_id.in_(ids), table.c.run_id.in_(earlier))
            )


def _done_row(step_run: StepRun, item_id: int, rejection: Rejection | None) -> dict[str, Any]:
    return {
        "step": step_run.slot,
        "version": step_run.version,
        "parameters": step_run.parameters,
        "item_kind": step_run.kind,
        "item_id": item_id,
        "run_id": step_run.run_id,
        "reason": rejection.reason.value if rejection else None,
        "detail": rejection.detail if rejection else None,
    }


def _prediction(record: Prediction) -> dict[str, Any]:
    return {
        "film_id": record.film_id,
        "task": record.task,
        "value": record.value,
        "probability": record.probability,
        "details": to_json(record.details),
    }


def _decision(record: Decision) -> dict[str, Any]:
    return {
        "film_id": record.film_id,
        "outcome": record.outcome.value,
        "category": record.category,
        "probability": record.probability,
        "laterality": record.laterality,
        "details": to_json(record.details),
    }


def _box(record: Box) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _label(record: Label) -> dict[str, Any]:
    mentions = [
        {name: getattr(mention, name) for name in mention.__slots__} for mention in record.mentions
    ]
    return {
        "report_id": record.report_id,
        "label_set": record.label_set,
        "finding": record.finding,
        "value": record.value,
        "mentions": json.dumps(mentions),
    }


def _clean_film(record: CleanFilm) -> dict[str, Any]:
    return {
        "film_id": record.film_id,
        "path": str(record.path),
        "patient": record.patient,
        "study": record.study,
        "uid": record.uid,
        "actions": json.dumps(dict(record.actions)),
    }


_TABLE_OF: Final[dict[type, tuple[Table, Callable[[Any], dict[str, Any]]]]] = {
    Prediction: (schema.prediction, _prediction),
    Decision: (schema.decision, _decision),
    Box: (schema.box, _box),
    Label: (schema.label, _label),
    CleanFilm: (schema.clean_film, _clean_film),
}
