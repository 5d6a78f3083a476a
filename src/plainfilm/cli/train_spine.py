"""`train spine`, `train detector`: is a spine film abnormal, and where; and test data for both."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plainfilm.cli.console import (
    AsJson,
    errors_to,
    exit_for,
    list_rejections,
    reasons,
    show,
    stages,
)
from plainfilm.cli.model_folder import new_model_folder
from plainfilm.cli.training_options import ModelName, ModelOut, ModelVersion, training_packages
from plainfilm.errors import Reason, SettingsError

if TYPE_CHECKING:
    from plainfilm.findings.training.detection_data import BoxedFilms
    from plainfilm.records import Rejection

__all__ = ["add_to"]

_PAPER_ENSEMBLE = ("densenet121", "densenet169", "densenet201")
_SHOWN_FAULTS = 10
_SPINE = (
    "cervical_spine_ap",
    "cervical_spine_lateral",
    "lumbar_spine_ap",
    "lumbar_spine_lateral",
    "thoracic_spine_ap",
    "thoracic_spine_lateral",
)
_CATEGORIES = {"spine": _SPINE, "chest": ("chest_pa_ap",)}

Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="A folder in VinDr-SpineXR's layout (DICOM files with `annotations.csv`, or"
        " `annotations/train.csv` and `test.csv`), such a table, or COCO's JSON.",
    ),
]
Images = Annotated[
    Path | None,
    typer.Option("--images", metavar="DIR", help="Where the films are, if not beside SOURCE."),
]
LeaveOutFaults = Annotated[
    bool,
    typer.Option(
        "--leave-out-faults",
        help="Go on without the films whose annotations cannot be used; they are listed.",
    ),
]
Steps = Annotated[int | None, typer.Option(min=1, help="Batches to learn from.")]
Batch = Annotated[int | None, typer.Option(min=1, help="Films in each.")]
Seed = Annotated[int, typer.Option(min=0, help="Of all that is drawn at random.")]
OnDevice = Annotated[str, typer.Option("--device", help="Where it learns: `cpu`, `cuda`.")]
Mixed = Annotated[
    bool, typer.Option("--mixed", help="Half precision where it does no harm; quicker on a GPU.")
]
NotesFile = Annotated[
    Path | None,
    typer.Option(
        "--notes",
        metavar="NOTES.toml",
        help="For the card: licence, data and terms, limits, failures.",
    ),
]


class SpinePreset(StrEnum):
    """Recipes by name."""

    PAPER = "paper"
    SHORT = "short"


class BoxTaskName(StrEnum):
    """What a detector is for."""

    SPINE = "spine"
    CHEST = "chest"


def add_to(group: typer.Typer) -> None:
    group.command()(spine)
    group.command()(detector)
    group.command("spine-like-films")(spine_like_films)


def spine(
    source: Source,
    out: ModelOut,
    images: Images = None,
    preset: Annotated[
        SpinePreset,
        typer.Option(
            help="`paper`: DenseNet-121, 169 and 201 at 224 pixels, SGD, and their mean."
            " `short`: EfficientNet-Lite0 from ImageNet; half an hour on two cores."
        ),
    ] = SpinePreset.PAPER,
    architecture: Annotated[
        list[str] | None,
        typer.Option(help="Given often, the mean of all is taken; see `train chest`."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Of one DenseNet, to start from; else random ones."),
    ] = None,
    leave_out_faults: LeaveOutFaults = False,
    steps: Steps = None,
    batch: Batch = None,
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Parts to deal patients into; each is held out once."),
    ] = None,
    seed: Seed = 0,
    device: OnDevice = "cpu",
    mixed: Mixed = False,
    name: ModelName = None,
    version: ModelVersion = "1",
    notes: NotesFile = None,
    as_json: AsJson = False,
) -> None:
    """Train a network that tells whether a spine film is abnormal: whether it has a lesion.

    The threshold is the one with the largest Youden's index on patients that were held out. Films
    that SOURCE gives to the test are left out of all of it.

    Example: `plainfilm train spine vindr-spinexr --out spine --device cuda --mixed`
    """
    from plainfilm.models import check_name

    with training_packages():
        from plainfilm.findings.training import classifier_run, finding_model
        from plainfilm.findings.training.read_boxed_films import read_boxed_films
        from plainfilm.findings.training.spine_data import abnormality_table
    plan, ensemble = _classifier_plans(
        preset, architecture or (), weights, steps, batch, folds, seed
    )
    name = check_name(name or out.absolute().name)
    told = _notes(notes)
    data = read_boxed_films(source, images=images, leave_out_faults=leave_out_faults)
    films = abnormality_table(data)
    new_model_folder(out)
    with stages(quiet=as_json) as progress:
        members = [
            classifier_run.train_classifier(
                films,
                replace(plan, architecture=each),
                out / "training" / each.replace(":", "-").replace("/", "-"),
                _of(each, progress),
                _device(device, mixed),
            )
            for each in ensemble
        ]
    trained = members[0] if len(members) == 1 else classifier_run.averaged(members)
    task = finding_model.Task("spine", _SPINE)
    named = replace(plan, architecture=" + ".join(ensemble))
    card = finding_model.write_classifier(out, name, version, trained, films, named, task, told)
    _report(
        out,
        data,
        list(trained.rejections.values()),
        data.faults,
        {
            "films": len(films.films) - len(trained.rejections),
            "threshold": next(iter(card.thresholds.values())) or "none: too few films",
            "held out": {figure.name: round(figure.value, 4) for figure in card.figures},
        },
        as_json=as_json,
    )


def detector(
    source: Source,
    out: ModelOut,
    images: Images = None,
    preset: Annotated[
        SpinePreset,
        typer.Option(
            help="`short`: EfficientDet, 320 x 192 pixels, 500 steps; minutes on a processor."
            " `paper`: shorter sides of 640 to 800, SGD, 50,000 steps; for a GPU."
        ),
    ] = SpinePreset.SHORT,
    kind: Annotated[
        str | None,
        typer.Option(
            "--detector",
            help="efficientdet, sparse-rcnn, rt-detr-v2, d-fine, deformable-detr; with torchvision"
            " installed faster-rcnn, retinanet.",
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Weights to start from: transformers' folder, torchvision's file."
        ),
    ] = None,
    task: Annotated[BoxTaskName, typer.Option(help="For the card.")] = BoxTaskName.SPINE,
    own_names: Annotated[
        bool,
        typer.Option(
            "--own-names", help="Lesions as the table names them, not by the spine's seven classes."
        ),
    ] = False,
    leave_out_faults: LeaveOutFaults = False,
    steps: Steps = None,
    batch: Batch = None,
    parts: Annotated[
        int | None,
        typer.Option(
            min=1, help="Parts to deal patients into; one is held out. 1 measures nothing."
        ),
    ] = None,
    seed: Seed = 0,
    device: OnDevice = "cpu",
    mixed: Mixed = False,
    name: ModelName = None,
    version: ModelVersion = "1",
    notes: NotesFile = None,
    as_json: AsJson = False,
) -> None:
    """Train a network that puts boxes around lesions, and measure it on held-out patients.

    SOURCE may also be ChestX-ray14's `BBox_List_2017.csv`, with --images and --task chest. Where it
    says which films are for the test, those are held out. A training that was stopped goes on where
    it was, from the checkpoint in DIR/training. `evaluate detection DIR/held_out_boxes.csv
    DIR/true_boxes.csv` tells more of what was measured.

    Example: `plainfilm train detector vindr-spinexr --out lesions --preset paper --device cuda`
    """
    from plainfilm.models import check_name

    with training_packages():
        from plainfilm.findings.training import detector_model, detector_run
        from plainfilm.findings.training.read_boxed_films import read_boxed_films
    plan = _detector_plan(
        detector_run.DETECTOR_PRESETS[preset], kind, weights, steps, batch, parts, seed
    )
    name = check_name(name or out.absolute().name)
    told = _notes(notes)
    data = read_boxed_films(
        source, images=images, own_names=own_names, leave_out_faults=leave_out_faults
    )
    new_model_folder(out)
    with stages(quiet=as_json) as progress:
        trained = detector_run.train_detector(
            data,
            plan,
            out / "training",
            progress,
            device=_device(device, mixed),
            leave_out_faults=leave_out_faults,
        )
    about = detector_model.BoxTask(task.value, _CATEGORIES[task.value])
    card = detector_model.write_detector(out, name, version, trained, data, plan, about, told)
    _report(
        out,
        data,
        trained.rejections,
        trained.faults,
        {
            "films": trained.films,
            "held out films": trained.held_out,
            "held out": {figure.name: round(figure.value, 4) for figure in card.figures},
        },
        as_json=as_json,
    )


def spine_like_films(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="An empty or new folder.")],
    train: Annotated[int, typer.Option(min=1, help="Films to learn from.")] = 400,
    test: Annotated[int, typer.Option(min=0, help="Films for the test.")] = 100,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Write test data: drawn films that look a little like spines, with lesions planted in them.

    They are laid out as VinDr-SpineXR is, for trying out `train detector` and `train spine`. They
    show no one, and what a model reaches on them says nothing about patients.

    Example: `plainfilm train spine-like-films --out test-data`
    """
    from plainfilm.findings.training.spine_like_folder import write_spine_like_films

    write_spine_like_films(out, train=train, test=test, seed=seed)
    show("Test data drawn", {"train": train, "test": test, "folder": str(out)}, as_json=as_json)


