"""Detectors against true boxes: average precision of each kind, and FROC, with intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import SettingsError
from plainfilm.evaluate.box_matching import match_boxes
from plainfilm.evaluate.box_precision import (
    COCO_OVERLAPS,
    COCO_SIZES,
    label_curves,
)
from plainfilm.evaluate.boxes import BoxPair
from plainfilm.evaluate.froc_curve import FALSE_ALARMS, FrocCurve, FrocStatistic
from plainfilm.evaluate.intervals import Bootstrap, Estimate, percentile
from plainfilm.evaluate.sums import defined_mean, estimates_of

__all__ = [
    "DETECTION_FIGURES",
    "SIZE_FIGURES",
    "DetectionScore",
    "DetectionScores",
    "score_detections",
]

DETECTION_FIGURES: Final = ("ap", "coco_ap", "coco_ap75", "recall_1", "recall_10", "recall_100")
SIZE_FIGURES: Final = tuple(f"coco_ap_{size}" for size in COCO_SIZES)

_MOST: Final = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class DetectionScore:
    """One label, or the mean over labels, which is called `mean`.

    Attributes:
        lesions: true boxes.
        predicted: boxes, whatever their score.
        figures: by the names of `DETECTION_FIGURES` and, if asked for, `SIZE_FIGURES`. `ap` is at
            the one overlap that was chosen; `coco_ap` is the mean over overlaps from 0.5 to 0.95;
            `recall_10` is of the 10 highest boxes of each film, over the same overlaps. Undefined
            where there is no true box.
        differences: of the same figures to the first detector; empty for that one itself.
        froc: false alarms per film → sensitivity. Of `mean`, it is that of all labels together.
    """

    label: str
    lesions: int
    predicted: int
    figures: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    froc: Mapping[float, Estimate]


@dataclass(frozen=True, slots=True, eq=False)
class DetectionScores:
    """One detector.

    Attributes:
        precisions: label → (101,), precision at each of `RECALLS`, at the chosen overlap.
        curve: FROC of all labels together.
    """

    labels: tuple[DetectionScore, ...]
    mean: DetectionScore
    precisions: Mapping[str, NDArray[np.float64]]
    curve: FrocCurve


def score_detections(
    detectors: Mapping[str, BoxPair],
    *,
    iou: float = 0.5,
    most: int | None = 100,
    sizes: bool = False,
    bootstrap: Bootstrap | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, DetectionScores]:
    """Score one or more detectors on the same films.

    Args:
        detectors: name → its boxes and the true ones, with the same films, labels and true boxes.
        iou: the overlap of `ap` and of FROC, in (0, 1].
        most: boxes of a film and label that take part in average precisions; None for all.
        sizes: COCO's figures for small, medium and large true boxes as well.
        bootstrap: draws films; all detectors get the same ones, so that differences are paired.
        progress: called with the number of resamples just done.
    Raises:
        SettingsError: `iou` is out of range, or detectors differ in films or labels.
    Source: as `average_precision`, `coco_ap` and `froc`.
    """
    if not 0 < iou <= 1:
        raise SettingsError(f"the overlap ({iou}) must lie above 0 and not above 1")
    first = next(iter(detectors.values()))
    if len({(each.images, each.labels) for each in detectors.values()}) > 1:
        raise SettingsError("detectors can be compared on the same films and labels only")
    statistics = [_Statistic(pair, iou, most, sizes) for pair in detectors.values()]
    films = np.ones(len(first.images), np.int64)

    def figures_of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        each = np.stack([statistic(weights) for statistic in statistics], axis=1)
        return np.concatenate([each, each - each[:, :1]], axis=-1)

    (values,) = figures_of(films[np.newaxis].astype(np.float64))
    interval = None
    if bootstrap is not None:
        replicates = bootstrap.replicates(figures_of, films, progress=progress)
        interval = percentile(replicates, bootstrap.confidence)
    estimates = estimates_of(values, interval)
    return {
        name: _scores(pair, statistic, found, differs=bool(place))
        for place, (name, pair, statistic, found) in enumerate(
            zip(detectors, detectors.values(), statistics, estimates, strict=True)
        )
    }


class _Statistic:
    """One detector's figures, (some, labels + 1, figures + FROC points), from films' weights."""

    def __init__(self, pair: BoxPair, iou: float, most: int | None, sizes: bool) -> None:
        overlaps = COCO_OVERLAPS if iou in COCO_OVERLAPS else np.append(COCO_OVERLAPS, iou)
        self._chosen = int(np.argmax(overlaps == iou))
        self._curves = label_curves(pair, overlaps, most=most)
        self._of_size = [
            label_curves(pair, COCO_OVERLAPS, most=most, size=size)
            for size in (COCO_SIZES.values() if sizes else ())
        ]
        self.names = DETECTION_FIGURES + (SIZE_FIGURES if sizes else ())
        self._froc = _froc_statistics(pair, iou)

    def __call__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        each = np.stack([self._label(weights, place) for place in range(len(self._curves))], axis=1)
        figures = np.concatenate([each, defined_mean(each, axis=1)], axis=1)
        froc = np.stack([statistic.sensitivity(weights) for statistic in self._froc], axis=1)
        return np.concatenate([figures, froc], axis=-1)

    def _label(self, weights: NDArray[np.float64], place: int) -> NDArray[np.float64]:
        """(some, figures) of one label."""
        curve = self._curves[place]
        at_overlaps = curve.precisions(weights).mean(axis=-1)
        coco = at_overlaps[:, : len(COCO_OVERLAPS)]
        recalls = [
            curve.recall(weights, most)[:, : len(COCO_OVERLAPS)].mean(axis=1) for most in _MOST
        ]
        sizes = [curves[place].precisions(weights).mean(axis=(1, 2)) for curves in self._of_size]
        main = (at_overlaps[:, self._chosen], coco.mean(axis=1), coco[:, 5])
        return np.stack([*main, *recalls, *sizes], axis=1)

    def precisions(self, place: int, films: int) -> NDArray[np.float64]:
        """(101,) of one label at the chosen overlap."""
        (found,) = self._curves[place].precisions(np.ones((1, films)))
        return np.asarray(found[self._chosen], np.float64)

    @property
    def froc_curve(self) -> FrocCurve:
        """Of all labels together."""
        return self._froc[-1].curve()


def _froc_statistics(pair: BoxPair, iou: float) -> list[FrocStatistic]:
    """Each label's, then that of all together."""
    matches = match_boxes(pair, np.array([iou]), most=None)
    said, true = matches.predicted, pair.truth
    chosen = [(said.label == place, true.label == place) for place in range(len(pair.labels))]
    chosen.append((np.ones(len(said), bool), np.ones(len(true), bool)))
    return [
        FrocStatistic(
            said.score[kept],
            matches.hit[kept, 0],
            said.image[kept],
            true.image[lesions],
            len(pair.images),
        )
        for kept, lesions in chosen
    ]


def _scores(
    pair: BoxPair, statistic: _Statistic, estimates: NDArray[np.object_], *, differs: bool
) -> DetectionScores:
    names, points = statistic.names, FALSE_ALARMS
    width = len(names) + len(points)

    def score(place: int, label: str, lesions: int, predicted: int) -> DetectionScore:
        own, gap = estimates[place, :width], estimates[place, width:]
        return DetectionScore(
            label,
            lesions,
            predicted,
            dict(zip(names, own, strict=False)),
            dict(zip(names, gap, strict=False)) if differs else {},
            dict(zip(points, own[len(names) :], strict=True)),
        )

    lesions = np.bincount(pair.truth.label, minlength=len(pair.labels)).tolist()
    predicted = np.bincount(pair.predicted.label, minlength=len(pair.labels)).tolist()
    labels = tuple(
        score(place, name, lesions[place], predicted[place])
        for place, name in enumerate(pair.labels)
    )
    mean = score(len(pair.labels), "mean", sum(lesions), sum(predicted))
    precisions = {
        name: statistic.precisions(place, len(pair.images))
        for place, name in enumerate(pair.labels)
    }
    return DetectionScores(labels, mean, precisions, statistic.froc_curve)
