"""Faster R-CNN and RetinaNet of torchvision, for those whose torchvision fits their PyTorch.

Sources: Ren et al., Faster R-CNN (NeurIPS 2015); Lin et al., Focal Loss for Dense Object Detection
(ICCV 2017).
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import torch
from torch import Tensor

from plainfilm.errors import ModelError
from plainfilm.findings.training.detectors.boxes import from_coco
from plainfilm.findings.training.detectors.interface import MOST_BOXES, Detector, Target

__all__ = ["TORCHVISION_DETECTORS", "TorchvisionDetector"]

TORCHVISION_DETECTORS: Final = {
    "faster-rcnn": ("fasterrcnn_resnet50_fpn", 1, "box_detections_per_img"),
    "retinanet": ("retinanet_resnet50_fpn", 0, "detections_per_img"),
}
"""Name → the function that makes it, how many classes it puts before the first finding, and how it
calls the number of boxes that leave it."""
_GREY: Final = (0.449, 0.226)  # mean and spread of ImageNet's grey values


class TorchvisionDetector(Detector):
    """A detector of torchvision with a ResNet-50 and a feature pyramid.

    Args:
        name: of `TORCHVISION_DETECTORS`.
        classes: how many.
        weights: a file with the state of such a network or of its backbone; without, weights are
            random.
    Raises:
        ModelError: torchvision is missing or does not fit this PyTorch; the weights do not fit.
    """

    overlap = None  # it suppresses by itself

    def __init__(self, name: str, classes: int, *, weights: str | None = None) -> None:
        super().__init__()
        function, self.first, most = TORCHVISION_DETECTORS[name]
        make = getattr(_detection_of_torchvision(name), function)
        self.body = make(
            weights=None,
            weights_backbone=None,
            num_classes=classes + self.first,
            # Films come scaled and padded; they are only centred here.
            image_mean=[_GREY[0]] * 3,
            image_std=[_GREY[1]] * 3,
            min_size=1,
            max_size=1 << 16,
            _skip_resize=True,
            **{most: MOST_BOXES},
        )
        if weights is not None:
            _load(self.body, weights)
        self.backbone = self.body.backbone

    def losses(self, films: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        own = [
            {"boxes": from_coco(target.boxes), "labels": target.labels + self.first}
            for target in targets
        ]
        found: dict[str, Tensor] = self.body(list(films.expand(-1, 3, -1, -1)), own)
        return found

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As every detector; where a film has fewer boxes than another, scores of 0 fill up."""
        rows, columns = films.shape[-2:]
        film = torch.tensor([columns, rows, columns, rows], device=films.device)
        said: list[dict[str, Tensor]] = self.body(list(films.expand(-1, 3, -1, -1)))
        most = max(len(each["scores"]) for each in said)
        boxes = films.new_zeros(len(said), most, 4)
        scores = films.new_zeros(len(said), most)
        labels = torch.zeros(len(said), most, dtype=torch.int64, device=films.device)
        for place, each in enumerate(said):
            count = len(each["scores"])
            boxes[place, :count] = each["boxes"] / film
            scores[place, :count] = each["scores"]
            labels[place, :count] = each["labels"] - self.first
        return boxes.clamp(0, 1), scores, labels


def _detection_of_torchvision(name: str) -> Any:
    try:
        detection = import_module("torchvision.models").detection
    except (ImportError, RuntimeError, OSError) as error:
        # A build for another PyTorch fails in whatever way its binaries do.
        raise ModelError(
            f"{name} needs torchvision, in the build that fits this PyTorch; install it, or choose"
            " another detector such as efficientdet"
        ) from error
    return detection


def _load(body: Any, weights: str) -> None:
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        body.load_state_dict(state, strict=False)
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise ModelError(f"{weights} holds no weights that fit this detector") from error
