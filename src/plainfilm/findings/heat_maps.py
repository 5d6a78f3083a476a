"""From a heat map to boxes: what ChestX-ray8 did with its class activation maps."""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import InputError

__all__ = ["PUBLISHED_LEVELS", "boxes_from_map", "evidence_for", "levelled", "map_over_film"]

PUBLISHED_LEVELS: Final = (60, 180)
"""The levels that ChestX-ray8 cut its heat maps at."""

_TOP: Final = 255.0
_FINEST: Final = 224  # pixels to which a coarser map is enlarged before it is cut


def evidence_for(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """What of a network's map speaks for its finding: 0 where a place, asked alone, does not make
    the finding more likely than not.

    Without it, a map that speaks against the finding everywhere would, scaled by itself, be hottest
    where it says least: at the film's edges.

    Args:
        heat: log odds, or what is made by gradients.
    Source: Selvaraju et al., Grad-CAM (ICCV 2017), section 3, which does so for the same reason.
    """
    return np.maximum(heat, np.float32(0))


def levelled(heat: NDArray[Any]) -> NDArray[np.float32]:
    """A map's values from 0, its least, to 255, its greatest; 0 all over where they are equal.

    Raises:
        InputError: the map holds what is no number.
    """
    wide = np.asarray(heat, np.float32)
    if not np.isfinite(wide).all():
        raise InputError("the heat map holds values that are no numbers")
    low, high = float(wide.min()), float(wide.max())
    if high <= low:
        return np.zeros_like(wide)
    shares: NDArray[np.float32] = (wide - low) / (high - low) * np.float32(_TOP)
    return shares


def boxes_from_map(
    heat: NDArray[Any], levels: Sequence[float] = PUBLISHED_LEVELS, *, least_share: float = 0.0
) -> NDArray[np.float64]:
    """Put a box around each region that is hot enough.

    The map is enlarged to some 224 pixels a side, scaled to 0 to 255, cut at each level by itself,
    and each region whose pixels touch one another, by corners too, gets a box.

    Args:
        heat: (rows, columns), any real numbers; more is hotter.
        levels: above 0, and 255 at most; a pixel is hot at its level or above.
        least_share: regions that cover less than this share of the map are left out.
    Returns:
        (boxes, 5): xmin, ymin, xmax, ymax as shares of the map in [0, 1], and the region's hottest
        value in [0, 1]; by level as given, within one by falling heat.
    Raises:
        InputError: the map holds what is no number, or a level is out of range.
    Source: Wang et al., ChestX-ray8 (CVPR 2017), section 4.2: intensities normalised to [0, 255],
        thresholds 60 and 180, boxes that cover the isolated regions.
    """
    if wrong := [level for level in levels if not 0 < level <= _TOP]:
        raise InputError(f"levels ({', '.join(map(str, wrong))}) must be above 0, and 255 at most")
    fine = levelled(_enlarged(np.asarray(heat, np.float32)))
    found = [_regions(fine, level, least_share) for level in levels]
    return np.concatenate(found) if found else np.empty((0, 5))


def map_over_film(
    heat: NDArray[np.float32],
    within: tuple[float, float, float, float],
    shape: tuple[int, ...],
) -> NDArray[np.float32]:
    """A levelled map over a frame, as the part over the film, a value in [0, 1] for each pixel.

    Args:
        within: where the frame's outer edges lie on the film, as `FramedFilm.within`.
        shape: (rows, columns) of the film as it is wanted.
    """
    left, top, right, bottom = within
    rows, columns = shape
    # Where the centres of the film's pixels lie in the map, whose own centres are at half pixels.
    across = ((np.arange(columns) + 0.5) / columns - left) / (right - left) * heat.shape[1] - 0.5
    down = ((np.arange(rows) + 0.5) / rows - top) / (bottom - top) * heat.shape[0] - 0.5
    to_x, to_y = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
    near_edge = cv2.BORDER_REPLICATE
    over = cv2.remap(heat / np.float32(_TOP), to_x, to_y, cv2.INTER_LINEAR, borderMode=near_edge)
    return np.asarray(over, np.float32)


def _enlarged(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    times = -(-_FINEST // max(heat.shape))
    if times <= 1:
        return heat
    size = (heat.shape[1] * times, heat.shape[0] * times)
    return np.asarray(cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR))


def _regions(fine: NDArray[np.float32], level: float, least_share: float) -> NDArray[np.float64]:
    hot = (fine >= level).astype(np.uint8)
    count, numbers, facts, _ = cv2.connectedComponentsWithStats(hot, connectivity=8)
    rows: list[tuple[float, ...]] = []
    height, width = fine.shape
    for number in range(1, count):  # 0 is what is not hot
        left, top, across, down, area = (int(value) for value in facts[number])
        if area < least_share * fine.size:
            continue
        there = slice(top, top + down), slice(left, left + across)
        peak = float(fine[there][numbers[there] == number].max()) / _TOP
        ends = ((left + across) / width, (top + down) / height)
        rows.append((left / width, top / height, *ends, peak))
    rows.sort(key=lambda row: -row[-1])
    return np.array(rows).reshape(-1, 5)
