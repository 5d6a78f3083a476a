"""Anchors: boxes laid over a film beforehand, which a network moves and judges.

Source: Lin et al., Focal Loss for Dense Object Detection (ICCV 2017), sections 4 and 4.1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from plainfilm.findings.training.detectors.boxes import centres, corners, iou

__all__ = ["NOTHING", "UNSURE", "Anchors", "decode", "encode", "match"]

NOTHING = -1
"""An anchor that lies on no finding."""
UNSURE = -2
"""An anchor that lies on a finding too much to be wrong, and too little to be right."""
_RIGHT = 0.5
_WRONG = 0.4
_MOST_GROWTH = math.log(1000 / 16)


@dataclass(frozen=True, slots=True)
class Anchors:
    """The shapes of anchors at each place of each level.

    Attributes:
        strides: of the levels, in pixels.
        size: of the smallest anchor's side at a level, in strides.
        octaves: how many sizes up to the next level's.
        ratios: height over width.
    """

    strides: tuple[int, ...] = (8, 16, 32)
    size: float = 2.5
    octaves: int = 3
    ratios: tuple[float, ...] = (0.4, 1.0, 1.8)

    @property
    def at_a_place(self) -> int:
        return self.octaves * len(self.ratios)

    def lay(self, shapes: Sequence[tuple[int, int]]) -> Tensor:
        """(anchors, 4) xmin, ymin, xmax, ymax in pixels, by level, row, column, shape.

        Args:
            shapes: rows and columns of each level.
        """
        found = []
        for stride, (rows, columns) in zip(self.strides, shapes, strict=True):
            sides = torch.tensor(
                [
                    (size / math.sqrt(ratio), size * math.sqrt(ratio))
                    for size in (
                        stride * self.size * 2 ** (step / self.octaves)
                        for step in range(self.octaves)
                    )
                    for ratio in self.ratios
                ]
            )
            y, x = torch.meshgrid(
                (torch.arange(rows) + 0.5) * stride,
                (torch.arange(columns) + 0.5) * stride,
                indexing="ij",
            )
            places = torch.stack((x, y), -1)[:, :, None].expand(-1, -1, len(sides), -1)
            all_sides = sides.expand(rows, columns, -1, -1)
            found.append(corners(torch.cat((places, all_sides), -1)).reshape(-1, 4))
        return torch.cat(found)


def match(anchors: Tensor, boxes: Tensor) -> Tensor:
    """Which box each anchor is to find.

    An anchor is right from an intersection over union of 0.5, wrong below 0.4; each box's best
    anchor is right in any case.

    Args:
        anchors: (n, 4), boxes: (k, 4), both corners.
    Returns:
        (n,) int64: a box's place, `NOTHING` or `UNSURE`.
    """
    if not len(boxes):
        return torch.full((len(anchors),), NOTHING, device=anchors.device)
    overlaps = iou(anchors, boxes)
    best, places = overlaps.max(1)
    places = torch.where(best < _RIGHT, torch.where(best < _WRONG, NOTHING, UNSURE), places)
    places[overlaps.argmax(0)] = torch.arange(len(boxes), device=places.device)
    return places


def encode(anchors: Tensor, boxes: Tensor) -> Tensor:
    """How anchors, (n, 4), have to be moved to become boxes, (n, 4): by shares of their sides."""
    own, other = centres(anchors), centres(boxes)
    return torch.cat(
        ((other[:, :2] - own[:, :2]) / own[:, 2:], torch.log(other[:, 2:] / own[:, 2:])), -1
    )


def decode(anchors: Tensor, moves: Tensor) -> Tensor:
    """Anchors, (n, 4), moved by (…, n, 4) as `encode` has it: (…, n, 4) corners."""
    own = centres(anchors)
    middle = own[:, :2] + moves[..., :2] * own[:, 2:]
    sides = own[:, 2:] * moves[..., 2:].clamp(max=_MOST_GROWTH).exp()
    return corners(torch.cat((middle, sides), -1))
