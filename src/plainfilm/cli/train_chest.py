"""`train chest`: from labelled chest films to a model of findings."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plainfilm.cli.console import AsJson, exit_for, list_rejections, reasons, show, stages
from plainfilm.cli.model_folder import new_model_folder
from plainfilm.cli.training_options import (
    ModelName,
    ModelOut,
    ModelVersion,
    training_packages,
)
from plainfilm.errors import Reason

if TYPE_CHECKING:
    from plainfilm.findings.training.classifier_plan import ClassifierPlan

__all__ = ["add_to"]


class ChestPreset(StrEnum):
    """Recipes by name."""

    DEFAULT = "default"
    FEW_FILMS = "few-films"


class FindingLoss(StrEnum):
    """What mistakes cost."""

    PLAIN = "plain"
    BALANCED = "balanced"


class Uncertain(StrEnum):
    """What becomes of uncertain labels."""

    IGNORE = "ignore"
    ZEROS = "zeros"
    ONES = "ones"
    SOFT = "soft"


class Unmentioned(StrEnum):
    """What becomes of findings that are not mentioned."""

    IGNORE = "ignore"
    ZEROS = "zeros"


class Precision(StrEnum):
    """How precisely a network computes while it learns."""

    SINGLE = "single"
    MIXED = "mixed"


def add_to(group: typer.Typer) -> None:
    group.command()(chest)


def chest(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="FILMS.csv",
            help="Columns `file, patient` and one for each finding (1, 0, -1 or empty); optional"
            " `member` (of a zip file) and `part` (`train` or `test`). Or ChestX-ray14's table.",
        ),
    ],
    out: ModelOut,
    images: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the films are; the default is the table's folder."),
    ] = None,
    finding: Annotated[
        list[str] | None,
        typer.Option(help="A finding to learn; may be given often. The default is all."),
    ] = None,
    test_list: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Names of the films for the test, one a line, as ChestX-ray14's `test_list.txt`.",
        ),
    ] = None,
    preset: Annotated[
        ChestPreset,
        typer.Option(
            help="`default`: DenseNet-121. `few-films`: EfficientNet-Lite0 from ImageNet, its first"
            " blocks frozen; quick on a processor."
        ),
    ] = ChestPreset.DEFAULT,
    architecture: Annotated[
        str | None,
        typer.Option(
            help="densenet121, densenet169, densenet201, densenet264, efficientnet-lite0 to -lite2,"
            " mobilenet-v1, `monai:CLASS` or `transformers:FOLDER`."
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A DenseNet's weights to start from, MONAI's or torchvision's; else random ones.",
        ),
    ] = None,
    loss: Annotated[
        FindingLoss | None,
        typer.Option(help="`balanced` is that of ChestX-ray8: positives count as negatives do."),
    ] = None,
    uncertain: Annotated[Uncertain, typer.Option(help="Labels of -1.")] = Uncertain.IGNORE,
    unmentioned: Annotated[Unmentioned, typer.Option(help="Empty labels.")] = Unmentioned.ZEROS,
    steps: Annotated[int | None, typer.Option(min=1, help="Batches to learn from.")] = None,
    batch: Annotated[int | None, typer.Option(min=2, help="Films in each.")] = None,
    side: Annotated[
        int | None, typer.Option(min=32, max=2048, help="Of the films, in pixels.")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(min=1, help="Parts to deal patients into; 1 measures nothing."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn at random.")] = 0,
    device: Annotated[str, typer.Option(help="Where it learns: `cpu`, `cuda`.")] = "cpu",
    precision: Annotated[
        Precision, typer.Option(help="`mixed` is quicker on a GPU.")
    ] = Precision.SINGLE,
    name: ModelName = None,
    version: ModelVersion = "1",
    notes: Annotated[
        Path | None,
        typer.Option(
            metavar="NOTES.toml", help="For the card: licence, data and terms, limits, failures."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network that tells findings on chest films, and where it sees them.

    Patients are dealt into parts, and each part is measured with a network that learnt from the
    others; or a list says which films are for the test. A training that was stopped goes on where
    it was, from the checkpoints in DIR/training. `evaluate findings DIR/held_out.csv DIR/truth.csv`
    tells more of what was measured.

    Example: `plainfilm train chest Data_Entry_2017_v2020.csv --images images --out chest
    --test-list test_list.txt --device cuda --precision mixed`
    """
    from plainfilm.models import check_name

    with training_packages():
        from plainfilm.findings.training import chest_data as data
        from plainfilm.findings.training import classifier_run as run
        from plainfilm.findings.training import finding_model as model_files
        from plainfilm.findings.training.classifier_plan import PRESETS
    plan = _changed(
        PRESETS[preset.value],
        architecture=architecture,
        weights=weights,
        loss=loss and loss.value,
        batch=batch,
        side=side,
        folds=folds,
    )
    plan = replace(plan, seed=seed, uncertain=uncertain.value, unmentioned=unmentioned.value)
    if steps is not None:
        plan = plan.shortened(steps)
    name = check_name(name or out.absolute().name)
    told = model_files.Notes() if notes is None else model_files.read_notes(notes)
    films = data.read_films(table, images=images, findings=finding or (), test_list=test_list)
    new_model_folder(out)
    with stages(quiet=as_json) as progress:
        trained = run.train_classifier(
            films, plan, out / "training", progress, run.Device(device, precision.value)
        )
    task = model_files.Task("chest", ("chest_pa_ap",))
    card = model_files.write_classifier(out, name, version, trained, films, plan, task, told)
    _report(out, films, trained, card, as_json=as_json)


def _report(out: Path, films: Any, trained: Any, card: Any, *, as_json: bool) -> None:
    rejections = list(trained.rejections.values())
    rejected: dict[Reason, int] = {}
    for rejection in rejections:
        rejected[rejection.reason] = rejected.get(rejection.reason, 0) + 1
    if not as_json:
        list_rejections(rejections, rejected)
    facts = {
        "films": len(films.films) - len(rejections),
        "findings": ", ".join(card.labels),
        "rejected": reasons(rejected),
        "held out": {figure.name: round(figure.value, 4) for figure in card.figures},
        "model": str(out),
    }
    show("Model trained", facts, as_json=as_json)
    exit_for(done=len(films.films) - len(rejections), rejected=len(rejections))


def _changed(plan: "ClassifierPlan", **given: Any) -> "ClassifierPlan":
    """The plan with what was given; another architecture has no blocks that were frozen for it."""
    changes = {name: value for name, value in given.items() if value is not None}
    if changes.get("architecture", plan.architecture) != plan.architecture:
        changes |= {"frozen_blocks": 0, "copies": 0}
    return replace(plan, **changes)
