"""A picture in a file, be it DICOM, PNG or JPEG: its facts at once, its pixels when asked.

So that who judges a film by its facts can refuse it before a pixel is decoded.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom._layout import number, value_of
from plainfilm.dicom.colour import is_colour, shows_colour
from plainfilm.dicom.dataset import Dataset, read_lazily
from plainfilm.dicom.files import read_film
from plainfilm.dicom.images import decode_any_depth, grey_of, looks_like_image
from plainfilm.dicom.location import open_location
from plainfilm.dicom.pixels import FilmPixels
from plainfilm.dicom.render import downscale, show
from plainfilm.dicom.small import render_small
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import Location

__all__ = ["ImageFacts", "ImageFile", "open_image"]

_SIGNATURE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a picture says of itself; a DICOM header may say nothing, or what is not so.

    Attributes:
        rows, columns: pixels; 0 where the header does not tell.
        frames: at least 1.
        modality, sop_class_uid: empty in PNG and JPEG.
    """

    rows: int
    columns: int
    frames: int = 1
    modality: str = ""
    sop_class_uid: str = ""


class ImageFile:
    """One picture; see `open_image`."""

    def __init__(self, content: Dataset | NDArray[Any]) -> None:
        self._content = content
        self.facts = (
            _facts_of(content)
            if isinstance(content, Dataset)
            else ImageFacts(content.shape[0], content.shape[1])
        )

    def is_colour(self) -> bool:
        """Whether it shows colours, not just grey in three channels.

        Raises:
            UnsupportedPixels: the pixels of a DICOM file cannot be decoded.
        """
        if isinstance(self._content, Dataset):
            return is_colour(self._content)
        image = self._content
        has_colours = image.ndim == 3 and image.shape[2] > 2  # two are grey and transparency
        return has_colours and shows_colour(image, image.dtype.itemsize * 8)

    def render(self, longest_side: int) -> NDArray[np.uint8]:
        """Its first frame in grey for display, made small as `render_small` does.

        An image of 16 bits is shown like a film without a window, one of 8 bits as it is.

        Raises:
            UnsupportedPixels: the pixels of a DICOM file cannot be decoded.
        """
        if isinstance(self._content, Dataset):
            return render_small(self._content, longest_side)
        grey = grey_of(self._content)
        if grey.dtype != np.uint8:
            bits = grey.dtype.itemsize * 8
            grey = show(FilmPixels(grey, "MONOCHROME2", 1, bits, signed=False), Dataset())
        return downscale(grey, longest_side)


def open_image(source: Location | Path) -> ImageFile:
    """Open a DICOM, PNG or JPEG file; the latter two are decoded at once.

    Raises:
        UnreadableDicom: the file cannot be read, or is none of the three (NOT_AN_IMAGE).
        UnsupportedPixels: a PNG or JPEG that is damaged, cut or too large; a DICOM file that ends
            inside its pixel data.
    """
    location = source if isinstance(source, Location) else Location(source)
    with open_location(location) as file:
        signature = file.read(_SIGNATURE_BYTES)
    if looks_like_image(signature):
        return ImageFile(decode_any_depth(read_film(location), str(location)))
    try:
        return ImageFile(read_lazily(location))
    except UnreadableDicom as error:
        if error.reason is not Reason.NOT_DICOM:
            raise
        message = f"{location} is neither DICOM nor PNG nor JPEG"
        raise UnreadableDicom(message, Reason.NOT_AN_IMAGE) from error


def _facts_of(dataset: Dataset) -> ImageFacts:
    return ImageFacts(
        rows=_whole(dataset, "Rows"),
        columns=_whole(dataset, "Columns"),
        frames=max(1, _whole(dataset, "NumberOfFrames")),
        modality=_text(dataset, "Modality"),
        sop_class_uid=_text(dataset, "SOPClassUID"),
    )


def _whole(dataset: Dataset, keyword: str) -> int:
    value = number(dataset, keyword)
    return int(value) if value is not None and np.isfinite(value) else 0


def _text(dataset: Dataset, keyword: str) -> str:
    value = value_of(dataset, keyword)
    return str(value).strip() if isinstance(value, str) else ""
