"""Making one DICOM film in memory."""

import uuid
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.demo._tables import TRANSFER_SYNTAXES
from plainfilm.dicom import Dataset, encode_pixels

__all__ = ["CR_IMAGE", "DX_IMAGE", "make_film", "stable_uid"]

# PS3.4 table B.5-1
CR_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.1"
DX_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.1.1"

_UID_NAMESPACE: Final = uuid.UUID("5b1ad8ab-5f3f-4c0c-9d5e-6a3f1f0f7c11")


def stable_uid(*parts: object) -> str:
    """The same UID for the same parts, always (PS3.5 B.2; a name-based UUID under 2.25)."""
    name = "/".join(str(part) for part in parts)
    return f"2.25.{uuid.uuid5(_UID_NAMESPACE, name).int}"


def make_film(
    tags: Mapping[str, object] | None = None,
    *,
    frame: NDArray[np.integer] | None = None,
    transfer_syntax: str = "explicit_le",
    photometric: str = "MONOCHROME2",
    bits_stored: int = 12,
) -> Dataset:
    """Make a valid film with the given tags, ready for `plainfilm.dicom.write_dataset`.

    Args:
        tags: keyword → value; they come over the few that a film cannot do without. A value of
            None writes the element empty.
        frame: (rows, columns), unsigned stored values below 2 ** `bits_stored`; without one, a
            ramp from dark to bright of 32 rows and 24 columns.
        transfer_syntax: a key of the table in `plainfilm.demo._tables.TRANSFER_SYNTAXES`:
            `implicit_le`, `explicit_le`, `rle`, `jpeg_baseline` (8 bits only),
            `jpeg_lossless_sv1`, `jpeg_ls`, `jpeg_2000_lossless`.
        photometric: `MONOCHROME1` or `MONOCHROME2`; the frame is stored as it is given.
    Raises:
        UnsupportedPixels: the frame does not fit the transfer syntax.
    """
    if frame is None:
        frame = _ramp(bits_stored)
    dataset = Dataset()
    for keyword, value in {**_needed_tags(), **(tags or {})}.items():
        setattr(dataset, keyword, value)
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = photometric
    dataset.Rows, dataset.Columns = frame.shape
    dataset.BitsAllocated = 8 if bits_stored == 8 else 16
    dataset.BitsStored = bits_stored
    dataset.HighBit = bits_stored - 1
    dataset.PixelRepresentation = 0
    encode_pixels(dataset, frame, TRANSFER_SYNTAXES[transfer_syntax])
    return dataset


def _needed_tags() -> dict[str, object]:
    return {
        "SOPClassUID": DX_IMAGE,
        "SOPInstanceUID": stable_uid("film"),
        "StudyInstanceUID": stable_uid("study"),
        "SeriesInstanceUID": stable_uid("series"),
        "Modality": "DX",
        "PatientName": "Test^Film",
        "PatientID": "TEST-1",
        "PatientBirthDate": "19700101",
        "PatientSex": "O",
        "StudyDate": "20200101",
        "StudyTime": "120000",
        "AccessionNumber": "TEST-A1",
        "StudyID": "1",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
    }


def _ramp(bits_stored: int) -> NDArray[np.integer]:
    kind = np.uint8 if bits_stored == 8 else np.uint16
    return np.linspace(0, (1 << bits_stored) - 1, 32 * 24).reshape(32, 24).astype(kind)
