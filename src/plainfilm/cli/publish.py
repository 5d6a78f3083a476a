"""`publish`, `report-page`: what leaves the archive, and a page for those inside."""

from collections import Counter
from dataclasses import replace
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
from plainfilm.cli.secret_key import KeyFile, key_file, tentative_key
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.archive import Archive
    from plainfilm.publish import DatasetOptions, ExportImage, Layout, PublishSummary

__all__ = ["add_to"]

_LAYOUTS: Final = "mimic-cxr-jpg, chestxray14, coco, webdataset or dicom"
_NO_RESIZE: Final = "none"


def add_to(app: typer.Typer) -> None:
    app.command()(publish)
    app.command("report-page")(report_page)


def publish(
    archive: ArchivePath,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The dataset's new folder.")],
    layout: Annotated[str, typer.Option(help=f"How the dataset is laid out: {_LAYOUTS}.")] = (
        "mimic-cxr-jpg"
    ),
    image_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="What the images are: `jpeg` (histogram equalised), `png8`, `png16` or `dicom`."
            " The default is the layout's own.",
        ),
    ] = None,
    resize: Annotated[
        str | None,
        typer.Option(
            metavar="SIDE:PIXELS",
            help="Shrink the images: `longer:1024`, `shorter:512`, `square:512` (with black around)"
            " or `none`. The default is none, but `square:1024` for chestxray14.",
        ),
    ] = None,
    boxes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Boxes around findings: `sop_instance_uid, finding, x, y, width, height`, in"
            " pixels of the film.",
        ),
    ] = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(
            "--finding",
            metavar="NAME",
            help="A finding of --boxes that is in no label set; may be given several times.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Label set: `chexpert` or `nih`. The default is the layout's own."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            metavar="TRAIN,VALIDATE,TEST",
            help="Shares of patients, summing to 1, or numbers of patients, one of which may be"
            " `rest`: `rest,200,500`.",
        ),
    ] = "0.8,0.1,0.1",
    test_patients: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Patients for the test split: PatientIDs of the de-identified films, one a line.",
        ),
    ] = None,
    near_duplicates: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="Near-duplicate images in two splits: `refuse`, `drop` the one farther from the"
            " test, or `allow` and list them.",
        ),
    ] = "refuse",
    previous: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The version before this one: patients keep their splits, changes are listed.",
        ),
    ] = None,
    licence: Annotated[str, typer.Option(help="The dataset's licence: a name or an address.")] = "",
    unsearched_pixels: Annotated[
        bool,
        typer.Option(
            "--unsearched-pixels",
            help="Publish films of `deidentify --headers-only`, too, whatever text is in them.",
        ),
    ] = False,
    where: Where = None,
    quality: Annotated[
        int | None, typer.Option(min=1, max=100, help="JPEG quality; the default is 95.")
    ] = None,
    shard_films: Annotated[
        int | None,
        typer.Option(min=1, help="Films in a shard of webdataset; the default is 1,000."),
    ] = None,
    key: KeyFile = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Publish the de-identified films as a dataset: images, labels, splits, tables, checksums.

    Reads only what `plainfilm deidentify ARCHIVE` wrote.

    Example: `plainfilm publish films --layout mimic-cxr-jpg --out dataset`
    """
    from plainfilm.archive import Archive
    from plainfilm.engine import LocalEngine
    from plainfilm.publish import publish as publish_dataset

    chosen = _layout(layout, shard_films)
    image = _image(chosen, image_format, resize, quality)
    options = _options(split, test_patients, near_duplicates, previous, licence)
    options = replace(
        options, box_findings=tuple(finding or ()), unsearched_pixels=unsearched_pixels
    )
    with Archive.open(archive) as opened, tentative_key(key_file(key, out)) as secret:
        total = opened.rows("SELECT count(*) AS n FROM clean_film")[0]["n"] if not where else None
        with (
            LocalEngine(workers) as engine,
            progress("Exporting", total, quiet=as_json) as advance,
        ):
            summary = publish_dataset(
                opened,
                out,
                layout=chosen,
                image=image,
                engine=engine,
                key=secret,
                label_set=labels,
                boxes=boxes,
                where=where,
                options=options,
                progress=advance,
            )
        if not summary.reported_studies:
            _warn_of_no_labels(opened, summary.label_set)
    _warn_of_identity(summary)
    _warn_of_empty_splits(summary, options)
    _tell(summary, as_json=as_json)
    exit_for(done=summary.films, rejected=len(summary.rejections))


def _layout(name: str, shard_films: int | None) -> "Layout":
    from plainfilm.publish import WebDataset, find_layout

    kind = find_layout(name)
    if shard_films is None:
        return kind()
    if kind is not WebDataset:
        raise SettingsError(f"--shard-films is for the layout webdataset; {name} has no shards")
    return WebDataset(shard_films)


def _image(
    layout: "Layout", image_format: str | None, resize: str | None, quality: int | None
) -> "ExportImage":
    """What the images become: what was asked for, and else the layout's own."""
    from plainfilm.publish import ExportImage, ImageFormat, Resize

    known = [*ImageFormat]
    if image_format is not None and image_format not in known:
        msg = f"--format {image_format} is unknown; known: {', '.join(known)}"
        raise SettingsError(msg)
    kind = ImageFormat(image_format) if image_format else layout.formats[0]
    if quality is not None and kind is not ImageFormat.JPEG:
        raise SettingsError(f"--quality is for JPEG; the images are {kind}")
    size = layout.resize if resize is None else None
    if resize is not None and resize != _NO_RESIZE:
        size = Resize.parse(resize)
    return ExportImage(kind, 95 if quality is None else quality, size)


