"""Run manifests: what ran, with which parameters, and what came of it."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from plainfilm.archive import schema
from plainfilm.archive.catalog import Catalog
from plainfilm.errors import ArchiveError, Reason
from plainfilm.records import Rejection

__all__ = ["MAX_LISTED", "RunSummary", "finish_run", "start_run"]

MAX_LISTED = 1_000
"""Rejections that a summary and a manifest list one by one; the catalog holds all of them."""


@dataclass(slots=True)
class RunSummary:
    """What a run of a step did.

    Attributes:
        done: items computed in this run, rejected ones included.
        skipped: items whose result was there before.
        rejected_before: those of the skipped that were rejected by an earlier run.
        rejections: the first `MAX_LISTED` of them.
    """

    run_id: int
    done: int = 0
    skipped: int = 0
    rejected_before: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, rejections: Sequence[Rejection]) -> None:
        """Count rejections, and list them while there is room."""
        self.rejected.update(item.reason for item in rejections)
        self.rejections.extend(rejections[: MAX_LISTED - len(self.rejections)])


def start_run(catalog: Catalog, step: str, version: str, parameters: dict[str, object]) -> int:
    """Note in the catalog that a run began; a run without an end was killed."""
    with catalog.writing() as connection:
        run_id = catalog.take_ids(connection, "run", 1)[0]
        row = {
            "run_id": run_id,
            "step": step,
            "version": version,
            "parameters": json.dumps(parameters, sort_keys=True, default=str),
            "started": _now(),
        }
        connection.execute(insert(schema.run), row)
    return run_id


def finish_run(
    catalog: Catalog,
    folder: Path,
    run_id: int,
    counts: dict[str, int],
    rejections: Sequence[Rejection],
) -> Path:
    """Note the end and the counts of a run, and write its manifest to `runs/`."""
    table = schema.run
    with catalog.writing() as connection:
        finished = {"finished": _now(), "counts": json.dumps(counts)}
        connection.execute(update(table).where(table.c.run_id == run_id), finished)
        row = connection.execute(table.select().where(table.c.run_id == run_id)).mappings().one()
    manifest = _manifest(dict(row), rejections)
    stamp = row["started"].replace("-", "").replace(":", "")[:15]
    path = folder / "runs" / f"{stamp}-{run_id:06d}-{row['step'].replace(':', '-')}.json"
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        partial.rename(path)
    except OSError as error:
        raise ArchiveError(f"cannot write {path}: {error.strerror}") from error
    return path


def _manifest(row: dict[str, Any], rejections: Sequence[Rejection]) -> dict[str, object]:
    begun, ended = (datetime.fromisoformat(row[name]) for name in ("started", "finished"))
    return {
        "run_id": row["run_id"],
        "step": row["step"],
        "version": row["version"],
        "parameters": json.loads(row["parameters"]),
        "started": row["started"],
        "finished": row["finished"],
        "duration_s": round((ended - begun).total_seconds(), 3),
        "counts": json.loads(row["counts"]),
        "rejections_listed_at_most": MAX_LISTED,
        "rejections": [
            {
                "file": str(item.location) if item.location else None,
                "item_id": item.item_id,
                "reason": item.reason.value,
                "detail": item.detail,
            }
            for item in rejections[:MAX_LISTED]
        ],
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
