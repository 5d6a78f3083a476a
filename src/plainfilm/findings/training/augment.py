"""Changing films at random as the real world does, with what they show left as it is."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from plainfilm.models.film_changes import collimated, mark, moved, windowed

__all__ = ["Changes", "change_films"]

_COLLIMATE: Final = 0.15
_MARK: Final = 0.2
_NOISE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Changes:
    """How far films are changed.

    Attributes:
        reach: of tilting, zooming and shifting, in [0, 1]; 0 leaves films where they are.
        flips: whether half of them change left and right; not where a finding has a side.
        greys: whether grey values, borders, marks and noise change.
    """

    reach: float = 0.6
    flips: bool = False
    greys: bool = True


def change_films(films: Tensor, side: int, changes: Changes) -> Tensor:
    """Move, zoom, window, collimate, mark films and blur them with noise.

    Args:
        films: (n, s, s) uint8, s ≥ side.
        side: of the result, in pixels.
    Returns:
        (n, 1, side, side) float32 in [0, 1].
    """
    count = len(films)
    flipped = (torch.rand(count) < 0.5) & changes.flips
    changed = moved(films.float().unsqueeze(1) / 255, flipped, side, changes.reach).clamp(0, 1)
    if not changes.greys:
        return changed
    changed = windowed(changed)
    for number in _chosen(count, _COLLIMATE):
        changed[number] = collimated(changed[number])
    for number in _chosen(count, _MARK):
        mark(changed[number, 0])
    spread = torch.rand(count) * 0.05 * (torch.rand(count) < _NOISE)
    return (changed + torch.randn_like(changed) * spread[:, None, None, None]).clamp(0, 1)


def _chosen(count: int, share: float) -> list[int]:
    return torch.where(torch.rand(count) < share)[0].tolist()
