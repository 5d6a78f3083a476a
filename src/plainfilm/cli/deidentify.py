"""`deidentify`: clean copies of films, under new ids."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plainfilm.cli.console import (
    Again,
    AsJson,
    Where,
    Workers,
    errors_to,
    exit_for,
    is_archive,
    list_rejections,
    reasons,
    show,
)
from plainfilm.cli.deid_options import (
    Clean,
    Dates,
    Include,
    Retain,
    profile_options,
    refuse_nested,
)
from plainfilm.cli.deid_run import Released, for_reports, release, unkeyed_step
from plainfilm.cli.secret_key import KeyFile, key_file
from plainfilm.errors import SettingsError
from plainfilm.records import Rejection

if TYPE_CHECKING:
    from plainfilm.deid import Deidentify
    from plainfilm.deid.audit import AuditSummary

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(deidentify)


def deidentify(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="SOURCE", help="An archive, or a folder, file or zip file."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the clean films.")
    ] = None,
    retain: Annotated[
        list[Retain] | None, typer.Option(help="What stays; may be given several times.")
    ] = None,
    dates: Annotated[
        Dates, typer.Option(help="Moved by a number of days that is the patient's own, or not.")
    ] = Dates.MODIFIED,
    clean: Annotated[
        list[Clean] | None,
        typer.Option(help="What is cleaned rather than removed; may be given several times."),
    ] = None,
    remove_descriptions: Annotated[
        bool, typer.Option("--remove-descriptions", help="Remove free text, and clean none.")
    ] = False,
    include: Annotated[
        list[Include] | None,
        typer.Option(help="What is no film and is refused otherwise: take it, too."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own rules for single attributes (TOML)."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Black out text that can't be decided on, too.")
    ] = False,
    headers_only: Annotated[
        bool, typer.Option("--headers-only", help="Leave the pixels as they are, text and all.")
    ] = False,
    key: KeyFile = None,
    where: Where = None,
    again: Again = False,
    check: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Check this folder instead, whoever de-identified it."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="SOURCE", help="With --check: the originals.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="CSV", help="With --check: old and new ids.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --check: details, .csv or .html.")
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Write de-identified copies of films as `<patient>/<study>/<film>.dcm` under new ids.

    Headers follow the Basic Profile of DICOM PS3.15; descriptions are cleaned, dates moved, and
    text that is burned into the pixels is found, read, and blacked out where it identifies. A film
    that may still show identity is withheld and listed. What was done to each element is written
    into `DIR.audit`, beside DIR. Running again goes on where the last run stopped.

    Structured reports are refused unless they are included; then their texts are cleaned as those
    of reports are, with `___` in the place of identity. Encapsulated documents such as a PDF are
    refused always, since what is in them can't be cleaned.

    With --check a folder of DICOM is examined instead, and scored for each action of the profile;
    the exit code is 1 where identity is left.

    Example: `plainfilm deidentify films --out clean`
    """
    options = profile_options(
        retain or (),
        dates,
        clean or (),
        remove_descriptions=remove_descriptions,
        headers_only=headers_only,
    )
    if check is not None:
        from plainfilm.cli.deid_check import run_check

        if source is not None or out is not None:
            raise SettingsError("--check takes neither SOURCE nor --out; name the originals with"
                                " --against")  # fmt: skip
        run_check(
            check,
            against=against,
            key=key,
            mapping=mapping,
            report=report,
            as_json=as_json,
            workers=workers,
        )
        return
    if source is None or out is None:
        raise SettingsError("name SOURCE and --out DIR, or a folder to --check")
    if against is not None or mapping is not None or report is not None:
        raise SettingsError("--against, --mapping and --report go with --check")
    refuse_nested(source, out)
    key_path = key_file(key, out)
    loose = not is_archive(source)
    if loose and where is not None:
        raise SettingsError("--where chooses films of an archive; SOURCE is none")
    if include and where is not None:
        raise SettingsError("--where chooses films, and no reports; leave it or --include out")
    step = unkeyed_step(out, options, rules, strict=strict, loose=loose)
    reports = for_reports(step) if include else None
    released = release(
        source, step, reports, key_path, where=where, again=again, workers=workers, quiet=as_json
    )
    audit = _finished_audit(step, reports)
    _print(released, audit, out, key_path, loose=loose, as_json=as_json)
    exit_for(
        done=released.done + released.skipped - released.rejected_before,
        rejected=released.rejected.total() + released.rejected_before,
    )


def _print(
    released: Released,
    audit: "AuditSummary",
    out: Path,
    key_path: Path,
    *,
    loose: bool,
    as_json: bool,
) -> None:
    facts: dict[str, object] = {
        "clean": released.done,
        **({} if released.reports is None else {"structured_reports": released.reports}),
        "rejected": released.rejected.total(),
        "skipped": released.skipped,
        "skipped_as_rejected_before": released.rejected_before,
        "reasons": reasons(released.rejected),
        "out": str(out),
        "audit": str(audit.page),
        "doubtful_text": audit.doubtful,
        "key": str(key_path),
    }
    if as_json and loose:
        facts["rejections"] = [_rejection(item) for item in released.rejections]
    show("De-identified", facts, as_json=as_json)
    if released.is_new_key:
        _tell_of_key(key_path)
    if not as_json:
        at_most = {"at_most": len(released.rejections)} if loose else {}
        list_rejections(released.rejections, released.rejected, **at_most)


def _finished_audit(films: "Deidentify", reports: "Deidentify | None") -> "AuditSummary":
    from plainfilm.deid.audit import audit_folder, finish_audit

    options = films.options if reports is None else films.options | reports.options
    return finish_audit(
        audit_folder(films.out), out=films.out, options=options, strict=films.strict
    )


def _tell_of_key(path: Path) -> None:
    errors_to().print(
        f"plainfilm: made the secret key {path}; keep it, so that later films of the same patients"
        " get the same ids, and never give it away with them",
        markup=False,
        highlight=False,
    )


def _rejection(item: Rejection) -> dict[str, Any]:
    return {"file": str(item.location), "reason": item.reason.value, "detail": item.detail}
