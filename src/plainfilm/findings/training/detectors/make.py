"""Detectors by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from plainfilm.errors import SettingsError
from plainfilm.findings.training.detectors.efficientdet import EfficientDet
from plainfilm.findings.training.detectors.interface import Detector
from plainfilm.findings.training.detectors.sparse_rcnn import SparseRcnn
from plainfilm.findings.training.detectors.torchvision_detectors import (
    TORCHVISION_DETECTORS,
    TorchvisionDetector,
)
from plainfilm.findings.training.detectors.transformers_detectors import (
    TRANSFORMERS_DETECTORS,
    TransformersDetector,
)

__all__ = ["DETECTORS", "make_detector"]

_OWN: Final[dict[str, Callable[..., Detector]]] = {
    "efficientdet": EfficientDet,
    "sparse-rcnn": SparseRcnn,
}
DETECTORS: Final = (*_OWN, *TRANSFORMERS_DETECTORS, *TORCHVISION_DETECTORS)
"""The names of the detectors."""


def make_detector(
    name: str,
    classes: int,
    *,
    weights: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Detector:
    """Make a detector that is to be trained.

    Args:
        name: one of `DETECTORS`.
        classes: how many findings.
        weights: of a detector of transformers a folder, of torchvision a file; our own start from
            ImageNet, and take none.
        settings: of its architecture, such as `width`; of torchvision's there are none.
    Raises:
        SettingsError: there is no such detector, or it does not take what was given.
        ModelError: a package or weights are missing, or do not fit.
    """
    given = dict(settings or {})
    if name in TRANSFORMERS_DETECTORS:
        return TransformersDetector(name, classes, weights=weights, settings=given)
    if name in TORCHVISION_DETECTORS:
        if given:
            raise SettingsError(f"{name} takes no settings")
        return TorchvisionDetector(name, classes, weights=weights)
    if name not in _OWN:
        raise SettingsError(f"there is no detector `{name}`; there are {', '.join(DETECTORS)}")
    if weights is not None:
        raise SettingsError(f"{name} starts from ImageNet; it takes no other weights")
    try:
        return _OWN[name](classes, **given)
    except (TypeError, ValueError, AssertionError) as error:
        raise SettingsError(f"these settings make no {name}: {error}") from error
