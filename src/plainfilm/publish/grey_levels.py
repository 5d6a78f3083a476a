"""A film's stored values turned to 8 bit exactly as MIMIC-CXR-JPG did it.

Source: Johnson et al., "MIMIC-CXR-JPG, a large publicly available database of labeled chest
radiographs", arXiv:1901.07042 (2019), Methods: values are shifted to a minimum of zero, divided by
the maximum, multiplied by 255 and truncated; MONOCHROME1 is inverted; OpenCV's `equalizeHist`.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["equalize_histogram", "equalized_film", "scale_to_bytes"]

_WIDEST_TABLE: Final = 0xFFFF

GreyBytes = npt.NDArray[np.uint8]


def scale_to_bytes(frame: npt.NDArray[np.integer], *, invert: bool = False) -> GreyBytes:
    """Map stored values to 0…255 by the frame's own minimum and maximum.

    Args:
        frame: (rows, columns), any integers.
        invert: True for MONOCHROME1, so that more is brighter.
    Returns:
        (rows, columns) uint8; a frame of one single value becomes 0 throughout, or 255 inverted.
    """
    lowest, highest = int(frame.min()), int(frame.max())
    if highest - lowest > _WIDEST_TABLE:
        return _scaled(frame.astype(np.float64) - lowest, highest - lowest, invert=invert)
    # One division per stored value rather than one per pixel.
    values = np.arange(highest - lowest + 1, dtype=np.float64)
    table = _scaled(values, highest - lowest, invert=invert)
    if frame.dtype in (np.uint8, np.uint16):
        # Unsigned values index a table that starts at zero; that saves a copy of the film.
        return np.take(np.concatenate([np.zeros(lowest, np.uint8), table]), frame)
    return np.take(table, frame.astype(np.int64) - lowest)


def equalize_histogram(image: GreyBytes) -> GreyBytes:
    """Spread the grey levels so that their cumulative histogram is close to a straight line.

    Args:
        image: (rows, columns) uint8.
    Returns:
        (rows, columns) uint8, equal to what OpenCV's `equalizeHist` makes of the same image.
    Source: OpenCV modules/imgproc/src/histogram.cpp, `cv::equalizeHist`.
    """
    return np.take(_equalizing_table(np.bincount(image.ravel(), minlength=256)), image)


def equalized_film(frame: npt.NDArray[np.integer], *, invert: bool = False) -> GreyBytes:
    """`equalize_histogram(scale_to_bytes(frame))`: the pixels of a MIMIC-CXR-JPG image.

    Args:
        frame: (rows, columns), any integers.
        invert: True for MONOCHROME1.
    Returns:
        (rows, columns) uint8.
    """
    return equalize_histogram(scale_to_bytes(frame, invert=invert))


def _scaled(shifted: npt.NDArray[np.float64], span: int, *, invert: bool) -> GreyBytes:
    # Divide, multiply, truncate, in this order: another one changes some values by one.
    scaled = (shifted / max(span, 1) * 255).astype(np.uint8)
    return 255 - scaled if invert else scaled


def _equalizing_table(histogram: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
    """The grey level that each grey level becomes, in OpenCV's own order of float32 operations."""
    first = int(np.flatnonzero(histogram)[0])
    rest = int(histogram.sum() - histogram[first])
    if rest == 0:  # one grey level only: OpenCV leaves the image as it is
        return np.full(256, first, np.uint8)
    scale = np.float32(255) / np.float32(rest)
    above_first = np.cumsum(histogram[first + 1 :]).astype(np.float32)
    table = np.zeros(256, np.uint8)
    table[first + 1 :] = np.rint(above_first * scale).clip(0, 255)  # rint: half to even, as cvRound
    return table
