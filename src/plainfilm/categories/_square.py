"""A film as the network takes it: small, grey, in the middle of a black square."""

import csv
from functools import lru_cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import ImageFacts, ImageFile, open_image, squared
from plainfilm.errors import Reason, UnsupportedPixels
from plainfilm.records import Location

__all__ = ["read_square"]

_LEAST_SIDE: Final = 64  # pixels of the shorter side; below, a radiologist could not tell either
_LONGEST_RATIO: Final = 8  # a whole spine or leg has 3 to 4
_LEAST_RANGE: Final = 3  # grey levels of 256, between the darkest and the brightest place


def read_square(location: Location, side: int) -> NDArray[np.uint8]:
    """Read a radiograph from a DICOM, PNG or JPEG file.

    Args:
        side: of the square, in pixels.
    Returns:
        (side, side) uint8, bright = dense: the film with its longer side scaled to `side` by area
        averaging, centred, 0 around it.
    Raises:
        UnreadableDicom: the file cannot be read, or is no image.
        UnsupportedPixels: it cannot be decoded, or is no single radiograph: by its header another
            kind of image, several frames, too small, a strip, in colour, or blank.
    """
    image = open_image(location)
    _refuse_by_facts(image.facts, location)
    return squared(_shown(image, location, side), side)


def _refuse_by_facts(facts: ImageFacts, location: Location) -> None:
    kind = _others().get(("Modality", facts.modality.upper())) or _others().get(
        ("SOPClassUID", facts.sop_class_uid)
    )
    if kind is not None:
        raise UnsupportedPixels(f"{location}: {kind}, no radiograph", Reason.NOT_A_RADIOGRAPH)
    if facts.frames > 1:
        raise UnsupportedPixels(f"{location}: {facts.frames} frames", Reason.SEVERAL_FRAMES)
    short, long = sorted((facts.rows, facts.columns))
    if 0 < short * _LONGEST_RATIO < long:
        message = f"{location}: {facts.columns} x {facts.rows} pixels are a strip"
        raise UnsupportedPixels(message, Reason.IMAGE_TOO_NARROW)
    if 0 < short < _LEAST_SIDE:
        message = f"{location}: {facts.columns} x {facts.rows} pixels, {_LEAST_SIDE} are needed"
        raise UnsupportedPixels(message, Reason.IMAGE_TOO_SMALL)


def _shown(image: ImageFile, location: Location, side: int) -> NDArray[np.uint8]:
    try:
        is_colour = image.is_colour()
        shown = image.render(side)
    except UnsupportedPixels as error:
        raise UnsupportedPixels(f"{location}: {error}", error.reason) from error
    if is_colour:
        raise UnsupportedPixels(f"{location} is in colour", Reason.COLOUR_IMAGE)
    if int(shown.max()) - int(shown.min()) < _LEAST_RANGE:
        raise UnsupportedPixels(f"{location} shows nothing", Reason.BLANK_IMAGE)
    return shown


@lru_cache(maxsize=1)
def _others() -> dict[tuple[str, str], str]:
    """What headers say of images that are no radiographs: (keyword, value) → what they are."""
    table = resources.files(__package__).joinpath("not_radiographs.csv")
    with table.open(encoding="utf-8") as lines:
        return {(row["keyword"], row["value"]): row["meaning"] for row in csv.DictReader(lines)}
