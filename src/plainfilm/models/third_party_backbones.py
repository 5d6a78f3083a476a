"""Backbones out of libraries: DenseNets of MONAI, image networks of transformers."""

import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.errors import ModelError

__all__ = [
    "DENSENETS",
    "DenseNetFeatures",
    "ImageNetColours",
    "TransformersFeatures",
    "laid_out",
    "load_strictly",
    "monai_densenet_state",
    "monai_networks",
    "read_weights",
]

DENSENETS: Final = ("densenet121", "densenet169", "densenet201", "densenet264")
_WEIGHTS: Final = (".safetensors", ".bin")
_ATTENTION: Final = "eager"  # fused attention in windows (Swin) cannot be exported to ONNX
_MEAN: Final = (0.485, 0.456, 0.406)  # of ImageNet
_SPREAD: Final = (0.229, 0.224, 0.225)


class ImageNetColours(nn.Module):
    """Grey films in [-1, 1] as networks of ImageNet take colours: by its mean and deviation."""

    mean: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(_SPREAD).view(1, 3, 1, 1), persistent=False)

    def forward(self, films: Tensor) -> Tensor:
        return ((films + 1) / 2 - self.mean) / self.spread


class DenseNetFeatures(nn.Module):
    """The last maps of MONAI's DenseNet: (n, 1, side, side) in [-1, 1] to (n, channels, ...).

    Args:
        name: one of `DENSENETS`.
        weights: a state of such a network, MONAI's or torchvision's (`torch.save`d); random
            weights where there is none.
    Raises:
        ModelError: MONAI is missing, or the weights are of another network.
    Source: Huang et al., Densely Connected Convolutional Networks (CVPR 2017).
    """

    def __init__(self, name: str, weights: Path | None = None) -> None:
        super().__init__()
        kinds = monai_networks()
        whole = getattr(kinds, f"DenseNet{name.removeprefix('densenet')}")(
            spatial_dims=2, in_channels=3, out_channels=1
        )
        self.colours = ImageNetColours()
        self.features = whole.features
        self.channels = int(whole.class_layers.out.in_features)
        if weights is not None:
            state = monai_densenet_state(read_weights(weights))
            load_strictly(self.features, state, name, weights)

    def forward(self, films: Tensor) -> Tensor:
        return F.relu(self.features(self.colours(films)))


def monai_densenet_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Of a DenseNet's state, torchvision's or MONAI's, the features under MONAI's names."""
    found = {}
    for key, value in state.items():
        if not key.startswith("features."):
            continue
        name = key.removeprefix("features.")
        parts = name.split(".")
        if len(parts) > 2 and parts[1].startswith("denselayer") and parts[2] != "layers":
            # torchvision before 0.3 wrote `norm.1` for `norm1`
            inner = ".".join(parts[2:]).replace("norm.", "norm", 1).replace("conv.", "conv", 1)
            name = ".".join((*parts[:2], "layers", inner))
        found[name] = value
    return found


def load_strictly(network: nn.Module, state: Mapping[str, Any], name: str, path: Path) -> None:
    """Set weights; all must be there, and nothing else.

    Raises:
        ModelError: they are of another network.
    """
    try:
        network.load_state_dict(dict(state), strict=True)
    except RuntimeError as error:
        raise ModelError(
            f"{path} holds weights of another architecture than {name}; name the one they are of"
        ) from error


def read_weights(path: Path) -> dict[str, Any]:
    """A state dictionary from a file of `torch.save`.

    Raises:
        ModelError: the file cannot be read, or holds something else.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} holds no weights that PyTorch can read safely") from error
    found = found.get("state_dict", found) if isinstance(found, dict) else found
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found):
        raise ModelError(f"{path} holds no weights by name")
    return found


class TransformersFeatures(nn.Module):
    """The last maps of an image network of transformers; tokens are laid out as they were cut.

    Args:
        source: a folder with `config.json` and, unless weights are to be random, its weights; or a
            name on the Hugging Face hub.
        side: of the films, in pixels.
    Raises:
        ModelError: transformers is missing, or the network cannot be had or gives no maps.
    """

    def __init__(self, source: str, side: int) -> None:
        super().__init__()
        self.colours = ImageNetColours()
        self.body = _transformers_network(source)
        with torch.no_grad():
            example = torch.zeros(1, 1, side, side)
            try:
                self.channels = int(self.eval()(example).shape[1])
            except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
                raise ModelError(
                    f"{source} gives no maps of films of {side} x {side} pixels; choose another"
                    " side or network"
                ) from error

    def forward(self, films: Tensor) -> Tensor:
        found: Tensor = self.body(self.colours(films)).last_hidden_state
        return found if found.ndim == 4 else laid_out(found)


def laid_out(tokens: Tensor) -> Tensor:
    """(n, tokens, channels) to (n, channels, rows, columns); class tokens come first and go."""
    side = math.isqrt(tokens.shape[1])
    squares = tokens[:, -side * side :]
    return squares.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], side, side)


def _transformers_network(source: str) -> nn.Module:
    try:
        from transformers import AutoConfig, AutoModel  # noqa: PLC0415 - large, and seldom needed
    except ImportError as error:
        raise ModelError("this needs transformers: pip install transformers") from error
    from safetensors import SafetensorError  # noqa: PLC0415 - comes with transformers

    folder = Path(source)
    try:
        if folder.is_dir() and not any(each.suffix in _WEIGHTS for each in folder.iterdir()):
            config = AutoConfig.from_pretrained(source)
            network: nn.Module = AutoModel.from_config(config, attn_implementation=_ATTENTION)
        else:
            network = AutoModel.from_pretrained(source, attn_implementation=_ATTENTION)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"transformers has no network {source} here and cannot fetch it; give a folder"
        ) from error
    except (RuntimeError, TypeError, pickle.UnpicklingError, SafetensorError) as error:
        raise ModelError(
            f"{source}: the weights are damaged, or do not fit the network of its config.json"
        ) from error
    return network


def monai_networks() -> Any:
    """MONAI's networks.

    Raises:
        ModelError: MONAI is not installed.
    """
    try:
        from monai.networks import nets  # noqa: PLC0415 - takes long to load
    except ImportError as error:
        raise ModelError("this needs MONAI: pip install 'plainfilm[train]'") from error
    return nets
