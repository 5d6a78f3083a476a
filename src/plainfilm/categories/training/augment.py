"""Changing films at random as the real world does, with what was done to each.

What would change a view's meaning is left out or told to the network: a film is flipped left to
right only where the category stays true, and the flip becomes the truth of the `mirrored` head.
"""

from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor

__all__ = ["QUARTER_TURNS", "Augmented", "augment"]

QUARTER_TURNS: Final = 0.3
"""The share of films that are turned, unless another is asked for."""

_FLIP: Final = 0.5
_MOVE: Final = 0.8
_WINDOW: Final = 0.6
_COLLIMATE: Final = 0.25
_MARK: Final = 0.3
_MARK_HEIGHT: Final = (3 / 224, 14 / 224)  # of the film's side
_MARK_WIDTH: Final = (4 / 224, 50 / 224)
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
    changed = _turned(_moved(films.float().unsqueeze(1), flipped, side), turns)
    changed = _windowed(changed.clamp(0, 255) / 255)
    for number in _chosen(count, _COLLIMATE):
        changed[number] = _collimated(changed[number])
    for number in _chosen(count, _MARK):
        _mark(changed[number, 0])
    noise = _column(torch.rand(count) * 0.05 * (torch.rand(count) < _NOISE))
    changed = changed + torch.randn_like(changed) * noise
    inverted = torch.rand(count) < _INVERT
    changed = torch.where(_column(inverted), 1 - changed, changed)
    whole = (changed.clamp(0, 1) * 255).round().to(torch.uint8)[:, 0]
    return Augmented(whole, turns, flipped, inverted)


def _moved(films: Tensor, flipped: Tensor, side: int) -> Tensor:
    """Tilt by up to 17°, zoom, shift and stretch a little; every fifth film stays as it is."""
    count = len(films)
    moves = torch.rand(count) < _MOVE
    tilt = torch.where(moves, _between(count, -0.3, 0.3) * torch.rand(count), 0.0)
    zoom = torch.where(moves, _between(count, 0.72, 1.15), 1.0)
    stretch = torch.where(moves, torch.exp(_between(count, -0.12, 0.12)), 1.0)
    across, down = zoom * stretch * torch.where(flipped, -1.0, 1.0), zoom / stretch
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = torch.cos(tilt) * across, -torch.sin(tilt) * down
    matrix[:, 1, 0], matrix[:, 1, 1] = torch.sin(tilt) * across, torch.cos(tilt) * down
    shift = torch.where(moves.unsqueeze(1), torch.rand(count, 2) * 0.24 - 0.12, 0.0)
    matrix[:, :, 2] = shift
    grid = F.affine_grid(matrix, [count, 1, side, side], align_corners=False)
    return F.grid_sample(films, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _turned(films: Tensor, turns: Tensor) -> Tensor:
    for quarter in (1, 2, 3):
        chosen = turns == quarter
        if chosen.any():
            films[chosen] = torch.rot90(films[chosen], -quarter, (2, 3))  # minus is clockwise
    return films


def _windowed(films: Tensor) -> Tensor:
    """Dark, bright, flat and hard films: another gamma, another window."""
    count = len(films)
    films = films ** _column(torch.exp(_between(count, -0.5, 0.5)))
    low, high = _column(_between(count, -0.15, 0.2)), _column(_between(count, 0.75, 1.2))
    chosen = _column(torch.rand(count) < _WINDOW)
    return torch.where(chosen, ((films - low) / (high - low)).clamp(0, 1), films)


def _collimated(film: Tensor) -> Tensor:
    """One film within a border, black as a rule, grey at times."""
    side = film.shape[-1]
    top, bottom, left, right = (int(width) for width in torch.rand(4) * 0.14 * side)
    grey = float(torch.rand(1)) if torch.rand(1) < 0.2 else 0.0
    framed = torch.full_like(film, grey)
    inside = (slice(None), slice(top, side - bottom), slice(left, side - right))
    framed[inside] = film[inside]
    return framed


def _mark(film: Tensor) -> None:
    """Bright speckled boxes, as markers, text and metal are at this size."""
    side = film.shape[-1]
    for _ in range(int(torch.randint(1, 4, (1,)))):
        height, width = (_drawn_size(share, side) for share in (_MARK_HEIGHT, _MARK_WIDTH))
        row, column = (int(torch.randint(0, side - size, (1,))) for size in (height, width))
        box = film[row : row + height, column : column + width]
        box.copy_(torch.where(torch.rand(height, width) < 0.5, 1.0, box))


def _drawn_size(share: tuple[float, float], side: int) -> int:
    low = max(1, int(share[0] * side))
    return int(torch.randint(low, max(low + 1, int(share[1] * side)), (1,)))


def _chosen(count: int, share: float) -> list[int]:
    return torch.where(torch.rand(count) < share)[0].tolist()


def _between(count: int, low: float, high: float) -> Tensor:
    return torch.rand(count) * (high - low) + low


def _column(values: Tensor) -> Tensor:
    return values[:, None, None, None]
