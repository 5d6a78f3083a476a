"""`publish`, `report-page`: what leaves the archive, and a page for those inside."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from plainfilm.cli.console import (
    ArchivePath,
    AsJson,
    Workers,
    errors_to,
    exit_for,
    list_rejections,
    progress,
    reasons,
    show,
)
from plainfilm.cli.secret_key import KeyFile, key_file
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.archive import Archive

__all__ = ["add_to"]

_LAYOUTS: Final = ("mimic-cxr-jpg",)


def add_to(app: typer.Typer) -> None:
    app.command()(publish)
    app.command("report-page")(report_page)


def publish(
    archive: ArchivePath,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The dataset's new folder.")],
    layout: Annotated[str, typer.Option(help="How the dataset is laid out: `mimic-cxr-jpg`.")] = (
        _LAYOUTS[0]
    ),
    labels: Annotated[str, typer.Option(help="Label set: `chexpert` or `nih`.")] = "chexpert",
    split: Annotated[
        str, typer.Option(metavar="TRAIN,VALIDATE,TEST", help="Shares of patients, summing to 1.")
    ] = "0.8,0.1,0.1",
    quality: Annotated[int, typer.Option(min=1, max=100, help="JPEG quality.")] = 95,
    key: KeyFile = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Publish the de-identified films as a dataset: images, labels, splits, tables, checksums.

    Reads only what `plainfilm deidentify ARCHIVE` wrote.

    Example: `plainfilm publish films --layout mimic-cxr-jpg --out dataset`
    """
    from plainfilm.archive import Archive
    from plainfilm.deid import load_or_create_key
    from plainfilm.engine import LocalEngine
    from plainfilm.publish import publish_mimic_cxr_jpg

    if layout not in _LAYOUTS:
        raise SettingsError(f"--layout {layout} is unknown; known: {', '.join(_LAYOUTS)}")
    secret = load_or_create_key(key_file(key, out))
    with Archive.open(archive) as opened:
        total = opened.rows("SELECT count(*) AS n FROM clean_film")[0]["n"]
        with (
            LocalEngine(workers) as engine,
            progress("Exporting", total, quiet=as_json) as advance,
        ):
            summary = publish_mimic_cxr_jpg(
                opened,
                out,
                engine=engine,
                key=secret,
                label_set=labels,
                split=_shares(split),
                quality=quality,
                progress=advance,
            )
        if not summary.reported_studies:
            _warn_of_no_labels(opened, labels)
    rejected = Counter(item.reason for item in summary.rejections)
    facts = {
        "films": summary.films,
        "studies": summary.studies,
        "patients": summary.patients,
        "reported_studies": summary.reported_studies,
        "films_by_split": {name: counts.films for name, counts in summary.splits.items()},
        "rejected": len(summary.rejections),
        "reasons": reasons(rejected),
        "dataset": str(summary.path),
    }
    show("Published", facts, as_json=as_json)
    if not as_json:
        # No run of the archive: nothing else lists them.
        list_rejections(summary.rejections, rejected, at_most=len(summary.rejections))
    exit_for(done=summary.films, rejected=len(summary.rejections))


def _warn_of_no_labels(archive: "Archive", label_set: str) -> None:
    """A table of labels without a label looks like a success, and is none."""
    rows = archive.rows(
        "SELECT DISTINCT label_set FROM label WHERE label_set <> $wanted ORDER BY label_set",
        wanted=label_set,
    )
    others = ", ".join(row["label_set"] for row in rows)
    holds = f" (the archive's labels are {others})" if others else ""
    errors_to().print(
        f"plainfilm: no published study has a report labelled for {label_set}{holds}, so the label"
        f" table is empty; run `plainfilm label ARCHIVE --labels {label_set}` first",
        style="yellow",
        markup=False,
        highlight=False,
    )


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, validate, test = (float(part) for part in text.split(","))
    except ValueError as error:
        msg = f"--split {text} must be three numbers with commas between, such as 0.8,0.1,0.1"
        raise SettingsError(msg) from error
    return train, validate, test


def report_page(
    archive: ArchivePath,
    out: Annotated[Path, typer.Option("--out", metavar="PAGE.html", help="The page to write.")],
    dataset: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A dataset published from the archive, to show its splits."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write one self-contained HTML page that shows what an archive holds and what was found.

    It shows thumbnails of de-identified copies only, but paths of rejected files too: it is a page
    for inside the hospital.

    Example: `plainfilm report-page films --dataset dataset --out report.html`
    """
    from plainfilm.archive import Archive
    from plainfilm.publish import write_report_page

    with Archive.open(archive) as opened:
        write_report_page(opened, out, dataset=dataset)
    show("Report page written", {"page": str(out)}, as_json=as_json)
