"""What networks answered, as records: a Prediction for each finding, a Box for each place."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.findings.framing import FramedFilm
from plainfilm.findings.heat_maps import boxes_from_map, evidence_for
from plainfilm.models import DetectorCard, FindingCard, FoundBoxes, TaskCard
from plainfilm.records import Box, Film, Prediction

__all__ = [
    "ABSENT",
    "POSSIBLE",
    "PRESENT",
    "detected",
    "located",
    "model_named",
    "predictions",
    "task_of",
    "usable",
]

PRESENT: Final = "present"
POSSIBLE: Final = "possible"
"""The threshold is reached, but not what a finding is called present from."""
ABSENT: Final = "absent"

_DIGITS: Final = 6
_LEAST_SHARE: Final = 0.002  # of a heat map; smaller regions are specks
_PIXEL_DIGITS: Final = 2


def task_of(card: TaskCard, label: str) -> str:
    """The task under which the archive keeps the answer on one finding, such as `chest:Mass`."""
    return f"{card.task}:{label}"


def model_named(card: TaskCard) -> dict[str, object]:
    """What every answer says of the model that gave it."""
    return {"model": card.name, "version": card.version, "sha256": card.sha256}


def usable(probabilities: NDArray[np.float32], maps: NDArray[np.float32] | None = None) -> bool:
    """Whether a network's answer on a film is what it should be: probabilities in [0, 1], and
    numbers in the maps that it has."""
    # NaN fails both comparisons.
    right = bool(((probabilities >= 0) & (probabilities <= 1)).all())
    return right and (maps is None or bool(np.isfinite(maps).all()))


def predictions(
    film: Film, card: FindingCard, probabilities: NDArray[np.float32]
) -> Iterator[Prediction]:
    """A Prediction for each label.

    Its task is `task_of` the label; its value `present`, `possible` or `absent`, empty where the
    card has no threshold; its details name the model, and from which probabilities it is possible
    (`threshold`) and present (`present_from`).

    Args:
        probabilities: (labels,) in [0, 1].
    """
    for label, number in zip(card.labels, probabilities, strict=True):
        probability, threshold = round(float(number), _DIGITS), card.thresholds.get(label)
        present_from = card.present_from.get(label, threshold)
        value = _called(probability, threshold, present_from)
        details = model_named(card) | {"threshold": threshold, "present_from": present_from}
        yield Prediction(film.film_id, task_of(card, label), value, probability, details)


def _called(probability: float, threshold: float | None, present_from: float | None) -> str:
    if threshold is None or present_from is None:
        return ""
    if probability >= present_from:
        return PRESENT
    return POSSIBLE if probability >= threshold else ABSENT


def located(
    said: Iterable[Prediction],
    card: FindingCard,
    maps: NDArray[np.float32],
    framed: FramedFilm,
    level: float,
) -> Iterator[Box]:
    """Boxes around what is present, from its heat map: where it speaks for the finding. What is
    present may have none.

    A box's score is the finding's probability, times its region's hottest value as a share of the
    map's: the hottest region has the probability itself.

    Args:
        said: a Prediction for each label of the card, in order.
        maps: (labels, rows, columns), log odds.
        level: at which heat maps are cut, of 255.
    """
    for label, one, heat in zip(card.labels, said, maps, strict=True):
        if one.value != PRESENT:
            continue
        regions = boxes_from_map(evidence_for(heat), (level,), least_share=_LEAST_SHARE)
        scores = (one.probability or 0.0) * regions[:, 4]
        yield from _boxes(one.film_id, card, [label] * len(regions), regions[:, :4], scores, framed)


def detected(
    film: Film, card: DetectorCard, found: FoundBoxes, framed: FramedFilm
) -> Iterator[Box]:
    """The boxes of a detector as records."""
    labels = [card.labels[place] for place in found.labels.tolist()]
    return _boxes(film.film_id, card, labels, found.boxes, found.scores, framed)


def _boxes(
    film_id: int,
    card: TaskCard,
    labels: Iterable[str],
    shares: NDArray[np.float64],
    scores: NDArray[np.float64],
    framed: FramedFilm,
) -> Iterator[Box]:
    places = framed.on_film(shares).round(_PIXEL_DIGITS)
    for label, (xmin, ymin, xmax, ymax), score in zip(
        labels, places.tolist(), scores.tolist(), strict=True
    ):
        if xmin < xmax and ymin < ymax:  # a box beside the film has no area on it
            yield Box(film_id, card.task, label, xmin, ymin, xmax, ymax, round(score, _DIGITS))
