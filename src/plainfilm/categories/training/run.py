"""Training the network that names categories, from a table of films to a model with its card."""

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from plainfilm.categories.training.films import CLASSES, TrainingFilm, deal, load_squares
from plainfilm.categories.training.held_out import HeldOut, Poses
from plainfilm.categories.training.network import CategoryNetwork
from plainfilm.categories.training.recipes import (
    Truth,
    fine_tune,
    learn_poses,
    learn_sides,
    logits_of,
    softmax_on_frozen,
)
from plainfilm.errors import BadTable, SettingsError
from plainfilm.models.backbones import make_backbone
from plainfilm.models.training import Schedule
from plainfilm.records import Rejection

__all__ = ["PRESETS", "TELLS_SIDE", "Plan", "Trained", "train_network"]

_ROOM: Final = 9 / 7  # squares are kept larger than the network sees them, for zooming in
_NEEDS: Final = 2  # categories
# Where left and right carry the view's meaning: a decubitus film is told by which side is up.
_HANDED: Final = frozenset({"abdomen_left_lateral_decubitus"})
# Where the heart, the stomach's air or the liver tell left from right.
TELLS_SIDE: Final = frozenset({"chest_pa_ap", "abdomen_ap"})

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    Attributes:
        recipe: `fine-tuned` or `frozen`.
        side: of the films that the network sees, in pixels.
        frozen_blocks: of the backbone, which are not trained.
        poses: how to learn afterwards how films lie; None leaves it.
        sides: how to learn then whether they are mirrored.
        folds: into how many parts patients are dealt; a network trained without one part is
            measured on it.
        measured: how many of the parts are measured so, 1 to folds.
        weights: where a backbone's weights are, for one that has to be fetched.
    """

    recipe: str = "fine-tuned"
    backbone: str = "efficientnet-lite0"
    side: int = 224
    frozen_blocks: int = 5
    schedule: Schedule = field(default_factory=lambda: Schedule(steps=550))
    poses: Schedule | None = field(
        default_factory=lambda: Schedule(steps=400, learning_rate=2e-4, averaging=0.99)
    )
    sides: Schedule = field(
        default_factory=lambda: Schedule(steps=2500, learning_rate=4e-4, averaging=0.99)
    )
    folds: int = 3
    measured: int = 3
    seed: int = 0
    weights: str | None = None

    def shortened(self, steps: int) -> "Plan":
        """The same plan with another number of batches, in all its stages alike."""
        share = steps / self.schedule.steps

        def scaled(schedule: Schedule) -> Schedule:
            return replace(schedule, steps=max(1, round(schedule.steps * share)))

        poses = None if self.poses is None else scaled(self.poses)
        schedule = replace(self.schedule, steps=steps)
        return replace(self, schedule=schedule, poses=poses, sides=scaled(self.sides))


PRESETS: Final = {
    "default": Plan(),
    "paper": Plan(
        recipe="frozen",
        backbone="mobilenet-v1",
        schedule=Schedule(steps=22_000, learning_rate=0.1),
        poses=None,
    ),
}
"""`paper` is the recipe of NNCPR (Dratsch et al., Eur Radiol 2021); see `softmax_on_frozen`."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The outcome of a training.

    Attributes:
        network: learnt from all films.
        folds: the networks of the measured parts.
    """

    network: CategoryNetwork
    folds: Sequence[CategoryNetwork]
    held_out: HeldOut
    rejections: Sequence[Rejection]


def train_network(
    films: Sequence[TrainingFilm], plan: Plan, keep: Path, progress: Progress
) -> Trained:
    """Measure a recipe on held-out patients, then train on all films.

    Args:
        keep: a folder for each network as soon as it is trained; a training that was stopped
            goes on after the last of them.
        progress: called with what is being done, how much of it is done, and of how much.
    Raises:
        BadTable: fewer than two categories, or fewer patients than parts, could be read.
        SettingsError: the plan contradicts itself.
        ModelError: the backbone's weights are missing.
    """
    if not 1 <= plan.measured <= plan.folds or plan.folds < 2:
        raise SettingsError("folds must be at least 2, and measured from 1 to folds")
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot write to {keep}: {error.strerror}") from error
    with tempfile.TemporaryDirectory(prefix="plainfilm-training-") as folder:
        side = round(plan.side * _ROOM)
        squares, read, rejections = load_squares(
            films,
            side,
            Path(folder) / "squares.npy",
            lambda done: progress("reading films", done, len(films)),
        )
        usable = [films[number] for number in read]
        _check(usable, plan)
        parts = np.full(len(films), -1)
        parts[read] = deal(usable, plan.folds)
        learn = _Learning(films, squares, plan, keep, progress)
        # Measured as `classify` sees them: made small once, not twice.
        seen, _, _ = load_squares(films, plan.side, Path(folder) / "seen.npy", lambda _: None)
        networks, held_out = _measure(learn, seen, parts)
        network = learn(np.asarray(read), "training on all films")
    return Trained(network, networks, held_out, rejections)


def _check(films: Sequence[TrainingFilm], plan: Plan) -> None:
    categories = {film.category for film in films}
    if len(categories) < _NEEDS:
        raise BadTable(f"{len(films)} films of {len(categories)} categories could be read: too few")
    if len({film.patient for film in films}) < plan.folds:
        raise BadTable(f"there are fewer patients than parts ({plan.folds})")


@dataclass(frozen=True, slots=True)
class _Learning:
    """Trains networks on some of the films each, or takes them from where they were kept."""

    films: Sequence[TrainingFilm]
    squares: np.ndarray
    plan: Plan
    keep: Path
    progress: Progress

    def __call__(self, chosen: np.ndarray, title: str) -> CategoryNetwork:
        kept = self.keep / f"{self._key(chosen)}.pt"
        if kept.exists():
            network = CategoryNetwork(*self._untrained())
            network.load_state_dict(torch.load(kept, weights_only=True))
            return network
        network = self._learn(chosen, title)
        partial = kept.with_suffix(".partial")
        torch.save(network.state_dict(), partial)
        partial.rename(kept)
        return network

    def _key(self, chosen: np.ndarray) -> str:
        """Changes with the films, their truth and the plan."""
        learning = replace(self.plan, folds=2, measured=1)  # how it is measured does not matter
        said = hashlib.sha256(repr(learning).encode())
        for number in chosen.tolist():
            said.update(repr(self.films[number]).encode())
        return said.hexdigest()[:16]

    def _untrained(self) -> tuple[nn.Module, int, int, int]:
        plan = self.plan
        backbone = make_backbone(
            plan.backbone, frozen_blocks=plan.frozen_blocks, weights=plan.weights
        )
        return backbone.network, backbone.channels, plan.side, len(CLASSES)

    def _learn(self, chosen: np.ndarray, title: str) -> CategoryNetwork:
        steps = self.plan.schedule.steps
        train = softmax_on_frozen if self.plan.recipe == "frozen" else fine_tune
        torch.manual_seed(self.plan.seed)
        films = (self.squares, _truth(self.films), chosen)
        network = train(
            CategoryNetwork(*self._untrained()),
            *films,
            side=self.plan.side,
            schedule=self.plan.schedule,
            seed=self.plan.seed,
            progress=lambda step, _loss: self.progress(title, step + 1, steps),
        )
        if self.plan.poses is None:
            return network
        pose_steps, side_steps = self.plan.poses.steps, self.plan.sides.steps
        network = learn_poses(
            network,
            *films,
            side=self.plan.side,
            schedule=self.plan.poses,
            seed=self.plan.seed,
            progress=lambda step, _loss: self.progress(f"{title}, poses", step + 1, pose_steps),
        )
        return learn_sides(
            network,
            *films,
            schedule=self.plan.sides,
            seed=self.plan.seed,
            progress=lambda step, _loss: self.progress(f"{title}, sides", step + 1, side_steps),
        )


def _measure(
    learn: _Learning, seen: np.ndarray, parts: np.ndarray
) -> tuple[list[CategoryNetwork], HeldOut]:
    networks, positions, plain, posed = [], [], [], []
    measured, side = learn.plan.measured, learn.plan.side
    poses = Poses.drawn(len(parts), learn.plan.seed)

    def laid(films: np.ndarray) -> np.ndarray:
        return poses.apply(seen[films], films)

    for part in range(measured):
        held = np.flatnonzero(parts == part)
        others = np.flatnonzero((parts != part) & (parts >= 0))
        network = learn(others, f"measuring, part {part + 1} of {measured}")
        networks.append(network)
        positions.append(held)
        plain.append(logits_of(network, seen.__getitem__, held, side))
        posed.append(logits_of(network, laid, held, side))
    films = np.concatenate(positions)
    return networks, HeldOut(films, _joined(plain), _joined(posed), poses.of(films))


def _joined(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _truth(films: Sequence[TrainingFilm]) -> Truth:
    names = [film.category for film in films]
    return Truth(
        category=np.array([CLASSES.index(name) for name in names]),
        upright=np.array([film.upright for film in films]),
        collage=np.array([film.collage for film in films]),
        may_flip=np.array([name not in _HANDED for name in names]),
        tells_side=np.array([name in TELLS_SIDE for name in names]),
        weight=np.array([film.weight for film in films]),
    )
