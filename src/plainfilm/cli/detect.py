"""`localize` and `detect`: boxes around findings on films that lie in folders."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plainfilm.cli.classify import found_films, workers_for
from plainfilm.cli.console import (
    AsJson,
    Workers,
    exit_for,
    list_rejections,
    progress,
    reasons,
    show,
)
from plainfilm.cli.findings import Provider
from plainfilm.errors import SettingsError
from plainfilm.records import Location, Rejection

if TYPE_CHECKING:
    from plainfilm.findings import ReadChest, ReadFile, ReadSpine

__all__ = ["add_to"]

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE_OR_DIR…",
        help="DICOM, PNG or JPEG files, folders, zip files or DICOMDIRs of them.",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="BOXES.csv", help="The table of boxes to write.")
]


def add_to(app: typer.Typer) -> None:
    app.command()(localize)
    app.command()(detect)


def localize(
    sources: Sources,
    out: Out,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="A model of findings that has maps. The default is the bundled one of chest"
            " films.",
        ),
    ] = None,
    level: Annotated[
        float,
        typer.Option(help="Where heat maps are cut, above 0, of 255; ChestX-ray8 took 60 and 180."),
    ] = 180.0,
    maps: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw the heat map of each finding into this folder."),
    ] = None,
    provider: Provider = "cpu",
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Show where on films findings are, from the heat maps of a model of findings.

    Writes `image_id, lesion_type, xmin, ymin, xmax, ymax, score`, in pixels of the film as it is
    stored: a box for each hot region of each finding that is present. `image_id` is the file's
    name without `.dcm`, `.png` or `.jpg`. Nobody has told the films' categories: see to it that
    they are of the kind that the model reads.

    Research use only; not a medical device.

    Example: `plainfilm localize films/ --out boxes.csv --maps pictures`
    """
    from plainfilm.findings import ReadChest
    from plainfilm.models import DEFAULT_CHEST, find_finding_model

    if not 0 < level <= 255:
        raise SettingsError(f"--level ({level}) must be above 0, and 255 at most")
    chosen = find_finding_model(model or DEFAULT_CHEST)
    if not chosen.card.has_maps:
        raise SettingsError(f"{chosen.card.name} does not tell where; it has no maps")
    step = ReadChest.of(chosen, level=level, any_category=True, provider=provider)
    drawer = None if maps is None else _drawer(step, maps)
    _read(sources, step, out, workers, drawer, as_json=as_json)


def detect(
    sources: Sources,
    out: Out,
    model: Annotated[
        str,
        typer.Option(metavar="NAME|PATH", help="A detector, from `plainfilm train detector`."),
    ],
    classifier: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="A classifier with the label `abnormal`: on films that it calls normal, only"
            " boxes with a score above 0.5 stay.",
        ),
    ] = None,
    provider: Provider = "cpu",
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Put boxes around lesions with a detector, alone or joined with a classifier.

    Writes `image_id, lesion_type, xmin, ymin, xmax, ymax, score`, the table that `evaluate
    detection` takes, in pixels of the film as it is stored. `image_id` is the file's name without
    `.dcm`, `.png` or `.jpg`.

    Research use only; not a medical device.

    Example: `plainfilm detect spine/ --model lesions --out boxes.csv`
    """
    from plainfilm.findings import ReadSpine
    from plainfilm.models import find_detector, find_finding_model

    step = ReadSpine.of(
        None if classifier is None else find_finding_model(classifier),
        find_detector(model),
        any_category=True,
        provider=provider,
    )
    _read(sources, step, out, workers, None, as_json=as_json)


def _drawer(step: "ReadChest", folder: Path) -> Callable[[Location, str], int]:
    """What draws one film's heat maps, and returns how many."""
    from plainfilm.findings import draw_heat_maps
    from plainfilm.findings.model_files import network_of

    def draw(location: Location, name: str) -> int:
        network = network_of(step.model, step.provider)
        return len(draw_heat_maps(location, network, folder, name, level=step.level))

    return draw


def _read(
    sources: list[str],
    step: "ReadChest | ReadSpine",
    out: Path,
    workers: int | None,
    draw: Callable[[Location, str], int] | None,
    *,
    as_json: bool,
) -> None:
    from plainfilm.findings import image_names, write_boxes

    locations, rejections = found_films(sources, out)
    name = image_names(locations)
    films = _films(locations, step, workers_for(workers, len(locations)), quiet=as_json)
    read = pictures = 0
    labels: Counter[str] = Counter()
    for film in write_boxes(films, out, name):
        if film.rejection is not None:
            rejections.append(film.rejection)
            continue
        read += 1
        labels.update(box.label for box in film.boxes)
        if draw is not None and film.boxes:
            pictures += draw(film.location, name(film.location))
    facts: dict[str, Any] = {"films": read, "boxes": labels.total(), "labels": dict(labels)}
    facts |= {"pictures": pictures} if draw is not None else {}
    _report(facts, rejections, out, as_json=as_json)


def _films(
    locations: Iterable[Location],
    step: "ReadChest | ReadSpine",
    workers: int | None,
    *,
    quiet: bool,
) -> Iterator["ReadFile"]:
    from plainfilm.engine import LocalEngine
    from plainfilm.findings import read_files

    chosen = list(locations)
    with (
        LocalEngine(workers) as engine,
        progress("Reading", len(chosen), quiet=quiet) as advance,
    ):
        for film in read_files(chosen, step, engine):
            advance(1)
            yield film


def _report(
    facts: dict[str, Any], rejections: list[Rejection], out: Path, *, as_json: bool
) -> None:
    from plainfilm.models import NOTICE

    counts = Counter(item.reason for item in rejections)
    list_rejections(rejections, counts, at_most=len(rejections))
    facts |= {"rejected": len(rejections), "reasons": reasons(counts), "written": str(out)}
    show("Boxes", facts | {"notice": NOTICE}, as_json=as_json)
    exit_for(done=facts["films"], rejected=len(rejections))
