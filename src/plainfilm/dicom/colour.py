"""Telling pictures in colour from grey films that are stored in three channels; their channels."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import _codecs
from plainfilm.dicom.dataset import Dataset
from plainfilm.dicom.pixels import (
    LUMINANCE_FIRST,
    pixel_data,
    samples_of,
    through_palette,
    transfer_syntax_of,
)

__all__ = ["colour_channels", "is_colour", "shows_colour"]

# A grey film may carry a little coloured text, and lossy compression leaves a faint tint.
_TINT: Final = 0.1  # of the whole range, between a pixel's channels
_TINTED_SHARE: Final = 0.02
_PALETTE_BITS: Final = 16


def is_colour(dataset: Dataset) -> bool:
    """Whether a film's first frame shows colours, not just grey in three channels.

    Raises:
        UnsupportedPixels: as `decode_film`.
    """
    layout, data = pixel_data(dataset)
    if layout.photometric == "PALETTE COLOR":
        return shows_colour(through_palette(dataset, samples_of(dataset, data, layout)))
    if layout.samples == 1:
        return False
    values = samples_of(dataset, data, layout, colour=True)
    if values.ndim == 2:
        return False  # YBR_FULL_422, read without its chroma
    if layout.photometric not in LUMINANCE_FIRST or transfer_syntax_of(dataset) in _codecs.SYNTAXES:
        return shows_colour(values, layout.bits_stored)
    grey = 1 << (layout.bits_stored - 1)
    from_grey = np.abs(values[..., 1:].astype(np.int32) - grey).max(axis=-1)
    return _is_much(2 * from_grey, layout.bits_stored)


def colour_channels(dataset: Dataset, index: int) -> tuple[NDArray[Any], ...]:
    """The channels of any frame of a colour or palette film, which its luminance alone may hide.

    Args:
        index: of the frame, from 0.
    Returns:
        each (rows, columns), integers, as they are stored (RGB from lossy JPEG and JPEG 2000, and
        of a palette); none of a grey film, in one channel or in several that are the same, nor of
        native YBR_FULL_422, whose chroma is not read.
    Raises:
        UnsupportedPixels: as `decode_film`.
    """
    layout, data = pixel_data(dataset)
    is_palette = layout.photometric == "PALETTE COLOR"
    if layout.samples == 1 and not is_palette:
        return ()
    values = samples_of(dataset, data, layout, colour=True, index=index)
    if is_palette:
        values = through_palette(dataset, values)
    if values.ndim == 2 or (values == values[..., :1]).all():
        return ()
    return tuple(np.ascontiguousarray(channel) for channel in np.moveaxis(values, -1, 0))


def shows_colour(rgb: NDArray[Any], bits: int = _PALETTE_BITS) -> bool:
    """Whether in more than one pixel of fifty the channels differ by a tenth of their range.

    Args:
        rgb: (rows, columns, 3 or 4), integers below 2^bits; a fourth channel is transparency.
    """
    return _is_much(np.ptp(rgb[..., :3].astype(np.int32), axis=-1), bits)


def _is_much(tints: NDArray[np.int32], bits: int) -> bool:
    return bool((tints > _TINT * (1 << bits)).mean() > _TINTED_SHARE)
