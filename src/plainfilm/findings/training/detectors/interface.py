"""What every detector takes and gives."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from plainfilm.errors import ModelError

__all__ = ["CANDIDATES", "MOST_BOXES", "OUTPUTS", "Detector", "Target", "best_boxes", "strayed"]

OUTPUTS: Final = ("boxes", "scores", "labels")
MOST_BOXES: Final = 100
"""As many boxes of a film are told of; COCO's figures look at no more."""
CANDIDATES: Final = 1000
"""As many leave a network whose boxes are to be thinned out, or one lesion's would crowd others."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What is on one film, as COCO has it.

    Attributes:
        boxes: (k, 4) x, y of the upper left corner, width and height, in pixels of the film that
            the detector is given; width and height above 0.
        labels: (k,) int64, the classes' places, counted from 0.
    """

    boxes: Tensor
    labels: Tensor


class Detector(nn.Module, ABC):
    """A network that puts boxes around findings.

    Attributes:
        backbone: the part that learns at the plain rate, since it comes with weights.
        overlap: of its boxes of one class above which two are of one thing; None where it was
            taught to give each thing one box.
        one_film: whether the exported network takes films one by one.
        traced: whether it is exported by following one film through it, since it suppresses boxes
            by itself: how many are left, the exporter that reads the code cannot know.
    """

    backbone: nn.Module
    overlap: float | None = None
    one_film: bool = False
    traced: bool = False

    @abstractmethod
    def losses(self, films: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        """What there is to learn from a batch; the sum is what falls.

        Args:
            films: (n, 1, rows, columns) float32 in [0, 1], bright = dense; both sides are
                multiples of 32.
            targets: one for each film; a film without findings has no boxes.
        Returns:
            name → scalar.
        """

    @abstractmethod
    def forward(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Find boxes, as the exported network does.

        Returns:
            boxes, (n, k, 4) xmin, ymin, xmax, ymax as shares of the film, in [0, 1]; scores,
            (n, k) in [0, 1], the best first; labels, (n, k) int64.
        """


def best_boxes(
    boxes: Tensor, scores: Tensor, most: int = MOST_BOXES
) -> tuple[Tensor, Tensor, Tensor]:
    """The best boxes of all classes.

    Args:
        boxes: (n, candidates, 4).
        scores: (n, candidates, classes).
    Returns:
        As `Detector.forward`, of at most so many candidates.
    """
    classes = scores.shape[2]
    count = min(most, scores.shape[1] * classes)
    best, places = torch.topk(scores.flatten(1), count, dim=1)
    candidates = (places // classes).unsqueeze(-1).expand(-1, -1, 4)
    return boxes.gather(1, candidates).clamp(0, 1), best, places % classes


def strayed() -> ModelError:
    """What to raise where findings cannot be matched, since predictions are no numbers."""
    return ModelError("the network's boxes or scores are no numbers; let it learn more slowly")
