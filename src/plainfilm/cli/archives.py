"""`init`, `ingest`, `ingest-reports`, `status`, `query`: the archive itself."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from plainfilm.cli.console import (
    ArchivePath,
    AsJson,
    Workers,
    exit_for,
    list_rejections,
    print_json,
    progress,
    reasons,
    results_to,
    show,
)
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(init)
    app.command()(ingest)
    app.command("ingest-reports")(ingest_reports)
    app.command()(status)
    app.command()(query)


def init(
    archive: ArchivePath,
    database: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="PostgreSQL database for the catalog, such as"
            " `postgresql+psycopg://user@host/films`; the default is SQLite in the archive.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a new, empty archive.

    Example: `plainfilm init films`
    """
    from plainfilm.archive import Archive

    with Archive.create(archive, database) as made:
        show("Archive made", {"archive": str(made.path)}, as_json=as_json)


def ingest(
    archive: ArchivePath,
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE…", help="Folders, DICOM files, zip files or DICOMDIRs."),
    ],
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy the films into the archive; otherwise they stay.")
    ] = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Take in films. What was taken in before and has not changed is passed over.

    Example: `plainfilm ingest films /mnt/pacs-export`
    """
    from plainfilm.archive import Archive
    from plainfilm.engine import LocalEngine

    with (
        Archive.open(archive) as opened,
        LocalEngine(workers) as engine,
        progress("Reading films", None, quiet=as_json) as advance,
    ):
        summary = opened.ingest(sources, engine=engine, copy=copy, progress=advance)
    facts = {
        "films": summary.films,
        "duplicates": summary.duplicates,
        "known": summary.known,
        "rejected": summary.rejected.total(),
        "reasons": reasons(summary.rejected),
        "reports_linked": summary.linked_reports,
    }
    show("Ingested", facts, as_json=as_json)
    if not as_json:
        list_rejections(summary.rejections, summary.rejected)
    exit_for(
        done=summary.films + summary.duplicates + summary.known,
        rejected=summary.rejected.total(),
    )


def ingest_reports(
    archive: ArchivePath,
    reports: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV with `id,text` and `accession_number` or `study_instance_uid`, JSON Lines,"
            " or a folder of .txt, .xml, .hl7 or .dcm files.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Take in reports and link them to studies by accession number or Study Instance UID.

    Example: `plainfilm ingest-reports films reports.csv`
    """
    from plainfilm.archive import Archive
    from plainfilm.reports import read_reports

    with Archive.open(archive) as opened:
        summary = opened.ingest_reports(read_reports(reports))
        unlinked = [row["name"] for row in opened.rows(_UNLINKED)] if summary.unlinked else []
    facts = {
        "new": summary.new,
        "updated": summary.updated,
        "known": summary.known,
        "linked": summary.linked,
        "unlinked": summary.unlinked,
        "unlinked_reports": ", ".join(unlinked) if not as_json else unlinked,
    }
    show("Reports ingested", facts, as_json=as_json)


_UNLINKED = "SELECT name FROM report WHERE study_pk IS NULL ORDER BY name LIMIT 20"


def status(archive: ArchivePath, as_json: AsJson = False) -> None:
    """Show what an archive holds and what its runs did.

    Example: `plainfilm status films`
    """
    from plainfilm.archive import Archive

    with Archive.open(archive) as opened:
        counts = opened.counts()
        rejected = opened.rows(
            "SELECT reason, count(*) AS n FROM source_file WHERE reason IS NOT NULL"
            " GROUP BY reason ORDER BY n DESC, reason"
        )
        runs = opened.rows(
            "SELECT run_id, step, version, started, finished, counts FROM run"
            " ORDER BY run_id DESC LIMIT 10"
        )
    facts: dict[str, object] = {"archive": str(archive.absolute())}
    facts |= {_PLURALS[name]: count for name, count in counts.items()}
    facts["reasons"] = {row["reason"]: row["n"] for row in rejected}
    if as_json:
        facts["runs"] = [_run(row) for row in runs]
        show("", facts, as_json=True)
        return
    show("Archive", facts, as_json=False)
    table = Table(title="Latest runs", title_justify="left", box=None, pad_edge=False)
    for heading in ("run", "step", "version", "started", "counts"):
        table.add_column(heading)
    for row in runs:
        came = _in_words(row["counts"])
        cells = (row["run_id"], row["step"], row["version"], row["started"][:19], came)
        table.add_row(*(Text(str(cell)) for cell in cells))
    results_to().print(table)


_PLURALS = {
    "patient": "patients",
    "study": "studies",
    "series": "series",
    "film": "films",
    "report": "reports",
    "duplicate": "duplicates",
    "rejected": "rejected",
}


def _run(row: dict[str, str | None]) -> dict[str, object]:
    return {**row, "counts": json.loads(row["counts"]) if row["counts"] else None}


def _in_words(counts: str | None) -> str:
    """What a run came to, such as `films 24, duplicates 1`; counts of nothing are left out."""
    if counts is None:
        return "not finished"
    found = {name: count for name, count in json.loads(counts).items() if count}
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "nothing to do"


def query(
    archive: ArchivePath,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT statement, as DuckDB's.")],
    csv_output: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the catalog and the tags together, in SQL.

    Tables: `film`, `series`, `study`, `patient`, `tags` (a row for each film, a column for each
    DICOM keyword), `films` (these five joined), `report`, `prediction`, `label`, `clean_film`,
    `clean_structured_report`, `source_file`, `step_result`, `run`.

    Example: `plainfilm query films "SELECT Modality, count(*) AS n FROM films GROUP BY ALL"`
    """
    from plainfilm.archive import Archive

    if csv_output and as_json:
        raise typer.BadParameter("--csv and --json exclude each other")
    with Archive.open(archive) as opened:
        found = opened.arrow(sql)
    if as_json:
        _refuse_repeated(found.column_names)
        print_json(found.to_pylist())
    elif csv_output:
        writer = csv.writer(sys.stdout)
        writer.writerow(found.column_names)
        writer.writerows(_rows(found))
    else:
        _print_rows(found)


def _refuse_repeated(names: list[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise SettingsError(
            f"--json cannot hold several columns named {', '.join(repeated)};"
            " name them apart with AS, or use --csv"
        )


def _print_rows(found: "pa.Table") -> None:
    table = Table(pad_edge=False, box=None)
    for name in found.column_names:
        table.add_column(Text(name), overflow="fold")
    for row in _rows(found.slice(0, _SHOWN_ROWS)):
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = results_to()
    console.print(table)
    if found.num_rows > _SHOWN_ROWS:
        console.print(f"… {found.num_rows - _SHOWN_ROWS:,} more rows; --csv or --json prints all")


def _rows(found: "pa.Table") -> Iterator[tuple[object, ...]]:
    """The rows by position: a SELECT may give several columns one name."""
    for batch in found.to_batches(max_chunksize=_CHUNK):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


_SHOWN_ROWS: Final = 200
_CHUNK: Final = 10_000
