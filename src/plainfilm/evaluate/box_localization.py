"""Where findings are: boxes judged as for ChestX-ray8, and the pointing game."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plainfilm.errors import InputError
from plainfilm.evaluate.boxes import BoxPair, ImageBoxes, iobb, iou, same_place
from plainfilm.evaluate.intervals import Bootstrap, Estimate, percentile
from plainfilm.evaluate.proportions import WILSON_95, Proportion, ProportionInterval
from plainfilm.evaluate.sums import estimates_of, ratio

__all__ = [
    "CHESTXRAY8_OVERLAPS",
    "LocalizationScore",
    "PointingScore",
    "localization",
    "pointing_game",
]

CHESTXRAY8_OVERLAPS: Final = (0.1, 0.25, 0.5, 0.75, 0.9)

_MEASURES: Final = {"iobb": iobb, "iou": iou}


@dataclass(frozen=True, slots=True)
class LocalizationScore:
    """One label at one overlap; `label` is `all` where labels are counted together.

    Attributes:
        measure: `iobb` (intersection over the predicted box) or `iou`.
        overlap: what a predicted box has to exceed to be right.
        films: that have a true box of the label; only they have a part.
        accuracy: of the true boxes, those that a predicted box of the label is right for.
        false_positives: predicted boxes that are right for none, per film.
    """

    label: str
    measure: str
    overlap: float
    films: int
    accuracy: Proportion
    false_positives: Estimate


@dataclass(frozen=True, slots=True)
class PointingScore:
    """Of the points set for a label, those that hit a true box of it; `all` counts all labels."""

    label: str
    accuracy: Proportion


def localization(
    pair: BoxPair,
    *,
    overlaps: Sequence[float] = CHESTXRAY8_OVERLAPS,
    interval: ProportionInterval = WILSON_95,
    bootstrap: Bootstrap | None = None,
) -> tuple[LocalizationScore, ...]:
    """Accuracy and average false positives, by both measures, per label and over all.

    Scores of boxes have no part in it: keep the boxes that are to be shown.

    Args:
        interval: of accuracies.
        bootstrap: gives average false positives an interval, by drawing films.
    Source: Wang et al., ChestX-ray8, CVPR 2017, section 4.2 and table 4.
    """
    said, true = same_place(pair.predicted, pair.truth)
    limits = np.array(overlaps, np.float64)
    scores: list[LocalizationScore] = []
    for measure, overlap_of in _MEASURES.items():
        overlap = overlap_of(pair.predicted.corners[said], pair.truth.corners[true])
        found = _highest(overlap, true, len(pair.truth))[:, np.newaxis] > limits
        right = _highest(overlap, said, len(pair.predicted))[:, np.newaxis] > limits
        sums = _Sums(pair, found, right)
        for label, name in enumerate((*pair.labels, "all")):
            chosen = range(len(pair.labels)) if label == len(pair.labels) else [label]
            hits, boxes, films = sums.hits(chosen)
            alarms = sums.false_positives(chosen, bootstrap)
            scores += [
                LocalizationScore(name, measure, limit, films, interval.of(hit, boxes), alarm)
                for limit, hit, alarm in zip(overlaps, hits, alarms, strict=True)
            ]
    return tuple(scores)


def pointing_game(
    image_id: Sequence[str],
    label: Sequence[str],
    points: ArrayLike,
    truth: ImageBoxes,
    *,
    tolerance: float = 0,
    interval: ProportionInterval = WILSON_95,
) -> tuple[PointingScore, ...]:
    """Whether the highest point of each heat map lies in a true box of its label on its film.

    Points for which the film has no true box of the label are left out, as there is nothing to
    hit; a label without any point is undefined.

    Args:
        points: (points, 2): x and y in pixels, as the boxes' corners; one for each film and label.
        tolerance: in pixels: a point as near to a box counts as in it.
    Returns:
        A score for each label of the truth in the order of their names, and `all`.
    Raises:
        InputError: lengths differ, or a point is not finite.
    Source: Zhang et al., Top-down Neural Attention by Excitation Backprop, ECCV 2016, section 4.1
        (who allow 15 pixels).
    """
    places = np.asarray(points, np.float64).reshape(-1, 2)
    if not len(places) == len(image_id) == len(label):
        raise InputError(f"{len(places)} points do not fit {len(image_id)} films and {len(label)}"
                         " labels")  # fmt: skip
    if not np.isfinite(places).all():
        raise InputError("a point is not finite")
    boxes: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(truth.image_id.tolist(), truth.label.tolist(), strict=True)):
        boxes.setdefault(key, []).append(row)
    names = tuple(np.unique(truth.label).tolist())
    hits, tried = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for film, name, point in zip(image_id, label, places, strict=True):
        rows = boxes.get((film, name))
        if rows is None:
            continue
        corners = truth.corners[rows]
        inside = (point >= corners[:, :2] - tolerance) & (point <= corners[:, 2:] + tolerance)
        hits[name] += bool(inside.all(axis=1).any())
        tried[name] += 1
    scores = [PointingScore(name, interval.of(hits[name], tried[name])) for name in names]
    every = interval.of(sum(hits.values()), sum(tried.values()))
    return (*scores, PointingScore("all", every))


class _Sums:
    """Hits and false positives, counted by film and label at several overlaps."""

    def __init__(self, pair: BoxPair, found: NDArray[np.bool_], right: NDArray[np.bool_]) -> None:
        films, labels, limits = len(pair.images), len(pair.labels), found.shape[1]
        self._hits = np.zeros((films, labels, limits))
        self._boxes = np.zeros((films, labels))
        self._alarms = np.zeros((films, labels, limits))
        np.add.at(self._hits, (pair.truth.image, pair.truth.label), found)
        np.add.at(self._boxes, (pair.truth.image, pair.truth.label), 1)
        np.add.at(self._alarms, (pair.predicted.image, pair.predicted.label), ~right)
        self._alarms *= (self._boxes > 0)[:, :, np.newaxis]

    def hits(self, labels: Sequence[int]) -> tuple[list[int], int, int]:
        """True boxes found at each overlap, true boxes, and films that have one."""
        chosen = list(labels)
        boxes = self._boxes[:, chosen].sum(axis=1)
        found = self._hits[:, chosen].sum(axis=(0, 1))
        return found.astype(int).tolist(), int(boxes.sum()), int((boxes > 0).sum())

    def false_positives(self, labels: Sequence[int], bootstrap: Bootstrap | None) -> list[Estimate]:
        """Per film that has a true box, at each overlap."""
        chosen = list(labels)
        alarms = self._alarms[:, chosen].sum(axis=1)
        there = (self._boxes[:, chosen].sum(axis=1) > 0).astype(np.float64)

        def per_film(weights: NDArray[np.float64]) -> NDArray[np.float64]:
            return ratio(weights @ alarms, (weights @ there)[:, np.newaxis])

        values = per_film(np.ones((1, len(there))))[0]
        if bootstrap is None:
            return list(estimates_of(values, None))
        replicates = bootstrap.replicates(per_film, np.ones(len(there), np.int64))
        return list(estimates_of(values, percentile(replicates, bootstrap.confidence)))


def _highest(overlap: NDArray[np.float64], of: NDArray[np.intp], boxes: int) -> NDArray[np.float64]:
    """(boxes,): each box's highest overlap with any other; 0 where there is none."""
    highest = np.zeros(boxes)
    np.maximum.at(highest, of, overlap)
    return highest
