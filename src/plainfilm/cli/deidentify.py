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
    exit_for,
    is_archive,
    list_rejections,
    reasons,
    run_step,
    show,
)
from plainfilm.cli.secret_key import KeyFile, key_file
from plainfilm.errors import Reason, SettingsError
from plainfilm.records import Location, Rejection

if TYPE_CHECKING:
    from plainfilm.archive import Archive, IngestSummary

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(deidentify)


def deidentify(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="An archive, or a folder, file or zip file.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the clean films.")],
    key: KeyFile = None,
    where: Where = None,
    again: Again = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Write de-identified copies of films as `<patient>/<study>/<film>.dcm` under new ids.

    Headers follow the Basic Profile of DICOM PS3.15 with Clean Descriptors and modified dates. A
    film that may have text burned into its pixels is withheld and listed. Where SOURCE is no
    archive, every rejected file is listed, in JSON under `rejections`.

    Example: `plainfilm deidentify films --out clean`
    """
    from plainfilm.archive import Archive, IngestSummary
    from plainfilm.deid import Deidentify, load_or_create_key

    _refuse_inside(source, out)
    key_path = key_file(key, out)
    loose = not is_archive(source)
    if loose and where is not None:
        raise SettingsError("--where chooses films of an archive; SOURCE is none")
    with ExitStack() as stack:
        if loose:
            archive, unread = _scratch_archive(stack, source, workers)
        else:
            archive, unread = stack.enter_context(Archive.open(source)), IngestSummary()
        # Only now: a wrong SOURCE should not leave a key behind.
        step = Deidentify(out.absolute(), load_or_create_key(key_path))
        summary = run_step(
            archive, step, "De-identifying",
            where=where, again=again, workers=workers, quiet=as_json,
        )  # fmt: skip
        rejections = _all_rejections(archive) if loose else summary.rejections
    rejected = unread.rejected + summary.rejected
    clean = summary.done - summary.rejected.total()
    facts: dict[str, object] = {
        "clean": clean,
        "rejected": rejected.total(),
        "skipped": summary.skipped,
        "skipped_as_rejected_before": summary.rejected_before,
        "reasons": reasons(rejected),
        "out": str(out),
        "key": str(key_path),
    }
    if as_json and loose:
        facts["rejections"] = [_rejection(item) for item in rejections]
    show("De-identified", facts, as_json=as_json)
    if not as_json and loose:
        list_rejections(rejections, rejected, at_most=len(rejections))
    elif not as_json:
        list_rejections(rejections, rejected)
    exit_for(
        done=clean + summary.skipped - summary.rejected_before,
        rejected=rejected.total() + summary.rejected_before,
    )


def _scratch_archive(
    stack: ExitStack, source: Path, workers: int | None
) -> "tuple[Archive, IngestSummary]":
    """Loose files are de-identified by way of an archive that is thrown away with the stack."""
    from plainfilm.archive import Archive
    from plainfilm.engine import LocalEngine

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


def _refuse_inside(source: Path, out: Path) -> None:
    """Clean films among the unclean would be taken in with the next ingest."""
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise SettingsError(f"--out ({out}) lies inside SOURCE ({source}); choose another folder")
