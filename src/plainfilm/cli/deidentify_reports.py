"""`deidentify-reports`: reports without identity, under new ids."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from plainfilm.cli.console import (
    AsJson,
    Workers,
    exit_for,
    is_archive,
    list_rejections,
    progress,
    reasons,
    show,
)
from plainfilm.cli.deid_options import refuse_nested
from plainfilm.cli.secret_key import KeyFile, key_file, load_key
from plainfilm.errors import SettingsError
from plainfilm.records import SourceReport

if TYPE_CHECKING:
    from plainfilm.deid.reports import CleanReports, ReportRun

__all__ = ["add_to"]

_PATIENT_COLUMNS: Final = ("patient_id", "patientid", "mrn")


def add_to(app: typer.Typer) -> None:
    app.command()(deidentify_reports)


def deidentify_reports(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="An archive; or a CSV with `id,text`, JSON Lines, HL7 messages, a DICOM structured"
            " report, or a folder of .txt, .xml, .hl7 or .dcm.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the clean reports.")],
    known: Annotated[
        str,
        typer.Option(
            metavar="COLUMNS",
            help="Columns of a table that tell of the report's people, separated by commas, such as"
            " `patient_name,patient_id`; their values are searched for in the text.",
        ),
    ] = "",
    keep_ages: Annotated[
        bool, typer.Option("--keep-ages", help="Keep ages up to 89 years.")
    ] = False,
    id_column: Annotated[str, typer.Option(help="The table's column of ids.")] = "id",
    text_column: Annotated[str, typer.Option(help="The table's column of texts.")] = "text",
    key: KeyFile = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Replace names, dates, ages, ids, telephone numbers and places in reports with `___`.

    An archive's reports become `<patient>/<study>/<report>.txt` under the ids that `deidentify`
    gives with the same key, and are searched for what their films' headers tell. Other sources
    become `reports.csv`. What was removed is listed in `<DIR>.audit/reports.parquet`, by kind and
    place, with a keyed hash of what was there.

    Example: `plainfilm deidentify-reports reports.csv --known patient_name --out clean-reports`
    """
    from plainfilm.deid.reports import CleanReports
    from plainfilm.reports import read_reports

    columns = tuple(name.strip() for name in known.split(",") if name.strip())
    from_archive = is_archive(source)
    _check(source, out, columns, from_archive=from_archive)
    key_path = key_file(key, out)
    patient = next((i for i, c in enumerate(columns) if c.lower() in _PATIENT_COLUMNS), -1)
    audit = out.with_name(f"{out.name}.audit")
    if from_archive:
        step = CleanReports(load_key(key_path), keep_ages)
        run = _clean_archive(source, step, out, audit, workers, quiet=as_json)
    else:
        # Before the key: a wrong SOURCE should not leave one behind.
        reports = read_reports(
            source, id_column=id_column, text_column=text_column, header_columns=columns
        )
        step = CleanReports(load_key(key_path), keep_ages, patient)
        run = _clean_loose(reports, step, out, audit, workers, quiet=as_json)
    facts: dict[str, object] = {
        "clean": run.clean,
        "removed": dict(run.removed.most_common()),
        "rejected": run.rejected.total(),
        "reasons": reasons(run.rejected),
        "out": str(out),
        "audit": str(audit),
        "key": str(key_path),
    }
    show("Reports de-identified", facts, as_json=as_json)
    if not as_json:
        list_rejections(run.rejections, run.rejected)
    exit_for(done=run.clean, rejected=run.rejected.total())


def _clean_archive(
    source: Path, step: "CleanReports", out: Path, audit: Path, workers: int | None, *, quiet: bool
) -> "ReportRun":
    from plainfilm.archive import Archive
    from plainfilm.deid.reports import clean_all, write_tree
    from plainfilm.engine import LocalEngine

    with (
        Archive.open(source) as archive,
        LocalEngine(workers) as engine,
        progress("Cleaning reports", archive.counts()["report"], quiet=quiet) as advance,
    ):
        return write_tree(clean_all(archive.reports(), step, engine, advance), out, audit)


def _clean_loose(
    reports: Iterable[SourceReport],
    step: "CleanReports",
    out: Path,
    audit: Path,
    workers: int | None,
    *,
    quiet: bool,
) -> "ReportRun":
    from plainfilm.deid.reports import clean_all, write_table
    from plainfilm.engine import LocalEngine

    with (
        LocalEngine(workers) as engine,
        progress("Cleaning reports", None, quiet=quiet) as advance,
    ):
        return write_table(clean_all(reports, step, engine, advance), out, audit)


def _check(source: Path, out: Path, columns: tuple[str, ...], *, from_archive: bool) -> None:
    """Raise where the options contradict the source, or the output the input."""
    if columns and (from_archive or source.suffix.lower() not in {".csv", ".jsonl", ".ndjson"}):
        raise SettingsError("--known names columns of a CSV or JSON Lines file; SOURCE is none")
    refuse_nested(source, out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SettingsError(f"--out ({out}) is not an empty folder; choose a new one")
