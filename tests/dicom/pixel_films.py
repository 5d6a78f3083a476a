"""Films for the pixel tests: pydicom's own, found without its downloader, and ones made here."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS_SV1 = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"


def all_files() -> dict[str, Path]:
    """Every file of the wheels `pydicom` and `pydicom-data`, by name."""
    found: dict[str, Path] = {}
    for package, folder in (("pydicom", "data/test_files"), ("data_store", "data")):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        base = Path(spec.submodule_search_locations[0]) / folder
        found |= {path.name: path for path in sorted(base.rglob("*")) if path.is_file()}
    return found


def film(frame: np.ndarray, syntax: str = EXPLICIT, **attributes: Any) -> Dataset:
    """An uncompressed film; `attributes` override what the frame implies."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.SOPInstanceUID = "2.25.1"
    bits = frame.dtype.itemsize * 8
    described = {
        "SamplesPerPixel": 1 if frame.ndim == 2 else frame.shape[2],
        "PhotometricInterpretation": "MONOCHROME2" if frame.ndim == 2 else "RGB",
        "Rows": frame.shape[0],
        "Columns": frame.shape[1],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": attributes.get("BitsStored", bits) - 1,
        "PixelRepresentation": int(frame.dtype.kind == "i"),
    }
    for keyword, value in (described | attributes).items():
        if keyword == "PixelData" or value is None:
            continue
        setattr(dataset, keyword, value)
    data = attributes.get("PixelData", frame.tobytes())
    dataset.PixelData = data
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    return dataset


def compressed_film(
    frame: np.ndarray, syntax: str, codestream: bytes, **attributes: Any
) -> Dataset:
    """A film whose pixel data is the given codestream in one fragment."""
    dataset = film(frame, syntax, PixelData=encapsulate([codestream]), **attributes)
    dataset["PixelData"].is_undefined_length = True
    return dataset


def grain(rows: int, columns: int, bits: int = 12, seed: int = 1) -> np.ndarray:
    """(rows, columns) uint16 noise over the whole range of `bits`."""
    return np.random.default_rng(seed).integers(0, 1 << bits, (rows, columns)).astype(np.uint16)
