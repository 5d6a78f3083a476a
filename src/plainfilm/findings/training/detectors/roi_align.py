"""RoIAlign from PyTorch's own sampling of grids, so that it needs no other package.

Source: He et al., Mask R-CNN (ICCV 2017), section 3; levels by Lin et al., Feature Pyramid Networks
(CVPR 2017), equation 1.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor

__all__ = ["pool_boxes", "roi_align"]

_SAMPLES = 2  # points in a cell, each way
_CANONICAL_SIDE = 224.0  # pixels; a box of this side is looked up at the canonical stride
_CANONICAL_STRIDE = 16


def roi_align(features: Tensor, boxes: Tensor, size: int) -> Tensor:
    """The features inside boxes, averaged in a grid of cells.

    Args:
        features: (n, channels, rows, columns).
        boxes: (n, k, 4) corners as shares of the film.
        size: cells each way.
    Returns:
        (n, k, channels, size, size).
    """
    k = boxes.shape[1]
    points = (torch.arange(size * _SAMPLES, device=boxes.device) + 0.5) / (size * _SAMPLES)
    low, sides = boxes[..., :2], boxes[..., 2:] - boxes[..., :2]
    x = low[..., 0, None] + points * sides[..., 0, None]  # (n, k, points)
    y = low[..., 1, None] + points * sides[..., 1, None]
    across = x[:, :, None, :].expand(-1, -1, len(points), -1)
    down = y[:, :, :, None].expand(-1, -1, -1, len(points))
    # The boxes of a film below one another; places are kept in their own precision.
    grid = torch.stack((across, down), -1).flatten(1, 2) * 2 - 1  # (n, k · points, points, 2)
    found = F.grid_sample(features.to(grid.dtype), grid, align_corners=False)
    found = F.avg_pool2d(found, _SAMPLES).reshape(boxes.shape[0], -1, k, size, size)
    return found.transpose(1, 2)


def pool_boxes(
    maps: Sequence[Tensor], strides: Sequence[int], boxes: Tensor, film: Sequence[int], size: int
) -> Tensor:
    """`roi_align` of each box on the map whose stride fits its size.

    Every box is looked up on every map, and taken from one: so the graph is the same for all films.

    Args:
        film: rows and columns, in pixels.
    """
    sides = boxes[..., 2:] - boxes[..., :2]
    area = (sides[..., 0] * film[1]).clamp(min=1) * (sides[..., 1] * film[0]).clamp(min=1)
    wanted = torch.log2(area.sqrt() / _CANONICAL_SIDE * _CANONICAL_STRIDE + 1e-6).floor()
    levels = [float(stride.bit_length() - 1) for stride in strides]
    wanted = wanted.clamp(levels[0], levels[-1])
    parts = [
        roi_align(each, boxes, size) * (wanted == level).to(each.dtype)[..., None, None, None]
        for level, each in zip(levels, maps, strict=True)
    ]
    return sum(parts[1:], parts[0])
