"""The tag table: one Parquet row per film, one column per standard tag.

A column's type follows from the data dictionary, never from the values met, so that parts written
years apart fit together. A value that does not fit its column's type (text in a number, two values
where the dictionary knows one) goes to the JSON column `Other` under its keyword, as do private
elements and elements without a keyword. There, long binary values are kept as their length only.
"""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from plainfilm.dicom import keyword_vr
from plainfilm.errors import ArchiveError
from plainfilm.records import TagValue

__all__ = ["FILM_ID", "OTHER", "column_type", "decode_batch", "encode_batch", "write_part"]

FILM_ID: Final = "film_id"
OTHER: Final = "Other"

MAX_BINARY_BYTES: Final = 1024
"""Longer binary values (look-up tables, icon images) are kept as their length."""

# Six times as fast as `json`, and every film has several sequences.
_encode_json: Final = msgspec.json.Encoder(enc_hook=str).encode


class _Kind(Enum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    JSON = "json"
    OTHER = "other"


_KIND_OF_VR: Final[dict[str, _Kind]] = {
    **dict.fromkeys(("IS", "SS", "US", "SL", "UL", "SV", "UV"), _Kind.INTEGER),
    **dict.fromkeys(("DS", "FD", "FL"), _Kind.NUMBER),
    **dict.fromkeys(("AE", "AS", "CS", "DA", "DT", "LO", "LT", "PN", "SH"), _Kind.TEXT),
    **dict.fromkeys(("ST", "TM", "UC", "UI", "UR", "UT"), _Kind.TEXT),
    "SQ": _Kind.JSON,
}
_ARROW_TYPE: Final = {
    _Kind.TEXT: pa.string(),
    _Kind.JSON: pa.string(),
    _Kind.INTEGER: pa.int64(),
    _Kind.NUMBER: pa.float64(),
}


@lru_cache(maxsize=8192)
def _shape(keyword: str) -> tuple[_Kind, bool]:
    """What the column of a keyword holds, and whether it holds lists."""
    entry = keyword_vr(keyword)
    if entry is None:
        return _Kind.OTHER, False
    vr, vm = entry
    kind = _KIND_OF_VR.get(vr, _Kind.OTHER)
    return kind, kind not in (_Kind.JSON, _Kind.OTHER) and vm not in ("1", "0")


def column_type(keyword: str) -> pa.DataType | None:
    """The Arrow type of a keyword's column; None where the keyword has no column of its own."""
    kind, many = _shape(keyword)
    if kind is _Kind.OTHER:
        return None
    return pa.list_(_ARROW_TYPE[kind]) if many else _ARROW_TYPE[kind]


def encode_batch(films: Sequence[Mapping[str, TagValue]]) -> bytes:
    """Turn the tags of films into one Arrow IPC stream, a row for each film in its order.

    Args:
        films: keyword → value, as `plainfilm.dicom.read_header` gives them.
    """
    columns: dict[str, list[Any]] = {}
    count = len(films)
    for row, tags in enumerate(films):
        for keyword, value in tags.items():
            column = columns.get(keyword)
            if column is None:
                columns[keyword] = column = [None] * count
            column[row] = value
    other: list[dict[str, TagValue]] = [{} for _ in films]
    arrays = {}
    for keyword in sorted(columns):
        array = _array(keyword, columns[keyword], other)
        if array is not None:
            arrays[keyword] = array
    arrays[OTHER] = pa.array([to_json(rest) if rest else None for rest in other], pa.string())
    batch = pa.record_batch(arrays)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def _array(keyword: str, values: list[Any], other: list[dict[str, TagValue]]) -> pa.Array | None:
    """The column of a keyword; what does not fit moves to `other`. None: nothing fits."""
    kind, many = _shape(keyword)
    if kind is _Kind.OTHER:
        for row, value in enumerate(values):
            if value is not None:
                other[row][keyword] = value
        return None
    if kind is _Kind.JSON:
        return pa.array([None if v is None else to_json(v) for v in values], pa.string())
    wanted = column_type(keyword)
    if many:
        values = [v if v is None or type(v) is list else [v] for v in values]
    try:
        return pa.array(values, wanted)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        # Rare: at least one value is not what the dictionary says. Look at each.
        return pa.array(
            [_fitting(keyword, v, kind, many, rest) for v, rest in zip(values, other, strict=True)],
            wanted,
        )


def _fitting(
    keyword: str, value: Any, kind: _Kind, many: bool, rest: dict[str, TagValue]
) -> Any | None:
    items = value if many and value is not None else [value]
    items = [_storable(item) for item in items]
    if all(item is None or _fits(item, kind) for item in items):
        return items if many and value is not None else items[0]
    rest[keyword] = value[0] if many and len(value) == 1 else value
    return None


def _fits(item: Any, kind: _Kind) -> bool:
    if isinstance(item, int) and kind is not _Kind.TEXT:
        bits = 63 if kind is _Kind.INTEGER else 53  # a double holds no larger integer exactly
        return abs(item) < 1 << bits
    return isinstance(item, str if kind is _Kind.TEXT else float) and kind is not _Kind.INTEGER


def _storable(item: Any) -> Any:
    """Text that UTF-8 cannot carry (lone surrogates) with its bad characters replaced."""
    return item.encode("utf-8", "replace").decode() if isinstance(item, str) else item


def to_json(value: object) -> str:
    """JSON of any tag value: NaN and infinity as null, bytes in base64 or as their length."""
    try:
        encoded = _encode_json(value)
        if len(encoded) > MAX_BINARY_BYTES:
            encoded = _encode_json(_shortened(value))
    except UnicodeEncodeError:  # a lone surrogate, from bytes that are not in their character set
        return json.dumps(_shortened(value), default=str)
    return encoded.decode()


def _shortened(value: object) -> object:
    """The value with long binary values replaced by their length."""
    if isinstance(value, bytes):
        return value if len(value) <= MAX_BINARY_BYTES else {"length": len(value)}
    if isinstance(value, Mapping):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(item) for item in value]
    return value


def decode_batch(encoded: bytes) -> pa.Table:
    """The table that `encode_batch` made."""
    return pa.ipc.open_stream(encoded).read_all()


def write_part(folder: Path, name: str, table: pa.Table) -> None:
    """Write one Parquet part of the tag table, beside and renamed.

    Args:
        table: one row per film, `film_id` as the first column.
    Raises:
        ArchiveError: the disk is full or the folder cannot be written.
    """
    final, partial = folder / name, folder / f".{name}.partial"
    try:
        # Statistics on film_id let a query for a range of films read its row groups only.
        pq.write_table(table, partial, compression="zstd", row_group_size=10_000)
        partial.rename(final)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ArchiveError(f"cannot write {final}: {error.strerror or error}") from error
