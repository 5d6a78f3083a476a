"""A film as a person sees it: 8 bits, bright where the body is dense, at a chosen size."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from plainfilm.dicom import luts
from plainfilm.dicom._layout import number, value_of
from plainfilm.dicom.dataset import Dataset, read_lazily
from plainfilm.dicom.pixels import FilmPixels, decode_film
from plainfilm.errors import SettingsError
from plainfilm.records import Location

__all__ = ["downscale", "render_display"]

# Without a window, this share of the pixels at either end may saturate: markers and borders.
_SATURATED_PERCENT: Final = 0.5
_MONOCHROME: Final = ("MONOCHROME1", "MONOCHROME2")
# Up to this many distinct values, every value is mapped once and the frame looked up.
_MOST_TABLE_ENTRIES: Final = 1 << 16


def render_display(
    source: Location | Path | Dataset, *, longest_side: int | None = None
) -> NDArray[np.uint8]:
    """Render a film's first frame for display.

    Stored values go through the modality LUT or rescale, then through the first VOI LUT, else the
    first VOI window, else the range that leaves out the extreme 0.5 % at either end; MONOCHROME1
    and `PresentationLUTShape` INVERSE are inverted; padding is black.

    Args:
        longest_side: pixels of the longer side, ≥ 1; a smaller film keeps its size. None keeps
            every pixel.
    Returns:
        (rows, columns) uint8, bright = dense.
    Raises:
        UnreadableDicom, UnsupportedPixels: as `decode_film`.
        SettingsError: longest_side < 1.
    Source: DICOM PS3.3 C.11, C.7.6.3.1.2; PS3.4 N.2.
    """
    if longest_side is not None and longest_side < 1:
        raise SettingsError(f"longest_side ({longest_side}) must be at least 1")
    dataset = source if isinstance(source, Dataset) else read_lazily(source)
    film = decode_film(dataset)
    shown = _shown(film, dataset)
    return shown if longest_side is None else downscale(shown, longest_side)


def downscale(image: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """Shrink by exact area averaging; an image that is small enough comes back as it is.

    Args:
        image: (rows, columns) uint8.
        longest_side: pixels of the result's longer side, ≥ 1.
    Returns:
        (rows, columns) uint8 of the same aspect, each side at least 1.
    """
    rows, columns = image.shape
    scale = longest_side / max(rows, columns)
    if scale >= 1:
        return image
    down = _area_weights(rows, max(1, round(rows * scale)))
    across = _area_weights(columns, max(1, round(columns * scale)))
    averaged = (across @ (down @ image.astype(np.float32)).T).T
    return np.ascontiguousarray(np.rint(averaged).clip(0, 255).astype(np.uint8))


def _area_weights(length: int, new_length: int) -> sparse.csr_array:
    """(new_length, length) weights: how much of each old pixel lies in each new one."""
    edges = np.linspace(0, length, new_length + 1)
    first = np.floor(edges[:-1]).astype(np.intp)
    last = np.minimum(np.ceil(edges[1:]).astype(np.intp), length)
    counts = last - first
    row = np.repeat(np.arange(new_length), counts)
    column = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[row]
    overlap = np.minimum(column + 1, edges[row + 1]) - np.maximum(column, edges[row])
    weight = (overlap * new_length / length).astype(np.float32)
    return sparse.csr_array((weight, (row, column)), shape=(new_length, length))


def _shown(film: FilmPixels, dataset: Dataset) -> NDArray[np.uint8]:
    """Map every value that occurs once, then look the frame up."""
    values, counts, index = _distinct(film.frame)
    padded = _is_padding(values, dataset, film)
    if film.photometric not in _MONOCHROME:  # colour is made for display already
        shown = (values / ((1 << film.bits_stored) - 1)).astype(np.float32)
    else:
        modality = luts.apply_modality_lut(values, dataset)
        shown = _through_voi(modality, np.where(padded, 0, counts), dataset)
        if _is_inverted(film, dataset):
            shown = 1 - shown
    shown[padded] = 0
    frame: NDArray[np.uint8] = np.rint(shown * 255).astype(np.uint8)[index]
    return frame


def _distinct(
    frame: NDArray[Any],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Ascending values that cover the frame, how often each occurs, and the frame as indices."""
    low, high = int(frame.min()), int(frame.max())
    if high - low < _MOST_TABLE_ENTRIES:
        index = (frame.astype(np.int32) - low).astype(np.uint16)
        counts = np.bincount(index.ravel(), minlength=high - low + 1)
        return np.arange(low, high + 1), counts, index
    values, inverse, counts = np.unique(frame, return_inverse=True, return_counts=True)
    return values.astype(np.int64), counts, inverse.reshape(frame.shape)


def _is_padding(values: NDArray[np.int64], dataset: Dataset, film: FilmPixels) -> NDArray[np.bool_]:
    """Which stored values are padding (PS3.3 C.7.5.1.1.2)."""
    padding = number(dataset, "PixelPaddingValue")
    if padding is None:
        return np.zeros(values.shape, bool)
    limit = number(dataset, "PixelPaddingRangeLimit")
    ends = sorted(
        _as_stored(int(end), film) for end in (padding, padding if limit is None else limit)
    )
    return (values >= ends[0]) & (values <= ends[1])


def _as_stored(value: int, film: FilmPixels) -> int:
    """Undo a padding value that was written with the other signedness than the pixels."""
    width = film.frame.dtype.itemsize * 8
    if film.signed and value >= 1 << (width - 1):
        return value - (1 << width)
    return value + (1 << width) if value < 0 and not film.signed else value


def _through_voi(
    modality: NDArray[np.float32], counts: NDArray[np.int64], dataset: Dataset
) -> NDArray[np.float32]:
    lut = luts.voi_lut(dataset)
    if lut is not None:
        return luts.apply_voi_lut(modality, lut)
    window = luts.voi_window(dataset)
    if window is not None:
        return luts.apply_voi_window(modality, *window)
    low, high = _robust_range(modality, counts)
    if high <= low:
        return np.zeros_like(modality)
    return luts.apply_voi_window(modality, (low + high) / 2, high - low, "LINEAR_EXACT")


def _robust_range(modality: NDArray[np.float32], counts: NDArray[np.int64]) -> tuple[float, float]:
    """The range that all but the extreme pixels lie in; the whole range where that is a point."""
    present = counts > 0
    if not present.any():
        return 0.0, 0.0
    modality, counts = modality[present], counts[present]
    order = np.argsort(modality)
    ascending, below = modality[order], np.cumsum(counts[order])
    share = below[-1] * _SATURATED_PERCENT / 100
    low = ascending[np.searchsorted(below, share, side="right")]
    high = ascending[np.searchsorted(below, below[-1] - share, side="left")]
    if high <= low:
        low, high = ascending[0], ascending[-1]
    return float(low), float(high)


def _is_inverted(film: FilmPixels, dataset: Dataset) -> bool:
    # DX demands INVERSE together with MONOCHROME1 (PS3.3 C.8.11.3.1.2): one inversion, not two.
    shape = value_of(dataset, "PresentationLUTShape")
    return film.photometric == "MONOCHROME1" or shape == "INVERSE"
