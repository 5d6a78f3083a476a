"""Boxes as numbers: from one form to another, and how far two lie on one another."""

import torch
from torch import Tensor

__all__ = ["centres", "corners", "from_coco", "generalised_iou", "iou"]

_LEAST_AREA = 1e-9


def from_coco(boxes: Tensor) -> Tensor:
    """(…, 4) x, y, width, height → xmin, ymin, xmax, ymax."""
    return torch.cat((boxes[..., :2], boxes[..., :2] + boxes[..., 2:]), -1)


def corners(boxes: Tensor) -> Tensor:
    """(…, 4) centre and sides → xmin, ymin, xmax, ymax."""
    half = boxes[..., 2:] / 2
    return torch.cat((boxes[..., :2] - half, boxes[..., :2] + half), -1)


def centres(boxes: Tensor) -> Tensor:
    """(…, 4) xmin, ymin, xmax, ymax → centre and sides."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return torch.cat((boxes[..., :2] + sides / 2, sides), -1)


def iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of (n, 4) with (m, 4) corners: (n, m)."""
    return _overlaps(first[:, None], second[None])[0]


def generalised_iou(first: Tensor, second: Tensor) -> Tensor:
    """Generalised intersection over union of (…, 4) corners that broadcast, in [-1, 1].

    Source: Rezatofighi et al., Generalized Intersection over Union (CVPR 2019).
    """
    overlap, union = _overlaps(first, second)
    low = torch.minimum(first[..., :2], second[..., :2])
    high = torch.maximum(first[..., 2:], second[..., 2:])
    hull = (high - low).clamp(min=0).prod(-1).clamp(min=_LEAST_AREA)
    return overlap - (hull - union) / hull


def _overlaps(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection over union, and union."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    common = (high - low).clamp(min=0).prod(-1)
    areas = (first[..., 2:] - first[..., :2]).prod(-1) + (second[..., 2:] - second[..., :2]).prod(
        -1
    )
    union = (areas - common).clamp(min=_LEAST_AREA)
    return common / union, union
