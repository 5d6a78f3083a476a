"""Films decoded once and kept on disk, each in its own size, with their boxes beside them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import ImageFacts, open_image
from plainfilm.errors import InputError, Reason, SettingsError, UnsupportedPixels
from plainfilm.findings.training.detection_data import BoxedFilm, BoxFault
from plainfilm.records import Rejection

__all__ = ["FilmStore", "StoredFilm", "store_films"]

_ROUNDING: Final = 1.0  # pixels that a box may reach out of its film; it is cut off there


@dataclass(frozen=True, slots=True, eq=False)
class StoredFilm:
    """A film as training sees it.

    Attributes:
        place: of the film in the data.
        pixels: (rows, columns) uint8, bright = dense.
        boxes: (k, 4) xmin, ymin, xmax, ymax in pixels of `pixels`.
        labels: (k,) int64, places in the data's labels.
    """

    place: int
    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FilmStore:
    """The films that can be used, those that could not be read, and boxes outside their film, whose
    films are left out."""

    films: tuple[StoredFilm, ...]
    rejections: tuple[Rejection, ...]
    faults: tuple[BoxFault, ...]


def store_films(
    films: Sequence[BoxedFilm],
    labels: Sequence[str],
    shorter: int,
    longer: int,
    file: Path,
    progress: Callable[[int], None],
) -> FilmStore:
    """Decode films, no larger than they are needed.

    Args:
        shorter, longer: pixels that a film's sides need not go beyond.
        file: where the pixels are kept; the system reads from it what is needed.
        progress: called with how many films are done.
    Raises:
        SettingsError: the file cannot be written.
    """
    number_of = {label: number for number, label in enumerate(labels)}
    shapes: list[tuple[int, int, tuple[int, int], tuple[int, int]]] = []
    rejections: list[Rejection] = []
    size = 0
    try:
        with file.open("wb") as stream:
            for place, film in enumerate(films):
                try:
                    pixels, stored = _decoded(film, shorter, longer)
                except InputError as error:
                    reason = error.reason or Reason.FILE_UNREADABLE
                    rejections.append(Rejection(film.location, reason, str(error)))
                else:
                    shapes.append((size, place, pixels.shape, stored))
                    size += stream.write(pixels.tobytes())
                progress(place + 1)
    except OSError as error:
        raise SettingsError(f"cannot write {file}: {error.strerror}") from error
    kept: NDArray[np.uint8] = np.memmap(file, np.uint8, "r") if shapes else np.zeros(0, np.uint8)
    found, faults = [], []
    for start, place, shape, stored in shapes:
        film = films[place]
        boxes, wrong = _moved_boxes(film, shape, stored)
        if wrong:
            faults += wrong
            continue
        numbers = np.array([number_of[label] for label in film.labels], np.int64)
        pixels = kept[start : start + shape[0] * shape[1]].reshape(shape)
        found.append(StoredFilm(place, pixels, boxes, numbers))
    return FilmStore(tuple(found), tuple(rejections), tuple(faults))


def _decoded(
    film: BoxedFilm, shorter: int, longer: int
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The film, no larger than needed, and its rows and columns as stored."""
    image = open_image(film.location)
    if image.facts.frames > 1:
        message = f"{film.location}: {image.facts.frames} frames"
        raise UnsupportedPixels(message, Reason.SEVERAL_FRAMES)
    pixels = image.render(_longest_side(image.facts, shorter, longer))
    if pixels.min() == pixels.max():
        raise UnsupportedPixels(f"{film.location} shows nothing", Reason.BLANK_IMAGE)
    return pixels, (image.facts.rows, image.facts.columns)


def _longest_side(facts: ImageFacts, shorter: int, longer: int) -> int:
    short, long = sorted((facts.rows, facts.columns))
    return max(1, min(longer, math.ceil(long * shorter / short))) if short > 0 else longer


def _moved_boxes(
    film: BoxedFilm, shape: tuple[int, int], stored: tuple[int, int]
) -> tuple[NDArray[np.float64], list[BoxFault]]:
    """Boxes in pixels of the decoded film, and those that lie outside it."""
    rows, columns = film.frame or stored
    ends = np.array([columns, rows, columns, rows], np.float64)
    within = np.minimum(film.boxes, ends).clip(0)
    outside = (np.abs(within - film.boxes) > _ROUNDING).any(axis=1)
    faults = [
        BoxFault(f"film {film.name}, box {number}", f"reaches out of its {columns} x {rows} pixels")
        for number in np.flatnonzero(outside).tolist()
    ]
    scale = np.array([shape[1], shape[0], shape[1], shape[0]]) / ends
    return within * scale, faults
