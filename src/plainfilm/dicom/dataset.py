"""Reading and writing whole DICOM datasets through pydicom, with plainfilm's errors.

Everything that pydicom decodes lazily is decoded here, so that no later access to the dataset can
raise or warn.
"""

import io
import os
import uuid
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final

import pydicom
from pydicom import DataElement, Dataset
from pydicom import Sequence as DicomSequence
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from plainfilm.dicom._quiet import quiet_pydicom
from plainfilm.dicom.location import open_location
from plainfilm.errors import ArchiveError, InputError, Reason, UnreadableDicom, UnsupportedPixels
from plainfilm.records import Location

__all__ = [
    "DataElement",
    "Dataset",
    "DicomSequence",
    "new_uid",
    "read_dataset",
    "write_dataset",
]

MAX_FILE_BYTES: Final = 1 << 31
"""Files beyond this are refused: a film is at most some 100 MB, and the file is held in memory."""

MAX_INFLATED_BYTES: Final = 1 << 30
"""What a deflated dataset may expand to."""

# plainfilm's own, made once from a random UUID (PS3.5 B.2).
IMPLEMENTATION_CLASS_UID: Final = "2.25.218741806213749550171253086194021336547"
IMPLEMENTATION_VERSION_NAME: Final = "PLAINFILM_1"

_PIXEL_TAGS: Final = (Tag("PixelData"), Tag("FloatPixelData"), Tag("DoubleFloatPixelData"))
_UNDEFINED_LENGTH: Final = 0xFFFFFFFF
_READ_CHUNK: Final = 1 << 20

# What pydicom raises on bytes that break the Standard. Not `Exception`: a MemoryError or a
# KeyboardInterrupt is not the file's fault.
_PYDICOM_ERRORS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BytesLengthException,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    zlib.error,
)


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
    data = source if isinstance(source, bytes) else _read_file(source)
    if not data:
        raise UnreadableDicom(f"{name} has no bytes", Reason.EMPTY_FILE)
    with quiet_pydicom():
        dataset = _parse(data, name, pixels=pixels)
        _refuse_truncated(dataset, data, name, pixels=pixels)
    return dataset


def write_dataset(dataset: Dataset, path: Path) -> None:
    """Write a dataset as a DICOM file with a fresh file meta group, beside `path` and renamed.

    The file meta group is made anew (PS3.10 table 7.1-1): nothing of the source's group survives
    but the transfer syntax, which defaults to explicit VR little endian.

    Raises:
        InputError: a value cannot be encoded, or SOP Class or Instance UID is missing.
        ArchiveError: the file cannot be written: disk full, no permission, no such folder.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            _encode(dataset, file, path)
        partial.replace(path)
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise ArchiveError(f"cannot write {path}: {reason}") from exc
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def new_uid() -> str:
    """A new globally unique identifier, made from a random UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def _name(source: Location | Path | bytes) -> str:
    return "DICOM bytes" if isinstance(source, bytes) else str(source)


def _read_file(source: Location | Path) -> bytes:
    location = source if isinstance(source, Location) else Location(source)
    chunks: list[bytes] = []
    total = 0
    with open_location(location) as file:
        # In chunks, since a zip member's true size is known only at its end.
        while chunk := file.read(_READ_CHUNK):
            total += len(chunk)
            if total > MAX_FILE_BYTES:
                message = f"{location} is larger than {MAX_FILE_BYTES} bytes"
                raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)
            chunks.append(chunk)
    return b"".join(chunks)


def _parse(data: bytes, name: str, *, pixels: bool) -> Dataset:
    try:
        _refuse_deflate_bomb(data, name)
        try:
            return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=not pixels)
        except InvalidDicomError:
            return _parse_bare(data, name, pixels=pixels)
    except RecursionError as exc:
        raise _too_deep(name) from exc
    except _PYDICOM_ERRORS as exc:
        message = f"{name}: the header cannot be parsed"
        raise UnreadableDicom(message, Reason.MALFORMED_HEADER) from exc


