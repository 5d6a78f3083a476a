"""EfficientDet on the EfficientNet-Lite backbone: quick to train, and to run, on a processor.

Source: Tan et al., EfficientDet: Scalable and Efficient Object Detection (CVPR 2020).
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.findings.training.detectors.anchors import UNSURE, Anchors, decode, encode, match
from plainfilm.findings.training.detectors.boxes import from_coco
from plainfilm.findings.training.detectors.focal import focal_loss
from plainfilm.findings.training.detectors.interface import (
    CANDIDATES,
    Detector,
    Target,
    best_boxes,
)
from plainfilm.findings.training.detectors.pyramid import (
    BiFpn,
    LitePyramid,
    halved,
    separable,
)

__all__ = ["EfficientDet"]

_BOX_WEIGHT = 50.0
_HUBER = 0.1
_PRIOR = 0.01  # of a finding at a place, before anything is learnt
_OVERLAP = 0.5
_COARSEST = 32  # stride of the backbone; coarser maps are made of its last


class EfficientDet(Detector):
    """One stage: classes and moves of anchors, from a weighted pyramid.

    Args:
        classes: how many.
        width: channels of the pyramid and the heads.
        pyramids, depth: how many pyramids, and layers of a head, follow one another.
    """

    overlap = _OVERLAP

    def __init__(
        self,
        classes: int,
        *,
        anchors: Anchors | None = None,
        width: int = 64,
        pyramids: int = 2,
        depth: int = 2,
        variant: int = 0,
        frozen_blocks: int = 0,
        pretrained: bool = True,
    ) -> None:
        super().__init__()
        self.anchors = anchors or Anchors()
        levels = len(self.anchors.strides)
        self.backbone = LitePyramid(
            sum(stride <= _COARSEST for stride in self.anchors.strides),
            variant=variant,
            frozen_blocks=frozen_blocks,
            pretrained=pretrained,
        )
        self.coarser = levels - len(self.backbone.channels)
        channels = (*self.backbone.channels, *self.backbone.channels[-1:] * self.coarser)
        self.lateral = nn.ModuleList(
            nn.Sequential(nn.Conv2d(each, width, 1, bias=False), nn.GroupNorm(8, width))
            for each in channels
        )
        self.pyramid = nn.Sequential(*(BiFpn(levels, width) for _ in range(pyramids)))
        shapes = self.anchors.at_a_place
        self.classes = classes
        self.class_head = _Head(width, depth, shapes * classes, -math.log(1 / _PRIOR - 1))
        self.box_head = _Head(width, depth, shapes * 4)

    def losses(self, films: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        logits, moves, anchors = self._read(films)
        wanted = torch.zeros_like(logits)
        counted = torch.ones(logits.shape[:2], device=films.device)
        own_anchors, own_moves, own_boxes = [], [], []
        for place, target in enumerate(targets):
            boxes = from_coco(target.boxes)
            found = match(anchors, boxes)
            right = (found >= 0).nonzero()[:, 0]
            wanted[place, right, target.labels[found[right]]] = 1
            counted[place, found == UNSURE] = 0
            own_anchors.append(anchors[right])
            own_moves.append(moves[place, right])
            own_boxes.append(boxes[found[right]])
        count = max(1, sum(map(len, own_anchors)))
        classes = (focal_loss(logits, wanted, gamma=1.5) * counted[..., None]).sum() / count
        aims = encode(torch.cat(own_anchors), torch.cat(own_boxes))
        far = F.huber_loss(torch.cat(own_moves), aims, reduction="sum", delta=_HUBER)
        return {"classes": classes, "boxes": _BOX_WEIGHT * far / (4 * count)}

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, moves, anchors = self._read(films)
        rows, columns = films.shape[-2:]
        sides = torch.tensor([columns, rows, columns, rows], device=films.device)
        return best_boxes(decode(anchors, moves) / sides, logits.sigmoid(), CANDIDATES)

    def _read(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, (n, anchors, classes); moves, (n, anchors, 4); anchors, (anchors, 4)."""
        maps = self.backbone(films)
        for _ in range(self.coarser):
            maps.append(halved(maps[-1]))
        maps = self.pyramid([layer(each) for layer, each in zip(self.lateral, maps, strict=True)])
        anchors = self.anchors.lay([tuple(each.shape[-2:]) for each in maps]).to(films.device)
        return self.class_head(maps, self.classes), self.box_head(maps, 4), anchors


class _Head(nn.Module):
    """The same layers over all levels.

    Args:
        start: what it says before anything is learnt.
    """

    def __init__(self, width: int, depth: int, outputs: int, start: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(separable(width, width) for _ in range(depth))
        self.last = nn.Conv2d(width, outputs, 3, padding=1)
        nn.init.normal_(self.last.weight, std=0.01)
        nn.init.constant_(self.last.bias, start)  # type: ignore[arg-type]

    def forward(self, maps: Sequence[Tensor], values: int) -> Tensor:
        """(n, anchors, values), in the order of `Anchors.lay`."""
        found = []
        for each in maps:
            x = each
            for layer in self.layers:
                x = F.silu(layer(x))
            found.append(self.last(x).permute(0, 2, 3, 1).reshape(x.shape[0], -1, values))
        return torch.cat(found, 1)
