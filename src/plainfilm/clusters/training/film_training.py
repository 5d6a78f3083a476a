"""Training the autoencoder of films: from films to a model with its card."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from plainfilm.clusters.film_squares import film_square
from plainfilm.clusters.seeds import check_seed
from plainfilm.clusters.training.film_autoencoder import BOTTLENECK, SIDE, FilmAutoencoder
from plainfilm.errors import BadTable, SettingsError
from plainfilm.models.card import Data, Figure, write_card
from plainfilm.models.disk_array import array_on_disk
from plainfilm.models.export import export_onnx
from plainfilm.models.film_card import FilmCard
from plainfilm.models.film_encoder import FILM_OUTPUT
from plainfilm.models.store import FILM_CARD_FILE, FILM_NETWORK_FILE
from plainfilm.models.training import Schedule, fit
from plainfilm.records import Film, Rejection

__all__ = ["FILM_PLANS", "FilmPlan", "TrainedFilms", "train_films", "write_film_model"]

_FEWEST_FILMS: Final = 10
_BATCH: Final = 32
_HELD_OUT: Final = 10  # one patient of so many
_AT_ONCE: Final = 32
_FAILURES: Final = (
    "Vectors follow grey values and where they lie: a view that was turned or mirrored is far off.",
    "It was made to give films back, not to tell what they show.",
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """How to train, by Adam in batches of 32.

    Attributes:
        epochs: how often each film is seen.
        learning_rate: at its highest.
        falling: whether it is warmed up and falls along half a cosine, and weights are averaged;
            else it stays, and the last weights are taken.
    Raises:
        SettingsError: a number is out of range.
    """

    epochs: int = 20
    learning_rate: float = 2e-3
    falling: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.epochs < 1 or not 0 < self.learning_rate < 1:
            raise SettingsError("there must be an epoch, and the learning rate lies in (0, 1)")

    def schedule(self, films: int) -> Schedule:
        """What the shared training loop is told; without decay of weights, AdamW is Adam."""
        steps = self.epochs * -(-films // _BATCH)
        return Schedule(
            steps=steps,
            learning_rate=self.learning_rate,
            weight_decay=0.0,
            warm_up=min(50, steps // 10) if self.falling else 0,
            averaging=0.98 if self.falling else 0.0,
            clip=1.0 if self.falling else float("inf"),
            falling=self.falling,
        )


FILM_PLANS: Final = {
    "default": FilmPlan(),
    "paper": FilmPlan(epochs=100, learning_rate=1e-6, falling=False),
}
"""`paper` is the recipe of Manojlović et al., ICPRAM 2020, made for some 30,000 films. At its low
learning rate a network hardly learns from a few thousand."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainedFilms:
    """The outcome of a training.

    Attributes:
        films, held_out: learnt from, and measured on.
        error: of the network, on the films held out: its mean squared error, grey values in [0, 1].
        mean_film_error: of giving back the mean of the films learnt from, in place of any.
    """

    network: FilmAutoencoder
    films: int
    held_out: int
    error: float
    mean_film_error: float
    rejections: Sequence[Rejection]

    @property
    def better_than_mean(self) -> bool:
        """Whether films are given back with a lower error than the mean film has."""
        return self.error < self.mean_film_error


def train_films(
    films: Sequence[Film], patients: Sequence[object], plan: FilmPlan, progress: Progress
) -> TrainedFilms:
    """Train on nine of ten patients, and measure on the tenth.

    Args:
        patients: (films,), whatever tells patients apart.
        progress: called with what is being done, how much of it is done, and of how much.
    Raises:
        BadTable: fewer than ten films, or films of one patient, could be read.
        SettingsError: the disk has no room for them.
    """
    with tempfile.TemporaryDirectory(prefix="plainfilm-training-") as folder:
        squares, read, rejections = _load(films, Path(folder) / "squares.npy", progress)
        held = _held_out([patients[place] for place in read])
        places = np.asarray(read, np.int64)
        if len(read) < _FEWEST_FILMS or held.all() or not held.any():
            raise BadTable(
                f"{len(read):,} films could be read: too few; {_FEWEST_FILMS} films of two"
                " patients are needed"
            )
        network = _learn(squares, places[~held], plan, progress)
        return TrainedFilms(
            network=network,
            films=int((~held).sum()),
            held_out=int(held.sum()),
            error=_error(network, squares, places[held]),
            mean_film_error=_mean_film_error(squares, places[~held], places[held]),
            rejections=rejections,
        )


