"""Dressing one bundled film up as a DICOM film of the scenario."""

import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from plainfilm.demo._burned_in import BurnedInText, burn_in
from plainfilm.demo._film_tags import add_private_elements, film_tags
from plainfilm.demo._stored_values import to_stored
from plainfilm.demo._tables import SampleFilm, Study, bundled
from plainfilm.demo.film import make_film
from plainfilm.dicom import Dataset, write_dataset

__all__ = ["WrappedFilm", "bundled_frame", "dicom_file", "wrap"]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class WrappedFilm:
    """A film of the scenario in memory, and what was burned into it."""

    dataset: Dataset
    burned_in: BurnedInText | None


def wrap(film: SampleFilm) -> WrappedFilm:
    """Make the DICOM film that the scenario describes, the same one every time."""
    # A seed of the film's own: adding a film to the table leaves the others as they are.
    rng = np.random.default_rng(zlib.crc32(film.film.encode()))
    frame, burned_in = bundled_frame(film.film), None
    if film.burned_in:
        frame, burned_in = burn_in(frame, _burned_in_lines(film.study), film.burned_in)
    stored = to_stored(
        frame,
        bits_stored=film.bits_stored,
        inverted=film.photometric == "MONOCHROME1",
        rng=rng,
    )
    dataset = make_film(
        film_tags(film, stored, rng),
        frame=stored.values,
        transfer_syntax=film.transfer_syntax,
        photometric=film.photometric,
        bits_stored=film.bits_stored,
    )
    add_private_elements(dataset, film)
    return WrappedFilm(dataset, burned_in)


def dicom_file(dataset: Dataset) -> bytes:
    """The bytes of the file that `write_dataset` writes."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "film.dcm"
        write_dataset(dataset, path)
        return path.read_bytes()


def bundled_frame(name: str) -> NDArray[np.uint8]:
    """(rows, columns) display values of a bundled JPEG, bright = dense."""
    frame: NDArray[np.uint8] = imagecodecs.jpeg8_decode(bundled("films", name).read_bytes())
    return frame


def _burned_in_lines(study: Study) -> tuple[str, ...]:
    patient = study.patient
    family, given = patient.name.split("^")[:2]
    day = f"{study.date[6:]}-{_MONTHS[int(study.date[4:6]) - 1]}-{study.date[:4]}"
    return (
        f"{family}, {given}",
        f"{patient.patient_id} {patient.sex}",
        f"{day} {study.time[:2]}:{study.time[2:4]}",
    )