def _classifier_plans(
    preset: SpinePreset,
    architectures: Sequence[str],
    weights: str | None,
    steps: int | None,
    batch: int | None,
    folds: int | None,
    seed: int,
) -> tuple[Any, Sequence[str]]:
    """The plan, and the architectures that follow it."""
    from plainfilm.findings.training.classifier_plan import PRESETS

    if preset is SpinePreset.PAPER:
        plan, ensemble = PRESETS["spine-paper"], list(architectures) or list(_PAPER_ENSEMBLE)
    else:
        plan = replace(PRESETS["few-films"], loss="two-class")
        ensemble = list(architectures) or [plan.architecture]
        if ensemble != [plan.architecture]:
            plan = replace(plan, frozen_blocks=0, copies=0)
    if len(set(ensemble)) != len(ensemble):
        raise SettingsError("an architecture is given twice; each may be there once")
    if weights is not None and len(ensemble) > 1:
        raise SettingsError("weights are of one network; name it with --architecture")
    plan = plan if steps is None else plan.shortened(steps)
    plan = replace(plan, folds=folds or plan.folds, batch=batch or plan.batch)
    return replace(plan, seed=seed, weights=weights), ensemble


def _detector_plan(
    plan: Any,
    kind: str | None,
    weights: str | None,
    steps: int | None,
    batch: int | None,
    parts: int | None,
    seed: int,
) -> Any:
    if kind is not None and kind != plan.detector:
        plan = plan.of(kind)
    if steps is not None:
        plan = plan.shortened(steps)
    return replace(
        plan,
        weights=weights,
        seed=seed,
        batch=batch or plan.batch,
        parts=plan.parts if parts is None else parts,
    )


def _of(architecture: str, progress: Callable[[str, int, int], None]) -> Callable[..., None]:
    """Progress that says of which network it is."""
    return lambda title, done, total: progress(f"{architecture}, {title}", done, total)


def _device(name: str, mixed: bool) -> Any:
    from plainfilm.models.training import Device

    return Device(name, "mixed" if mixed else "single")


def _notes(file: Path | None) -> Any:
    from plainfilm.models.card_notes import Notes, read_notes

    return Notes() if file is None else read_notes(file)


def _report(
    out: Path,
    data: "BoxedFilms",
    rejections: "Sequence[Rejection]",
    faults: Sequence[Any],
    facts: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    rejected: Counter[Reason] = Counter(each.reason for each in rejections)
    if not as_json:
        list_rejections(rejections, rejected)
        for fault in faults[:_SHOWN_FAULTS]:
            errors_to().print(f"left out: {fault}", markup=False, highlight=False)
    facts |= {
        "annotations that cannot be used": len(faults),
        "films without annotation, left out": data.unlabelled,
        "rejected": reasons(rejected),
        "model": str(out),
    }
    show("Model trained", facts, as_json=as_json)
    exit_for(done=facts["films"], rejected=len(rejections) + len(faults))
