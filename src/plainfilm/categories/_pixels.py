"""Which category a film is, told from its pixels, and how it lies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final, Self

import numpy as np

from plainfilm.categories._square import read_square
from plainfilm.errors import InputError, ModelError, Reason
from plainfilm.models import Answers, Card, Network, StoredModel, find_model
from plainfilm.records import Film, Location, Prediction, Rejection
from plainfilm.vocabulary import CATEGORIES, OTHER

__all__ = [
    "CategoryFromPixels",
    "PixelCategory",
    "check_classes",
    "classify",
    "network_of",
    "silent_on",
]

_RANKED: Final = 3
_DIGITS: Final = 4
_QUARTER_TURN: Final = 90


@dataclass(frozen=True, slots=True)
class PixelCategory:
    """What a model says of one film.

    Attributes:
        ranked: the three likeliest categories with their probabilities, the best first.
        decision: `straight`, `review` or `person`; see `Card.decision`.
        turn: degrees clockwise by which to turn the film so that it stands upright: 0, 90, 180
            or 270; with the probability of that. Like the three below, None where the model did
            not learn it.
        mirrored: the probability that left and right are exchanged; None where the category's
            anatomy cannot tell.
        inverted: the probability that the grey values are inverted.
        collage: the probability that several views share the plate.
    """

    ranked: tuple[tuple[str, float], ...]
    decision: str
    turn: int | None
    turn_probability: float | None
    mirrored: float | None
    inverted: float | None
    collage: float | None

    @property
    def category(self) -> str:
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        return self.ranked[0][1]


def classify(
    network: Network, locations: Sequence[Location]
) -> Iterator[PixelCategory | InputError]:
    """What each film shows, in order; an error where it could not be read or is no radiograph."""
    squares: list[np.ndarray] = []
    failures: list[InputError | None] = []
    for location in locations:
        try:
            squares.append(read_square(location, network.card.side))
        except InputError as error:
            failures.append(error)
        else:
            failures.append(None)
    found = iter(_said(network(np.stack(squares)), network.card) if squares else ())
    for failure in failures:
        yield next(found) if failure is None else failure


def _said(answers: Answers, card: Card) -> Iterator[PixelCategory]:
    best = np.argsort(-answers.category, axis=1, kind="stable")[:, :_RANKED]
    turned = answers.turn.argmax(axis=1)
    for film, numbers in enumerate(best.tolist()):
        ranked = tuple(
            (card.classes[number], _rounded(answers.category[film, number])) for number in numbers
        )
        category, probability = ranked[0]
        tells = category in card.tells_mirrored
        turns = "turn" not in card.untrained
        yield PixelCategory(
            ranked,
            card.decision(category, probability),
            turn=int(-turned[film] * _QUARTER_TURN % 360) if turns else None,
            turn_probability=_rounded(answers.turn[film, turned[film]]) if turns else None,
            mirrored=_flag(answers, card, "mirrored", film) if tells else None,
            inverted=_flag(answers, card, "inverted", film),
            collage=_flag(answers, card, "collage", film),
        )


def _flag(answers: Answers, card: Card, name: str, film: int) -> float | None:
    return None if name in card.untrained else _rounded(getattr(answers, name)[film])


def _rounded(probability: np.float32) -> float:
    return round(float(probability), _DIGITS)


@dataclass(frozen=True)
class CategoryFromPixels:
    """Names each film's category from its pixels with a model, and says how the film lies.

    Attributes:
        sha256: of the model's ONNX file, so that another model computes every film anew.
        card: where the model's card is, beside the ONNX file.
    """

    sha256: str
    card: Path = field(metadata={"parameter": False})

    name: ClassVar[str] = "category_pixels"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, model: StoredModel) -> Self:
        """The step that runs this model.

        Raises:
            ModelError: it names categories that the category table does not have.
        """
        check_classes(model)
        return cls(model.card.sha256, model.network.with_suffix(".json"))

    def process(self, batch: Sequence[Film]) -> list[Prediction | Rejection]:
        """One Prediction per film, task `category_pixels`; a Rejection for what is no radiograph.

        Raises:
            ModelError: the model cannot be run.
        """
        network = network_of(self.card, self.sha256)
        said = classify(network, [film.location for film in batch])
        return [self._record(film, one) for film, one in zip(batch, said, strict=True)]

    def _record(self, film: Film, said: PixelCategory | InputError) -> Prediction | Rejection:
        if isinstance(said, InputError):
            reason = said.reason or Reason.FILE_UNREADABLE
            return Rejection(film.location, reason, str(said), film.film_id)
        details = {
            "ranked": [list(pair) for pair in said.ranked],
            "decision": said.decision,
            "turn": said.turn,
            "turn_probability": said.turn_probability,
            "mirrored": said.mirrored,
            "inverted": said.inverted,
            "collage": said.collage,
            "model": self.sha256,
        }
        return Prediction(film.film_id, self.name, said.category, said.probability, details)


def check_classes(model: StoredModel) -> None:
    """Make sure that a model's classes are categories.

    Raises:
        ModelError: one is neither in the category table nor `other`.
    """
    known = {*(category.name for category in CATEGORIES), OTHER}
    strange = sorted(set(model.card.classes) - known)
    if strange:
        raise ModelError(
            f"{model.network}: the model names classes outside the category table:"
            f" {', '.join(strange[:5])}; it is for another table, so train it anew for this one"
        )


def silent_on(card: Card) -> tuple[str, ...]:
    """The categories that a model never names: those not covered, and those it does not know."""
    unknown = {category.name for category in CATEGORIES} - set(card.classes)
    return tuple(sorted(unknown | set(card.uncovered)))


@lru_cache(maxsize=2)
def network_of(card: Path, sha256: str) -> Network:
    """The model of a card, loaded once in each process.

    Raises:
        ModelError: it cannot be run, or is another than it was when the work began.
    """
    model = find_model(card)
    if model.card.sha256 != sha256:
        raise ModelError(f"{card}: the model was exchanged; start again")
    return Network(model)
