"""Classifiers by name: what can be trained to find."""

import inspect
from collections.abc import Callable
from typing import Any, Final, get_type_hints

import torch
from torch import nn

from plainfilm.errors import SettingsError
from plainfilm.findings.training.classifier import Classifier, MapClassifier
from plainfilm.models.backbones import BACKBONES, make_backbone
from plainfilm.models.third_party_backbones import (
    ImageNetColours,
    TransformersFeatures,
    monai_networks,
)

__all__ = ["make_classifier"]

_CHANNELS: Final = ("in_channels", "n_input_channels")
_CLASSES: Final = ("out_channels", "num_classes")


def make_classifier(
    architecture: str,
    labels: int,
    *,
    side: int = 224,
    two_class: bool = False,
    weights: str | None = None,
    frozen_blocks: int = 0,
) -> Classifier:
    """Make a classifier that is to be trained.

    Args:
        architecture: a backbone of `plainfilm.models.backbones`; `transformers:` and a folder or a
            name on the Hugging Face hub; or `monai:` and a class of `monai.networks.nets` that
            classifies, such as `monai:SEResNet50`. The last keeps its own head, so that it has no
            class activation maps; see `grad_cam`.
        labels: how many findings.
        side: of the films, in pixels.
        two_class: whether the one label is abnormal against normal, by softmax.
        weights: see `make_backbone`.
        frozen_blocks: of an EfficientNet-Lite, which are not trained.
    Raises:
        SettingsError: there is no such architecture.
        ModelError: the package or the weights that it needs are missing, or of another network.
    """
    kind, _, name = architecture.partition(":")
    if kind == "monai" and name:
        whole = _monai_network(name, 2 if two_class else labels)
        return Classifier(nn.Sequential(_Centred(), ImageNetColours(), whole), two_class=two_class)
    if kind == "transformers" and name:
        features = TransformersFeatures(name, side)
        return MapClassifier(features, features.channels, labels, two_class=two_class)
    if architecture not in BACKBONES:
        raise SettingsError(
            f"no such architecture; there are {', '.join(BACKBONES)}, monai:CLASS and"
            " transformers:FOLDER"
        )
    backbone = make_backbone(architecture, frozen_blocks=frozen_blocks, weights=weights)
    return MapClassifier(backbone.network, backbone.channels, labels, two_class=two_class)


class _Centred(nn.Module):
    def forward(self, films: torch.Tensor) -> torch.Tensor:
        return films * 2 - 1


def _monai_network(name: str, outputs: int) -> nn.Module:
    """A classifying network of MONAI, for films of two dimensions and three equal colours."""
    kind = getattr(monai_networks(), name, None)
    if not callable(kind):
        raise SettingsError(f"MONAI has no network {name} in monai.networks.nets")
    try:
        network: nn.Module = kind(**_arguments(kind, outputs))
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"MONAI's {name} is no network that classifies films of two dimensions"
        ) from error
    return network


def _arguments(kind: Callable[..., Any], outputs: int) -> dict[str, Any]:
    """MONAI's networks call the same things differently; a subclass may hide its base's names."""
    known: set[str] = set()
    for each in inspect.getmro(kind) if inspect.isclass(kind) else (kind, _base_of(kind)):
        known |= set(inspect.signature(each).parameters)
    found: dict[str, Any] = {"spatial_dims": 2}
    found |= {name: 3 for name in _CHANNELS if name in known}
    return found | {name: outputs for name in _CLASSES if name in known}


def _base_of(kind: Callable[..., Any]) -> Callable[..., Any]:
    """What a function such as `resnet18` makes."""
    made: Any = get_type_hints(kind).get("return")
    return made if inspect.isclass(made) else kind
