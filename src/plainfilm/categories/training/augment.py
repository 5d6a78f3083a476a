"""Changing films at random as the real world does, with what was done to each.

What would change a view's meaning is left out or told to the network: a film is flipped left to
right only where the category stays true, and the flip becomes the truth of the `mirrored` head.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from plainfilm.models.film_changes import collimated, mark, moved, windowed

__all__ = ["QUARTER_TURNS", "Augmented", "augment"]

QUARTER_TURNS: Final = 0.3
"""The share of films that are turned, unless another is asked for."""

_FLIP: Final = 0.5
_COLLIMATE: Final = 0.25
_MARK: Final = 0.3
_NOISE: Final = 0.3
_INVERT: Final = 0.15


@dataclass(frozen=True, slots=True)
class Augmented:
    """Films after the changes, and the truth about them.

    Attributes:
        films: (n, side, side) uint8.
        turns: (n,) quarter turns clockwise, 0 to 3.
        flipped, inverted: (n,) booleans.
    """

    films: Tensor
    turns: Tensor
    flipped: Tensor
    inverted: Tensor


def augment(
    films: Tensor, may_flip: Tensor, side: int, quarter_turns: float = QUARTER_TURNS
) -> Augmented:
    """Turn, move, zoom, window, collimate, mark, blur with noise and invert films at random.

    Args:
        films: (n, s, s) uint8, s ≥ side.
        may_flip: (n,) whether the category stays true when left and right change places.
        side: of the result, in pixels.
        quarter_turns: the share of films that are turned by 90, 180 or 270 degrees.
    """
    count = len(films)
    flipped = (torch.rand(count) < _FLIP) & may_flip
    turns = torch.where(torch.rand(count) < quarter_turns, torch.randint(1, 4, (count,)), 0)
    changed = _turned(moved(films.float().unsqueeze(1), flipped, side), turns)
    changed = windowed(changed.clamp(0, 255) / 255)
    for number in _chosen(count, _COLLIMATE):
        changed[number] = collimated(changed[number])
    for number in _chosen(count, _MARK):
        mark(changed[number, 0])
    noise = _column(torch.rand(count) * 0.05 * (torch.rand(count) < _NOISE))
    changed = changed + torch.randn_like(changed) * noise
    inverted = torch.rand(count) < _INVERT
    changed = torch.where(_column(inverted), 1 - changed, changed)
    whole = (changed.clamp(0, 1) * 255).round().to(torch.uint8)[:, 0]
    return Augmented(whole, turns, flipped, inverted)


def _turned(films: Tensor, turns: Tensor) -> Tensor:
    for quarter in (1, 2, 3):
        chosen = turns == quarter
        if chosen.any():
            films[chosen] = torch.rot90(films[chosen], -quarter, (2, 3))  # minus is clockwise
    return films


def _chosen(count: int, share: float) -> list[int]:
    return torch.where(torch.rand(count) < share)[0].tolist()


def _column(values: Tensor) -> Tensor:
    return values[:, None, None, None]
