"""What films differ by though they show the same: how they lie, grey values, borders, marks.

Every function draws from PyTorch's own random numbers; films are (n, 1, side, side) or
(1, side, side), grey values in [0, 1] where nothing else is said.
"""

from typing import Final

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor

__all__ = ["collimated", "mark", "moved", "windowed"]

_MOVE: Final = 0.8
_WINDOW: Final = 0.6
_MARK_HEIGHT: Final = (3 / 224, 14 / 224)  # of the film's side
_MARK_WIDTH: Final = (4 / 224, 50 / 224)


def moved(films: Tensor, flipped: Tensor, side: int, reach: float = 1.0) -> Tensor:
    """Tilt by up to 17°, zoom, shift and stretch a little; every fifth film stays as it is.

    Args:
        films: (n, 1, s, s), s ≥ side; any grey values.
        flipped: (n,) whether left and right change places.
        side: of the result, in pixels.
        reach: in [0, 1], how far films move, against the most.
    """
    count = len(films)
    moves = torch.rand(count) < _MOVE
    tilt = torch.where(moves, _between(count, -0.3, 0.3) * torch.rand(count), 0.0) * reach
    zoom = torch.where(moves, _between(count, 0.72, 1.15), 1.0) ** reach
    stretch = torch.where(moves, torch.exp(_between(count, -0.12, 0.12)), 1.0) ** reach
    across, down = zoom * stretch * torch.where(flipped, -1.0, 1.0), zoom / stretch
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = torch.cos(tilt) * across, -torch.sin(tilt) * down
    matrix[:, 1, 0], matrix[:, 1, 1] = torch.sin(tilt) * across, torch.cos(tilt) * down
    shift = torch.where(moves.unsqueeze(1), torch.rand(count, 2) * 0.24 - 0.12, 0.0) * reach
    matrix[:, :, 2] = shift
    grid = F.affine_grid(matrix, [count, 1, side, side], align_corners=False)
    return F.grid_sample(films, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def windowed(films: Tensor) -> Tensor:
    """Dark, bright, flat and hard films: another gamma, another window."""
    count = len(films)
    films = films ** _column(torch.exp(_between(count, -0.5, 0.5)))
    low, high = _column(_between(count, -0.15, 0.2)), _column(_between(count, 0.75, 1.2))
    chosen = _column(torch.rand(count) < _WINDOW)
    return torch.where(chosen, ((films - low) / (high - low)).clamp(0, 1), films)


def collimated(film: Tensor) -> Tensor:
    """One film within a border, black as a rule, grey at times."""
    side = film.shape[-1]
    top, bottom, left, right = (int(width) for width in torch.rand(4) * 0.14 * side)
    grey = float(torch.rand(1)) if torch.rand(1) < 0.2 else 0.0
    framed = torch.full_like(film, grey)
    inside = (slice(None), slice(top, side - bottom), slice(left, side - right))
    framed[inside] = film[inside]
    return framed


def mark(film: Tensor) -> None:
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


def _between(count: int, low: float, high: float) -> Tensor:
    return torch.rand(count) * (high - low) + low


def _column(values: Tensor) -> Tensor:
    return values[:, None, None, None]
