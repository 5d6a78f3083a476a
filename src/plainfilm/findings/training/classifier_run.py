"""Training a classifier of findings and measuring it on patients that it never saw.

The chest's findings and the spine's abnormality are trained alike; they differ in their plans.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable, SettingsError
from plainfilm.evaluate.csv_tables import listed
from plainfilm.findings.training.chest_data import (
    FilmTable,
    Squares,
    deal,
    labels_of,
    load_squares,
)
from plainfilm.findings.training.classifier import Classifier, Ensemble
from plainfilm.findings.training.classifier_learning import (
    Probabilities,
    learn,
    said_of,
    untrained,
)
from plainfilm.findings.training.classifier_plan import ClassifierPlan
from plainfilm.findings.training.frozen_part import FrozenCopies
from plainfilm.findings.training.losses import targets
from plainfilm.models.efficientnet_lite import EfficientNetLite
from plainfilm.models.training import Checkpoint, Device
from plainfilm.records import Rejection

__all__ = ["Device", "TrainedClassifier", "averaged", "train_classifier"]

_ROOM: Final = 9 / 8  # squares are kept larger than the network sees them, for zooming in

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class TrainedClassifier:
    """The outcome of a training.

    Attributes:
        network: learnt from all films, or from those that a list gives to training.
        folds: the networks that were measured, by part; empty where a list divides the films.
        parts: (n,) in which part each film was held out; -1 where in none.
        held_out: (n, labels) what a network said that had not seen the patient; NaN where none.
        rejections: films that could not be read, by position.
    """

    network: Classifier | Ensemble
    folds: tuple[Classifier, ...]
    parts: NDArray[np.intp]
    held_out: Probabilities
    rejections: dict[int, Rejection]


def train_classifier(
    table: FilmTable,
    plan: ClassifierPlan,
    keep: Path,
    progress: Progress,
    device: Device | None = None,
) -> TrainedClassifier:
    """Measure a plan on held-out patients, then train on all films.

    Args:
        keep: a folder for checkpoints; a training that was stopped goes on from them.
        progress: called with what is being done, how much of it is done, and of how much.
    Raises:
        BadTable: no film could be read, none to learn from or for the test, fewer patients than
            parts, or no film that shows a finding, or none without it.
        ModelError: weights are missing; a checkpoint is of another architecture or plan; or the
            training fails, see `learn`.
        SettingsError: the folder cannot be written, or the disk has no room for the films.
    """
    if plan.two_class and len(table.labels) != 1:
        raise SettingsError("two classes need a table of one finding, abnormal or not")
    # What is wrong with the network is told before films are read.
    fresh = untrained(plan, len(table.labels))
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot write to {keep}: {error.strerror}") from error
    with tempfile.TemporaryDirectory(prefix="plainfilm-training-") as folder:
        squares, rejections = load_squares(
            table.films,
            round(plan.side * _ROOM),
            Path(folder) / "squares.npy",
            lambda done: progress("reading films", done, len(table.films)),
        )
        usable = np.setdiff1d(np.arange(len(table.films)), list(rejections))
        if not len(usable):
            first = rejections[0]
            raise BadTable(
                f"none of {len(table.films):,} films could be read; the first, {first.location}, is"
                f" refused: {first.reason.value}"
            )
        _check_labels(table, plan, usable)
        parts = _parts(table, plan, usable)
        held_out = np.full((len(table.films), len(table.labels)), np.nan, np.float32)
        copies = _copies(fresh, squares, plan, Path(folder) / "copies.npy", progress)
        learning = _Training(table, squares, copies, plan, keep, progress, device or Device())
        networks = []
        for part in range(int(parts.max(initial=-1)) + 1):
            held = np.flatnonzero(parts == part)
            network = learning(np.setdiff1d(usable, held), f"part {part + 1}")
            held_out[held] = said_of(network, squares, held, plan.side, learning.device)
            networks.append(network)
        if _is_listed(table):
            return TrainedClassifier(networks[0], (), parts, held_out, dict(rejections))
        network = learning(usable, "all films")
    return TrainedClassifier(network, tuple(networks), parts, held_out, dict(rejections))


def _copies(
    fresh: Classifier, squares: Squares, plan: ClassifierPlan, file: Path, progress: Progress
) -> FrozenCopies | None:
    if not plan.copies:
        return None
    if not isinstance(fresh.backbone, EfficientNetLite):
        raise SettingsError("only an EfficientNet-Lite has frozen blocks that copies pass through")
    return FrozenCopies(
        fresh.backbone,
        squares,
        plan.side,
        plan.changes,
        plan.copies,
        file,
        seed=plan.seed,
        progress=lambda done: progress("frozen blocks", done, plan.copies * len(squares)),
    )


def averaged(members: Sequence[TrainedClassifier]) -> TrainedClassifier:
    """The average ensemble of classifiers that were trained on the same films.

    Source: Nguyen et al., VinDr-SpineXR (MICCAI 2021), section 3.1.
    """
    first = members[0]
    networks = [each.network for each in members if isinstance(each.network, Classifier)]
    held_out = np.stack([each.held_out for each in members]).mean(axis=0)
    return replace(first, network=Ensemble(networks), held_out=np.asarray(held_out, np.float32))


def _check_labels(table: FilmTable, plan: ClassifierPlan, usable: NDArray[np.intp]) -> None:
    labels = labels_of([table.films[number] for number in usable])
    wanted, counts = targets(labels, plan.uncertain, plan.unmentioned)
    kinds = [((side * counts) > 0).any(axis=0) for side in (wanted > 0.5, wanted < 0.5)]
    lacking = [table.labels[place] for place in np.flatnonzero(~(kinds[0] & kinds[1]))]
    if lacking:
        raise BadTable(
            "films with and films without a finding are needed, and one kind is not there of"
            f" {listed(lacking)}: leave it out"
        )


def _is_listed(table: FilmTable) -> bool:
    return any(film.part == "test" for film in table.films)


def _parts(table: FilmTable, plan: ClassifierPlan, usable: NDArray[np.intp]) -> NDArray[np.intp]:
    """In which part each film is held out: (n,), -1 for those that are in none."""
    films = tuple(table.films[number] for number in usable)
    parts = np.full(len(table.films), -1, np.intp)
    if _is_listed(table):
        tested = np.array([film.part == "test" for film in films])
        if tested.all() or not tested.any():
            raise BadTable(
                f"of the films that could be read, {'all' if tested.all() else 'none'} are for the"
                " test; both sides need some"
            )
        parts[usable[tested]] = 0
    elif plan.folds > 1:
        patients = len({film.patient for film in films})
        if patients < plan.folds:
            raise BadTable(
                f"{plan.folds} parts need as many patients, and there are {patients}; ask for fewer"
                " parts, or for 1, which measures nothing"
            )
        parts[usable] = deal(FilmTable(table.labels, films), plan.folds)
    return parts


@dataclass(frozen=True, slots=True, eq=False)
class _Training:
    """Trains networks on some of the films each, and keeps checkpoints of each."""

    table: FilmTable
    squares: Squares
    copies: FrozenCopies | None
    plan: ClassifierPlan
    keep: Path
    progress: Progress
    device: Device

    def __call__(self, chosen: NDArray[np.intp], title: str) -> Classifier:
        checkpoint = Checkpoint(
            self.keep / f"{title.replace(' ', '-')}.pt",
            self.plan.named(self.table.labels),
            self._digest(chosen),
        )
        steps = self.plan.schedule.steps
        return learn(
            self.squares,
            labels_of(self.table.films),
            chosen,
            self.plan,
            lambda step, _loss: self.progress(title, step + 1, steps),
            copies=self.copies,
            checkpoint=checkpoint,
            device=self.device,
        )

    def _digest(self, chosen: NDArray[np.intp]) -> str:
        """Changes with the films, their truth and the plan; not with how it is measured."""
        said = hashlib.sha256(repr(replace(self.plan, folds=1)).encode())
        for number in chosen.tolist():
            film = self.table.films[number]
            said.update(repr((film.name, film.labels)).encode())
        return said.hexdigest()[:16]
