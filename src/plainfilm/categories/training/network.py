"""The network that names a film's category and says how it lies: backbone and heads, in PyTorch.

`HEADS` is the interface to whoever runs the exported model.
"""

from collections.abc import Mapping
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.models.card import FLAGS

__all__ = ["HEADS", "CategoryNetwork", "SideNetwork"]

HEADS: Final = ("category", "turn", *FLAGS, "category_map")
_DROPOUT: Final = 0.25
_TURNS: Final = 4
_PLACE_CHANNELS: Final = 32
_THUMBNAIL: Final = 56  # pixels, about: enough to see on which side the heart lies


class CategoryNetwork(nn.Module):
    """Films in, logits out.

    Args:
        backbone: maps (n, 1, side, side) in [-1, 1] to (n, channels, side / 32, side / 32).
        side: of the films, in pixels, a multiple of 32.

    The category's logits are the mean of a map over the film, so that the map itself shows where
    a category was seen (class activation mapping; Zhou et al., CVPR 2016). How a film lies is told
    from the mean as well, and from where things are: the heart is on one side of an upright chest.
    """

    def __init__(self, backbone: nn.Module, channels: int, side: int, classes: int) -> None:
        super().__init__()
        self.side = side
        self.backbone = backbone
        self.category = nn.Conv2d(channels, classes, 1)
        self.turn = nn.Linear(channels, _TURNS)
        self.flags = nn.Linear(channels, len(FLAGS))
        self.places = nn.Conv2d(channels, _PLACE_CHANNELS, 1)
        self.pose = nn.Linear(_PLACE_CHANNELS * (side // 32) ** 2, _TURNS + len(FLAGS))
        self.sides = SideNetwork(side)
        for head in (self.category, self.turn, self.flags, self.pose):
            nn.init.zeros_(head.weight)

    def forward(self, films: Tensor) -> tuple[Tensor, ...]:
        """Map (n, side, side) uint8, more is brighter, to the logits of `HEADS`.

        Returns:
            category (n, classes); turn (n, 4), by how many quarter turns clockwise the film
            lies; mirrored, inverted, collage (n,); category_map (n, classes, rows, columns).
        """
        features = self.backbone(_normalised(films))
        category_map = self.category(features)
        turn, flags = self._lies(features, features.mean((2, 3)))
        mirrored, *others = (flags[:, number] for number in range(len(FLAGS)))
        mirrored = mirrored + self.sides(films)
        return category_map.mean((2, 3)), turn, mirrored, *others, category_map

    def logits(self, films: Tensor) -> Mapping[str, Tensor]:
        """What training compares with the truth: all heads but the map, with dropout.

        `mirrored` is without what `sides` adds, which is trained by itself.
        """
        features = self._features(films)
        pooled = F.dropout(features.mean((2, 3)), _DROPOUT, self.training)
        category = F.linear(pooled, self.category.weight[:, :, 0, 0], self.category.bias)
        turn, flags = self._lies(features, pooled)
        named = {name: flags[:, number] for number, name in enumerate(FLAGS)}
        return {"category": category, "turn": turn} | named

    def pooled(self, films: Tensor) -> Tensor:
        """The backbone's features, averaged over the film: (n, channels)."""
        return self._features(films).mean((2, 3))

    def _features(self, films: Tensor) -> Tensor:
        normalised = _normalised(films).contiguous(memory_format=torch.channels_last)
        features: Tensor = self.backbone(normalised)
        return features

    def _lies(self, features: Tensor, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of the quarter turn and of the flags."""
        pose = self.pose(F.relu(self.places(features)).flatten(1))
        return self.turn(pooled) + pose[:, :_TURNS], self.flags(pooled) + pose[:, _TURNS:]


class SideNetwork(nn.Module):
    """Tells from a thumbnail whether left and right are exchanged: a small network of its own.

    The backbone learns that a mirrored chest is a chest, and so forgets what this asks for.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.shrink = max(1, round(side / _THUMBNAIL))
        self.thumbnail = side // self.shrink
        left = self.thumbnail
        for _ in range(3):
            left = (left + 1) // 2
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, 2, 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(32 * left * left, 64),
            nn.ReLU(),
            nn.Linear(64, 1),
        )

    def forward(self, films: Tensor) -> Tensor:
        """Map (n, side, side) uint8 to logits (n,)."""
        return self.of_thumbnails(F.avg_pool2d(films.unsqueeze(1).float(), self.shrink))

    def of_thumbnails(self, thumbnails: Tensor) -> Tensor:
        """Map (n, 1, thumbnail, thumbnail) grey values to logits (n,)."""
        mean = thumbnails.mean((2, 3), keepdim=True)
        spread = (thumbnails - mean).square().mean((2, 3), keepdim=True).sqrt()
        logits: Tensor = self.layers((thumbnails - mean) / (spread + 1))
        return logits[:, 0]


def _normalised(films: Tensor) -> Tensor:
    """To the range that the ImageNet weights were trained on."""
    return (films.unsqueeze(1).float() - 127) / 128
