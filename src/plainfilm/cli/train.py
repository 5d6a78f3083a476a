"""`train`: from labelled films to a model of categories, and the group of its like."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plainfilm.cli import train_chest, train_films, train_spine, train_tags
from plainfilm.cli.console import AsJson, Where, exit_for, list_rejections, reasons, show, stages
from plainfilm.cli.training_options import (
    ModelName,
    ModelOut,
    ModelVersion,
    training_packages,
)
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.categories.training import Plan

__all__ = ["add_to"]

_FILMS_FILE = "films.csv"
_SUSPECTS_FILE = "suspects.csv"

_app = typer.Typer(
    help="Train models on your own films; needs `pip install 'plainfilm[train]'`.\n\n"
    "Example: `plainfilm train categories films.csv --out my-model`",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


class Preset(StrEnum):
    """Recipes by name."""

    DEFAULT = "default"
    PAPER = "paper"


def add_to(app: typer.Typer) -> None:
    _app.command()(categories)
    train_tags.add_to(_app)
    train_films.add_to(_app)
    train_chest.add_to(_app)
    train_spine.add_to(_app)
    app.add_typer(_app, name="train")


def categories(
    out: ModelOut,
    table: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILMS.csv]",
            help="Columns `file, category, patient`; optional `member` (of a zip file), `upright`"
            " and `collage` (0 or 1), `weight`, `measured` (0: not counted), `source`.",
        ),
    ] = None,
    from_archive: Annotated[
        Path | None,
        typer.Option(
            metavar="ARCHIVE", help="Take the films of an archive, labelled by their texts."
        ),
    ] = None,
    where: Where = None,
    review: Annotated[
        bool,
        typer.Option(
            "--review", help="Only list the labels that look wrong, in DIR/suspects.csv, and stop."
        ),
    ] = False,
    preset: Annotated[
        Preset, typer.Option(help="`paper` is the published recipe of NNCPR.")
    ] = Preset.DEFAULT,
    backbone: Annotated[
        str | None,
        typer.Option(
            help="efficientnet-lite0, efficientnet-lite1, efficientnet-lite2, mobilenet-v1"
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="DIR|NAME", help="Of mobilenet-v1: a folder, or a name on the hub."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Batches to learn categories from; what follows is scaled alike."),
    ] = None,
    folds: Annotated[int | None, typer.Option(min=2, help="Parts to deal patients into.")] = None,
    measured: Annotated[
        int | None,
        typer.Option(min=1, help="Parts to hold out in turn; each costs a training."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all that is drawn at random.")] = 0,
    name: ModelName = None,
    version: ModelVersion = "1",
    notes: Annotated[
        Path | None,
        typer.Option(
            metavar="NOTES.toml", help="For the card: licence, data and terms, known failures."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train the network that `classify` runs, measure it on held-out patients, write its card.

    With `--from-archive` the labels are those that `categorize` found in the texts. Labels that
    the pixels contradict are listed in DIR/suspects.csv; with `--review` the command stops there,
    so that you can correct DIR/films.csv and train from it; without, they are left out. A training
    that was stopped goes on where it was.

    Example: `plainfilm train categories films.csv --out my-model`
    """
    from plainfilm.models import check_name

    with training_packages():
        from plainfilm.categories import training
    if (table is None) == (from_archive is None):
        raise typer.BadParameter("give either FILMS.csv or --from-archive ARCHIVE")
    plan = _plan(training.PRESETS[preset], backbone, weights, steps, folds, measured, seed)
    told = training.Notes() if notes is None else training.read_notes(notes)
    name = check_name(name or out.absolute().name)
    _make_folder(out)
    if from_archive is not None:
        table = _films_of(from_archive, where, out)
    assert table is not None  # noqa: S101 - one of the two was given
    films = training.read_training_films(table)
    with stages(quiet=as_json) as progress:
        suspects = training.find_suspects(films, plan, progress) if review or from_archive else []
        if suspects or review:
            _write_suspects(films, suspects, out / _SUSPECTS_FILE)
        if review:
            facts = {"films": len(films), "suspects": len(suspects), "table": str(table)}
            show("Labels to review", facts | {"listed": str(out / _SUSPECTS_FILE)}, as_json=as_json)
            return
        doubted = {suspect.number for suspect in suspects}
        films = [film for number, film in enumerate(films) if number not in doubted]
        trained = training.train_network(films, plan, out / "training", progress)
    card = training.write_model(out, name, version, trained, films, plan, told)
    rejected: dict[Any, int] = {}
    for rejection in trained.rejections:
        rejected[rejection.reason] = rejected.get(rejection.reason, 0) + 1
    if not as_json:
        list_rejections(trained.rejections, rejected)
    facts = {
        "films": len(films) - len(trained.rejections),
        "suspects left out": len(suspects),
        "rejected": reasons(rejected),
        "uncovered": ", ".join(card.uncovered) or "none",
        "held out": {figure.name: round(figure.value, 4) for figure in card.figures},
        "model": str(out),
    }
    show("Model trained", facts, as_json=as_json)
    exit_for(done=len(films), rejected=len(trained.rejections))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error


def _plan(
    preset: "Plan",
    backbone: str | None,
    weights: str | None,
    steps: int | None,
    folds: int | None,
    measured: int | None,
    seed: int,
) -> "Plan":
    plan = replace(preset, seed=seed, weights=weights, folds=folds or preset.folds)
    if backbone is not None:
        plan = replace(plan, backbone=backbone)
    if steps is not None:
        plan = plan.shortened(steps)
    return replace(plan, measured=measured or min(plan.measured, plan.folds))


def _films_of(archive: Path, where: str | None, out: Path) -> Path:
    """Write the films that texts name, with their patients' numbers, for the training to read."""
    from plainfilm.archive import Archive

    condition = f"({where})" if where else "true"
    with Archive.open(archive) as opened:
        rows = opened.rows(
            "SELECT path, member, value AS category, patient_pk FROM films"  # noqa: S608
            " JOIN prediction USING (film_id)"
            f" WHERE task = 'category_text' AND value <> '' AND {condition} ORDER BY film_id"
        )
    if not rows:
        raise SettingsError(
            f"no film of {archive} has a category from text; run `plainfilm categorize` first"
        )
    table = out / _FILMS_FILE
    if table.exists():
        raise SettingsError(f"{table} is there already; train from it, or choose another folder")
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "member", "category", "patient"])
        for row in rows:
            path = (archive / row["path"]).absolute()
            writer.writerow([path, row["member"] or "", row["category"], row["patient_pk"]])
    return table


def _write_suspects(films: Sequence[Any], suspects: Sequence[Any], path: Path) -> None:
    from plainfilm.categories.training import CLASSES

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "category", "probability", "likely", "likely_probability"])
        for suspect in suspects:
            writer.writerow(
                [
                    films[suspect.number].location,
                    CLASSES[suspect.given],
                    f"{suspect.given_probability:.3f}",
                    CLASSES[suspect.likely],
                    f"{suspect.likely_probability:.3f}",
                ]
            )