def _options(
    split: str,
    test_patients: Path | None,
    near_duplicates: str,
    previous: Path | None,
    licence: str,
) -> "DatasetOptions":
    from plainfilm.publish import DatasetOptions, NearDuplicates, SplitSizes

    known = [*NearDuplicates]
    if near_duplicates not in known:
        msg = f"--near-duplicates {near_duplicates} is unknown; known: {', '.join(known)}"
        raise SettingsError(msg)
    return DatasetOptions(
        SplitSizes.parse(split),
        test_patients,
        NearDuplicates(near_duplicates),
        previous,
        licence,
    )


def _tell(summary: "PublishSummary", *, as_json: bool) -> None:
    rejected = Counter(item.reason for item in summary.rejections)
    facts = {
        "films": summary.films,
        "studies": summary.studies,
        "patients": summary.patients,
        "reported_studies": summary.reported_studies,
        "boxes": summary.boxes,
        "films_by_split": {name: counts.films for name, counts in summary.splits.items()},
        "near_duplicates": summary.near_duplicates,
        "real_dates": summary.real_dates,
        "unsearched_pixels": summary.unsearched_pixels,
        "changes": dict(summary.changes),
        "rejected": len(summary.rejections),
        "reasons": reasons(rejected),
        "dataset": str(summary.path),
    }
    show("Published", facts, as_json=as_json)
    if not as_json:
        # No run of the archive: nothing else lists them.
        list_rejections(summary.rejections, rejected, at_most=len(summary.rejections))


def _warn_of_empty_splits(summary: "PublishSummary", options: "DatasetOptions") -> None:
    wanted = zip(summary.splits.items(), options.split.parts, strict=False)
    empty = [name for (name, counts), part in wanted if part != 0 and not counts.films]
    if empty:
        warn(f"{' and '.join(empty)} got no film, of {summary.patients:,} patients")


def _warn_of_identity(summary: "PublishSummary") -> None:
    """What may tell who a patient is, and was published as asked."""
    if summary.real_dates:
        warn(
            f"films with the real dates: {summary.real_dates:,}, as `deidentify --dates full` or a"
            " rule left them; the README says so"
        )
    if summary.unsearched_pixels:
        warn(
            "films whose pixels were not searched for burned-in text:"
            f" {summary.unsearched_pixels:,}; the README says so"
        )


def _warn_of_no_labels(archive: "Archive", label_set: str) -> None:
    """A table of labels without a label looks like a success, and is none."""
    from plainfilm.publish.selection import label_sets

    others = ", ".join(name for name in label_sets(archive) if name != label_set)
    holds = f" (the archive's labels are {others})" if others else ""
    warn(
        f"no published study has a report labelled for {label_set}{holds}, so the label table is"
        f" empty; run `plainfilm label ARCHIVE --labels {label_set}` first"
    )


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
