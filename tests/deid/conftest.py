"""A film with an invented identity, built in memory, and letters to burn into films."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from plainfilm.deid import KeyedHash
from plainfilm.dicom import Dataset

CR_IMAGE = "1.2.840.10008.5.1.4.1.1.1"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
KEY = bytes(range(32))

# Rows of five dots, the highest bit on the left.
LETTERS = {
    "A": (14, 17, 17, 31, 17, 17, 17), "B": (30, 17, 17, 30, 17, 17, 30),
    "C": (14, 17, 16, 16, 16, 17, 14), "D": (30, 17, 17, 17, 17, 17, 30),
    "E": (31, 16, 16, 30, 16, 16, 31), "F": (31, 16, 16, 30, 16, 16, 16),
    "G": (14, 17, 16, 23, 17, 17, 14), "H": (17, 17, 17, 31, 17, 17, 17),
    "I": (14, 4, 4, 4, 4, 4, 14), "J": (7, 2, 2, 2, 2, 18, 12),
    "K": (17, 18, 20, 24, 20, 18, 17), "L": (16, 16, 16, 16, 16, 16, 31),
    "M": (17, 27, 21, 21, 17, 17, 17), "N": (17, 25, 21, 19, 17, 17, 17),
    "O": (14, 17, 17, 17, 17, 17, 14), "P": (30, 17, 17, 30, 16, 16, 16),
    "Q": (14, 17, 17, 17, 21, 18, 13), "R": (30, 17, 17, 30, 20, 18, 17),
    "S": (15, 16, 16, 14, 1, 1, 30), "T": (31, 4, 4, 4, 4, 4, 4),
    "U": (17, 17, 17, 17, 17, 17, 14), "V": (17, 17, 17, 17, 17, 10, 4),
    "W": (17, 17, 17, 21, 21, 27, 17), "X": (17, 17, 10, 4, 10, 17, 17),
    "Y": (17, 17, 10, 4, 4, 4, 4), "Z": (31, 1, 2, 4, 8, 16, 31),
    "0": (14, 17, 19, 21, 25, 17, 14), "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 6, 8, 16, 31), "3": (14, 17, 1, 6, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2), "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14), "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14), "9": (14, 17, 17, 15, 1, 2, 12),
    "^": (4, 10, 17, 0, 0, 0, 0), "-": (0, 0, 0, 14, 0, 0, 0), " ": (0,) * 7,
    "/": (1, 1, 2, 4, 8, 16, 16), ":": (0, 12, 12, 0, 12, 12, 0),
}  # fmt: skip


@pytest.fixture(scope="session")
def keyed() -> KeyedHash:
    return KeyedHash(KEY)


@pytest.fixture
def film() -> Callable[..., Dataset]:
    return make_film


@pytest.fixture(scope="session")
def burn() -> Callable[..., np.ndarray]:
    return burn_line


def make_film(**changes: Any) -> Dataset:
    """A valid small CR film; a keyword given as None is left out."""
    tags: dict[str, Any] = {
        "SOPClassUID": CR_IMAGE,
        "SOPInstanceUID": "1.2.3.4.1",
        "StudyInstanceUID": "1.2.3.4",
        "SeriesInstanceUID": "1.2.3.4.0",
        "PatientName": "Davidson^Douglas",
        "PatientID": "NGH0038126",
        "PatientBirthDate": "19601103",
        "PatientSex": "M",
        "AccessionNumber": "NG21-0010344",
        "StudyID": "77",
        "StudyDate": "20210302",
        "StudyTime": "112359",
        "ReferringPhysicianName": "Mbeki^Thandi",
        "InstitutionName": "Northgate General Hospital",
        "Modality": "CR",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "AP",
        "StudyDescription": "XR CHEST AP PORTABLE for Douglas Davidson",
        "Manufacturer": "Kestrel Imaging",
    }
    tags |= pixel_tags(quiet_frame())
    dataset = Dataset()
    for keyword, value in (tags | changes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = EXPLICIT_LE
    return dataset


def pixel_tags(frame: np.ndarray) -> dict[str, Any]:
    """The Image Pixel module of one native frame of uint8 or uint16."""
    bits = frame.dtype.itemsize * 8
    return {
        "Rows": frame.shape[0],
        "Columns": frame.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "PixelData": frame.tobytes(),
    }


def quiet_frame(side: int = 64) -> np.ndarray:
    """A smooth slope without any edge."""
    return np.add.outer(np.arange(side), np.arange(side)).astype(np.uint8) // 2


def burn_line(
    frame: np.ndarray, text: str, x: int, y: int, *, scale: int = 2, ink: int = 255, field: int = -1
) -> np.ndarray:
    """The film with a line of text on it, on a filled field unless `field` is negative."""
    glyphs = [
        [[bool(row >> bit & 1) for bit in (4, 3, 2, 1, 0, 15)] for row in LETTERS[letter]]
        for letter in text
    ]
    dots = np.concatenate([np.array(glyph) for glyph in glyphs], axis=1)
    mask = np.pad(np.kron(dots, np.ones((scale, scale), bool)).astype(bool), 3)
    burned = frame.copy()
    part = burned[y : y + mask.shape[0], x : x + mask.shape[1]]
    assert part.shape == mask.shape, "the text does not fit on the film"
    if field >= 0:
        part[:] = field
    part[mask] = ink
    return burned
