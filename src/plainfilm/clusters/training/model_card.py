"""Writing down what a training made: the encoder as ONNX, and its card."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from plainfilm.clusters.features import Features
from plainfilm.clusters.training.search import Plan, Trained
from plainfilm.errors import SettingsError
from plainfilm.models.card import Data, Figure, write_card
from plainfilm.models.export import export_onnx
from plainfilm.models.store import TAG_CARD_FILE, TAG_NETWORK_FILE
from plainfilm.models.tag_card import TagCard
from plainfilm.models.tag_encoder import TAG_OUTPUT

__all__ = ["Notes", "write_model"]

_FAILURES: Final = (
    "Tags that it does not take, and values that were rare or unknown to it, are lost.",
    "Patients were not kept apart: the films held out may be of patients that were learnt from.",
)


@dataclass(frozen=True, slots=True)
class Notes:
    """What only people know of a model.

    Attributes:
        licence: under which terms it may be used.
        source: what the films' tags were read from.
    """

    licence: str = "as the films that it was trained on"
    summary: str = ""
    source: str = "films"


def write_model(
    folder: Path,
    name: str,
    version: str,
    trained: Trained,
    features: Features,
    plan: Plan,
    notes: Notes,
) -> TagCard:
    """Write a model's network and its card.

    Args:
        features: those that were given to the training.
    Raises:
        SettingsError: the folder cannot be written.
    """
    path = folder / TAG_NETWORK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        columns = trained.network.columns
        export_onnx(trained.network.encoder, torch.rand(2, columns), [TAG_OUTPUT], path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error
    card = TagCard(
        name=name,
        version=version,
        sha256=digest,
        inputs=features.inputs,
        outputs=trained.shape.bottleneck,
        licence=notes.licence,
        layers=trained.shape.layers,
        summary=notes.summary,
        data=(Data(notes.source, trained.films, notes.licence),),
        split=_split_words(trained, plan),
        figures=(
            Figure("mean squared error, held out", trained.error, films=trained.held_out),
            Figure(
                "relative error of distances, held out",
                trained.distance_error,
                films=trained.held_out,
            ),
            Figure(
                "mean squared error of the columns' means",
                trained.column_means_error,
                films=trained.held_out,
            ),
        ),
        known_failures=_FAILURES,
    )
    write_card(card, folder / TAG_CARD_FILE)
    return card


def _split_words(trained: Trained, plan: Plan) -> str:
    shape = trained.shape
    return (
        f"{trained.held_out:,} films, drawn at random (seed {plan.seed}), were held out. Of"
        f" {len(trained.tried)} shapes, this one had the lowest mean squared error on them, so that"
        f" the figure is somewhat too good: Adam, learning rate {shape.learning_rate:g},"
        f" {plan.epochs} epochs, batches of {plan.batch}, distances weighing {plan.distances:g}."
    )
