"""`train tags`: from the tags of films to a model that says them in fewer numbers."""

from typing import Annotated

import typer

from plainfilm.cli.console import AsJson, Where, errors_to, show, stages
from plainfilm.cli.model_folder import new_model_folder
from plainfilm.cli.tag_tables import LeastShare, LeaveOut, TagSource, read_tags
from plainfilm.cli.training_options import (
    AS_THE_FILMS,
    Licence,
    ModelName,
    ModelOut,
    ModelVersion,
    training_packages,
)

__all__ = ["add_to"]


def add_to(group: typer.Typer) -> None:
    group.command()(tags)


def tags(
    source: TagSource,
    out: ModelOut,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TAG",
            help="What clusters are to be judged by, and so is not learnt; may be given again. The"
            " default is BodyPartExamined and ViewPosition.",
        ),
    ] = None,
    leave_out: LeaveOut = None,
    least_share: LeastShare = 0.2,
    kept: Annotated[
        float,
        typer.Option("--kept", help="The bottleneck, as a share of the features' columns."),
    ] = 0.1,
    bottleneck: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The same as a number, in place of --kept."),
    ] = None,
    tried: Annotated[
        int,
        typer.Option(min=1, help="Networks to try; 1 trains the published one alone."),
    ] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="Rounds over all films.")] = 10,
    distances: Annotated[
        float,
        typer.Option(
            min=0,
            help="How much it counts that films are as far apart in the bottleneck as before; 0 as"
            " published.",
        ),
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn at random.")] = 0,
    name: ModelName = None,
    version: ModelVersion = "1",
    licence: Licence = AS_THE_FILMS,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Train an autoencoder of tags, for `cluster --compress`; write its card.

    Several networks are trained, and the one that gives back films held out with the lowest error
    is kept. The card names values of tags, such as names of stations and devices.

    Example: `plainfilm train tags films --out my-tags`
    """
    from plainfilm.clusters import FeatureSettings, build_features, judged_tags
    from plainfilm.models import check_name

    with training_packages():
        from plainfilm.clusters import training
    plan = training.Plan(
        kept=kept,
        bottleneck=bottleneck,
        tried=tried,
        epochs=epochs,
        distances=distances,
        seed=seed,
    )
    name = check_name(name or out.absolute().name)
    read = read_tags(source, by=by, leave_out=leave_out, where=where)
    left_out = frozenset((*read.leave_out, *judged_tags(read.table, by or None)))
    features = build_features(read.table, FeatureSettings(left_out, least_share))
    new_model_folder(out)
    with stages(quiet=as_json) as progress:
        trained = training.train_tags(features, plan, progress)
    notes = training.Notes(licence)
    card = training.write_model(out, name, version, trained, features, plan, notes)
    facts = {
        "films": trained.films,
        "held out": trained.held_out,
        "columns": card.columns,
        "bottleneck": card.outputs,
        "layers": ", ".join(map(str, card.layers)),
        "learning rate": trained.shape.learning_rate,
        "mean squared error": round(trained.error, 6),
        "of the columns' means": round(trained.column_means_error, 6),
        "relative error of distances": round(trained.distance_error, 4),
        "not learnt": ", ".join(sorted(left_out)),
        "model": str(out),
    }
    show("Model trained", facts, as_json=as_json)
    if not trained.better_than_means:
        errors_to().print(
            "warning: on films held out the model is no better than the mean of each column; train"
            " with more films, or longer"
        )
