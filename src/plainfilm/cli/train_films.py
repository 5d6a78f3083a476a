"""`train films`: from an archive's films to a model that makes vectors of films."""

from collections import Counter
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plainfilm.cli.console import (
    ArchivePath,
    AsJson,
    Where,
    errors_to,
    exit_for,
    is_archive,
    list_rejections,
    reasons,
    show,
    stages,
)
from plainfilm.cli.model_folder import new_model_folder
from plainfilm.cli.training_options import (
    AS_THE_FILMS,
    Licence,
    ModelName,
    ModelOut,
    ModelVersion,
    training_packages,
)
from plainfilm.errors import ArchiveError, Reason

if TYPE_CHECKING:
    from plainfilm.records import Film

__all__ = ["add_to"]


class FilmPreset(StrEnum):
    """Recipes by name."""

    DEFAULT = "default"
    PAPER = "paper"


def add_to(group: typer.Typer) -> None:
    group.command()(films)


def films(
    archive: ArchivePath,
    out: ModelOut,
    where: Where = None,
    preset: Annotated[
        FilmPreset,
        typer.Option(help="`paper`: learning rate 1e-6 for 100 epochs; for very many films."),
    ] = FilmPreset.DEFAULT,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="How often each film is seen; the default is 20.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn at random.")] = 0,
    name: ModelName = None,
    version: ModelVersion = "1",
    licence: Licence = AS_THE_FILMS,
    as_json: AsJson = False,
) -> None:
    """Train an autoencoder of films, which tells films apart that look different.

    `plainfilm cluster --embedding` takes it to say how much films of a cluster look alike. A tenth
    of the patients is held out; the card tells how well their films are given back. What a network
    learns from can sometimes be drawn out of it: treat the model as the films.

    Example: `plainfilm train films archive --out film-vectors`
    """
    from plainfilm.models import check_name

    with training_packages():
        from plainfilm.clusters.training import film_training as training
    plan = replace(training.FILM_PLANS[preset], seed=seed)
    plan = plan if epochs is None else replace(plan, epochs=epochs)
    name = check_name(name or out.absolute().name)
    chosen, patients = _films_of(archive, where)
    new_model_folder(out)
    with stages(quiet=as_json) as progress:
        trained = training.train_films(chosen, patients, plan, progress)
    training.write_film_model(out, name, version, trained, plan, licence)
    rejected: Counter[Reason] = Counter(each.reason for each in trained.rejections)
    if not as_json:
        list_rejections(trained.rejections, rejected)
    facts = {
        "films": trained.films,
        "held out": trained.held_out,
        "mean squared error": round(trained.error, 5),
        "of the mean film": round(trained.mean_film_error, 5),
        "rejected": reasons(rejected),
        "model": str(out),
    }
    show("Model trained", facts, as_json=as_json)
    if not trained.better_than_mean:
        errors_to().print(
            "warning: on films held out the model is no better than the mean film; train with more"
            " films, or longer"
        )
    exit_for(done=trained.films, rejected=len(trained.rejections))


def _films_of(folder: Path, where: str | None) -> tuple[list["Film"], list[int]]:
    """The archive's films, and their patients' numbers."""
    from plainfilm.archive import Archive
    from plainfilm.archive.film_rows import film_location
    from plainfilm.records import Film

    if folder.exists() and not is_archive(folder):
        raise ArchiveError(f"{folder} is no archive; films are learnt from an archive's pixels")
    condition = f"WHERE {where}" if where else ""
    with Archive.open(folder) as archive:
        # The condition is the user's own SQL, run read-only in a closed DuckDB.
        rows = archive.rows(
            f"SELECT film_id, path, member, patient_pk FROM films {condition} ORDER BY film_id"  # noqa: S608
        )
        located = [
            Film(row["film_id"], "", film_location(archive.path, row["path"], row["member"]))
            for row in rows
        ]
    return located, [row["patient_pk"] for row in rows]
