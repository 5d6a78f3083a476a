"""Reading and writing whole DICOM datasets through pydicom, with plainfilm's errors.

Everything that pydicom decodes lazily is decoded here, so that no later access to the dataset can
raise or warn.
"""

import copy
import io
import uuid
from pathlib import Path
from typing import Final

import pydicom
from pydicom import DataElement, Dataset
from pydicom import Sequence as DicomSequence
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from plainfilm.dicom._quiet import PYDICOM_ERRORS, quiet_pydicom
from plainfilm.dicom.dictionary import named
from plainfilm.dicom.files import read_film, write_film
from plainfilm.dicom.header import read_header
from plainfilm.dicom.raw import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from plainfilm.errors import InputError, Reason, UnreadableDicom, UnsupportedPixels
from plainfilm.records import Location

__all__ = [
    "DataElement",
    "Dataset",
    "DicomSequence",
    "decode_elements",
    "encode_elements",
    "new_uid",
    "plain_film",
    "read_dataset",
    "write_dataset",
]

_PIXEL_TAGS: Final = (Tag("PixelData"), Tag("FloatPixelData"), Tag("DoubleFloatPixelData"))
_UNDEFINED_LENGTH: Final = 0xFFFFFFFF
# Where a file's transfer syntax is named, with room for long private information.
_META_BYTES: Final = 1 << 16


def read_dataset(source: Location | Path | bytes, *, pixels: bool = True) -> Dataset:
    """Read a DICOM file, or a bare dataset without preamble, whole.

    Every element is decoded before this returns. An element whose value breaks the rules of its
    VR keeps its bytes under VR `UN`.

    Args:
        source: a file, a member of a zip file, or a file's bytes.
        pixels: False stops before the pixel data.
    Raises:
        UnreadableDicom: not DICOM, cut in the header, malformed, nested too deep or too large.
        UnsupportedPixels: the file ends inside its pixel data (only when `pixels`).
    Source: DICOM PS3.10 section 7, PS3.5 section 7.
    """
    dataset = read_lazily(source, pixels=pixels)
    name = _name(source)
    with quiet_pydicom():
        try:
            _decode_elements(dataset, name)
        except RecursionError as exc:
            raise _too_deep(name) from exc
    return dataset


def read_lazily(source: Location | Path | bytes, *, pixels: bool = True) -> Dataset:
    """Like `read_dataset`, but the elements stay undecoded until they are looked at."""
    name = _name(source)
    data = source if isinstance(source, bytes) else read_film(source)
    if not data:
        raise UnreadableDicom(f"{name} has no bytes", Reason.EMPTY_FILE)
    try:
        with quiet_pydicom():
            if DeflatedExplicitVRLittleEndian.encode() in data[:_META_BYTES]:
                # pydicom inflates without bound; the header reader does so within one.
                read_header(source)
            dataset = _parse(data, source, pixels=pixels)
    except RecursionError as exc:
        raise _too_deep(name) from exc
    except PYDICOM_ERRORS as exc:
        message = f"{name}: the header cannot be parsed"
        raise UnreadableDicom(message, Reason.MALFORMED_HEADER) from exc
    _refuse_truncated(dataset, source, pixels=pixels)
    return dataset


def write_dataset(dataset: Dataset, path: Path) -> None:
    """Write a dataset as a DICOM file with a fresh file meta group, beside `path` and renamed.

    The file meta group is made anew (PS3.10 table 7.1-1) and becomes the dataset's: nothing of
    its old one survives but the transfer syntax, which defaults to explicit VR little endian.

    Raises:
        InputError: a value cannot be encoded, or SOP Class or Instance UID is missing.
        ArchiveError: the file cannot be written: disk full, no permission, no such folder.
    """
    write_film(_encode(dataset, path), path)


def encode_elements(dataset: Dataset) -> bytes:
    """A dataset's elements in explicit VR little endian, without its file meta group and pixels.

    Raises:
        InputError: a value cannot be encoded.
    """
    header = Dataset()
    for tag in sorted(dataset.keys() - set(_PIXEL_TAGS)):
        header[tag] = copy.deepcopy(dataset[tag])
    _settle_bytes(header)
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, False
    with quiet_pydicom():
        try:
            pydicom.filewriter.write_dataset(file, header)
        except PYDICOM_ERRORS as exc:
            message = "a value does not fit its element"
            raise InputError(message, Reason.MALFORMED_HEADER) from exc
    return file.getvalue()


