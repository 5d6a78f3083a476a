"""The convolutional autoencoder of films, in PyTorch."""

from itertools import pairwise
from typing import Final

import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

__all__ = ["BOTTLENECK", "SIDE", "FilmAutoencoder", "FilmEncoding"]

SIDE: Final = 256
BOTTLENECK: Final = 200
_FILTERS: Final = (8, 16, 32, 64, 64)
_PLACES: Final = SIDE >> len(_FILTERS)
_BRIGHTEST: Final = 255


class FilmEncoding(nn.Module):
    """Films to vectors: five 3 x 3 convolutions, each followed by ReLU and 2 x 2 max pooling, and a
    dense layer."""

    def __init__(self) -> None:
        super().__init__()
        channels = (1, *_FILTERS[:-1])
        self.layers = nn.ModuleList(
            nn.Conv2d(width, following, 3, padding=1)
            for width, following in zip(channels, _FILTERS, strict=True)
        )
        self.dense = nn.Linear(_FILTERS[-1] * _PLACES**2, BOTTLENECK)

    def forward(self, films: Tensor) -> Tensor:
        """Map (n, 256, 256) uint8, more is brighter, to (n, 200)."""
        maps = films.unsqueeze(1).float() / _BRIGHTEST
        for layer in self.layers:
            maps = F.max_pool2d(F.relu(layer(maps)), 2)
        vectors: Tensor = self.dense(maps.flatten(1))
        return vectors


class FilmAutoencoder(nn.Module):
    """Films in, the same films out, through a bottleneck of 200 numbers.

    The decoder mirrors the encoder, with nearest neighbours in place of pooling, and ends in a
    sigmoid.

    Source: Manojlović et al., ICPRAM 2020 (doi 10.5220/0008973405100517), for the encoder, the
        bottleneck and the loss.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = FilmEncoding()
        self.dense = nn.Linear(BOTTLENECK, _FILTERS[-1] * _PLACES**2)
        channels = (*_FILTERS[::-1], 1)
        self.layers = nn.ModuleList(
            nn.Conv2d(width, following, 3, padding=1) for width, following in pairwise(channels)
        )

    def forward(self, films: Tensor) -> Tensor:
        """Map (n, 256, 256) uint8 to (n, 256, 256) in [0, 1]."""
        maps = F.relu(self.dense(self.encoder(films))).view(-1, _FILTERS[-1], _PLACES, _PLACES)
        *inner, last = self.layers
        for layer in inner:
            maps = F.relu(layer(F.interpolate(maps, scale_factor=2)))
        again: Tensor = last(F.interpolate(maps, scale_factor=2)).sigmoid().squeeze(1)
        return again

    def error(self, films: Tensor) -> Tensor:
        """The mean squared error over films and pixels, in grey values of [0, 1]."""
        return F.mse_loss(self(films), films.float() / _BRIGHTEST)
