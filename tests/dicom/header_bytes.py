"""DICOM bytes made by hand, right or wrong, and pydicom's values turned plain to compare with."""

import importlib.util
import math
import struct
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.valuerep import PersonName

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"

UNDEFINED = 0xFFFFFFFF
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"
DX_IMAGE = b"1.2.840.10008.5.1.4.1.1.1.1\0"

LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})


def element(tag: int, vr: str | None, raw: bytes = b"", length: int | None = None) -> bytes:
    """One element, little endian; without a VR it is in implicit VR; `length` may lie."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    length = len(raw) if length is None else length
    if vr is None:
        return head + struct.pack("<I", length) + raw
    if vr in LONG_VRS:
        return head + vr.encode() + struct.pack("<HI", 0, length) + raw
    return head + vr.encode() + struct.pack("<H", length) + raw


def item(raw: bytes, *, delimited: bool = False) -> bytes:
    """A sequence item of defined length, or one that ends with a delimiter."""
    if delimited:
        return b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + raw + ITEM_END
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(raw)) + raw


def part10(body: bytes, syntax: str | None = EXPLICIT) -> bytes:
    """A file with preamble, file meta group and a dataset."""
    meta = b""
    if syntax is not None:
        meta = element(0x00020010, "UI", syntax.encode() + b"\0" * (len(syntax) % 2))
    length = element(0x00020000, "UL", struct.pack("<I", len(meta)))
    return b"\0" * 128 + b"DICM" + length + meta + body


def pydicom_files() -> list[Path]:
    """Every file of the wheels `pydicom` and `pydicom-data`."""
    found: list[Path] = []
    for package in ("pydicom", "data_store"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        folder = Path(spec.submodule_search_locations[0]) / "data"
        found += [path for path in sorted(folder.rglob("*")) if _may_be_dicom(path)]
    return found


def _may_be_dicom(path: Path) -> bool:
    return path.is_file() and path.suffix not in {".py", ".pyc", ".json"}


def plain(dataset: Dataset) -> dict[str, Any]:
    """pydicom's values without pydicom's types, as `Header` promises them."""
    return {
        element.keyword or f"{element.tag:08X}": _plain(element.VR, element.value)
        for element in dataset
    }


def _plain(vr: str, value: Any) -> Any:
    if vr == "SQ":
        return [plain(entry) for entry in value]
    if isinstance(value, bytes) or value is None:
        return value or None
    if not hasattr(value, "append"):
        return _plain_one(vr, value)
    if vr in {"DS", "IS"} and any(not _is_finite(part) for part in value):
        return [getattr(part, "original_string", str(part)) for part in value]
    return [_plain_part(vr, part) for part in value] or None


def _plain_part(vr: str, part: Any) -> Any:
    """One of several values: empty text stays text, since it holds a place."""
    plain_part = _plain_one(vr, part)
    return "" if plain_part is None and vr not in {"DS", "IS"} else plain_part


def _plain_one(vr: str, value: Any) -> Any:
    if isinstance(value, str | PersonName):
        blank = value == "" or (vr in {"DS", "IS"} and not str(value).strip())
        return None if blank else str(value)
    if isinstance(value, int):
        return int(value)
    if vr in {"DS", "IS"} and not math.isfinite(value):
        return value.original_string
    return float(value)


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def same(ours: Any, theirs: Any) -> bool:
    """Equality that tells 1 from 1.0 and takes NaN for NaN."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float) and math.isnan(ours):
        return math.isnan(theirs)
    return bool(ours == theirs)
