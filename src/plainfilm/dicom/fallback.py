"""The header as pydicom reads it, for what the lean parser declines."""

import io
import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plainfilm.dicom._quiet import PYDICOM_ERRORS, quiet_pydicom
from plainfilm.dicom.dictionary import named
from plainfilm.dicom.location import ByteSource
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import TagValue

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

__all__ = ["PydicomHeader", "read_with_pydicom"]

_MAX_BYTES: Final = 4 << 20
"""pydicom's objects take a hundred times the space and time, hence tighter limits than usual."""

_MAX_ITEMS: Final = 50_000
_ITEM_TAGS: Final = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")

_MAX_DEPTH: Final = 64
_LONG_VRS: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


class PydicomHeader(NamedTuple):
    """What pydicom read; `pixels` is offset and length field of the pixel data's value."""

    tags: dict[str, TagValue]
    file_meta: dict[str, TagValue]
    pixels: tuple[int, int] | None
    big_endian: bool
    implicit: bool


def read_with_pydicom(source: ByteSource, limit: int, name: str) -> PydicomHeader:
    """Read the header with pydicom.

    Raises:
        UnreadableDicom: pydicom cannot read it either, or it is cut, nested too deep or too large.
    """
    limit = min(limit, _MAX_BYTES)
    head = source.read_at(0, min(source.size, limit))
    if sum(map(head.count, _ITEM_TAGS)) > _MAX_ITEMS:
        message = f"{name}: more than {_MAX_ITEMS} sequence items"
        raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)
    with quiet_pydicom():
        try:
            return _read(head, source.size, limit, name)
        except RecursionError as exc:
            message = f"{name}: sequences are nested too deep"
            raise UnreadableDicom(message, Reason.NESTED_TOO_DEEP) from exc
        except PYDICOM_ERRORS as exc:
            message = f"{name}: the header breaks the encoding rules"
            raise UnreadableDicom(message, Reason.MALFORMED_HEADER) from exc


def _read(head: bytes, size: int, limit: int, name: str) -> PydicomHeader:
    from pydicom.filereader import read_partial  # noqa: PLC0415 - slow to import, rarely needed

    file = io.BytesIO(head)
    reached: list[tuple[str | None, int]] = []

    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if tag not in {0x7FE00010, 0x7FE00009, 0x7FE00008}:
            return False
        reached.append((vr, length))
        return True

    dataset = read_partial(file, stop_when=at_pixels)
    _refuse_cut(dataset, limit, name)
    pixels = None
    if reached:
        vr, length = reached[-1]
        pixels = (file.tell() + (12 if vr in _LONG_VRS else 8), length)
    elif file.tell() < len(head):
        raise UnreadableDicom(
            f"{name} makes no sense from byte {file.tell()} on", Reason.MALFORMED_HEADER
        )
    elif size > len(head):
        raise UnreadableDicom(f"{name}: more than {limit} bytes", Reason.HEADER_TOO_LARGE)
    implicit, little_endian = dataset.original_encoding
    return PydicomHeader(
        _plain_dataset(dataset, name),
        _plain_dataset(dataset.file_meta, name),
        pixels,
        big_endian=not little_endian,
        implicit=bool(implicit),
    )


def _refuse_cut(dataset: "FileDataset", limit: int, name: str) -> None:
    """Raise when the last element is cut, which pydicom passes over in silence."""
    for tag in dataset.keys():  # noqa: SIM118 - iterating over the dataset decodes its values
        raw = dataset.get_item(tag)
        length = getattr(raw, "length", None)
        if not isinstance(length, int) or length == 0xFFFFFFFF or raw.value is None:
            continue
        if len(raw.value) < length:
            reason = Reason.HEADER_TOO_LARGE if length > limit else Reason.TRUNCATED_HEADER
            raise UnreadableDicom(f"{name} ends inside {named(int(tag))}", reason)


def _plain_dataset(dataset: "Dataset", name: str, depth: int = 0) -> dict[str, TagValue]:
    if depth > _MAX_DEPTH:
        message = f"{name}: more than {_MAX_DEPTH} sequences within one another"
        raise UnreadableDicom(message, Reason.NESTED_TOO_DEEP)
    plain: dict[str, TagValue] = {}
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        try:
            element = dataset[tag]
        except PYDICOM_ERRORS:
            # One element that cannot be decoded is no reason to refuse the film.
            plain[f"{tag:08X}"] = getattr(raw, "value", None) or None
            continue
        key = element.keyword or f"{tag:08X}"
        if element.VR == "SQ":
            plain[key] = [_plain_dataset(item, name, depth + 1) for item in element.value or ()]
        else:
            plain[key] = _plain_value(element.VR, element.value)
    return plain


def _plain_value(vr: str, value: Any) -> TagValue:
    """A value of pydicom's as the lean parser would give it."""
    if value is None or isinstance(value, bytes):
        return value or None
    if vr in ("DS", "IS"):
        return _plain_number(value)
    if hasattr(value, "append"):
        return [_plain_item(item) for item in value] or None
    return None if value == "" else _plain_item(value)


def _plain_item(item: Any) -> TagValue:
    """One value without pydicom's subclasses of str and int."""
    if isinstance(item, int):
        return int(item)
    return item if isinstance(item, float) else str(item)


def _plain_number(value: Any) -> TagValue:
    """DS and IS values, of which pydicom keeps the text besides the number."""
    items = list(value) if hasattr(value, "append") else [value]
    if any(isinstance(item, float) and not math.isfinite(item) for item in items):
        texts: list[TagValue] = [getattr(item, "original_string", str(item)) for item in items]
        return texts if len(texts) > 1 else texts[0]
    numbers = [_plain_part(item) for item in items]
    return numbers if len(numbers) > 1 else numbers[0] if numbers else None


def _plain_part(item: Any) -> TagValue:
    if isinstance(item, str):
        return item if item.strip() else None
    return int(item) if isinstance(item, int) else float(item)
