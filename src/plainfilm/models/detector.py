"""Running a model that puts boxes around findings, with ONNX Runtime."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import InputError, ModelError, Reason
from plainfilm.models.detector_card import DetectorCard
from plainfilm.models.runtime import open_session
from plainfilm.models.store import Stored

__all__ = ["BOXES", "DETECTOR_OUTPUTS", "LABELS", "SCORES", "Detector", "FoundBoxes", "suppress"]

BOXES: Final = "boxes"
SCORES: Final = "scores"
LABELS: Final = "labels"
DETECTOR_OUTPUTS: Final = (BOXES, SCORES, LABELS)
_FILMS: Final = "films"


@dataclass(frozen=True, slots=True, eq=False)
class FoundBoxes:
    """The boxes in one film, the best first.

    Attributes:
        boxes: (k, 4) float64, xmin, ymin, xmax, ymax as shares of the network's input, in [0, 1].
        scores: (k,) float64 in [0, 1].
        labels: (k,) int64, places in the card's labels.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)

    def only(self, chosen: NDArray[Any]) -> "FoundBoxes":
        """Some of them: a mask, or places in their order."""
        return FoundBoxes(self.boxes[chosen], self.scores[chosen], self.labels[chosen])


class Detector:
    """A loaded model that puts boxes around findings. It is not made for threads.

    The network takes `films`, (n, 1, rows, columns) float32 in [0, 1], and gives `boxes`,
    (n, k, 4) float32, as shares of its input; `scores`, (n, k) float32; `labels`, (n, k) int64. A
    place that holds no box has the score 0.

    Args:
        model: from `find_detector`.
        threads: that compute.
        provider: what computes; see `open_session`.
    Raises:
        ModelError: the file is missing, damaged, no ONNX, or does not take and give what its
            card says.
        SettingsError: the provider is not installed.
    """

    def __init__(
        self, model: Stored[DetectorCard], threads: int = 1, provider: str = "cpu"
    ) -> None:
        self.card = model.card
        self._session = open_session(model, threads, provider)
        self._network = model.network
        _check(self._session, model)

    def run(self, film: NDArray[np.float32]) -> FoundBoxes:
        """Find boxes in one film; doubles are taken out as the card says.

        Args:
            film: (rows, columns) float32 in [0, 1], C-contiguous; bright = dense.
        Raises:
            InputError: the network's answer on this film is no number, or out of range.
            ModelError: the network names a label that its card does not have.
        """
        found = self._session.run(list(DETECTOR_OUTPUTS), {_FILMS: film[np.newaxis, np.newaxis]})
        boxes, scores, labels = (each[0] for each in found)
        return self._usable(FoundBoxes(boxes.astype(float), scores.astype(float), labels))

    def _usable(self, found: FoundBoxes) -> FoundBoxes:
        card = self.card
        if not ((found.scores >= 0) & (found.scores <= 1)).all():  # NaN fails both
            raise self._unusable("scores that are not 0 to 1")
        found = found.only((found.scores > 0) & (found.scores >= card.least_score))
        if not np.isfinite(found.boxes).all():
            raise self._unusable("boxes that are no numbers")
        if ((found.labels < 0) | (found.labels >= len(card.labels))).any():
            raise ModelError(f"{self._network} names labels that its card does not have; mend it")
        found = FoundBoxes(found.boxes.clip(0, 1), found.scores, found.labels)
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        found = found.only(np.all(sides > 0, axis=1))
        found = found.only(np.argsort(-found.scores, kind="stable"))
        if card.overlap is not None:
            found = found.only(suppress(found, card.overlap))
        return found.only(np.arange(min(len(found), card.most_boxes)))

    def _unusable(self, what: str) -> InputError:
        message = f"{self.card.name} {self.card.version} answered with {what}"
        return InputError(message, Reason.UNUSABLE_ANSWER)


def suppress(found: FoundBoxes, overlap: float) -> NDArray[np.int64]:
    """Non-maximum suppression: of boxes of one label that lie on one another, keep the best.

    Args:
        found: the best first.
        overlap: intersection over union above which two boxes are of one thing.
    Returns:
        (kept,) places, in order.
    """
    lows, highs = found.boxes[:, :2], found.boxes[:, 2:]
    areas = np.prod(highs - lows, axis=1)
    left = np.arange(len(found))
    kept: list[int] = []
    while len(left):
        best, left = int(left[0]), left[1:]
        kept.append(best)
        sides = np.minimum(highs[best], highs[left]) - np.maximum(lows[best], lows[left])
        common = np.prod(sides.clip(0), axis=1)
        same = found.labels[left] == found.labels[best]
        left = left[~(same & (common > overlap * (areas[best] + areas[left] - common)))]
    return np.array(kept, np.int64)


def _check(session: Any, model: Stored[DetectorCard]) -> None:
    """Make sure that inputs and outputs are the interface's, with the card's sizes."""
    card = model.card
    taken = {each.name: (each.type, each.shape[1:]) for each in session.get_inputs()}
    given = {each.name: (each.type, len(each.shape)) for each in session.get_outputs()}
    expected = {BOXES: ("tensor(float)", 3), SCORES: ("tensor(float)", 2)}
    expected[LABELS] = ("tensor(int64)", 2)
    right = taken == {_FILMS: ("tensor(float)", [1, card.rows, card.columns])}
    if not right or any(given.get(name) != form for name, form in expected.items()):
        raise ModelError(
            f"{model.network} does not have what its card says: an input `{_FILMS}`, float32 of"
            f" n x 1 x {card.rows} x {card.columns}, outputs `{BOXES}`, float32 of n x k x 4,"
            f" `{SCORES}`, float32 of n x k, and `{LABELS}`, int64 of n x k; export it anew, or"
            " mend its card"
        )
