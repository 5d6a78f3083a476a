"""`export-findings`: what the films of an archive show, as DICOM objects for a PACS."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from plainfilm.cli.console import (
    ArchivePath,
    AsJson,
    Where,
    Workers,
    exit_for,
    list_rejections,
    progress,
    reasons,
    show,
    warn,
)
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.dicom_results import ExportSummary, Kind

__all__ = ["add_to"]

_ALL: Final = "sr,presentation-state,segmentation,key-image"


def add_to(app: typer.Typer) -> None:
    app.command("export-findings")(export_findings)


def export_findings(
    archive: ArchivePath,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the objects.")],
    kinds: Annotated[
        str, typer.Option("--as", metavar="KINDS", help="What to write, separated by commas.")
    ] = _ALL,
    where: Where = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Write what `findings` found as DICOM objects that a PACS files with the films.

    `sr` is a structured report (TID 1500) with finding, certainty, box or point, and the model;
    `presentation-state` draws the boxes over the film in the viewer; `segmentation` holds the heat
    maps, or the boxes where the model is not in the store or has no maps; `key-image` is a picture
    with the boxes drawn. The objects carry the patient and study of the films and go to
    `<study>/<film>.<task>.<kind>.dcm` below DIR. Without a box there is a report only. Running
    again makes the same objects, and leaves alone those that are there.

    Every object says: Research use only; not a medical device.

    Example: `plainfilm export-findings films --out results --as sr,key-image`
    """
    from plainfilm import dicom_results
    from plainfilm.archive import Archive
    from plainfilm.engine import LocalEngine

    chosen = _kinds(kinds)
    with (
        Archive.open(archive) as opened,
        LocalEngine(workers) as engine,
        progress("Exporting findings", None, quiet=as_json) as advance,
    ):
        summary = dicom_results.export_findings(
            opened, out, chosen, engine=engine, where=where, progress=advance
        )
    rejected = summary.rejected
    facts: dict[str, object] = {
        "films": summary.films,
        "written": {kind.value: summary.written[kind] for kind in chosen},
        "skipped": summary.skipped,
        "withdrawn": summary.withdrawn,
        "rejected": rejected.total(),
        "reasons": reasons(rejected),
        "out": str(out),
    }
    show("Exported findings", facts, as_json=as_json)
    _tell_without_heat(summary)
    if not as_json:
        # No run of the archive: nothing else lists them.
        list_rejections(summary.rejections, rejected, at_most=len(summary.rejections))
    done = summary.written.total() + summary.skipped
    exit_for(done=done, rejected=rejected.total())


def _kinds(text: str) -> "list[Kind]":
    from plainfilm.dicom_results import Kind

    try:
        return [Kind(name.strip()) for name in text.split(",")]
    except ValueError:
        known = ", ".join(Kind)
        raise SettingsError(f"--as takes {known}, separated by commas") from None


def _tell_without_heat(summary: "ExportSummary") -> None:
    for model in summary.without_heat:
        warn(
            f"{model} is not in the store as it was, or has no heat maps; the segmentations of its"
            " findings hold boxes"
        )
