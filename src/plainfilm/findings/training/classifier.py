"""The network that finds: a backbone, and a head whose maps show where."""

from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

__all__ = ["OUTPUTS", "Classifier", "Ensemble", "MapClassifier"]

OUTPUTS: Final = ("probabilities", "maps")
_DROPOUT: Final = 0.25


class Classifier(nn.Module):
    """Films, (n, 1, side, side) float32 in [0, 1], in; probabilities, (n, labels), out.

    Attributes:
        backbone: the part that learns at the plain rate; it takes films in [-1, 1], and gives what
            `logits` is made of, here the logits themselves.
        two_class: whether logits are of normal and abnormal, and the only label is the latter.
        has_maps: whether `forward` gives class activation maps after the probabilities.
    """

    has_maps = False

    def __init__(self, backbone: nn.Module, *, two_class: bool = False) -> None:
        super().__init__()
        self.backbone = backbone
        self.two_class = two_class

    def logits(self, films: Tensor) -> Tensor:
        """What training compares with the truth: (n, labels), or (n, 2) of two classes."""
        found: Tensor = self.backbone(films * 2 - 1)
        return found

    def forward(self, films: Tensor) -> tuple[Tensor, ...]:
        return (self.probabilities(self.logits(films)),)

    def probabilities(self, logits: Tensor) -> Tensor:
        """(n, labels) in [0, 1]."""
        return torch.sigmoid(self.single(logits))

    def single(self, logits: Tensor) -> Tensor:
        """Of two classes, what softmax's logistic takes: abnormal less normal."""
        return logits[:, 1:] - logits[:, :1] if self.two_class else logits


class MapClassifier(Classifier):
    """A classifier whose logits are means of maps, so that the maps show where a finding is.

    Args:
        backbone: maps (n, 1, side, side) in [-1, 1] to (n, channels, rows, columns).
        labels: how many logits.

    Source: Zhou et al., Learning Deep Features for Discriminative Localization (CVPR 2016).
    """

    has_maps = True

    def __init__(
        self, backbone: nn.Module, channels: int, labels: int, *, two_class: bool = False
    ) -> None:
        super().__init__(backbone, two_class=two_class)
        self.head = nn.Conv2d(channels, 2 if two_class else labels, 1)
        nn.init.zeros_(self.head.weight)

    def logits(self, films: Tensor) -> Tensor:
        return self.logits_of(self.features(films))

    def logits_of(self, features: Tensor) -> Tensor:
        """Logits from the backbone's last maps, with dropout while it learns."""
        pooled = F.dropout(features.mean((2, 3)), _DROPOUT, self.training)
        return F.linear(pooled, self.head.weight[:, :, 0, 0], self.head.bias)

    def forward(self, films: Tensor) -> tuple[Tensor, ...]:
        maps = self.head(self.backbone(films * 2 - 1))
        return self.probabilities(maps.mean((2, 3))), self.single(maps)

    def features(self, films: Tensor) -> Tensor:
        """The backbone's last maps, (n, channels, rows, columns)."""
        found: Tensor = self.backbone((films * 2 - 1).contiguous(memory_format=torch.channels_last))
        return found


class Ensemble(nn.Module):
    """The mean of what several classifiers say; of their maps too, where all have them.

    Source: Nguyen et al., VinDr-SpineXR (MICCAI 2021), section 3.1, average ensemble.
    """

    def __init__(self, members: Sequence[Classifier]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.has_maps = all(member.has_maps for member in members)

    def forward(self, films: Tensor) -> tuple[Tensor, ...]:
        said = [member(films) for member in self.members]
        probabilities = torch.stack([each[0] for each in said]).mean(0)
        if not self.has_maps:
            return (probabilities,)
        rows, columns = said[0][1].shape[2:]
        maps = [
            F.interpolate(each[1], size=(rows, columns), mode="bilinear", align_corners=False)
            for each in said
        ]
        return probabilities, torch.stack(maps).mean(0)
