"""Test data on disk: spine-like films as DICOM, with their boxes, laid out as VinDr-SpineXR."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from plainfilm.dicom import Dataset, write_dataset
from plainfilm.errors import SettingsError
from plainfilm.findings.training.lesions import NO_LESION
from plainfilm.findings.training.spine_like_films import SpineLikeFilm, spine_like_films

__all__ = ["write_spine_like_films"]

_DX_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.1.1"
_COLUMNS: Final = (
    "study_id",
    "series_id",
    "image_id",
    "rad_id",
    "lesion_type",
    "xmin",
    "ymin",
    "xmax",
    "ymax",
)
_SEED_OF_TEST: Final = 1_000_000  # added to the seed, so that the parts share no film


@dataclass(frozen=True, slots=True)
class _Place:
    part: str
    number: int
    seed: int

    @property
    def image_id(self) -> str:
        return f"spine-like-{self.part}-{self.number:05d}"

    def uid(self, level: int) -> str:
        """Of study, series or image; under the root of UUIDs, since no one registered these."""
        kind = 1 if self.part == "train" else 2
        return f"2.25.{self.seed + 1}{kind}{self.number:07d}{level}"


def write_spine_like_films(
    folder: Path, *, train: int = 400, test: int = 100, seed: int = 0
) -> None:
    """Write films of test data and tables of their lesions, ready for `train detector`.

    The layout is `train_images/`, `test_images/`, `annotations/train.csv` and `test.csv`. The films
    are drawn; their headers say that they are test data and name no one.

    Raises:
        SettingsError: a number is out of range, the folder is not empty, or cannot be written.
    """
    if train < 1 or test < 0:
        raise SettingsError("there must be a film for training, and no fewer than 0 for the test")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SettingsError(f"{folder} is not empty; choose another folder")
        (folder / "annotations").mkdir()
        for part, count, own_seed in (("train", train, seed), ("test", test, seed + _SEED_OF_TEST)):
            _write_part(folder, part, count, own_seed)
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error


def _write_part(folder: Path, part: str, count: int, seed: int) -> None:
    images = folder / f"{part}_images"
    images.mkdir()
    table = folder / "annotations" / f"{part}.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for number, film in enumerate(spine_like_films(count, seed=seed)):
            place = _Place(part, number, seed)
            write_dataset(_dataset(film, place), images / f"{place.image_id}.dicom")
            writer.writerows(_rows(film, place))


def _rows(film: SpineLikeFilm, place: _Place) -> list[list[str]]:
    start = [place.uid(0), place.uid(1), place.image_id, "drawn"]
    if not film.labels:
        return [[*start, NO_LESION, "", "", "", ""]]
    return [
        [*start, label.capitalize(), *(f"{number:.2f}" for number in box)]
        for label, box in zip(film.labels, film.boxes, strict=True)
    ]


def _dataset(film: SpineLikeFilm, place: _Place) -> Dataset:
    rows, columns = film.pixels.shape
    dataset = Dataset()
    for keyword, value in {
        "SOPClassUID": _DX_IMAGE,
        "SOPInstanceUID": place.uid(2),
        "StudyInstanceUID": place.uid(0),
        "SeriesInstanceUID": place.uid(1),
        "Modality": "DX",
        "PatientName": "Test^Data",
        "PatientID": place.image_id.upper(),
        "StudyDescription": "DRAWN TEST DATA, LUMBAR SPINE LATERAL",
        "BodyPartExamined": "LSPINE",
        "ViewPosition": "LL",
        "ImageType": ["DERIVED", "SECONDARY"],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "WindowCenter": 128,
        "WindowWidth": 256,
    }.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = np.ascontiguousarray(film.pixels).tobytes()
    return dataset
