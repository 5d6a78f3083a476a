"""Films whose label is doubted, found with the features of a network that knows no film."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from plainfilm.categories.training.films import CLASSES, TrainingFilm, load_squares
from plainfilm.categories.training.label_review import (
    SuspectLabel,
    cross_validated,
    suspect_labels,
)
from plainfilm.categories.training.network import CategoryNetwork
from plainfilm.categories.training.recipes import features_of
from plainfilm.categories.training.run import Plan, Progress
from plainfilm.errors import BadTable
from plainfilm.models.backbones import make_backbone

__all__ = ["find_suspects"]

_LEAST_PATIENTS = 5


def find_suspects(
    films: Sequence[TrainingFilm], plan: Plan, progress: Progress
) -> list[SuspectLabel]:
    """Films whose category is doubted, the surest first; `number` is the position in `films`.

    Raises:
        BadTable: fewer than five patients or two categories could be read.
        ModelError: the backbone's weights are missing.
    """
    with TemporaryDirectory(prefix="plainfilm-training-") as folder:
        squares, read, _ = load_squares(
            films,
            plan.side,
            Path(folder) / "squares.npy",
            lambda done: progress("reading films", done, len(films)),
        )
        usable = [films[number] for number in read]
        patients = [film.patient for film in usable]
        labels = np.array([CLASSES.index(film.category) for film in usable], np.intp)
        if len(set(patients)) < _LEAST_PATIENTS or len(set(labels.tolist())) < 2:
            raise BadTable(
                f"labels cannot be judged: {len(set(patients))} patients and"
                f" {len(set(labels.tolist()))} categories could be read; at least"
                f" {_LEAST_PATIENTS} and 2 are needed"
            )
        backbone = make_backbone(plan.backbone, weights=plan.weights)
        network = CategoryNetwork(backbone.network, backbone.channels, plan.side, len(CLASSES))
        features = features_of(network, squares.__getitem__, np.array(read), plan.side)
    found = suspect_labels(cross_validated(features, labels, patients, plan.seed), labels)
    return [replace(each, number=read[each.number]) for each in found]
