"""`deidentify`: clean copies of films, under new ids."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

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
    run_step,
    show,
)
from plainfilm.cli.deid_options import (
    Clean,
    Dates,
    Retain,
    claim_output,
    profile_options,
    refuse_foreign_output,
    refuse_nested,
)
from plainfilm.cli.secret_key import KeyFile, key_file, load_key
from plainfilm.errors import Reason, SettingsError
from plainfilm.records import Location, Rejection

if TYPE_CHECKING:
    from plainfilm.archive import Archive, IngestSummary
    from plainfilm.deid import CustomRule, Deidentify, Option
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
    custom = _custom_rules(rules)
    with ExitStack() as stack:
        archive, unread = _opened(stack, source, workers, loose=loose)
        step, is_new_key = _step(out, key_path, options, custom, strict=strict, loose=loose)
        summary = run_step(
            archive, step, "De-identifying",
            where=where, again=again, workers=workers, quiet=as_json,
        )  # fmt: skip
        rejections = _all_rejections(archive) if loose else summary.rejections
    audit = _finished_audit(step)
    rejected = unread.rejected + summary.rejected
    done = summary.done - summary.rejected.total()
    facts: dict[str, object] = {
        "clean": done,
        "rejected": rejected.total(),
        "skipped": summary.skipped,
        "skipped_as_rejected_before": summary.rejected_before,
        "reasons": reasons(rejected),
        "out": str(out),
        "audit": str(audit.page),
        "doubtful_text": audit.doubtful,
        "key": str(key_path),
    }
    if as_json and loose:
        facts["rejections"] = [_rejection(item) for item in rejections]
    show("De-identified", facts, as_json=as_json)
    if is_new_key:
        _tell_of_key(key_path)
    if not as_json:
        at_most = {"at_most": len(rejections)} if loose else {}
        list_rejections(rejections, rejected, **at_most)
    exit_for(
        done=done + summary.skipped - summary.rejected_before,
        rejected=rejected.total() + summary.rejected_before,
    )


def _custom_rules(path: Path | None) -> "tuple[CustomRule, ...]":
    from plainfilm.deid import load_rules

    return () if path is None else load_rules(path)


def _step(
    out: Path,
    key_path: Path,
    options: "frozenset[Option]",
    rules: "tuple[CustomRule, ...]",
    *,
    strict: bool,
    loose: bool,
) -> "tuple[Deidentify, bool]":
    """The step, with its output claimed, and whether its key was made just now."""
    from plainfilm.deid import Deidentify
    from plainfilm.deid.audit import audit_folder

    folder = audit_folder(out)
    refuse_foreign_output(out, folder)
    is_new_key = not key_path.exists()
    step = Deidentify(
        out.absolute(),
        load_key(key_path),
        options,
        rules,
        strict,
        audit=folder,
        has_lasting_ids=not loose,
    )
    claim_output(step, folder)
    return step, is_new_key


def _finished_audit(step: "Deidentify") -> "AuditSummary":
    from plainfilm.deid.audit import audit_folder, finish_audit

    return finish_audit(
        audit_folder(step.out), out=step.out, options=step.options, strict=step.strict
    )


def _tell_of_key(path: Path) -> None:
    errors_to().print(
        f"plainfilm: made the secret key {path}; keep it, so that later films of the same patients"
        " get the same ids, and never give it away with them",
        markup=False,
        highlight=False,
    )


def _opened(
    stack: ExitStack, source: Path, workers: int | None, *, loose: bool
) -> "tuple[Archive, IngestSummary]":
    """The archive; loose files go by way of one that is thrown away with the stack."""
    from plainfilm.archive import Archive, IngestSummary
    from plainfilm.engine import LocalEngine

    if not loose:
        return stack.enter_context(Archive.open(source)), IngestSummary()
    scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="plainfilm-"))
    archive = stack.enter_context(Archive.create(Path(scratch) / "archive"))
    with LocalEngine(workers) as engine:
        return archive, archive.ingest([source], engine=engine)


def _all_rejections(archive: "Archive") -> list[Rejection]:
    """Every rejection of an archive that is about to be thrown away, with nowhere else to look."""
    return [
        Rejection(
            Location(Path(row["path"]), row["member"] or None),
            Reason(row["reason"]),
            row["detail"] or "",
        )
        for row in archive.rows(_REJECTIONS)
    ]


_REJECTIONS: Final = """
SELECT path, member, reason, detail FROM source_file WHERE reason IS NOT NULL
UNION ALL
SELECT film.path, film.member, step_result.reason, step_result.detail
FROM step_result JOIN film ON film.film_id = step_result.item_id
WHERE step_result.item_kind = 'film' AND step_result.reason IS NOT NULL
ORDER BY path, member
"""


def _rejection(item: Rejection) -> dict[str, Any]:
    return {"file": str(item.location), "reason": item.reason.value, "detail": item.detail}
