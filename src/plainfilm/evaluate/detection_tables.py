"""The figures of detectors as tables: for people, and as records for programs."""

from collections.abc import Mapping, Sequence
from typing import Final

from plainfilm.evaluate.box_localization import LocalizationScore, PointingScore
from plainfilm.evaluate.detection_scores import SIZE_FIGURES, DetectionScore, DetectionScores
from plainfilm.evaluate.proportions import Proportion
from plainfilm.evaluate.tables import Cell, Grid, flat, with_interval

__all__ = [
    "detector_grid",
    "difference_grid",
    "froc_grid",
    "froc_records",
    "label_grid",
    "localization_grid",
    "localization_records",
    "pointing_grid",
    "pointing_records",
    "score_records",
]

_WORDS: Final = {
    "coco_ap": "COCO AP",
    "coco_ap75": "AP@0.75",
    **{name: f"AP {name.rsplit('_', maxsplit=1)[-1]}" for name in SIZE_FIGURES},
    "recall_1": "Recall, 1 box",
    "recall_10": "Recall, 10",
    "recall_100": "Recall, 100",
}


def detector_grid(detectors: Mapping[str, DetectionScores], iou: float) -> Grid:
    """A row for each detector, average precision of each class and the mean, as papers print."""
    rows = tuple(
        (name, *(with_interval(each.figures["ap"]) for each in _all_of(scores)))
        for name, scores in detectors.items()
    )
    return Grid(f"AP@{iou:g} of each class", _classes("Detector", detectors), rows)


def difference_grid(detectors: Mapping[str, DetectionScores], iou: float) -> Grid:
    """A row for each detector but the first: by how much its average precisions are higher."""
    rows = tuple(
        (name, *(with_interval(each.differences["ap"]) for each in _all_of(scores)))
        for name, scores in detectors.items()
        if scores.mean.differences
    )
    first = next(iter(detectors))
    title = f"Difference of AP@{iou:g} to {first}, on the same films"
    return Grid(title, _classes("Detector", detectors), rows)


def label_grid(name: str, scores: DetectionScores, iou: float) -> Grid:
    """A row for each class and the mean, every figure of one detector."""
    others = [figure for figure in _WORDS if figure in scores.mean.figures]
    rows = tuple(
        (
            each.label,
            f"{each.lesions:,}",
            f"{each.predicted:,}",
            *(with_interval(each.figures[figure]) for figure in ("ap", *others)),
        )
        for each in _all_of(scores)
    )
    columns = ("Class", "True", "Predicted", f"AP@{iou:g}", *(_WORDS[each] for each in others))
    return Grid(name, columns, rows)


def froc_grid(detectors: Mapping[str, DetectionScores]) -> Grid:
    """A row for each detector: sensitivity of all classes together by false alarms per film."""
    rows = tuple(
        (name, *map(with_interval, scores.mean.froc.values())) for name, scores in detectors.items()
    )
    points = next(iter(detectors.values())).mean.froc
    columns = ("Detector", *(f"{point:g}" for point in points))
    return Grid("Sensitivity at false alarms per film", columns, rows)


def localization_grid(name: str, scores: Sequence[LocalizationScore]) -> Grid:
    """ChestX-ray8's table: a row for each measure, T and figure; a column for each class."""
    labels = list(dict.fromkeys(each.label for each in scores))
    cells = {(each.measure, each.overlap, each.label): each for each in scores}
    rows: list[tuple[str, ...]] = []
    for measure, overlap in dict.fromkeys((each.measure, each.overlap) for each in scores):
        found = [cells[measure, overlap, label] for label in labels]
        title = f"T({_MEASURE[measure]}) = {overlap:g}"
        accuracies = (with_interval(each.accuracy.estimate) for each in found)
        rows.append((f"{title}, accuracy", *accuracies))
        alarms = (with_interval(each.false_positives) for each in found)
        rows.append((f"{title}, false positives", *alarms))
    return Grid(f"{name}, where findings are", ("", *labels), tuple(rows))


def pointing_grid(scores: Sequence[PointingScore]) -> Grid:
    """A row for each class and all together."""
    rows = tuple(
        (
            each.label,
            f"{each.accuracy.count:,} / {each.accuracy.of:,}",
            with_interval(each.accuracy.estimate),
        )
        for each in scores
    )
    return Grid("Pointing game", ("Class", "Hits", "Accuracy"), rows)


def score_records(detectors: Mapping[str, DetectionScores]) -> list[dict[str, Cell]]:
    """One record for each detector and class, then its mean; differences to the first detector."""
    several = len(detectors) > 1
    return [
        {
            "detector": name,
            "class": each.label,
            "lesions": each.lesions,
            "predicted": each.predicted,
            **flat(**each.figures),
            **(_differences(each, scores) if several else {}),
        }
        for name, scores in detectors.items()
        for each in _all_of(scores)
    ]


def froc_records(detectors: Mapping[str, DetectionScores]) -> list[dict[str, Cell]]:
    """One record for each detector, class and number of false alarms; `all` for all classes."""
    return [
        {
            "detector": name,
            "class": "all" if each is scores.mean else each.label,
            "false_alarms_per_film": point,
            **flat(sensitivity=found),
        }
        for name, scores in detectors.items()
        for each in _all_of(scores)
        for point, found in each.froc.items()
    ]


def localization_records(
    detectors: Mapping[str, Sequence[LocalizationScore]],
) -> list[dict[str, Cell]]:
    """One record for each detector, class, measure and T."""
    return [
        {
            "detector": name,
            "class": each.label,
            "measure": each.measure,
            "overlap": each.overlap,
            "films": each.films,
            **_proportion(each.accuracy),
            **flat(false_positives=each.false_positives),
        }
        for name, scores in detectors.items()
        for each in scores
    ]


def pointing_records(scores: Sequence[PointingScore]) -> list[dict[str, Cell]]:
    """One record for each class, then all together."""
    return [{"class": each.label, **_proportion(each.accuracy)} for each in scores]


_MEASURE: Final = {"iobb": "IoBB", "iou": "IoU"}


def _classes(first: str, detectors: Mapping[str, DetectionScores]) -> tuple[str, ...]:
    return (first, *(each.label for each in _all_of(next(iter(detectors.values())))))


def _all_of(scores: DetectionScores) -> tuple[DetectionScore, ...]:
    return (*scores.labels, scores.mean)


def _differences(score: DetectionScore, scores: DetectionScores) -> dict[str, Cell]:
    """Empty cells for the first detector, so that all records have the same keys."""
    names = [f"{name}_difference" for name in scores.mean.figures]
    if not score.differences:
        ends = ("", "_low", "_high", "_undefined_resamples")
        return {f"{name}{end}": None for name in names for end in ends}
    return flat(**dict(zip(names, score.differences.values(), strict=True)))


def _proportion(found: Proportion) -> dict[str, Cell]:
    return {
        "hits": found.count,
        "of": found.of,
        "accuracy": found.estimate.value,
        "accuracy_low": found.estimate.low,
        "accuracy_high": found.estimate.high,
    }
