"""Films made small for a network or a thumbnail, decoding no more of them than is looked at."""

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom.dataset import Dataset
from plainfilm.dicom.pixels import decode_smaller
from plainfilm.dicom.render import average_cells, downscale, fitted, show
from plainfilm.errors import SettingsError

__all__ = ["render_small"]

# A decoded film this much larger than the result keeps the error below what 8 bits show.
_MARGIN = 2


def render_small(dataset: Dataset, longest_side: int) -> NDArray[np.uint8]:
    """Render a film's first frame for display at a small size, faster than `render_display`.

    The same as `render_display`, but JPEG 2000 is decoded at a lower resolution: 2 grey levels at
    most lie between the two, save at hard edges such as those of burned-in text.

    Args:
        longest_side: pixels of the longer side, ≥ 1; a smaller film keeps its size.
    Returns:
        (rows, columns) uint8, bright = dense.
    Raises:
        UnsupportedPixels: as `decode_film`.
        SettingsError: longest_side < 1.
    """
    if longest_side < 1:
        raise SettingsError(f"longest_side ({longest_side}) must be at least 1")
    film, halvings = decode_smaller(dataset, longest_side * _MARGIN)
    shown = show(film, dataset)
    if not halvings:
        return downscale(shown, longest_side)
    full = (int(dataset.Rows), int(dataset.Columns))
    rows, columns = fitted(full, longest_side)
    down = _edges(full[0], rows, shown.shape[0], halvings)
    across = _edges(full[1], columns, shown.shape[1], halvings)
    return average_cells(shown, down, across)


def _edges(full: int, cells: int, length: int, halvings: int) -> NDArray[np.float64]:
    """Edges of equal cells over a film, in pixels of its smaller version.

    The smaller pixel of index i is centred on the full pixel i * 2^halvings, whose centre lies at
    half a pixel more.
    """
    edges = np.linspace(0, full, cells + 1)
    return ((edges - 0.5) / (1 << halvings) + 0.5).clip(0, length)
