"""Putting pixels into a dataset, in the transfer syntaxes that plainfilm writes."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from plainfilm.dicom import _encoders
from plainfilm.dicom._layout import number
from plainfilm.dicom._quiet import quiet_pydicom
from plainfilm.dicom.dataset import Dataset
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["ENCODABLE_SYNTAXES", "encode_pixels"]

_JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"

# Attributes of the old pixels that would contradict the new ones.
_STALE: Final = (
    "NumberOfFrames",
    "FrameIncrementPointer",
    "PlanarConfiguration",
    "SmallestImagePixelValue",
    "LargestImagePixelValue",
    "PixelAspectRatio",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "FloatPixelData",
    "DoubleFloatPixelData",
    *(
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue")
        for part in ("Descriptor", "Data")
    ),
)


def encode_pixels(dataset: Dataset, frame: NDArray[Any], transfer_syntax_uid: str) -> None:
    """Make `frame` the dataset's only frame, with the attributes that describe it.

    `PhotometricInterpretation` stays when it is MONOCHROME1 or MONOCHROME2 and becomes MONOCHROME2
    otherwise; `BitsStored` stays when every value fits it.

    Args:
        frame: (rows, columns), each side 1 to 65535; uint8, uint16, int8 or int16 (uint8 only for
            JPEG baseline).
        transfer_syntax_uid: one of `ENCODABLE_SYNTAXES`.
    Raises:
        UnsupportedPixels: another transfer syntax, type or shape.
    Source: DICOM PS3.3 C.7.6.3, PS3.5 8.2 and annex A.4.
    """
    encode = ENCODABLE_SYNTAXES.get(str(transfer_syntax_uid))
    if encode is None:
        message = f"transfer syntax {transfer_syntax_uid} is not written by plainfilm"
        raise UnsupportedPixels(message, Reason.UNSUPPORTED_TRANSFER_SYNTAX)
    _check(frame, transfer_syntax_uid)
    with quiet_pydicom():
        bits = _bits_stored(dataset, frame)
        data = encode(np.ascontiguousarray(frame), bits)
        _describe(dataset, frame, bits)
        syntax = UID(transfer_syntax_uid)
        dataset.PixelData = (
            encapsulate([data]) if syntax.is_encapsulated else data + b"\0" * (len(data) % 2)
        )
        element = dataset["PixelData"]
        element.VR = "OB" if syntax.is_encapsulated or bits <= 8 else "OW"
        element.is_undefined_length = syntax.is_encapsulated
        if syntax == _JPEG_BASELINE:
            _mark_lossy(dataset, frame.nbytes / len(data))
        if getattr(dataset, "file_meta", None) is None:
            dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax


def _check(frame: NDArray[Any], transfer_syntax_uid: str) -> None:
    if frame.ndim != 2 or not 1 <= min(frame.shape) <= max(frame.shape) <= 65535:
        message = f"a frame is (rows, columns), each 1 to 65535; this one is {frame.shape}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    allowed = ("u1",) if transfer_syntax_uid == _JPEG_BASELINE else ("u1", "u2", "i1", "i2")
    if frame.dtype.newbyteorder("=") not in [np.dtype(one) for one in allowed]:
        message = f"frames of {frame.dtype} cannot be written in {transfer_syntax_uid}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)


def _bits_stored(dataset: Dataset, frame: NDArray[Any]) -> int:
    allocated = frame.dtype.itemsize * 8
    low, high = int(frame.min()), int(frame.max())
    needed = max(max(high, 0).bit_length(), (~low).bit_length() if low < 0 else 0)
    needed += frame.dtype.kind == "i"
    declared = number(dataset, "BitsStored")
    if declared is not None and needed <= declared <= allocated:
        return int(declared)
    return allocated


def _describe(dataset: Dataset, frame: NDArray[Any], bits: int) -> None:
    for keyword in _STALE:
        if keyword in dataset:
            del dataset[keyword]
    dataset.SamplesPerPixel = 1
    if dataset.get("PhotometricInterpretation") not in ("MONOCHROME1", "MONOCHROME2"):
        dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = frame.shape
    dataset.BitsAllocated = frame.dtype.itemsize * 8
    dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(frame.dtype.kind == "i")


def _mark_lossy(dataset: Dataset, ratio: float) -> None:
    # PS3.3 C.7.6.1.1.5: once lossy, always marked as lossy.
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = f"{ratio:.2f}"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"


ENCODABLE_SYNTAXES: Final[dict[str, Callable[[NDArray[Any], int], bytes]]] = {
    ImplicitVRLittleEndian: _encoders.native,
    ExplicitVRLittleEndian: _encoders.native,
    "1.2.840.10008.1.2.5": _encoders.rle,
    _JPEG_BASELINE: _encoders.jpeg_baseline,
    "1.2.840.10008.1.2.4.70": _encoders.jpeg_lossless,
    "1.2.840.10008.1.2.4.80": _encoders.jpeg_ls,
    "1.2.840.10008.1.2.4.90": _encoders.jpeg_2000,
}
"""Transfer syntax UID → encoder of one frame."""
