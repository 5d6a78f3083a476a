"""`deidentify`, `publish`, `report-page`: what leaves the archive, and a page for those inside."""

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from plainfilm.cli.console import (
    Again,
    ArchivePath,
    AsJson,
    Where,
    Workers,
    errors_to,
    exit_for,
    is_archive,
    list_rejections,
    progress,
    reasons,
    run_step,
    show,
)
from plainfilm.errors import Reason, SettingsError
from plainfilm.records import Location, Rejection

if TYPE_CHECKING:
    from plainfilm.archive import Archive, IngestSummary

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
    film that may have text burned into its pixels is withheld and listed. Where SOURCE is no
    archive, every rejected file is listed, in JSON under `rejections`.

    Example: `plainfilm deidentify films --out clean`
    """
    from plainfilm.archive import Archive, IngestSummary
    from plainfilm.deid import Deidentify, load_or_create_key

    _refuse_inside(source, out)
    key_file = _key_file(key, out)
    loose = not is_archive(source)
    if loose and where is not None:
        raise SettingsError("--where chooses films of an archive; SOURCE is none")
    with ExitStack() as stack:
        if loose:
            archive, unread = _scratch_archive(stack, source, workers)
        else:
            archive, unread = stack.enter_context(Archive.open(source)), IngestSummary()
        # Only now: a wrong SOURCE should not leave a key behind.
        step = Deidentify(out.absolute(), load_or_create_key(key_file))
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
        "key": str(key_file),
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


def _key_file(key: Path | None, out: Path) -> Path:
    """Where the secret key is, or will be: never in the folder that is given away."""
    if key is None:
        return out.absolute().parent / KEY_FILE
    if key.resolve().is_relative_to(out.resolve()):
        raise SettingsError(
            f"--key ({key}) lies inside --out ({out}); whoever gets that folder must not get the"
            " key, so choose another place for it"
        )
    return key


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
    secret = load_or_create_key(_key_file(key, out))
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
