"""The autoencoder of tags, in PyTorch, and how one of them learns."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from scipy.sparse import csr_array
from torch import Tensor, nn

__all__ = ["PUBLISHED_LAYERS", "Autoencoder", "Shape", "distance_error", "learn", "mean_error"]

PUBLISHED_LAYERS: Final = (256, 128, 64)
_AT_ONCE: Final = 4_096
_PAIRED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Shape:
    """One autoencoder, and how it learns.

    Attributes:
        layers: widths between columns and bottleneck.
        bottleneck: numbers that a film becomes.
    """

    layers: tuple[int, ...]
    bottleneck: int
    learning_rate: float = 1e-3


class Autoencoder(nn.Module):
    """Films in, the same films out, through a bottleneck.

    Each layer of the encoder, the bottleneck too, is followed by batch normalisation and leaky
    ReLU; the decoder mirrors it, and ends in a sigmoid.

    Source: Manojlović et al., ICPRAM 2020 (doi 10.5220/0008973405100517), section 3.
    """

    def __init__(self, columns: int, shape: Shape) -> None:
        super().__init__()
        widths = (columns, *shape.layers, shape.bottleneck)
        self.columns = columns
        self.encoder = nn.Sequential(*_layers(widths))
        self.decoder = nn.Sequential(
            *_layers(widths[:0:-1]), nn.Linear(widths[1], columns), nn.Sigmoid()
        )

    def forward(self, films: Tensor) -> Tensor:
        """Map (n, columns) in [0, 1] to the same."""
        again: Tensor = self.decoder(self.encoder(films))
        return again


def _layers(widths: Sequence[int]) -> list[nn.Module]:
    found: list[nn.Module] = []
    for width, following in pairwise(widths):
        found += [nn.Linear(width, following), nn.BatchNorm1d(following), nn.LeakyReLU()]
    return found


@contextmanager
def _one_thread() -> Iterator[None]:
    """Layers so small take longer over several threads, and many times so beside other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@_one_thread()
def learn(
    films: csr_array,
    shape: Shape,
    *,
    epochs: int,
    batch: int,
    distances: float,
    seed: int,
    progress: Callable[[int], None],
) -> Autoencoder:
    """Train an autoencoder by Adam on the mean squared error, and return it in evaluation mode.

    Alone, that leaves it open how far apart films are in the bottleneck, where they are clustered:
    batch normalisation gives each number the same spread, however little it says. So the Manhattan
    distances between a batch's films there are held to those between the films themselves.

    The shared training loop is of no use here: it averages weights, but not the means and
    variances that batch normalisation keeps.

    Args:
        films: (n, columns) in [0, 1], n ≥ 2.
        batch: films at a time; fewer where there are not as many.
        distances: weight of the squared error of distances, relative to their mean square; 0 as
            published.
        progress: called after each epoch with its number, from 1.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = Autoencoder(films.shape[1], shape).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=shape.learning_rate)
    size = min(batch, films.shape[0])
    for epoch in range(epochs):
        order = random.permutation(films.shape[0])
        # Films that do not fill a batch wait for the next epoch: a batch of one has no variance.
        for start in range(0, len(order) - size + 1, size):
            given = _dense(films, order[start : start + size])
            code = network.encoder(given)
            loss = F.mse_loss(network.decoder(code), given)
            if distances:
                loss = loss + distances * _distance_error(code, given)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        progress(epoch + 1)
    return network.eval()


def _distance_error(code: Tensor, films: Tensor) -> Tensor:
    """The mean square of what distances are off by, as a share of that of the distances."""
    wanted = torch.cdist(films, films, p=1)
    found = torch.cdist(code, code, p=1)
    square = wanted.square().mean()
    # Films that are all alike have no distances to be held to.
    share: Tensor = (found - wanted).square().mean() / square.clamp(min=1e-12)
    return share


def distance_error(network: Autoencoder, films: csr_array) -> float:
    """The root of the mean squared error of Manhattan distances in the bottleneck, as a share of
    that of the distances between films; of the first 1,000 films."""
    given = _dense(films, np.arange(min(films.shape[0], _PAIRED)))
    with torch.no_grad():
        return math.sqrt(float(_distance_error(network.encoder(given), given)))


def mean_error(network: Autoencoder, films: csr_array) -> float:
    """The mean squared error over all films and columns."""
    total = 0.0
    with torch.no_grad():
        for start in range(0, films.shape[0], _AT_ONCE):
            given = _dense(films, np.arange(start, min(start + _AT_ONCE, films.shape[0])))
            total += float(F.mse_loss(network(given), given, reduction="sum"))
    values: int = films.shape[0] * films.shape[1]
    return total / values


def _dense(films: csr_array, rows: np.ndarray) -> Tensor:
    return torch.from_numpy(films[rows].toarray())