def _load(
    films: Sequence[Film], file: Path, progress: Progress
) -> tuple[NDArray[np.uint8], list[int], list[Rejection]]:
    """Squares in one array on disk, (films, side, side); the places that were read; the others."""
    squares = array_on_disk(file, np.uint8, (max(1, len(films)), SIDE, SIDE))
    read: list[int] = []
    rejections: list[Rejection] = []
    for place, film in enumerate(films):
        found = film_square(film, SIDE)
        if isinstance(found, Rejection):
            rejections.append(found)
        else:
            squares[place] = found
            read.append(place)
        progress("reading films", place + 1, len(films))
    return squares, read, rejections


def _held_out(patients: Sequence[object]) -> NDArray[np.bool_]:
    """One of ten patients, at least one, the same ones always."""
    digests = {each: hashlib.sha256(str(each).encode()).digest() for each in set(patients)}
    ordered = sorted(digests, key=digests.__getitem__)
    chosen = set(ordered[: -(-len(ordered) // _HELD_OUT)])
    return np.asarray([each in chosen for each in patients], bool)


def _learn(
    squares: NDArray[np.uint8], places: NDArray[np.int64], plan: FilmPlan, progress: Progress
) -> FilmAutoencoder:
    torch.manual_seed(plan.seed)
    network, schedule = FilmAutoencoder(), plan.schedule(len(places))
    return fit(
        network,
        network,
        _batches(squares, places, plan),
        FilmAutoencoder.error,
        schedule,
        lambda step, _loss: progress("training", step + 1, schedule.steps),
    )


def _batches(
    squares: NDArray[np.uint8], places: NDArray[np.int64], plan: FilmPlan
) -> Iterator[torch.Tensor]:
    random = np.random.default_rng(plan.seed)
    for _ in range(plan.epochs):
        order = random.permutation(places)
        for start in range(0, len(order), _BATCH):
            yield torch.from_numpy(squares[np.sort(order[start : start + _BATCH])])


def _error(
    network: FilmAutoencoder, squares: NDArray[np.uint8], places: NDArray[np.int64]
) -> float:
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(places), _AT_ONCE):
            some = torch.from_numpy(squares[places[start : start + _AT_ONCE]])
            total += float(network.error(some)) * len(some)
    return total / len(places)


def _mean_film_error(
    squares: NDArray[np.uint8], learnt: NDArray[np.int64], held: NDArray[np.int64]
) -> float:
    mean = np.zeros((SIDE, SIDE))
    for place in learnt.tolist():
        mean += squares[place]
    mean /= 255 * len(learnt)
    return float(
        np.mean([np.square(squares[place] / 255 - mean).mean() for place in held.tolist()])
    )


def write_film_model(
    folder: Path, name: str, version: str, trained: TrainedFilms, plan: FilmPlan, licence: str
) -> FilmCard:
    """Write the encoder as ONNX, and its card.

    Raises:
        SettingsError: the folder cannot be written.
    """
    path = folder / FILM_NETWORK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        example = torch.zeros(2, SIDE, SIDE, dtype=torch.uint8)
        export_onnx(trained.network.encoder, example, [FILM_OUTPUT], path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error
    held = trained.held_out
    card = FilmCard(
        name=name,
        version=version,
        sha256=digest,
        side=SIDE,
        outputs=BOTTLENECK,
        licence=licence,
        summary="The bottleneck of a convolutional autoencoder: films that look alike are near one"
        " another by the cosine of their vectors.",
        data=(Data("films of an archive", trained.films, licence),),
        split=_split_words(trained, plan),
        figures=(
            Figure("mean squared error, held out", trained.error, films=held),
            Figure("the same of the mean film", trained.mean_film_error, films=held),
        ),
        known_failures=_FAILURES,
    )
    write_card(card, folder / FILM_CARD_FILE)
    return card


def _split_words(trained: TrainedFilms, plan: FilmPlan) -> str:
    return (
        f"One of ten patients, chosen by hash, was held out ({trained.held_out:,} films). Adam,"
        f" learning rate {plan.learning_rate:g}, {plan.epochs} epochs, batches of {_BATCH}, seed"
        f" {plan.seed}."
    )
