"""What networks answered, as records: a Prediction for each finding, a Box for each place."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.findings.framing import FramedFilm
from plainfilm.findings.heat_maps import boxes_from_map
from plainfilm.models import DetectorCard, FindingCard, FoundBoxes
from plainfilm.records import Box, Film, Prediction

__all__ = [
    "ABSENT",
    "PRESENT",
    "detected",
    "located",
    "model_named",
    "predictions",
    "task_of",
    "usable",
]

PRESENT: Final = "present"
ABSENT: Final = "absent"

_DIGITS: Final = 6
_LEAST_SHARE: Final = 0.002  # of a heat map; smaller regions are specks
_PIXEL_DIGITS: Final = 2


def task_of(card: FindingCard | DetectorCard, label: str) -> str:
    """The task under which the archive keeps the answer on one finding, such as `chest:Mass`."""
    return f"{card.task}:{label}"


def model_named(card: FindingCard | DetectorCard) -> dict[str, object]:
    """What every answer says of the model that gave it."""
    return {"model": card.name, "version": card.version, "sha256": card.sha256}


def usable(probabilities: NDArray[np.float32]) -> bool:
    """Whether a network's answer on a film is what it should be: numbers in [0, 1]."""
    # NaN fails both comparisons.
    return bool(((probabilities >= 0) & (probabilities <= 1)).all())


def predictions(
    film: Film, card: FindingCard, probabilities: NDArray[np.float32]
) -> Iterator[Prediction]:
    """A Prediction for each label.

    Its task is `task_of` the label; its value `present` or `absent`, empty where the card has no
    threshold; its details name the model and the threshold.

    Args:
        probabilities: (labels,) in [0, 1].
    """
    for label, number in zip(card.labels, probabilities, strict=True):
        probability, threshold = round(float(number), _DIGITS), card.thresholds.get(label)
        value = ""
        if threshold is not None:
            value = PRESENT if probability >= threshold else ABSENT
        details = model_named(card) | {"threshold": threshold}
        yield Prediction(film.film_id, task_of(card, label), value, probability, details)


def located(
    said: Iterable[Prediction],
    card: FindingCard,
    maps: NDArray[np.float32],
    framed: FramedFilm,
    level: float,
) -> Iterator[Box]:
    """Boxes around what is present, from its heat map.

    A box's score is the finding's probability, times its region's hottest value as a share of the
    map's: the hottest region has the probability itself.

    Args:
        said: a Prediction for each label of the card, in order.
        maps: (labels, rows, columns), any real numbers.
        level: at which heat maps are cut, of 255.
    """
    for label, one, heat in zip(card.labels, said, maps, strict=True):
        if one.value != PRESENT or not np.isfinite(heat).all():
            continue
        regions = boxes_from_map(heat, (level,), least_share=_LEAST_SHARE)
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
    card: FindingCard | DetectorCard,
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
