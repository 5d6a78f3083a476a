"""A film's stored values turned to 8 bit exactly as MIMIC-CXR-JPG did it.

Both mappings, scaling and equalising, depend on the stored value alone. So they are worked out
once per value, composed into one table, and the film is looked up in it in a single pass.

Source: Johnson et al., "MIMIC-CXR-JPG, a large publicly available database of labeled chest
radiographs", arXiv:1901.07042 (2019), Methods: values are shifted to a minimum of zero, divided by
the maximum, multiplied by 255 and truncated; MONOCHROME1 is inverted; OpenCV's `equalizeHist`.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["equalize_histogram", "equalized_film", "scale_to_bytes"]

GreyBytes = npt.NDArray[np.uint8]
Frame = npt.NDArray[np.integer]

_WIDEST_TABLE: Final = 0xFFFF
_CHUNK: Final = 1 << 16  # pixels whose indices, eight bytes each, stay in the cache


def scale_to_bytes(frame: Frame, *, invert: bool = False) -> GreyBytes:
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
    return _look_up(_scaling_table(highest - lowest, invert=invert), frame, lowest)


def equalize_histogram(image: GreyBytes) -> GreyBytes:
    """Spread the grey levels so that their cumulative histogram is close to a straight line.

    Args:
        image: (rows, columns) uint8.
    Returns:
        (rows, columns) uint8, equal to what OpenCV's `equalizeHist` makes of the same image.
    Source: OpenCV modules/imgproc/src/histogram.cpp, `cv::equalizeHist`.
    """
    return _look_up(_equalizing_table(_histogram(image, 0, 256)), image, 0)


def equalized_film(frame: Frame, *, invert: bool = False) -> GreyBytes:
    """`equalize_histogram(scale_to_bytes(frame))`: the pixels of a MIMIC-CXR-JPG image.

    Args:
        frame: (rows, columns), any integers.
        invert: True for MONOCHROME1.
    Returns:
        (rows, columns) uint8.
    """
    lowest, highest = int(frame.min()), int(frame.max())
    if highest - lowest > _WIDEST_TABLE:
        return equalize_histogram(scale_to_bytes(frame, invert=invert))
    scaling = _scaling_table(highest - lowest, invert=invert)
    stored = _histogram(frame, lowest, len(scaling))
    # Counts stay far below 2^53, so adding them up as float64 is exact.
    levels = np.bincount(scaling, weights=stored, minlength=256).astype(np.int64)
    return _look_up(_equalizing_table(levels)[scaling], frame, lowest)


def _scaling_table(span: int, *, invert: bool) -> GreyBytes:
    return _scaled(np.arange(span + 1, dtype=np.float64), span, invert=invert)


def _scaled(shifted: npt.NDArray[np.float64], span: int, *, invert: bool) -> GreyBytes:
    # Divide, multiply, truncate, in this order: another one changes some values by one.
    scaled = (shifted / max(span, 1) * 255).astype(np.uint8)
    return 255 - scaled if invert else scaled


def _equalizing_table(histogram: npt.NDArray[np.int64]) -> GreyBytes:
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


def _histogram(frame: Frame, lowest: int, size: int) -> npt.NDArray[np.int64]:
    counts = np.zeros(size, np.int64)
    for _, indices in _chunks(frame, lowest):
        counts += np.bincount(indices, minlength=size)
    return counts


def _look_up(table: GreyBytes, frame: Frame, lowest: int) -> GreyBytes:
    """Each value's entry in a table whose first entry stands for the value `lowest`."""
    result = np.empty(frame.size, np.uint8)
    for place, indices in _chunks(frame, lowest):
        np.take(table, indices, out=result[place], mode="clip")  # clip: no second buffer
    return result.reshape(frame.shape)


def _chunks(frame: Frame, lowest: int) -> Iterator[tuple[slice, npt.NDArray[np.intp]]]:
    """The frame's values as table indices, some at a time; all at once would leave the cache."""
    flat = frame.reshape(-1)
    for start in range(0, flat.size, _CHUNK):
        place = slice(start, start + _CHUNK)
        indices = flat[place].astype(np.intp)
        indices -= lowest
        yield place, indices
