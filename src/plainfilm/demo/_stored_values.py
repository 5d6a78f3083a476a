"""From the 8 bits of a bundled film back to what a detector would have stored."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["StoredFrame", "to_stored"]


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """Stored values and the linear window that shows them as the bundled film looks.

    Attributes:
        values: (rows, columns), uint8 for 8 bits stored, else uint16.
        low: the stored value at the window's lower edge.
        window_center, window_width: PS3.3 C.11.2.1.2, in stored values.
    """

    values: NDArray[np.uint8] | NDArray[np.uint16]
    low: int
    window_center: float
    window_width: int


def to_stored(
    frame: NDArray[np.uint8], *, bits_stored: int, inverted: bool, rng: np.random.Generator
) -> StoredFrame:
    """Spread 8 bits over the middle four fifths of the stored range.

    Each display value becomes a band of stored values, filled with noise from `rng`, so that the
    histogram has no gaps and the window gives the display value back.

    Args:
        frame: (rows, columns), display values 0 to 255, bright = dense.
        bits_stored: 8 (values stay as they are) to 16.
        inverted: True for MONOCHROME1, where the lowest value is shown white.
    """
    if bits_stored == 8:
        plain = 255 - frame if inverted else frame
        return StoredFrame(plain, 0, 128.0, 256)
    largest = (1 << bits_stored) - 1
    band = (largest + 1) * 4 // 5 // 256
    low = (largest + 1 - 256 * band) // 2
    noise = rng.integers(0, band, size=frame.shape, dtype=np.uint16)
    values = (frame.astype(np.uint16) * band + low + noise).astype(np.uint16)
    if inverted:
        values = (largest - values).astype(np.uint16)
        low = largest + 1 - low - 256 * band
    return StoredFrame(values, low, low + 128.0 * band, 256 * band)
