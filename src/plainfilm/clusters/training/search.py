"""A small search for the autoencoder that gives films back best, at the asked compression."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from plainfilm.clusters.compression import KEPT, compressed_size
from plainfilm.clusters.features import Features
from plainfilm.clusters.seeds import check_seed
from plainfilm.clusters.training.network import (
    PUBLISHED_LAYERS,
    Autoencoder,
    Shape,
    distance_error,
    learn,
    mean_error,
)
from plainfilm.errors import BadTable, SettingsError

__all__ = ["Plan", "Trained", "Tried", "train_tags"]

_FEWEST_FILMS: Final = 20
_SEARCHED_FILMS: Final = 20_000
"""Of more films, so many are searched with, and the best shape then learns from all."""
_LAYERS: Final = (PUBLISHED_LAYERS, (256, 128), (256,), (512, 256, 128), (512, 256), (512,))
_RATES: Final = (1e-3, 3e-3, 1e-2)
_SHARES: Final = (1.0, 0.75)
"""Of the asked bottleneck: a smaller one is taken where it does better."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    Attributes:
        kept: the bottleneck, as a share of the columns, in (0, 1).
        bottleneck: the same as a number, in its place.
        tried: how many shapes, the published one first; 1 does not search.
        epochs, batch: as published.
        distances: see `learn`; 0 as published.
        held_out: share of the films, in (0, 1), that the error is measured on.
    Raises:
        SettingsError: a number is out of range.
    """

    kept: float = KEPT
    bottleneck: int | None = None
    tried: int = 8
    epochs: int = 10
    batch: int = 64
    distances: float = 0.1
    held_out: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if not (0 < self.kept < 1 and 0 < self.held_out < 1):
            raise SettingsError("the shares of columns to keep and of films held out are in (0, 1)")
        if not 0 <= self.distances < float("inf"):
            raise SettingsError(f"the weight of distances ({self.distances}) must be at least 0")
        if min(self.tried, self.epochs, self.batch - 1) < 1:
            raise SettingsError("there must be a shape and an epoch, and batches of two films")

    def size(self, columns: int) -> int:
        """The widest bottleneck of so many columns.

        Raises:
            SettingsError: it would not be fewer numbers.
        """
        size = compressed_size(columns, self.kept) if self.bottleneck is None else self.bottleneck
        if not 1 <= size < columns:
            raise SettingsError(
                f"a bottleneck of {size} does not compress {columns} columns; ask for a smaller one"
            )
        return size


@dataclass(frozen=True, slots=True)
class Tried:
    """A shape, and its mean squared error on the films that were held out."""

    shape: Shape
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The outcome of a training.

    Attributes:
        tried: every shape, the best first.
        error: of the network, on the films held out: its mean squared error.
        distance_error: of distances in the bottleneck, see there.
        column_means_error: of giving back each column's mean in place of any film.
        films, held_out: learnt from, and measured on.
    """

    network: Autoencoder
    shape: Shape
    tried: Sequence[Tried]
    error: float
    distance_error: float
    column_means_error: float
    films: int
    held_out: int

    @property
    def better_than_means(self) -> bool:
        """Whether films are given back with a lower error than each column's mean has."""
        return self.error < self.column_means_error


def train_tags(features: Features, plan: Plan, progress: Progress) -> Trained:
    """Try some shapes, and keep the one of the lowest error on films held out.

    Args:
        features: without words of descriptions.
        progress: called with what is being done, how much of it is done, and of how much.
    Raises:
        BadTable: there are too few films, or no tag tells them apart.
        SettingsError: the plan asks for what the features do not give.
    """
    films, columns = features.matrix.shape
    if films < _FEWEST_FILMS or columns < 2:
        raise BadTable(
            f"{films:,} films with {columns:,} features are too few to learn from; at least"
            f" {_FEWEST_FILMS} films that differ are needed"
        )
    if sum(each.columns for each in features.inputs) != columns:
        raise SettingsError("words of descriptions cannot be learnt; leave them out")
    order = np.random.default_rng(plan.seed).permutation(films)
    held = features.matrix[np.sort(order[: max(1, round(plan.held_out * films))])]
    rest = features.matrix[np.sort(order[held.shape[0] :])]
    tried, networks = _search(rest[:_SEARCHED_FILMS], held, plan, progress)
    best = min(range(len(tried)), key=lambda place: tried[place].error)
    network, error, shape = networks[best], tried[best].error, tried[best].shape
    if rest.shape[0] > _SEARCHED_FILMS:
        network = _learnt(rest, shape, plan, "training on all films", progress)
        error = mean_error(network, held)
    return Trained(
        network=network,
        shape=shape,
        tried=sorted(tried, key=lambda each: each.error),
        error=error,
        distance_error=distance_error(network, held),
        column_means_error=_error_of_means(rest, held),
        films=rest.shape[0],
        held_out=held.shape[0],
    )


def _search(
    films: csr_array, held: csr_array, plan: Plan, progress: Progress
) -> tuple[list[Tried], list[Autoencoder]]:
    shapes = list(_shapes(plan, films.shape[1]))
    tried, networks = [], []
    for number, shape in enumerate(shapes, 1):
        title = f"shape {number} of {len(shapes)}"
        networks.append(_learnt(films, shape, plan, title, progress))
        tried.append(Tried(shape, mean_error(networks[-1], held)))
    return tried, networks


def _learnt(
    films: csr_array, shape: Shape, plan: Plan, title: str, progress: Progress
) -> Autoencoder:
    return learn(
        films,
        shape,
        epochs=plan.epochs,
        batch=plan.batch,
        distances=plan.distances,
        seed=plan.seed,
        progress=lambda epoch: progress(title, epoch, plan.epochs),
    )


def _shapes(plan: Plan, columns: int) -> Iterator[Shape]:
    """The published one, then others drawn without return."""
    size = plan.size(columns)
    published = Shape(PUBLISHED_LAYERS, size)
    yield published
    others = [
        shape
        for layers, rate, share in product(_LAYERS, _RATES, _SHARES)
        if (shape := Shape(layers, max(1, round(share * size)), rate)) != published
    ]
    drawn = np.random.default_rng(plan.seed).permutation(len(others))[: plan.tried - 1]
    yield from (others[place] for place in drawn.tolist())


def _error_of_means(films: csr_array, held: csr_array) -> float:
    means = np.asarray(films.mean(axis=0), np.float64).reshape(-1)
    squares = np.asarray((held * held).mean(axis=0), np.float64).reshape(-1)
    own_means = np.asarray(held.mean(axis=0), np.float64).reshape(-1)
    return float((squares - 2 * means * own_means + means * means).mean())
