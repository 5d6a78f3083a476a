"""An image in the middle of a black square, as networks take it."""

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom.render import resize

__all__ = ["place_in_square", "squared"]


def squared(shown: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Put an image into the middle of a black square; a small one is enlarged to it.

    Args:
        shown: (rows, columns), neither of them above `side`.
        side: pixels.
    Returns:
        (side, side) uint8, 0 around the image.
    """
    if max(shown.shape) < side:
        scale = side / max(shown.shape)
        shown = resize(shown, *(max(1, round(length * scale)) for length in shown.shape))
    square = np.zeros((side, side), np.uint8)
    square[place_in_square(shown.shape, side)] = shown
    return square


def place_in_square(shape: tuple[int, ...], side: int) -> tuple[slice, slice]:
    """Where in the square an image lies whose longer side fills it."""
    rows, columns = shape
    top, left = (side - rows) // 2, (side - columns) // 2
    return slice(top, top + rows), slice(left, left + columns)
