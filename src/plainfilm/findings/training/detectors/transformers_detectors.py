"""RT-DETR v2, D-FINE and Deformable DETR of the package transformers, which need no torchvision.

Sources: Lv et al., RT-DETRv2 (arXiv:2407.17140); Peng et al., D-FINE (ICLR 2025); Zhu et al.,
Deformable DETR (ICLR 2021).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.findings.training.detectors.boxes import centres, corners, from_coco
from plainfilm.findings.training.detectors.interface import (
    Detector,
    Target,
    best_boxes,
    strayed,
)

__all__ = ["TRANSFORMERS_DETECTORS", "TransformersDetector"]

TRANSFORMERS_DETECTORS: Final = {
    "rt-detr-v2": ("RTDetrV2Config", "RTDetrV2ForObjectDetection"),
    "d-fine": ("DFineConfig", "DFineForObjectDetection"),
    "deformable-detr": ("DeformableDetrConfig", "DeformableDetrForObjectDetection"),
}
# Deformable DETR's weights were made from colours centred so; those of the others from [0, 1].
_COLOURS: Final = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_ONE_FILM: Final = frozenset({"rt-detr-v2", "d-fine"})  # they take the batch's size for a constant
_UNWEIGHTED: Final = frozenset({"cardinality_error"})  # told, not learnt from


class TransformersDetector(Detector):
    """A detector of the package transformers.

    Args:
        name: of `TRANSFORMERS_DETECTORS`.
        classes: how many.
        weights: a folder with a configuration and weights of this kind of detector; its head is
            made anew where it has other classes. Without, weights are random, which asks for many
            films.
        settings: of the configuration, where there are no weights; the package's own defaults
            stand where none is given.
    Raises:
        SettingsError: the settings make no detector.
        ModelError: transformers is missing or too old, or the folder holds no such detector.
    """

    overlap = None

    def __init__(
        self,
        name: str,
        classes: int,
        *,
        weights: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        config, kind = _classes_of(name)
        body: Any = (
            _untaught(config, kind, {"num_labels": classes} | _settings(name, settings))
            if weights is None
            else _loaded(kind, weights, classes)
        )
        self.body, self.backbone = body, body.model.backbone
        self.one_film = name in _ONE_FILM
        mean, spread = _COLOURS if name == "deformable-detr" else ((0.0,) * 3, (1.0,) * 3)
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(spread).view(1, 3, 1, 1), persistent=False)

    def losses(self, films: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        rows, columns = films.shape[-2:]
        film = torch.tensor([columns, rows, columns, rows], device=films.device)
        labels = [
            {
                "class_labels": target.labels,
                "boxes": centres(from_coco(target.boxes) / film).to(films.dtype),
            }
            for target in targets
        ]
        try:
            said = self.body(pixel_values=self._coloured(films), labels=labels)
        except ValueError as error:  # of its matching, by a cost that is no number
            raise strayed() from error
        parts = {name: value for name, value in said.loss_dict.items() if name not in _UNWEIGHTED}
        # The package weighs its parts when it adds them up; so the sum is told, and is learnt from.
        return {"all": said.loss} if parts else {}

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        said = self.body(pixel_values=self._coloured(films))
        return best_boxes(corners(said.pred_boxes), said.logits.sigmoid())

    def _coloured(self, films: Tensor) -> Tensor:
        return (films.expand(-1, 3, -1, -1) - self.mean) / self.spread


def _classes_of(name: str) -> tuple[Any, Any]:
    try:
        import transformers  # noqa: PLC0415 - large, and seldom needed
    except ImportError as error:
        raise ModelError(f"{name} needs transformers: pip install 'plainfilm[train]'") from error
    try:
        config, kind = (getattr(transformers, each) for each in TRANSFORMERS_DETECTORS[name])
    except (AttributeError, ImportError) as error:
        raise ModelError(f"this transformers has no {name}: pip install -U transformers") from error
    return config, kind


def _settings(name: str, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """Without a backbone of another package, and without downloads."""
    # Statistics of an untaught backbone are not worth keeping; it would not learn with them.
    start = {} if name == "deformable-detr" else {"freeze_backbone_batch_norms": False}
    found = start | dict(settings or {})
    if name == "deformable-detr" and "backbone_config" not in found:
        from transformers import ResNetConfig  # noqa: PLC0415 - see `_classes_of`

        found["backbone_config"] = ResNetConfig(out_features=["stage2", "stage3", "stage4"])
    if name == "deformable-detr":
        found |= {"use_timm_backbone": False, "backbone": None, "use_pretrained_backbone": False}
    return found


def _untaught(config: Any, kind: Any, settings: Mapping[str, Any]) -> nn.Module:
    try:
        made: nn.Module = kind(config(**settings))
    except (ValueError, TypeError) as error:
        raise SettingsError(f"these settings make no {kind.__name__}: {error}") from error
    return made


def _loaded(kind: Any, weights: str | Path, classes: int) -> nn.Module:
    folder = Path(weights)
    if not folder.is_dir():
        raise ModelError(f"{folder} is no folder of weights; download them first")
    try:
        loaded: nn.Module = kind.from_pretrained(
            folder, num_labels=classes, ignore_mismatched_sizes=True, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(f"{folder} holds no weights of this kind of detector") from error
    return loaded
