"""Faster R-CNN and RetinaNet of torchvision, for those whose torchvision fits their PyTorch.

Sources: Ren et al., Faster R-CNN (NeurIPS 2015); Lin et al., Focal Loss for Dense Object Detection
(ICCV 2017).
"""

import pickle
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import pad

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
_BACKBONE: Final = "backbone.body."
_GREY: Final = (0.449, 0.226)  # mean and spread of ImageNet's grey values


class TorchvisionDetector(Detector):
    """A detector of torchvision with a ResNet-50 and a feature pyramid.

    Args:
        name: of `TORCHVISION_DETECTORS`.
        classes: how many.
        weights: a file with the state of such a network, of however many classes, or of a
            ResNet-50, as torchvision publishes them; without, weights are random.
    Raises:
        ModelError: torchvision is missing or does not fit this PyTorch; the weights do not fit.
    """

    overlap = None  # it suppresses by itself
    one_film = True
    traced = True

    def __init__(self, name: str, classes: int, *, weights: str | None = None) -> None:
        super().__init__()
        function, self.first, most = TORCHVISION_DETECTORS[name]
        make = getattr(_detection_of_torchvision(name), function)
        self.body = make(
            weights=None,
            weights_backbone=None,
            num_classes=classes + self.first,
            image_mean=[_GREY[0]] * 3,
            image_std=[_GREY[1]] * 3,
            **{most: MOST_BOXES},
        )
        # Films come scaled and padded. Its own option to leave them so holds in training only.
        self.body.transform.resize = _as_it_is
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
        lacking = [most - len(each["scores"]) for each in said]
        boxes, scores, labels = (
            torch.stack(
                [
                    pad(each[part], (*beside, 0, count))
                    for each, count in zip(said, lacking, strict=True)
                ]
            )
            for part, beside in (("boxes", (0, 0)), ("scores", ()), ("labels", ()))
        )
        return (boxes / film).clamp(0, 1), scores, (labels - self.first).clamp(min=0)


def _as_it_is(film: Tensor, target: Any) -> tuple[Tensor, Any]:
    return film, target


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
    """Take what fits: of a network with other classes, all but its last layers."""
    wrong = ModelError(f"{weights} holds no weights of this detector or of a ResNet-50")
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise wrong from error
    if not isinstance(state, dict):
        raise wrong
    own, fitting = body.state_dict(), {}
    for given, value in state.items():
        for name in (str(given), f"{_BACKBONE}{given}"):
            if name in own and getattr(value, "shape", None) == own[name].shape:
                fitting[name] = value
    needed = {name for name in own if name.startswith(_BACKBONE) and name.endswith(".weight")}
    if not needed <= set(fitting):
        raise wrong
    body.load_state_dict(fitting, strict=False)