def _settle_bytes(dataset: Dataset) -> None:
    """Give bytes of an open VR, such as an icon's pixels, the VR of words."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value or ():
                _settle_bytes(item)
        elif " or " in element.VR and isinstance(element.value, bytes):
            element.VR = "OW"


def decode_elements(data: bytes) -> Dataset:
    """The dataset of elements in explicit VR little endian, every one of them decoded.

    Raises:
        UnreadableDicom: the bytes are no such elements.
    """
    with quiet_pydicom():
        try:
            dataset = pydicom.filereader.read_dataset(
                io.BytesIO(data), is_implicit_VR=False, is_little_endian=True
            )
        except PYDICOM_ERRORS as exc:
            message = "the elements cannot be parsed"
            raise UnreadableDicom(message, Reason.MALFORMED_HEADER) from exc
        _decode_elements(dataset, "the dataset")
    return dataset


def plain_film(content: bytes) -> tuple[bytes, str]:
    """A film of whatever encoding, rewritten so that `read_raw` can read it.

    A deflated or big endian film comes out in explicit VR little endian with its pixel data as it
    was, so that the film is right again once it is written in its own transfer syntax.

    Returns:
        The file, and the transfer syntax that it had.
    Raises:
        UnreadableDicom, UnsupportedPixels: as `read_dataset`.
        InputError: as `write_dataset`.
    """
    dataset = read_dataset(content)
    meta = getattr(dataset, "file_meta", None) or {}
    syntax = str(meta.get("TransferSyntaxUID") or "")
    if not syntax:
        syntax = ImplicitVRLittleEndian if dataset.original_encoding[0] else ExplicitVRLittleEndian
    is_rewritten = syntax in (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(ExplicitVRLittleEndian if is_rewritten else syntax)
    return bytes(_encode(dataset, Path("film"))), str(syntax)


def new_uid() -> str:
    """A new globally unique identifier, made from a random UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def _name(source: Location | Path | bytes) -> str:
    return "DICOM bytes" if isinstance(source, bytes) else str(source)


def _parse(data: bytes, source: Location | Path | bytes, *, pixels: bool) -> Dataset:
    file = io.BytesIO(data)
    try:
        return pydicom.dcmread(file, stop_before_pixels=not pixels)
    except InvalidDicomError:
        # No preamble. pydicom would force any bytes through, so the header reader judges first.
        read_header(source)
        file.seek(0)
        return pydicom.dcmread(file, stop_before_pixels=not pixels, force=True)


def _refuse_truncated(dataset: Dataset, source: Location | Path | bytes, *, pixels: bool) -> None:
    """Raise when the bytes end inside an element, which pydicom passes over in silence."""
    tags = dataset.keys()
    for tag in tags:
        element = dataset.get_item(tag, keep_deferred=True)
        if not isinstance(element, RawDataElement) or not element.value:
            continue
        if element.length != _UNDEFINED_LENGTH and len(element.value) < element.length:
            if tag in _PIXEL_TAGS:
                raise _cut_in_pixels(source)
            message = f"{_name(source)} ends inside {named(int(tag))} at byte {element.value_tell}"
            raise UnreadableDicom(message, Reason.TRUNCATED_HEADER)
    # Without pixel data, there is none, or the file was cut where pydicom drops the element:
    # in the header, or before the closing delimiter of compressed pixels.
    has_pixels = any(tag in dataset for tag in _PIXEL_TAGS)
    # The header reader raises where the header itself is cut.
    if not has_pixels and read_header(source).pixel_offset is not None and pixels:
        raise _cut_in_pixels(source)


def _decode_elements(dataset: Dataset, name: str) -> None:
    for tag in list(dataset.keys()):
        _decode_element(dataset, tag)
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value or ():
                _decode_elements(item, name)


def _decode_element(dataset: Dataset, tag: BaseTag) -> None:
    raw = dataset.get_item(tag, keep_deferred=True)
    try:
        dataset[tag]
    except PYDICOM_ERRORS:
        value = raw.value if isinstance(raw, RawDataElement) else None
        # Made as OB, since pydicom turns UN back into the VR whose rules the value breaks.
        element = DataElement(tag, "OB", value or b"")
        element.VR = "UN"
        dataset[tag] = element


def _encode(dataset: Dataset, path: Path) -> memoryview:
    """The dataset as a DICOM file's bytes, whole in memory: pydicom raises OSError for values."""
    encoded = io.BytesIO()
    with quiet_pydicom():
        dataset.file_meta = _fresh_meta(dataset, path)
        if "PixelData" in dataset:
            is_encapsulated = dataset.file_meta.TransferSyntaxUID.is_encapsulated
            dataset["PixelData"].is_undefined_length = is_encapsulated
        try:
            pydicom.dcmwrite(encoded, dataset, enforce_file_format=True)
        except PYDICOM_ERRORS as exc:
            message = f"cannot write {path}: a value does not fit its element"
            raise InputError(message, Reason.MALFORMED_HEADER) from exc
    return encoded.getbuffer()


def _fresh_meta(dataset: Dataset, path: Path) -> FileMetaDataset:
    meta = FileMetaDataset()
    source_meta = getattr(dataset, "file_meta", None) or {}
    meta.TransferSyntaxUID = UID(source_meta.get("TransferSyntaxUID") or ExplicitVRLittleEndian)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        if not dataset.get(keyword):
            raise InputError(f"cannot write {path}: {keyword} is missing", Reason.MISSING_UID)
        setattr(meta, f"MediaStorage{keyword}", dataset.get(keyword))
    return meta


def _too_deep(name: str) -> UnreadableDicom:
    return UnreadableDicom(f"{name}: sequences are nested too deep", Reason.NESTED_TOO_DEEP)


def _cut_in_pixels(source: Location | Path | bytes) -> UnsupportedPixels:
    return UnsupportedPixels(f"{_name(source)} ends inside its pixel data", Reason.TRUNCATED_PIXELS)
