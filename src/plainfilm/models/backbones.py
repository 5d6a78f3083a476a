"""The pretrained networks that training starts from, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.models import efficientnet_lite
from plainfilm.models.efficientnet_lite import EfficientNetLite
from plainfilm.models.third_party_backbones import DENSENETS, DenseNetFeatures

__all__ = ["BACKBONES", "Backbone", "make_backbone"]

_MOBILENET_V1: Final = "google/mobilenet_v1_1.0_224"


@dataclass(frozen=True, slots=True)
class Backbone:
    """A pretrained network: maps (n, 1, side, side) in [-1, 1] to (n, channels, rows, columns)."""

    name: str
    network: nn.Module
    channels: int


def make_backbone(name: str, *, frozen_blocks: int = 0, weights: str | None = None) -> Backbone:
    """Make a backbone with its ImageNet weights; a DenseNet has random ones unless given.

    Args:
        name: one of `BACKBONES`.
        frozen_blocks: how many of the first blocks of an EfficientNet-Lite are not trained.
        weights: for `mobilenet-v1`, a folder or a name on the Hugging Face hub; for a DenseNet, a
            file of its state, MONAI's or torchvision's.
    Raises:
        SettingsError: there is no such backbone.
        ModelError: the weights are not there and cannot be fetched.
    """
    if name not in BACKBONES:
        raise SettingsError(f"no such backbone; there are {', '.join(BACKBONES)}")
    return BACKBONES[name](name, frozen_blocks, weights)


def _efficientnet_lite(name: str, frozen_blocks: int, _weights: str | None) -> Backbone:
    variant = int(name[-1])
    network = EfficientNetLite(variant, frozen_blocks)
    efficientnet_lite.load_imagenet(network, variant)
    return Backbone(name, network, efficientnet_lite.CHANNELS)


class _MobileNetV1(nn.Module):
    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, films: Tensor) -> Tensor:
        features: Tensor = self.body(films.expand(-1, 3, -1, -1)).last_hidden_state
        return features


def _mobilenet_v1(name: str, _frozen_blocks: int, weights: str | None) -> Backbone:
    try:
        from transformers import MobileNetV1Model  # noqa: PLC0415 - large, and seldom needed
    except ImportError as error:
        raise ModelError("mobilenet-v1 needs transformers: pip install transformers") from error
    try:
        body = MobileNetV1Model.from_pretrained(weights or _MOBILENET_V1)
    except OSError as error:
        msg = (
            "the weights of mobilenet-v1 are not here and cannot be fetched; give a folder that"
            " holds them with --weights, or choose --backbone efficientnet-lite0"
        )
        raise ModelError(msg) from error
    return Backbone(name, _MobileNetV1(body), _channels(body))


def _channels(body: nn.Module) -> int:
    with torch.no_grad():
        return int(body(torch.zeros(1, 3, 64, 64)).last_hidden_state.shape[1])


def _densenet(name: str, _frozen_blocks: int, weights: str | None) -> Backbone:
    network = DenseNetFeatures(name, None if weights is None else Path(weights))
    return Backbone(name, network, network.channels)


BACKBONES: Final[dict[str, Callable[[str, int, str | None], Backbone]]] = {
    "efficientnet-lite0": _efficientnet_lite,
    "efficientnet-lite1": _efficientnet_lite,
    "efficientnet-lite2": _efficientnet_lite,
    "mobilenet-v1": _mobilenet_v1,
    **dict.fromkeys(DENSENETS, _densenet),
}
