"""The Image Pixel module of one object, read with suspicion."""

from dataclasses import dataclass
from typing import Any, Final

from pydicom import Dataset

from plainfilm.dicom._quiet import PYDICOM_ERRORS, quiet_pydicom
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["MAX_FRAME_PIXELS", "Layout", "number", "numbers", "read_layout", "value_of"]

MAX_FRAME_PIXELS: Final = 1 << 27
"""134 million: ten times the largest stitched long-leg film. Beyond it, nothing is allocated."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one frame's samples are stored (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    planar: bool
    frames: int

    @property
    def frame_samples(self) -> int:
        return self.rows * self.columns * self.samples

    @property
    def frame_bits(self) -> int:
        """Bits of one uncompressed frame."""
        if self.photometric == "YBR_FULL_422":  # chroma at half the columns, PS3.3 C.7.6.3.1.2
            return self.rows * self.columns * 2 * self.bits_allocated
        return self.frame_samples * self.bits_allocated


def value_of(dataset: Dataset, keyword: str) -> Any:
    """The element's value; None where it is absent or breaks the rules of its VR."""
    with quiet_pydicom():
        try:
            return dataset.get(keyword)
        except PYDICOM_ERRORS:
            return None


def number(dataset: Dataset, keyword: str) -> float | None:
    """The element's first value as a number; None where it is absent, empty or no number."""
    values = numbers(dataset, keyword)
    return values[0] if values else None


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The element's values as numbers; empty where it is absent, empty or not all numbers."""
    value = value_of(dataset, keyword)
    if value is None or isinstance(value, (str, bytes)):
        return []
    try:
        return [float(one) for one in (value if hasattr(value, "__iter__") else [value])]
    except (TypeError, ValueError):
        return []


def read_layout(dataset: Dataset) -> Layout:
    """The Image Pixel module, complete and within what a film can be.

    Raises:
        UnsupportedPixels: an attribute is missing or contradicts another.
    """
    bits_allocated = _required(dataset, "BitsAllocated")
    bits_stored = _optional(dataset, "BitsStored", bits_allocated)
    layout = Layout(
        rows=_required(dataset, "Rows"),
        columns=_required(dataset, "Columns"),
        samples=_optional(dataset, "SamplesPerPixel", 1),
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=_optional(dataset, "HighBit", bits_stored - 1),
        signed=_optional(dataset, "PixelRepresentation", 0) == 1,
        photometric=_photometric(dataset),
        planar=_optional(dataset, "PlanarConfiguration", 0) == 1,
        frames=max(1, _optional(dataset, "NumberOfFrames", 1)),
    )
    _check(layout)
    return layout


def _check(layout: Layout) -> None:
    if layout.rows < 1 or layout.columns < 1:
        raise _unusable(f"Rows {layout.rows} and Columns {layout.columns} must be at least 1")
    if layout.rows * layout.columns > MAX_FRAME_PIXELS:
        raise _unusable(
            f"Rows {layout.rows} x Columns {layout.columns} exceeds {MAX_FRAME_PIXELS} pixels"
        )
    if layout.samples not in (1, 3):
        raise _unusable(f"SamplesPerPixel {layout.samples} must be 1 or 3")
    if layout.bits_allocated not in (1, 8, 16, 32):
        raise _unusable(f"BitsAllocated {layout.bits_allocated} must be 1, 8, 16 or 32")
    if not 1 <= layout.bits_stored <= layout.high_bit + 1 <= layout.bits_allocated:
        raise _unusable(
            f"BitsStored {layout.bits_stored} and HighBit {layout.high_bit} "
            f"do not fit BitsAllocated {layout.bits_allocated}"
        )


def _required(dataset: Dataset, keyword: str) -> int:
    value = number(dataset, keyword)
    if value is None or value != int(value):
        raise _unusable(f"{keyword} is missing or not a whole number")
    return int(value)


def _optional(dataset: Dataset, keyword: str, default: int) -> int:
    value = number(dataset, keyword)
    return default if value is None else int(value)


def _photometric(dataset: Dataset) -> str:
    value = value_of(dataset, "PhotometricInterpretation")
    return value.strip().upper() if isinstance(value, str) and value.strip() else "MONOCHROME2"


def _unusable(message: str) -> UnsupportedPixels:
    return UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
