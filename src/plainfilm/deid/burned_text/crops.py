"""Lines cut out of a frame as black letters on white, for the reader."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.extent import Line

__all__ = ["TURNS", "cut_out"]

MARGIN: Final = 0.2
"""Around the line, by its thickness."""

TURNS: Final = {False: (0, 180), True: (90, 270)}
"""Degrees clockwise that may set a line upright: one that runs across the frame, and down it."""


def cut_out(image: NDArray[np.uint8], line: Line, turn: int) -> NDArray[np.uint8]:
    """The line as it reads when the frame is turned clockwise.

    Since the ink's value is known, letters become black and everything else white by how far it is
    from the ink, on either side.

    Args:
        image: (rows, columns) uint8.
        turn: degrees, of `TURNS`.
    Returns:
        (rows, columns) uint8.
    """
    thickness = line.place.width if line.turned else line.place.height
    margin = max(2, round(MARGIN * thickness))
    place = line.place.padded(margin, margin, (image.shape[0], image.shape[1]))
    region = image[place.top : place.bottom, place.left : place.right]
    distance = cv2.absdiff(region, np.full_like(region, round(line.ink)))
    white: NDArray[np.uint8] = cv2.convertScaleAbs(distance, alpha=255 / max(line.contrast, 1.0))
    return np.ascontiguousarray(np.rot90(white, -turn // 90))
