"""Detectors' boxes against true ones: everything that a paper prints of them, in one call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plainfilm.evaluate import detection_tables as tables
from plainfilm.evaluate.box_localization import LocalizationScore, PointingScore, localization
from plainfilm.evaluate.detection_pairing import DetectionPair
from plainfilm.evaluate.detection_scores import DetectionScores, score_detections
from plainfilm.evaluate.intervals import Bootstrap
from plainfilm.evaluate.proportions import ProportionInterval
from plainfilm.evaluate.tables import Cell, Grid

__all__ = ["DetectionEvaluation", "evaluate_detection"]


@dataclass(frozen=True, slots=True, eq=False)
class DetectionEvaluation:
    """One or more detectors on the same films.

    Attributes:
        detectors: name → its scores.
        localization: name → accuracy and false positives as for ChestX-ray8; empty unless asked
            for.
        pointing: empty unless asked for.
        iou: the overlap of `ap` and FROC.
        bootstrap: None where figures have no intervals.
    """

    pair: DetectionPair
    detectors: Mapping[str, DetectionScores]
    localization: Mapping[str, tuple[LocalizationScore, ...]]
    pointing: tuple[PointingScore, ...]
    iou: float
    most: int | None
    bootstrap: Bootstrap | None

    def grids(self) -> list[Grid]:
        """Tables for people."""
        found = [tables.detector_grid(self.detectors, self.iou)]
        if len(self.detectors) > 1:
            found.append(tables.difference_grid(self.detectors, self.iou))
        found += [tables.label_grid(name, each, self.iou) for name, each in self.detectors.items()]
        found.append(tables.froc_grid(self.detectors))
        found += [tables.localization_grid(name, each) for name, each in self.localization.items()]
        if self.pointing:
            found.append(tables.pointing_grid(self.pointing))
        return found

    def records(self) -> dict[str, list[dict[str, Cell]]]:
        """Tables for programs, by name; figures in [0, 1], None where undefined."""
        found = {
            "scores": tables.score_records(self.detectors),
            "froc": tables.froc_records(self.detectors),
        }
        if self.localization:
            found["localization"] = tables.localization_records(self.localization)
        if self.pointing:
            found["pointing"] = tables.pointing_records(self.pointing)
        return found

    def methods(self) -> str:
        """How the figures were made, in a paragraph that a paper can take over."""
        films, pair = len(self.pair.first.images), self.pair
        most = "all boxes" if self.most is None else f"the {self.most} highest boxes"
        words = [
            f"{films:,} films, {pair.films_without_boxes:,} of them without a true box.",
            f"AP: mean precision at 101 recalls, IoU {self.iou:g}, {most} of each film and class.",
            "COCO AP: mean over IoU 0.5 to 0.95. FROC: all boxes, of all classes together.",
        ]
        if self.bootstrap is not None:
            words.append(
                f"Intervals: percentile bootstrap of {self.bootstrap.resamples:,} resamples of"
                f" films, {100 * self.bootstrap.confidence:g} %; differences are paired."
            )
        if self.localization:
            words.append(
                "Localisation as for ChestX-ray8: a true box is found by a predicted one of its"
                " class that overlaps more than T; false positives per film that has a true box of"
                " the class; accuracies with Wilson's intervals."
            )
        if pair.cut:
            words.append(f"{pair.cut:,} boxes were cut at their films' edges.")
        if pair.faults:
            words.append(f"{len(pair.faults):,} boxes could not be used and were left out.")
        return " ".join(words)


def evaluate_detection(
    pair: DetectionPair,
    *,
    iou: float = 0.5,
    most: int | None = 100,
    sizes: bool = False,
    localize: bool = False,
    pointing: tuple[PointingScore, ...] = (),
    bootstrap: Bootstrap | None = None,
    progress: Callable[[int], None] | None = None,
) -> DetectionEvaluation:
    """Score one or more detectors.

    Args:
        iou, most, sizes, bootstrap, progress: as `score_detections`.
        localize: judge places as for ChestX-ray8, too.
        pointing: scores of the pointing game, to be shown with the others.
    Raises:
        SettingsError: as `score_detections`.
    """
    scores = score_detections(
        pair.detectors, iou=iou, most=most, sizes=sizes, bootstrap=bootstrap, progress=progress
    )
    interval = ProportionInterval(confidence=bootstrap.confidence if bootstrap else 0.95)
    places = {
        name: localization(each, interval=interval, bootstrap=bootstrap)
        for name, each in (pair.detectors.items() if localize else ())
    }
    return DetectionEvaluation(pair, scores, places, pointing, iou, most, bootstrap)
