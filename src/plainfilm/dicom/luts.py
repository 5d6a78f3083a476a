"""Modality and VOI transformations: from stored values to what a viewer shows.

All functions are pure; `render` chooses which of them a film asks for.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom._layout import number, numbers, value_of
from plainfilm.dicom.dataset import Dataset, DicomSequence
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = [
    "Lut",
    "apply_modality_lut",
    "apply_voi_lut",
    "apply_voi_window",
    "modality_lut",
    "palette_lut",
    "voi_lut",
    "voi_window",
]

WindowFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]

_MOST_ENTRIES: Final = 65536


@dataclass(frozen=True, slots=True, eq=False)
class Lut:
    """One lookup table (PS3.3 C.11.1.1): value `first + i` maps to `entries[i]`.

    Attributes:
        first: the value that the first entry stands for; may be negative.
        entries: (n,) unsigned, 1 ≤ n ≤ 65536.
        bits: every entry is below 2^bits.
    """

    first: int
    entries: NDArray[Any]
    bits: int

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Look `values` up; those outside the table take its first or last entry."""
        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        looked_up: NDArray[Any] = self.entries[index.astype(np.intp)]
        return looked_up


def apply_modality_lut(frame: NDArray[Any], dataset: Dataset) -> NDArray[np.float32]:
    """Map stored values to modality values by the Modality LUT Sequence or by rescale.

    Args:
        frame: any shape, stored values.
        dataset: where `ModalityLUTSequence`, or `RescaleSlope` and `RescaleIntercept`, are.
    Returns:
        float32 of the same shape; the stored values where the dataset has neither.
    Raises:
        UnsupportedPixels: the lookup table contradicts itself.
    Source: DICOM PS3.3 C.11.1.
    """
    lut = modality_lut(dataset)
    if lut is not None:
        return lut(frame).astype(np.float32)
    slope = number(dataset, "RescaleSlope")
    intercept = number(dataset, "RescaleIntercept")
    values = frame.astype(np.float32)
    if slope is not None and slope != 0 and np.isfinite(slope):
        values = values * np.float32(slope)
    if intercept is not None and np.isfinite(intercept):
        values = values + np.float32(intercept)
    return values


def apply_voi_window(
    frame: NDArray[Any], center: float, width: float, function: WindowFunction = "LINEAR"
) -> NDArray[np.float32]:
    """Map modality values to display range through a VOI window.

    Args:
        frame: any shape, modality values (unitless in CR and DX).
        center, width: same scale as `frame`; width ≥ 1 for LINEAR, > 0 for the others.
    Returns:
        float32 of the same shape, in [0, 1].
    Raises:
        UnsupportedPixels: width too small, or not finite.
    Source: DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.
    """
    least = 1 if function == "LINEAR" else 0
    fits = width >= least if function == "LINEAR" else width > least
    if not (fits and np.isfinite(width) and np.isfinite(center)):
        message = f"a {function} window of width {width} and center {center} is not defined"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    values: NDArray[np.float32] = frame.astype(np.float32)
    shown: NDArray[Any]
    if function == "SIGMOID":
        # Clipped where exp would overflow float32; there the result is 0 or 1 anyway.
        shown = 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -80, 80)))
    elif function == "LINEAR_EXACT":
        shown = np.clip((values - center) / width + 0.5, 0, 1)
    elif width == 1:  # the formula divides by width - 1; its limit is a step
        shown = values > center - 0.5
    else:
        shown = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    return shown.astype(np.float32)


def apply_voi_lut(frame: NDArray[Any], lut: Lut) -> NDArray[np.float32]:
    """Map modality values to display range through a VOI LUT.

    Args:
        frame: any shape, modality values.
        lut: from `voi_lut`.
    Returns:
        float32 of the same shape, in [0, 1].
    Source: DICOM PS3.3 C.11.2.1.1.
    """
    return (lut(frame) / np.float32((1 << lut.bits) - 1)).astype(np.float32)


def modality_lut(dataset: Dataset) -> Lut | None:
    """The film's Modality LUT; None where it has none.

    Raises:
        UnsupportedPixels: the table contradicts itself.
    Source: DICOM PS3.3 C.11.1.1.
    """
    return _first_lut(dataset, "ModalityLUTSequence")


def voi_lut(dataset: Dataset) -> Lut | None:
    """The film's first VOI LUT; None where it has none.

    Raises:
        UnsupportedPixels: the table contradicts itself.
    Source: DICOM PS3.3 C.11.2.1.1.
    """
    return _first_lut(dataset, "VOILUTSequence")


def voi_window(dataset: Dataset) -> tuple[float, float, WindowFunction] | None:
    """Center, width and function of the film's first window.

    None where it has no window, or one that no function is defined for (such as width 0, which
    some devices write for "not set").

    Source: DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.
    """
    center, width = number(dataset, "WindowCenter"), number(dataset, "WindowWidth")
    named = value_of(dataset, "VOILUTFunction")
    function: WindowFunction = named if named in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"
    if center is None or width is None or not np.isfinite(center) or not np.isfinite(width):
        return None
    if width < 1 and (function == "LINEAR" or width <= 0):
        return None
    return center, width, function


def palette_lut(dataset: Dataset, colour: str) -> Lut | None:
    """One channel of a palette film's lookup tables; None where it is missing or segmented.

    Args:
        colour: `Red`, `Green` or `Blue`.
    Raises:
        UnsupportedPixels: the table contradicts itself.
    Source: DICOM PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6.
    """
    prefix = f"{colour}PaletteColorLookupTable"
    if f"{prefix}Data" not in dataset:
        return None
    return _read_lut(dataset, f"{prefix}Descriptor", f"{prefix}Data")


def _first_lut(dataset: Dataset, keyword: str) -> Lut | None:
    items = value_of(dataset, keyword)
    if not isinstance(items, DicomSequence) or not items:
        return None
    return _read_lut(items[0], "LUTDescriptor", "LUTData")


def _read_lut(item: Dataset, descriptor_keyword: str, data_keyword: str) -> Lut:
    descriptor = [int(one) for one in numbers(item, descriptor_keyword)]
    if len(descriptor) != 3:
        raise _broken(f"{descriptor_keyword} does not hold 3 values")
    # The first value is unsigned even where the element's VR is SS; 0 stands for 65536.
    count = descriptor[0] % _MOST_ENTRIES or _MOST_ENTRIES
    entries = _entries(item, data_keyword, count)
    bits = descriptor[2] if 1 <= descriptor[2] <= 16 else 16
    # Some devices declare 8 bits and write more; the entries know better.
    bits = max(bits, int(entries.max()).bit_length())
    return Lut(first=descriptor[1], entries=entries, bits=bits)


def _entries(item: Dataset, keyword: str, count: int) -> NDArray[Any]:
    data = value_of(item, keyword)
    if isinstance(data, bytes):
        # 8-bit entries may be packed two to a word (PS3.3 C.11.1.1.1).
        width = 1 if len(data) < 2 * count else 2
        order = ">" if item.original_encoding[1] is False else "<"
        if width == 1 and order == ">":
            data = np.frombuffer(data, np.uint16).byteswap().tobytes()
        entries = np.frombuffer(data[: len(data) // width * width], f"{order}u{width}")
    else:
        entries = np.array([int(one) % 65536 for one in numbers(item, keyword)], np.uint16)
    if len(entries) < count:
        raise _broken(f"{keyword} holds {len(entries)} entries of {count}")
    return entries[:count].astype(np.uint16)


def _broken(what: str) -> UnsupportedPixels:
    return UnsupportedPixels(what, Reason.UNDECODABLE_PIXELS)
