"""Films whose label is doubted, found with the features of a network that knows no film."""

from collections import defaultdict
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

    A category of fewer than five patients is not judged: the films that a fold learns from may
    lack it.

    Raises:
        BadTable: fewer than two categories have films of five patients that could be read.
        ModelError: the backbone's weights are missing.
    """
    with TemporaryDirectory(prefix="plainfilm-training-") as folder:
        squares, read, _ = load_squares(
            films,
            plan.side,
            Path(folder) / "squares.npy",
            lambda done: progress("reading films", done, len(films)),
        )
        judged = _of_enough_patients(films, read)
        usable = [films[number] for number in judged]
        patients = [film.patient for film in usable]
        labels = np.array([CLASSES.index(film.category) for film in usable], np.intp)
        if len(set(labels.tolist())) < 2:
            raise BadTable(
                f"labels cannot be judged: fewer than 2 categories have films of"
                f" {_LEAST_PATIENTS} patients that could be read"
            )
        backbone = make_backbone(plan.backbone, weights=plan.weights)
        network = CategoryNetwork(backbone.network, backbone.channels, plan.side, len(CLASSES))
        features = features_of(network, squares.__getitem__, np.array(judged), plan.side)
    probabilities = cross_validated(features, labels, patients, plan.seed)
    found = suspect_labels(probabilities, labels)
    return [replace(each, number=judged[each.number]) for each in found]


def _of_enough_patients(films: Sequence[TrainingFilm], read: Sequence[int]) -> list[int]:
    patients: defaultdict[str, set[str]] = defaultdict(set)
    for number in read:
        patients[films[number].category].add(films[number].patient)
    return [n for n in read if len(patients[films[n].category]) >= _LEAST_PATIENTS]
