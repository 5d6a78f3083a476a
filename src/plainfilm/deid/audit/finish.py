"""Joining the parts of an audit into its files.

A film's newest record is the one that counts. Records of clean films that are no longer in the
output are dropped, so that the audit is one of what is there. Everything streams through DuckDB,
whose memory is bounded; only one line for each film is ever held.

The joined files are renamed into place before the parts are deleted. A run that is killed between
the two leaves parts that are in the files already: a record is known by its film and its time, so
the next run does not take it twice.
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from plainfilm.deid.audit import tables
from plainfilm.deid.audit.page import write_audit_page
from plainfilm.deid.audit.parts import PARTS
from plainfilm.deid.profile import Option
from plainfilm.errors import ArchiveError

__all__ = ["AuditSummary", "audit_folder", "finish_audit"]

PAGE: Final = "audit.html"


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """What an audit holds.

    Attributes:
        films: released and withheld together.
        boxes, doubtful: boxes of text, and those of them that nobody could decide on.
        unrecorded: clean films in the output that no record tells of.
        page: the page for people.
    """

    films: int
    released: int
    withheld: int
    elements: int
    boxes: int
    doubtful: int
    unrecorded: int
    page: Path


def audit_folder(out: Path) -> Path:
    """Where the audit of an output folder lies: beside it, so that it is not given away with it."""
    absolute = out.absolute()
    return absolute.with_name(f"{absolute.name}.audit")


def finish_audit(
    folder: Path, *, out: Path, options: Collection[Option], strict: bool = False
) -> AuditSummary:
    """Join what runs have written down into one audit of all that is in the output folder.

    Writes `films.parquet` (one row for each film), `audit.parquet` (one for each element),
    `boxes.parquet` (one for each box of text), `thumbnails.parquet` (at most some hundred) and
    `audit.html`, then deletes the parts. May be run again at any time, also without new parts.

    Args:
        folder: the audit's; see `audit_folder`.
        out: folder of the clean films, `<patient>/<study>/<film>.dcm`.
        options, strict: of the run, to be shown on the page.
    Raises:
        ArchiveError: the audit cannot be read or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts = sorted((folder / PARTS).glob("[!.]*.parquet"))
        with tables.connected(folder) as connection:
            tables.load(connection, folder, parts)
            _drop_gone(connection, out)
            tables.write(connection, folder)
        with tables.connected(folder) as connection:
            tables.open_joined(connection, folder)
            summary = _summary(connection, folder, _clean_files(out))
            write_audit_page(connection, summary, folder / PAGE, options=options, strict=strict)
        _delete_parts(folder / PARTS, parts)
    except (duckdb.Error, pa.ArrowException) as exc:
        raise ArchiveError(f"the audit in {folder} cannot be joined: a file is damaged") from exc
    except OSError as exc:
        raise ArchiveError(f"the audit in {folder} cannot be written: {exc.strerror}") from exc
    return summary


def _drop_gone(connection: Any, out: Path) -> None:
    """Leave out the released films that are no longer in the output folder."""
    gone = [
        film
        for film, patient, study in _rows(connection, tables.RELEASED)
        if not (out / patient / study / f"{film}.dcm").exists()
    ]
    if gone:
        connection.register("gone", pa.table({"film": gone}))
        connection.execute("DELETE FROM chosen WHERE film IN (SELECT film FROM gone)")


def _rows(connection: Any, sql: str) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(sql)
    while rows := cursor.fetchmany(10_000):
        yield from rows


def _clean_files(out: Path) -> int:
    return sum(
        name.endswith(".dcm") and not name.startswith(".")
        for _, _, names in os.walk(out)
        for name in names
    )


def _summary(connection: Any, folder: Path, clean_files: int) -> AuditSummary:
    films, released, elements, boxes, doubtful = connection.execute(tables.TOTALS).fetchone()
    return AuditSummary(
        films=films,
        released=released,
        withheld=films - released,
        elements=elements,
        boxes=boxes,
        doubtful=doubtful,
        unrecorded=max(0, clean_files - released),
        page=folder / PAGE,
    )


def _delete_parts(folder: Path, parts: Collection[Path]) -> None:
    """Delete what was joined, and what killed workers left half written."""
    if not folder.exists():
        return
    for path in (*parts, *folder.glob(".*.partial")):
        path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
