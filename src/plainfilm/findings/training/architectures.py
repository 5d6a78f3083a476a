"""Classifiers by name: what can be trained to find."""

import inspect
from collections.abc import Callable
from typing import Any, Final, get_type_hints

import torch
from torch import nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.findings.training.classifier import Classifier, MapClassifier
from plainfilm.models.backbones import BACKBONES, make_backbone
from plainfilm.models.third_party_backbones import (
    DENSENETS,
    ImageNetColours,
    TransformersFeatures,
    laid_out,
    monai_networks,
)

__all__ = ["make_classifier"]

_WITH_WEIGHTS: Final = (*DENSENETS, "mobilenet-v1")
_EFFICIENTNET: Final = "efficientnet-"  # as MONAI names the sizes of its one class
_PATCH: Final = 16  # pixels, of a vision transformer


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
            classifies, such as `monai:SEResNet50`, or `monai:efficientnet-b0` to `-b8`. The last
            keep their own heads, so that they have no class activation maps; see `GradientMaps`.
        labels: how many findings.
        side: of the films, in pixels.
        two_class: whether the one label is abnormal against normal, by softmax.
        weights: see `make_backbone`; other architectures bring their own.
        frozen_blocks: of an EfficientNet-Lite, which are not trained.
    Raises:
        SettingsError: there is no such architecture, or it takes no weights.
        ModelError: the package or the weights that it needs are missing, or of another network.
    """
    if weights is not None and architecture not in _WITH_WEIGHTS:
        raise SettingsError(
            f"weights to start from are for {', '.join(_WITH_WEIGHTS)}; {architecture} takes none"
        )
    kind, _, name = architecture.partition(":")
    if kind == "monai" and name:
        return _monai_classifier(name, labels, side, two_class=two_class)
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


def _monai_classifier(name: str, labels: int, side: int, *, two_class: bool) -> Classifier:
    outputs = 2 if two_class else labels
    network = _MonaiNetwork(_monai_network(name, outputs, side))
    try:
        with torch.no_grad():
            given = network.eval()(torch.zeros(1, 1, side, side))
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
        raise SettingsError(f"MONAI's {name} takes no films of {side} x {side} pixels") from error
    if given.ndim == 3:
        tokens = nn.Sequential(network, _LaidOut())
        return MapClassifier(tokens, given.shape[2], labels, two_class=two_class)
    if given.shape != (1, outputs):
        raise SettingsError(f"MONAI's {name} is no network that classifies films")
    return Classifier(network, two_class=two_class)


class _MonaiNetwork(nn.Module):
    """A network of MONAI on films in [-1, 1]; of several outputs the first."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.colours = ImageNetColours()
        self.body = body

    def forward(self, films: torch.Tensor) -> torch.Tensor:
        given = self.body(self.colours(films))
        found: torch.Tensor = given[0] if isinstance(given, (tuple, list)) else given
        return found


class _LaidOut(nn.Module):
    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return laid_out(tokens)


def _monai_network(name: str, outputs: int, side: int) -> nn.Module:
    """A classifying network of MONAI, for films of two dimensions and three equal colours."""
    given: dict[str, Any] = {}
    if name.startswith(_EFFICIENTNET):
        name, given = "EfficientNetBN", {"model_name": name}
    kind = getattr(monai_networks(), name, None)
    if not callable(kind):
        raise SettingsError(f"MONAI has no network {name} in monai.networks.nets")
    try:
        body = kind(**given, **_arguments(kind, outputs, side))
    except ImportError as error:
        raise ModelError(f"MONAI's {name} needs another package: {_first_line(error)}") from error
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        raise SettingsError(
            f"MONAI's {name} is no network that classifies films of two dimensions"
        ) from error
    if not isinstance(body, nn.Module):
        raise SettingsError(f"MONAI's {name} is no network")
    return body


def _first_line(error: ImportError) -> str:
    return str(error).partition("\n")[0]


def _arguments(kind: Callable[..., Any], outputs: int, side: int) -> dict[str, Any]:
    """MONAI's networks call the same things differently; a subclass may hide its base's names."""
    known: set[str] = set()
    for each in inspect.getmro(kind) if inspect.isclass(kind) else (kind, _base_of(kind)):
        known |= set(inspect.signature(each).parameters)
    told: dict[str, Any] = {
        "in_channels": 3,
        "n_input_channels": 3,
        "out_channels": outputs,
        "num_classes": outputs,
        "img_size": (side, side),
        "patch_size": _PATCH,
        "pretrained": False,
    }
    found = {name: value for name, value in told.items() if name in known}
    return {"spatial_dims": 2, **found}


def _base_of(kind: Callable[..., Any]) -> Callable[..., Any]:
    """What a function such as `resnet18` makes."""
    made: Any = get_type_hints(kind).get("return")
    return made if inspect.isclass(made) else kind
