"""The kinds and sizes of image that a dataset may hold, and how a film becomes one."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import FilmPixels, encode_jpeg, encode_png, resize
from plainfilm.errors import SettingsError
from plainfilm.publish.grey_levels import equalized_film, scale_to_bytes, scale_to_words

__all__ = ["Fitting", "Grey", "ImageFormat", "Resize", "Side", "encode", "fit", "grey_film"]

Grey = NDArray[Any]
"""(rows, columns) uint8 or uint16, more is brighter."""

_SMALLEST_SIDE: Final = 16
_LARGEST_SIDE: Final = 65_535  # what JPEG can hold
_FAST_ZLIB: Final = 1


class ImageFormat(StrEnum):
    """What becomes of a film; more is brighter in all of them but DICOM."""

    JPEG = "jpeg"
    """8 bit, histogram equalised: as MIMIC-CXR-JPG."""
    PNG8 = "png8"
    """8 bit: scaled by minimum and maximum, not equalised."""
    PNG16 = "png16"
    """16 bit: scaled likewise; of films of up to 16 bits no two stored values become one."""
    DICOM = "dicom"
    """The de-identified copy, byte by byte."""

    @property
    def suffix(self) -> str:
        return {self.JPEG: ".jpg", self.DICOM: ".dcm"}.get(self, ".png")


class Side(StrEnum):
    """Which side of a film is brought to a length."""

    LONGER = "longer"
    SHORTER = "shorter"
    SQUARE = "square"
    """The longer; the film is centred on a black square."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """Where a film lies in its image.

    Attributes:
        rows, columns: of the shrunk film.
        height, width: of the image.
        top, left: of the film in the image.
    """

    rows: int
    columns: int
    height: int
    width: int
    top: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Resize:
    """A size to shrink films to; none is enlarged, since that adds no knowledge.

    Attributes:
        pixels: of the side, 16 to 65535.
    Raises:
        SettingsError: `pixels` is out of range.
    """

    side: Side
    pixels: int

    def __post_init__(self) -> None:
        if not _SMALLEST_SIDE <= self.pixels <= _LARGEST_SIDE:
            limits = f"{_SMALLEST_SIDE} to {_LARGEST_SIDE}"
            raise SettingsError(f"a resized side is {limits} pixels, not {self.pixels}")

    def __str__(self) -> str:
        return f"{self.side}:{self.pixels}"

    @property
    def description(self) -> str:
        """One sentence for a dataset's README."""
        side = "longer" if self.side is Side.SQUARE else self.side
        around = ", then centred on a black square" if self.side is Side.SQUARE else ""
        shrunk = f"Shrunk by area averaging to {self.pixels:,} pixels on the {side} side"
        return f"{shrunk}{around}; smaller films were not enlarged."

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `longer:1024`, `shorter:512` or `square:512`.

        Raises:
            SettingsError: it is none of these.
        """
        found = re.fullmatch(r"(longer|shorter|square):([0-9]{1,6})", text)
        if found is None:
            shapes = "longer:PIXELS, shorter:PIXELS or square:PIXELS"
            raise SettingsError(f"a size is {shapes}, such as longer:1024; not {text!r}")
        return cls(Side(found[1]), int(found[2]))

    def fitting(self, rows: int, columns: int) -> Fitting:
        """Where a film of so many rows and columns comes to lie."""
        measured = min(rows, columns) if self.side is Side.SHORTER else max(rows, columns)
        scale = min(1.0, self.pixels / measured)
        down, across = max(1, round(rows * scale)), max(1, round(columns * scale))
        if self.side is not Side.SQUARE:
            return Fitting(down, across, down, across)
        top, left = (self.pixels - down) // 2, (self.pixels - across) // 2
        return Fitting(down, across, self.pixels, self.pixels, top, left)


def grey_film(film: FilmPixels, kind: ImageFormat) -> Grey:
    """A film's first frame in the grey values of a format, at its own size."""
    invert = film.photometric == "MONOCHROME1"
    if kind is ImageFormat.JPEG:
        return equalized_film(film.frame, invert=invert)
    scaled = scale_to_words if kind is ImageFormat.PNG16 else scale_to_bytes
    return scaled(film.frame, invert=invert)


def fit(image: Grey, fitting: Fitting) -> Grey:
    """Shrink by exact area averaging, and set on black where there is room around."""
    size = (fitting.rows, fitting.columns)
    shrunk: Grey = image if image.shape == size else resize(image, *size)
    if size == (fitting.height, fitting.width):
        return shrunk
    padded = np.zeros((fitting.height, fitting.width), image.dtype)
    padded[fitting.top :, fitting.left :][: fitting.rows, : fitting.columns] = shrunk
    return padded


def encode(image: Grey, kind: ImageFormat, *, quality: int) -> bytes:
    """The bytes of a JPEG or PNG file.

    Args:
        quality: of a JPEG, 1 to 100.
    """
    if kind is ImageFormat.JPEG:
        return encode_jpeg(image, quality=quality)
    return encode_png(image, level=_FAST_ZLIB)
