"""Free-response ROC: true boxes found against false alarms per film."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate.box_matching import match_boxes
from plainfilm.evaluate.boxes import ImageBoxes, pair_boxes
from plainfilm.evaluate.sums import in_blocks, ratio

__all__ = ["FALSE_ALARMS", "FrocCurve", "FrocStatistic", "froc"]

FALSE_ALARMS: Final = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False alarms per film at which sensitivity is read off (Setio et al., LUNA16, 2017)."""


@dataclass(frozen=True, slots=True, eq=False)
class FrocCurve:
    """Operating points, from no box kept to all.

    Attributes:
        thresholds: boxes with `score >= threshold` are kept; the first is infinite.
        false_alarms: per film.
        sensitivity: the share of true boxes found; NaN where there is none.
    """

    thresholds: NDArray[np.float64]
    false_alarms: NDArray[np.float64]
    sensitivity: NDArray[np.float64]

    def at(self, false_alarms: float) -> float | None:
        """The highest sensitivity with at most so many false alarms per film; None where 0/0."""
        place = int(np.searchsorted(self.false_alarms, false_alarms, side="right")) - 1
        found = float(self.sensitivity[place])
        return None if np.isnan(found) else found


def froc(
    predicted: ImageBoxes,
    truth: ImageBoxes,
    *,
    iou: float = 0.5,
    images: Sequence[str] | None = None,
    labels: tuple[str, ...] | None = None,
) -> FrocCurve:
    """The curve over all labels together; a box has to find a true one of its own label.

    Args:
        iou: intersection over union that a box needs at least.
        images: films that were looked at, those without boxes among them: they make false alarms
            per film fewer. Where not given, those with a box of either kind.
        labels: to score; where not given, those of the truth.
    Source: Bunch et al., J Appl Photogr Eng 1978.
    """
    pair = pair_boxes(predicted, truth, images=images, labels=labels)
    matches = match_boxes(pair, np.array([iou]), most=None)
    return FrocStatistic(
        matches.predicted.score,
        matches.hit[:, 0],
        matches.predicted.image,
        pair.truth.image,
        len(pair.images),
    ).curve()


class FrocStatistic:
    """The curve for any weights of the films (how often each was drawn in a resample).

    Args:
        score, hit, image: (boxes,), of the predicted ones, in any order.
        lesions: (true boxes,): the film of each.
    """

    def __init__(
        self,
        score: NDArray[np.float64],
        hit: NDArray[np.bool_],
        image: NDArray[np.intp],
        lesions: NDArray[np.intp],
        films: int,
    ) -> None:
        order = np.argsort(-score, kind="stable")
        self._score, self._hit, self._image = score[order], hit[order], image[order]
        self._lesions_of = np.bincount(lesions, minlength=films).astype(np.float64)
        # Boxes of one score are kept or left together.
        self._ends = np.flatnonzero(np.diff(self._score, append=-np.inf))

    def curve(self) -> FrocCurve:
        """Of the films as they are."""
        weights = np.ones((1, len(self._lesions_of)))
        alarms, found = self._points(weights)
        thresholds = np.concatenate([[np.inf], self._score[self._ends]])
        return FrocCurve(thresholds, alarms[0], found[0])

    def sensitivity(
        self, weights: NDArray[np.float64], false_alarms: Sequence[float] = FALSE_ALARMS
    ) -> NDArray[np.float64]:
        """The highest sensitivity with at most so many false alarms per film.

        Args:
            weights: (some, films).
        Returns:
            (some, points); NaN where no true box is left.
        """

        def read_off(some: NDArray[np.float64]) -> NDArray[np.float64]:
            alarms, found = self._points(some)
            places = [np.searchsorted(row, false_alarms, side="right") - 1 for row in alarms]
            return np.take_along_axis(found, np.array(places), axis=1)

        return in_blocks(read_off, weights, len(self._score))

    def _points(
        self, weights: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        drawn = weights[:, self._image]
        start = np.zeros((len(weights), 1))
        hits = np.cumsum(drawn * self._hit, axis=1)[:, self._ends]
        alarms = np.cumsum(drawn * ~self._hit, axis=1)[:, self._ends]
        found = ratio(
            np.concatenate([start, hits], axis=1), (weights @ self._lesions_of)[:, np.newaxis]
        )
        films = weights.sum(axis=1, keepdims=True)
        return np.concatenate([start, alarms], axis=1) / films, found
