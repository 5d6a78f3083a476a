"""What networks said of films whose patients they had not seen, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import softmax

from plainfilm.categories.training.calibration import flag_temperature, temperature
from plainfilm.models.card import Threshold

__all__ = ["HeldOut", "Poses", "calibrated", "fit_temperatures", "thresholds"]

_STRAIGHT: Final = 0.90
_PERSON: Final = 0.70
_STRONG: Final = 0.90  # what a category must reach to count as strong
_ENOUGH: Final = 10  # films, below which a category counts as weak whatever it reached
_GROUPS: Final = 5


@dataclass(frozen=True, slots=True)
class Poses:
    """How films are laid to measure whether a network sees it, each (n,).

    Each film is asked about one thing: its turn (four ways, equally often), or whether it is
    mirrored, or inverted (every other one); in the two others it is as it was.

    Attributes:
        turn: quarter turns clockwise, 0 to 3.
        mirrored, inverted: booleans.
        asked: the head that the film is asked about.
    """

    turn: np.ndarray
    mirrored: np.ndarray
    inverted: np.ndarray
    asked: np.ndarray

    @classmethod
    def drawn(cls, count: int, seed: int) -> "Poses":
        random = np.random.default_rng(seed)
        asked = random.choice(["turn", "mirrored", "inverted"], count)
        half = random.random(count) < 0.5
        turn = np.where(asked == "turn", random.integers(0, 4, count), 0)
        return cls(turn, half & (asked == "mirrored"), half & (asked == "inverted"), asked)

    def of(self, films: np.ndarray) -> "Poses":
        """The poses of some films, by position."""
        return Poses(
            self.turn[films], self.mirrored[films], self.inverted[films], self.asked[films]
        )

    def apply(self, squares: np.ndarray, films: np.ndarray) -> np.ndarray:
        """Lay films so; `squares` (n, side, side) are those at the positions `films`."""
        laid = np.empty_like(squares)
        for row, film in enumerate(films.tolist()):
            square = squares[row]
            square = square[:, ::-1] if self.mirrored[film] else square
            square = np.rot90(square, -self.turn[film])  # minus is clockwise
            laid[row] = 255 - square if self.inverted[film] else square
        return laid


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Logits of held-out films, as they are and laid in `poses`.

    Attributes:
        films: positions in the list of films.
        logits, posed_logits: head → (n, …).
    """

    films: np.ndarray
    logits: Mapping[str, np.ndarray]
    posed_logits: Mapping[str, np.ndarray]
    poses: Poses


def fit_temperatures(
    held_out: HeldOut,
    category: np.ndarray,
    collage: np.ndarray,
    upright: np.ndarray,
    tells_side: np.ndarray,
) -> dict[str, float]:
    """Each head's temperature, from held-out films.

    Args:
        category, collage, upright, tells_side: of the held-out films, each (n,); a turn is
            judged where `upright` is known, mirroring where the anatomy tells.
    """
    poses, posed = held_out.poses, held_out.posed_logits
    turned, sided = upright & (poses.asked == "turn"), tells_side & (poses.asked == "mirrored")
    toned = poses.asked == "inverted"
    return {
        "category": temperature(held_out.logits["category"], category),
        "turn": temperature(posed["turn"][turned], poses.turn[turned]),
        "mirrored": flag_temperature(posed["mirrored"][sided], poses.mirrored[sided]),
        "inverted": flag_temperature(posed["inverted"][toned], poses.inverted[toned]),
        "collage": flag_temperature(held_out.logits["collage"], collage),
    }


def calibrated(
    logits: np.ndarray, truth: np.ndarray, patients: Sequence[str], uncovered: np.ndarray
) -> np.ndarray:
    """Probabilities for honest figures: each patient's temperature comes from other patients.

    Args:
        logits: (n, classes).
        uncovered: (classes,) booleans; such a class gets probability 0.
    Returns:
        (n, classes).
    """
    groups = np.unique(np.asarray(patients), return_inverse=True)[1] % _GROUPS
    probabilities = np.zeros(logits.shape)
    for group in range(_GROUPS):
        own = groups == group
        if own.any():
            heat = temperature(logits[~own], truth[~own])
            probabilities[own] = softmax(np.where(uncovered, -np.inf, logits[own] / heat), axis=1)
    return probabilities


def thresholds(
    probabilities: np.ndarray, truth: np.ndarray, classes: Sequence[str]
) -> dict[str, Threshold]:
    """The published policy with each category's own accuracy on held-out films.

    Straight through where the category's accuracy is high and the probability above 0.90; to a
    person where the category is weak and the probability below 0.70.

    Args:
        probabilities: (n, classes), calibrated.
        truth: (n,) numbers of classes.
    Source: Dratsch et al., Eur Radiol 2021, Discussion.
    """
    predicted = probabilities.argmax(axis=1)
    return {
        name: Threshold(_STRAIGHT, 0.0)
        if _is_strong(predicted == number, truth == number)
        else Threshold(None, _PERSON)
        for number, name in enumerate(classes)
    }


def _is_strong(said: np.ndarray, shown: np.ndarray) -> bool:
    """Whether sensitivity and precision are both high, on enough films to say so."""
    right = int((said & shown).sum())
    if min(said.sum(), shown.sum()) < _ENOUGH:
        return False
    return bool(right >= _STRONG * shown.sum() and right >= _STRONG * said.sum())