def _parse_bare(data: bytes, name: str, *, pixels: bool) -> Dataset:
    """Read bytes that lack the preamble and `DICM`, when what follows is a dataset all the same."""
    message = f"{name} is not DICOM"
    # A dataset begins with group 0002 or 0008; pydicom would force almost any bytes through.
    if data[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        raise UnreadableDicom(message, Reason.NOT_DICOM)
    dataset = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=not pixels)
    if "SOPClassUID" not in dataset and "Rows" not in dataset:
        raise UnreadableDicom(message, Reason.NOT_DICOM)
    return dataset


def _refuse_deflate_bomb(data: bytes, name: str) -> None:
    """Raise when a deflated dataset would expand beyond the limit; pydicom has no bound."""
    file = io.BytesIO(data)
    if data[128:132] != b"DICM" or DeflatedExplicitVRLittleEndian.encode() not in data[:2048]:
        return
    meta = read_partial(file, stop_when=lambda tag, _vr, _length: tag.group != 2).file_meta
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    start = 144 + meta["FileMetaInformationGroupLength"].value
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    total, rest = 0, data[start:]
    while rest and not inflater.eof:
        total += len(inflater.decompress(rest, _READ_CHUNK))
        rest = inflater.unconsumed_tail
        if total > MAX_INFLATED_BYTES:
            message = f"{name} inflates to more than {MAX_INFLATED_BYTES} bytes"
            raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)


def _refuse_truncated(dataset: Dataset, data: bytes, name: str, *, pixels: bool) -> None:
    """Raise when the bytes end inside an element, which pydicom passes over in silence."""
    for element in dataset._dict.values():
        if not isinstance(element, RawDataElement) or not element.value:
            continue
        if element.length != _UNDEFINED_LENGTH and len(element.value) < element.length:
            if element.tag in _PIXEL_TAGS:
                raise _cut_in_pixels(name)
            message = f"{name} ends inside element {element.tag} at byte {element.value_tell}"
            raise UnreadableDicom(message, Reason.TRUNCATED_HEADER)
    if pixels and not any(tag in dataset for tag in _PIXEL_TAGS):
        from plainfilm.dicom.header import read_header
        # Either there is none, or its closing delimiter is missing and pydicom dropped it.
        if read_header(data).pixel_offset is not None:
            raise _cut_in_pixels(name)


def _decode_elements(dataset: Dataset, name: str) -> None:
    for tag in list(dataset.keys()):
        _decode_element(dataset, tag)
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value or ():
                _decode_elements(item, name)


def _decode_element(dataset: Dataset, tag: BaseTag) -> None:
    raw = dataset.get_item(tag)
    try:
        dataset[tag]
    except _PYDICOM_ERRORS:
        value = raw.value if isinstance(raw, RawDataElement) else b""
        dataset[tag] = DataElement(tag, "UN", value or b"")


def _encode(dataset: Dataset, file: io.BufferedWriter, path: Path) -> None:
    meta = FileMetaDataset()
    source_meta = getattr(dataset, "file_meta", None) or {}
    meta.TransferSyntaxUID = UID(source_meta.get("TransferSyntaxUID") or ExplicitVRLittleEndian)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        if not dataset.get(keyword):
            raise InputError(f"cannot write {path}: {keyword} is missing", Reason.MISSING_UID)
        setattr(meta, f"MediaStorage{keyword}", dataset.get(keyword))
    with quiet_pydicom():
        dataset.file_meta = meta
        if "PixelData" in dataset:
            dataset["PixelData"].is_undefined_length = meta.TransferSyntaxUID.is_compressed
        try:
            pydicom.dcmwrite(file, dataset, enforce_file_format=True)
        except OSError:
            raise
        except _PYDICOM_ERRORS as exc:
            message = f"cannot write {path}: a value does not fit its element"
            raise InputError(message, Reason.MALFORMED_HEADER) from exc


def _too_deep(name: str) -> UnreadableDicom:
    return UnreadableDicom(f"{name}: sequences are nested too deep", Reason.NESTED_TOO_DEEP)


def _cut_in_pixels(name: str) -> UnsupportedPixels:
    return UnsupportedPixels(f"{name} ends inside its pixel data", Reason.TRUNCATED_PIXELS)
