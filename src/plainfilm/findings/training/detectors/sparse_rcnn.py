"""Sparse R-CNN: a few learnt boxes, each with a head of its own making, and no suppression.

Source: Sun et al., Sparse R-CNN: End-to-End Object Detection with Learnable Proposals (CVPR 2021).
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.findings.training.detectors.boxes import (
    centres,
    corners,
    from_coco,
    generalised_iou,
)
from plainfilm.findings.training.detectors.focal import focal_loss
from plainfilm.findings.training.detectors.interface import Detector, Target, best_boxes
from plainfilm.findings.training.detectors.matching import (
    CLASS_WEIGHT,
    CORNER_WEIGHT,
    IOU_WEIGHT,
    assign,
)
from plainfilm.findings.training.detectors.pyramid import Fpn, LitePyramid
from plainfilm.findings.training.detectors.roi_align import pool_boxes

__all__ = ["SparseRcnn"]

_CELLS = 7
_PRIOR = 0.01
_MOVE_WEIGHTS = (2.0, 2.0, 1.0, 1.0)  # by which moves of centres and of sides are divided
_MOST_GROWTH = math.log(100_000 / 16)


class SparseRcnn(Detector):
    """Boxes that are learnt, then looked up and moved in several stages.

    Args:
        classes: how many.
        proposals: how many boxes.
        width: channels of the pyramid and of a proposal's features.
        stages: how often boxes are moved.
    """

    overlap = None

    def __init__(
        self,
        classes: int,
        *,
        proposals: int = 100,
        width: int = 256,
        stages: int = 6,
        heads: int = 8,
        variant: int = 0,
        frozen_blocks: int = 0,
        pretrained: bool = True,
    ) -> None:
        super().__init__()
        backbone = LitePyramid(
            4, variant=variant, frozen_blocks=frozen_blocks, pretrained=pretrained
        )
        self.backbone, self.strides = backbone, backbone.strides
        self.pyramid = Fpn(backbone.channels, width)
        # Centre and sides, as shares: at first each box is the whole film.
        self.boxes = nn.Parameter(torch.tensor([0.5, 0.5, 1.0, 1.0]).repeat(proposals, 1))
        self.features = nn.Parameter(torch.randn(proposals, width))
        self.stages = nn.ModuleList(_Stage(classes, width, heads) for _ in range(stages))

    def losses(self, films: Tensor, targets: Sequence[Target]) -> dict[str, Tensor]:
        rows, columns = films.shape[-2:]
        film = torch.tensor([columns, rows, columns, rows], device=films.device)
        true = [from_coco(target.boxes) / film for target in targets]
        labels = [target.labels for target in targets]
        count = max(1, sum(map(len, labels)))
        totals = {"classes": films.new_zeros(()), "corners": films.new_zeros(())}
        totals["overlaps"] = films.new_zeros(())
        for logits, boxes in self._stages(films):
            for name, value in _set_losses(logits, boxes, labels, true).items():
                totals[name] = totals[name] + value / count
        return totals

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, boxes = self._stages(films)[-1]
        return best_boxes(boxes, logits.sigmoid())

    def _stages(self, films: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Logits, (n, proposals, classes), and corners, (n, proposals, 4), of each stage."""
        maps = self.pyramid(self.backbone(films))
        count = films.shape[0]
        boxes = corners(self.boxes).expand(count, -1, -1)
        features = self.features.expand(count, -1, -1)
        found = []
        for stage in self.stages:
            inside = pool_boxes(maps, self.strides, boxes, films.shape[-2:], _CELLS)
            features, logits, moves = stage(features, inside)
            boxes = _moved(boxes, moves)
            found.append((logits, boxes))
            boxes = boxes.detach()  # each stage answers for its own moves only
        return found


def _set_losses(
    logits: Tensor, boxes: Tensor, labels: Sequence[Tensor], true: Sequence[Tensor]
) -> dict[str, Tensor]:
    """Losses of one stage, summed over findings."""
    wanted = torch.zeros_like(logits)
    said, aims = [], []
    for film, (own_labels, own_true) in enumerate(zip(labels, true, strict=True)):
        chosen, findings = assign(logits[film], boxes[film], own_labels, own_true)
        wanted[film, chosen, own_labels[findings]] = 1
        said.append(boxes[film, chosen])
        aims.append(own_true[findings])
    found, aim = torch.cat(said), torch.cat(aims)
    return {
        "classes": CLASS_WEIGHT * focal_loss(logits, wanted).sum(),
        "corners": CORNER_WEIGHT * (found - aim).abs().sum(),
        "overlaps": IOU_WEIGHT * (1 - generalised_iou(found, aim)).sum(),
    }


def _moved(boxes: Tensor, moves: Tensor) -> Tensor:
    own = centres(boxes)
    moves = moves / moves.new_tensor(_MOVE_WEIGHTS)
    middle = own[..., :2] + moves[..., :2] * own[..., 2:]
    sides = own[..., 2:] * moves[..., 2:].clamp(max=_MOST_GROWTH).exp()
    return corners(torch.cat((middle, sides), -1))


class _Stage(nn.Module):
    """Proposals look at one another, then each at what is inside its box."""

    def __init__(self, classes: int, width: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.after_attention = nn.LayerNorm(width)
        self.interaction = _DynamicHead(width, width // 4)
        self.after_interaction = nn.LayerNorm(width)
        self.feed = nn.Sequential(
            nn.Linear(width, 8 * width), nn.ReLU(), nn.Linear(8 * width, width)
        )
        self.after_feed = nn.LayerNorm(width)
        self.class_tower = _tower(width, 1)
        self.class_logits = nn.Linear(width, classes)
        self.box_tower = _tower(width, 3)
        self.box_moves = nn.Linear(width, 4)
        nn.init.constant_(self.class_logits.bias, -math.log(1 / _PRIOR - 1))

    def forward(self, features: Tensor, inside: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Args: features: (n, k, width); inside: (n, k, width, cells, cells)."""
        heard, _ = self.attention(features, features, features, need_weights=False)
        features = self.after_attention(features + heard)
        features = self.after_interaction(features + self.interaction(features, inside))
        features = self.after_feed(features + self.feed(features))
        logits = self.class_logits(self.class_tower(features))
        return features, logits, self.box_moves(self.box_tower(features))


def _tower(width: int, depth: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Linear(width, width, bias=False), nn.LayerNorm(width), nn.ReLU()]
    return nn.Sequential(*layers)


class _DynamicHead(nn.Module):
    """Two layers over what is inside a box, with weights that the proposal's features make."""

    def __init__(self, width: int, narrow: int) -> None:
        super().__init__()
        self.width, self.narrow = width, narrow
        self.weights = nn.Linear(width, 2 * width * narrow)
        self.first, self.second = nn.LayerNorm(narrow), nn.LayerNorm(width)
        self.out = nn.Sequential(
            nn.Linear(width * _CELLS**2, width), nn.LayerNorm(width), nn.ReLU()
        )

    def forward(self, features: Tensor, inside: Tensor) -> Tensor:
        made = self.weights(features)
        narrowing, widening = made.split(self.width * self.narrow, -1)
        x = inside.flatten(3).transpose(2, 3)  # (n, k, cells², width)
        x = F.relu(self.first(x @ narrowing.unflatten(-1, (self.width, self.narrow))))
        x = F.relu(self.second(x @ widening.unflatten(-1, (self.narrow, self.width))))
        found: Tensor = self.out(x.flatten(2))
        return found
