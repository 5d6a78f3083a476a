"""`deidentify`, `publish`, `report-page`: what leaves the archive, and a page for those inside."""

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import typer

from plainfilm.cli.console import (
    Again,
    ArchivePath,
    AsJson,
    Where,
    Workers,
    exit_for,
    list_rejections,
    progress,
    reasons,
    run_step,
    show,
)
from plainfilm.errors import SettingsError

__all__ = ["KEY_FILE", "add_to"]

KEY_FILE: Final = "plainfilm.key"
_LAYOUTS: Final = ("mimic-cxr-jpg",)

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="The secret key of the new ids; made on first use, readable by its owner only."
        f" The default is `{KEY_FILE}` beside the output folder.",
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command()(deidentify)
    app.command()(publish)
    app.command("report-page")(report_page)


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
    film that may have text burned into its pixels is withheld and listed.

    Example: `plainfilm deidentify films --out clean`
    """
    from plainfilm.archive import Archive, IngestSummary
    from plainfilm.deid import Deidentify, load_or_create_key
    from plainfilm.engine import LocalEngine

    _refuse_inside(source, out)
    key_file = key or out.absolute().parent / KEY_FILE
    step = Deidentify(out.absolute(), load_or_create_key(key_file))
    with ExitStack() as stack:
        # Loose files are de-identified by way of an archive that is thrown away.
        if (source / "plainfilm.toml").is_file():
            archive = stack.enter_context(Archive.open(source))
            unread = IngestSummary()
        elif where is not None:
            raise SettingsError("--where chooses films of an archive; SOURCE is none")
        else:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="plainfilm-"))
            archive = stack.enter_context(Archive.create(Path(scratch) / "archive"))
            engine = stack.enter_context(LocalEngine(workers))
            unread = archive.ingest([source], engine=engine)
        summary = run_step(
            archive, step, "De-identifying",
            where=where, again=again, workers=workers, quiet=as_json,
        )  # fmt: skip
    withheld = summary.rejected.total()
    rejected = unread.rejected + summary.rejected
    facts = {
        "clean": summary.done - withheld,
        "withheld": withheld,
        "skipped": summary.skipped,
        "reasons": reasons(rejected),
        "out": str(out),
        "key": str(key_file),
    }
    show("De-identified", facts, as_json=as_json)
    if not as_json:
        list_rejections(unread.rejections + summary.rejections, rejected)
    exit_for(done=summary.done - withheld + summary.skipped, rejected=rejected.total())


def _refuse_inside(source: Path, out: Path) -> None:
    """Clean films among the unclean would be taken in with the next ingest."""
    inside = out.absolute() == source.absolute() or source.absolute() in out.absolute().parents
    if source.is_dir() and inside:
        raise SettingsError(f"--out ({out}) lies inside SOURCE ({source}); choose another folder")


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
    secret = load_or_create_key(key or out.absolute().parent / KEY_FILE)
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
    rejected = Counter(item.reason for item in summary.rejections)
    facts = {
        "films": summary.films,
        "studies": summary.studies,
        "patients": summary.patients,
        "films_by_split": {name: counts.films for name, counts in summary.splits.items()},
        "rejected": len(summary.rejections),
        "reasons": reasons(rejected),
        "dataset": str(summary.path),
    }
    show("Published", facts, as_json=as_json)
    if not as_json:
        list_rejections(summary.rejections, rejected)
    exit_for(done=summary.films, rejected=len(summary.rejections))


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
