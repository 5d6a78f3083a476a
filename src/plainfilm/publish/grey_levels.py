"""A film's stored values turned to the grey values of an image, as MIMIC-CXR-JPG did it.

Scaling and equalising depend on the stored value alone. So both are worked out once per value,
composed into one table, and the film is looked up in it in a single pass.

Source: Johnson et al., "MIMIC-CXR-JPG, a large publicly available database of labeled chest
radiographs", arXiv:1901.07042 (2019), Methods: values are shifted to a minimum of zero, divided by
the maximum, multiplied by 255 and truncated; MONOCHROME1 is inverted; OpenCV's `equalizeHist`.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plainfilm.dicom.lookup import histogram, look_up

__all__ = ["equalize_histogram", "equalized_film", "scale_to_bytes", "scale_to_words"]

GreyBytes = npt.NDArray[np.uint8]
GreyWords = npt.NDArray[np.uint16]
Frame = npt.NDArray[np.integer]

_WIDEST_TABLE: Final = 0xFFFF


def scale_to_bytes(frame: Frame, *, invert: bool = False) -> GreyBytes:
    """Map stored values to 0…255 by the frame's own minimum and maximum.

    Args:
        frame: (rows, columns), any integers.
        invert: True for MONOCHROME1, so that more is brighter.
    Returns:
        (rows, columns) uint8; a frame of one single value becomes 0 throughout, or 255 inverted.
    """
    return _scaled_frame(frame, np.uint8, invert=invert)


def scale_to_words(frame: Frame, *, invert: bool = False) -> GreyWords:
    """Map stored values to 0…65535 likewise; of up to 16 bits, no two values become one.

    Args:
        frame: (rows, columns), any integers.
        invert: True for MONOCHROME1, so that more is brighter.
    Returns:
        (rows, columns) uint16; a frame of one single value becomes 0 throughout, or 65535 inverted.
    """
    return _scaled_frame(frame, np.uint16, invert=invert)


def equalize_histogram(image: GreyBytes) -> GreyBytes:
    """Spread the grey levels so that their cumulative histogram is close to a straight line.

    Args:
        image: (rows, columns) uint8.
    Returns:
        (rows, columns) uint8, equal to what OpenCV's `equalizeHist` makes of the same image.
    Source: OpenCV modules/imgproc/src/histogram.cpp, `cv::equalizeHist`.
    """
    return look_up(_equalizing_table(histogram(image)), image)


def equalized_film(frame: Frame, *, invert: bool = False) -> GreyBytes:
    """`equalize_histogram(scale_to_bytes(frame))`: the pixels of a MIMIC-CXR-JPG image.

    Args:
        frame: (rows, columns), any integers.
        invert: True for MONOCHROME1.
    Returns:
        (rows, columns) uint8.
    """
    indexed = _indexed(frame)
    if indexed is None:
        return equalize_histogram(scale_to_bytes(frame, invert=invert))
    counts = histogram(indexed.index)
    scaling = _scaling_table(indexed, counts, np.uint8, invert=invert)
    # Counts stay far below 2^53, so adding them up as float64 is exact.
    levels = np.bincount(scaling, weights=counts, minlength=256).astype(np.int64)
    return look_up(_equalizing_table(levels)[scaling], indexed.index)


@dataclass(frozen=True, slots=True)
class _Indexed:
    """A frame as indices into a table: `values[index]` is the frame.

    Attributes:
        index: (rows, columns) uint8 or uint16.
        values: (256,) or (65536,) int64.
    """

    index: npt.NDArray[Any]
    values: npt.NDArray[np.int64]


def _indexed(frame: Frame) -> _Indexed | None:
    """None for a frame whose values span more than 16 bits."""
    width = frame.dtype.itemsize
    if width <= 2:  # the bits of a value are its index
        index = frame.view(f"u{width}")
        bits = np.arange(1 << 8 * width).astype(index.dtype)
        return _Indexed(index, bits.view(frame.dtype).astype(np.int64))
    lowest, highest = int(frame.min()), int(frame.max())
    if highest - lowest > _WIDEST_TABLE:
        return None
    index = (frame - frame.dtype.type(lowest)).astype(np.uint16)
    return _Indexed(index, np.arange(_WIDEST_TABLE + 1) + lowest)


def _scaled_frame(frame: Frame, kind: Any, *, invert: bool) -> npt.NDArray[Any]:
    indexed = _indexed(frame)
    if indexed is None:
        lowest, highest = int(frame.min()), int(frame.max())
        shifted = frame.astype(np.float64) - lowest
        return _scaled(shifted, highest - lowest, kind, invert=invert)
    table = _scaling_table(indexed, histogram(indexed.index), kind, invert=invert)
    return look_up(table, indexed.index)


def _scaling_table(
    indexed: _Indexed, counts: npt.NDArray[np.int64], kind: Any, *, invert: bool
) -> npt.NDArray[Any]:
    """What each index becomes; what it says of indices that the frame lacks is of no account."""
    occurring = indexed.values[counts > 0]
    lowest, highest = int(occurring.min()), int(occurring.max())
    shifted = (indexed.values.clip(lowest, highest) - lowest).astype(np.float64)
    return _scaled(shifted, highest - lowest, kind, invert=invert)


def _scaled(
    shifted: npt.NDArray[np.float64], span: int, kind: Any, *, invert: bool
) -> npt.NDArray[Any]:
    # Divide, multiply, truncate, in this order: another one changes some values by one.
    white = np.iinfo(kind).max
    scaled: npt.NDArray[Any] = (shifted / max(span, 1) * white).astype(kind)
    return white - scaled if invert else scaled


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
