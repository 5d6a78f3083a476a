"""Average precision: the mean of 101 precisions at the recalls 0, 0.01, …, 1."""

from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate.box_matching import Matches, match_boxes
from plainfilm.evaluate.boxes import BoxPair, ImageBoxes, pair_boxes
from plainfilm.evaluate.sums import defined_mean, in_blocks, ratio

__all__ = [
    "COCO_OVERLAPS",
    "COCO_SIZES",
    "RECALLS",
    "AveragePrecision",
    "LabelCurves",
    "average_precision",
    "coco_ap",
    "label_curves",
]

RECALLS: Final = np.linspace(0, 1, 101)
COCO_OVERLAPS: Final = np.linspace(0.5, 0.95, 10)
COCO_SIZES: Final = {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}
"""Ends of areas in square pixels, both included, as pycocotools has them."""

_SPACING: Final = np.spacing(1)


@dataclass(frozen=True, slots=True, eq=False)
class AveragePrecision:
    """Of each label, and their mean.

    Attributes:
        values: (labels,) in [0, 1]; NaN where the truth has no box of the label.
        mean: of the labels that the truth has; None where it has no box at all.
    """

    labels: tuple[str, ...]
    values: NDArray[np.float64]
    mean: float | None


def average_precision(
    predicted: ImageBoxes,
    truth: ImageBoxes,
    *,
    iou: float = 0.5,
    labels: tuple[str, ...] | None = None,
    most: int | None = 100,
) -> AveragePrecision:
    """Average precision at one overlap, as PASCAL VOC defines it since 2010, at 101 recalls.

    Precision at a recall is the highest at that recall or any above it.

    Args:
        iou: intersection over union that a box needs at least to find a true one.
        labels: to score; where not given, those of the truth.
        most: boxes of a film and label that take part, as in COCO; None for all.
    Source: Everingham et al., Int J Comput Vis 2015, section 3.2.1; 101 recalls as in Nguyen et
        al., VinDr-SpineXR, MICCAI 2021. Equal to pycocotools' AP at one overlap.
    """
    return _mean_over(pair_boxes(predicted, truth, labels=labels), np.array([iou]), most)


def coco_ap(
    predicted: ImageBoxes,
    truth: ImageBoxes,
    *,
    labels: tuple[str, ...] | None = None,
    most: int | None = 100,
) -> AveragePrecision:
    """COCO's average precision: the mean over the overlaps 0.5, 0.55, …, 0.95.

    Args: as `average_precision`.
    Source: Lin et al., Microsoft COCO, ECCV 2014; equal to pycocotools' AP.
    """
    return _mean_over(pair_boxes(predicted, truth, labels=labels), COCO_OVERLAPS, most)


def _mean_over(pair: BoxPair, overlaps: NDArray[np.float64], most: int | None) -> AveragePrecision:
    films = np.ones((1, len(pair.images)))
    curves = label_curves(pair, overlaps, most=most)
    values = np.array([curve.precisions(films)[0].mean() for curve in curves])
    (mean,) = defined_mean(values, axis=0)
    return AveragePrecision(pair.labels, values, None if np.isnan(mean) else float(mean))


def label_curves(
    pair: BoxPair,
    overlaps: NDArray[np.float64],
    *,
    most: int | None = 100,
    size: tuple[float, float] = (0, inf),
) -> list["LabelCurves"]:
    """Match boxes, and make each label's curves from what came of it.

    Args: as `match_boxes`; `size` are its smallest and largest area.
    """
    matches = match_boxes(pair, overlaps, most=most, smallest=size[0], largest=size[1])
    return [LabelCurves(pair, matches, place) for place in range(len(pair.labels))]


class LabelCurves:
    """Precision and recall of one label at several overlaps, for any weights of the films.

    Weights say how often each film was drawn in a resample; all 1 is the sample itself.

    Attributes:
        score: (boxes,) of the label's predicted boxes, falling.
        hit: (boxes, overlaps) bool.
        counted: (boxes, overlaps) bool: is a hit or a false alarm.
        lesions: true boxes that count.
    """

    def __init__(self, pair: BoxPair, matches: Matches, label: int) -> None:
        start, end = np.searchsorted(matches.predicted.label, [label, label + 1])
        order = start + np.argsort(-matches.predicted.score[start:end], kind="stable")
        self.score = matches.predicted.score[order]
        self.hit = matches.hit[order]
        self.counted = ~matches.passed_over[order]
        self._film = matches.predicted.image[order]
        self._rank = matches.rank[order]
        true_films = pair.truth.image[(pair.truth.label == label) & matches.counts]
        self.lesions = len(true_films)
        self._lesions_of = np.bincount(true_films, minlength=len(pair.images)).astype(np.float64)

    def precisions(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Precision at each of `RECALLS`.

        Args:
            weights: (some, films).
        Returns:
            (some, overlaps, 101); NaN where no true box is left.
        """
        found = in_blocks(self._precisions, weights, len(self.score))
        there = weights @ self._lesions_of > 0
        return np.where(there[:, np.newaxis, np.newaxis], found, np.nan)

    def recall(self, weights: NDArray[np.float64], most: int) -> NDArray[np.float64]:
        """The share of true boxes found by the first `most` boxes of each film, (some, overlaps).

        Args: as `precisions`.
        """
        found = self.hit & (self._rank < most)[:, np.newaxis]
        hits = np.zeros((weights.shape[1], self.hit.shape[1]))
        np.add.at(hits, self._film, found)
        return ratio(weights @ hits, (weights @ self._lesions_of)[:, np.newaxis])

    def _precisions(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        total = weights @ self._lesions_of
        drawn = weights[:, self._film]
        every = np.cumsum(drawn, axis=1)
        found = np.zeros((len(weights), self.hit.shape[1], len(RECALLS)))
        for place in range(self.hit.shape[1]):
            counted = self.counted[:, place]
            called = every if counted.all() else np.cumsum(drawn * counted, axis=1)
            # Recall grows, and precision peaks, where a true box is found: all else is left out.
            hits = np.flatnonzero(self.hit[:, place])
            true = np.cumsum(drawn[:, hits], axis=1)
            found[:, place] = _at_recalls(true, called[:, hits], total)
        return found


def _at_recalls(
    true: NDArray[np.float64], called: NDArray[np.float64], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The highest precision at each recall or above, (some, 101).

    Args:
        true, called: (some, hits): true boxes found, and boxes predicted, down to each hit.
        total: (some,) true boxes.
    """
    precision = true / (called + _SPACING)
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = true / np.maximum(total, 1)[:, np.newaxis]
    found = np.zeros((len(true), len(RECALLS)))
    for row in range(len(true)):
        first = np.searchsorted(recall[row], RECALLS)
        reached = first < len(recall[row])
        found[row, reached] = precision[row, first[reached]]
    return found
