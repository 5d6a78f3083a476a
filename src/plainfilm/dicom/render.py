"""A film as a person sees it: 8 bits, bright where the body is dense, at a chosen size."""

from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from plainfilm.dicom import luts
from plainfilm.dicom._layout import number, read_layout, value_of
from plainfilm.dicom.dataset import Dataset, read_lazily
from plainfilm.dicom.lookup import histogram, look_up
from plainfilm.dicom.pixels import FilmPixels, decode_film
from plainfilm.errors import SettingsError
from plainfilm.records import Location

__all__ = [
    "average_cells",
    "downscale",
    "fitted",
    "is_inverted",
    "range_window",
    "render_display",
    "resize",
    "show",
]

Grey = TypeVar("Grey", np.uint8, np.uint16)

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
    shown = show(film, dataset)
    return shown if longest_side is None else downscale(shown, longest_side)


def downscale(image: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """Shrink by exact area averaging; an image that is small enough comes back as it is.

    Args:
        image: (rows, columns) uint8.
        longest_side: pixels of the result's longer side, ≥ 1.
    Returns:
        (rows, columns) uint8 of the same aspect, each side at least 1.
    """
    rows, columns = fitted(image.shape, longest_side)
    return image if (rows, columns) == image.shape else resize(image, rows, columns)


def fitted(shape: tuple[int, ...], longest_side: int) -> tuple[int, int]:
    """Rows and columns of an image shrunk to a longest side; its own where it is small enough."""
    rows, columns = shape
    scale = min(1.0, longest_side / max(rows, columns))
    return max(1, round(rows * scale)), max(1, round(columns * scale))


def resize(image: NDArray[Grey], rows: int, columns: int) -> NDArray[Grey]:
    """Shrink or enlarge by exact area averaging.

    Args:
        image: (any, any) uint8 or uint16, not empty.
        rows, columns: of the result, ≥ 1.
    """
    down = np.linspace(0, image.shape[0], rows + 1)
    across = np.linspace(0, image.shape[1], columns + 1)
    return average_cells(image, down, across)


def average_cells(
    image: NDArray[Grey], down: NDArray[np.float64], across: NDArray[np.float64]
) -> NDArray[Grey]:
    """Average an image over the cells of a grid.

    Args:
        image: (rows, columns) uint8 or uint16; the pixel of index i covers i to i + 1.
        down, across: ascending edges of the cells, within the image.
    Returns:
        (len(down) - 1, len(across) - 1), of the image's type.
    """
    by_row = _area_weights(down, image.shape[0])
    by_column = _area_weights(across, image.shape[1])
    averaged = (by_column @ (by_row @ image.astype(np.float32)).T).T
    white = np.iinfo(image.dtype).max
    return np.ascontiguousarray(np.rint(averaged).clip(0, white).astype(image.dtype))


def _area_weights(edges: NDArray[np.float64], length: int) -> sparse.csr_array:
    """(cells, length) weights: how much of each cell lies in each pixel."""
    first = np.floor(edges[:-1]).astype(np.intp)
    last = np.minimum(np.ceil(edges[1:]).astype(np.intp), length)
    counts = last - first
    row = np.repeat(np.arange(len(counts)), counts)
    column = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[row]
    overlap = np.minimum(column + 1, edges[row + 1]) - np.maximum(column, edges[row])
    weight = (overlap / (edges[row + 1] - edges[row])).astype(np.float32)
    return sparse.csr_array((weight, (row, column)), shape=(len(counts), length))


def show(film: FilmPixels, dataset: Dataset) -> NDArray[np.uint8]:
    """Render stored values as `render_display` does, by mapping every value that occurs once.

    Args:
        dataset: where the film's LUTs, windows and padding are.
    """
    values, index = _covering(film.frame)
    padded = _is_padding(values, dataset, film)
    if film.photometric not in _MONOCHROME:  # colour is made for display already
        shown = (values / ((1 << film.bits_stored) - 1)).astype(np.float32)
    else:
        modality = luts.apply_modality_lut(values, dataset)
        shown = _through_voi(modality, index, padded, dataset)
        if _is_inverted(film.photometric, dataset):
            shown = 1 - shown
    shown[padded] = 0
    return _look_up(np.rint(shown * 255).astype(np.uint8), index)


def _covering(frame: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Values that cover the frame, not all of which need occur, and the frame as indices."""
    width = frame.dtype.itemsize
    if width <= 2:  # the bits of a value are its index
        index = frame.view(f"u{width}")
        values = np.arange(int(index.max()) + 1, dtype=index.dtype).view(frame.dtype)
        return values.astype(np.int64), index
    low, high = int(frame.min()), int(frame.max())
    if high - low < _MOST_TABLE_ENTRIES:
        return np.arange(low, high + 1), (frame - frame.dtype.type(low)).astype(np.uint16)
    values, inverse = np.unique(frame, return_inverse=True)
    return values.astype(np.int64), inverse.reshape(frame.shape)


def _look_up(table: NDArray[np.uint8], index: NDArray[Any]) -> NDArray[np.uint8]:
    return look_up(table, index) if index.dtype.itemsize <= 2 else table[index]


def _counts(index: NDArray[Any], length: int) -> NDArray[np.int64]:
    """How often each index below `length`, which is above them all, occurs."""
    if index.dtype.itemsize <= 2:
        return histogram(index)[:length]
    return np.bincount(index.ravel(), minlength=length)


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
    modality: NDArray[np.float32],
    index: NDArray[Any],
    padded: NDArray[np.bool_],
    dataset: Dataset,
) -> NDArray[np.float32]:
    lut = luts.voi_lut(dataset)
    if lut is not None:
        return luts.apply_voi_lut(modality, lut)
    window = luts.voi_window(dataset)
    if window is not None:
        return luts.apply_voi_window(modality, *window)
    counts = _counts(index, len(modality))
    covering = _range_window(modality, np.where(padded, 0, counts))
    if covering is None:
        return np.zeros_like(modality)
    return luts.apply_voi_window(modality, *covering, "LINEAR_EXACT")


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


def is_inverted(dataset: Dataset) -> bool:
    """Whether low values of a grey film are shown bright.

    Raises:
        UnsupportedPixels: the Image Pixel module contradicts itself.
    Source: DICOM PS3.3 C.7.6.3.1.2 and C.11.6.1.
    """
    return _is_inverted(read_layout(dataset).photometric, dataset)


def _is_inverted(photometric: str, dataset: Dataset) -> bool:
    # DX demands INVERSE together with MONOCHROME1 (PS3.3 C.8.11.3.1.2): one inversion, not two.
    return photometric == "MONOCHROME1" or value_of(dataset, "PresentationLUTShape") == "INVERSE"


def range_window(film: FilmPixels, dataset: Dataset) -> tuple[float, float] | None:
    """Center and width of the LINEAR_EXACT window that `render_display` uses where a film has
    none of its own, on the scale of modality values; None where all pixels are equal.

    Raises:
        UnsupportedPixels: the Modality LUT contradicts itself.
    """
    values, index = _covering(film.frame)
    padded = _is_padding(values, dataset, film)
    modality = luts.apply_modality_lut(values, dataset)
    return _range_window(modality, np.where(padded, 0, _counts(index, len(modality))))


def _range_window(
    modality: NDArray[np.float32], counts: NDArray[np.int64]
) -> tuple[float, float] | None:
    low, high = _robust_range(modality, counts)
    return ((low + high) / 2, high - low) if high > low else None
