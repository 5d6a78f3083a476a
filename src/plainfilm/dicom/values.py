"""From an element's bytes to a plain Python value, by value representation.

The results are pydicom's, turned plain: DS and IS become numbers (or stay text where they are
none), person names text, an empty element None, several values a list.

Most values of an archive repeat from film to film (modality, names, dates, tag bytes), and
looking one up costs a fraction of decoding it. So each VR has a bounded memory of short values.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from struct import Struct, unpack
from typing import Final, TypeAlias

from plainfilm.dicom.charsets import Encodings, decoder
from plainfilm.records import TagValue

__all__ = ["Decoder", "Decoders", "decoders_for", "lut_descriptor", "unpack_numbers"]

Convert: TypeAlias = Callable[[bytes], TagValue]

_MEMORY_ENTRIES: Final = 4096
_MEMORY_VALUE_BYTES: Final = 64
_PADDING: Final = " \0"


class Decoder(dict[bytes, TagValue]):
    """`decoder[raw]` is the value of the bytes `raw`; a dict, since nothing looks up faster."""

    __slots__ = ("_convert",)

    def __init__(self, convert: Convert) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, raw: bytes) -> TagValue:
        value = self._convert(raw)
        # Lists are not kept: two films must not share an object that a caller may change.
        if len(raw) <= _MEMORY_VALUE_BYTES and type(value) is not list:
            if len(self) >= _MEMORY_ENTRIES:
                self.clear()
            self[raw] = value
        return value


Decoders: TypeAlias = dict[str, Decoder]
"""VR → decoder. VRs that the dictionary leaves open (`OB or OW`) give bytes."""


def _strings(raw: bytes) -> TagValue:
    text = raw.decode("iso8859").rstrip(_PADDING)
    return text.split("\\") if "\\" in text else text or None


def _application_entity(raw: bytes) -> TagValue:
    titles = [title.strip() for title in raw.decode("iso8859").split("\\")]
    return titles if len(titles) > 1 else titles[0] or None


def _uids(raw: bytes) -> TagValue:
    text = raw.decode("iso8859").rstrip(_PADDING)
    return [uid.strip() for uid in text.split("\\")] if "\\" in text else text.strip() or None


def _uri(raw: bytes) -> TagValue:
    return raw.decode("iso8859").rstrip() or None


def _bytes(raw: bytes) -> TagValue:
    return raw or None


def _tags(raw: bytes) -> TagValue:
    halves = unpack(f"<{len(raw) // 4 * 2}H", raw[: len(raw) // 4 * 4])
    tags = [group << 16 | element for group, element in zip(halves[::2], halves[1::2], strict=True)]
    return tags[0] if len(tags) == 1 else tags or None


def unpack_numbers(raw: bytes, code: str) -> TagValue:
    """Little endian binary numbers; bytes whose length does not fit stay bytes.

    Args:
        code: the number's format as `struct` names it.
    """
    width = Struct(f"<{code}").size
    count, rest = divmod(len(raw), width)
    if rest:
        return raw
    numbers = unpack(f"<{count}{code}", raw)
    return numbers[0] if count == 1 else list(numbers) or None


def lut_descriptor(raw: bytes) -> TagValue:
    """A lookup table descriptor in VR SS, whose first value is unsigned all the same.

    Source: DICOM PS3.3 C.11.1.1.
    """
    value = unpack_numbers(raw, "h")
    if isinstance(value, list) and value[0] < 0:
        value[0] += 1 << 16
    return value


def _numbers(code: str) -> Convert:
    return lambda raw: unpack_numbers(raw, code)


def _texts(decode: Callable[[bytes], str]) -> Convert:
    def convert(raw: bytes) -> TagValue:
        text = decode(raw)
        if "\\" in text:
            return [part.rstrip(_PADDING) for part in text.split("\\")]
        return text.rstrip(_PADDING) or None

    return convert


def _long_text(decode: Callable[[bytes], str]) -> Convert:
    return lambda raw: decode(raw).rstrip(_PADDING) or None


def _person_names(decode: Callable[[bytes], str]) -> Convert:
    def convert(raw: bytes) -> TagValue:
        text = decode(raw.rstrip(b"\0 "))
        if "\\" in text:
            return [name.rstrip("=") for name in text.split("\\")]
        return text.rstrip("=") or None

    return convert


def _decimals(as_text: Convert) -> Convert:
    def convert(raw: bytes) -> TagValue:
        try:
            numbers = [float(part) for part in raw.split(b"\\")]
        except ValueError:  # empty, padded with zero bytes, or no number at all
            return _each(raw.decode("iso8859").strip(), _decimal, raw, as_text)
        if not all(map(math.isfinite, numbers)):
            return as_text(raw)
        return numbers if len(numbers) > 1 else numbers[0]

    return convert


def _integers(as_text: Convert) -> Convert:
    def convert(raw: bytes) -> TagValue:
        if len(raw) < 16:  # longer ones may exceed what a float holds, see `_integer`
            try:
                return int(raw)
            except ValueError:
                pass
        return _each(raw.decode("iso8859"), _integer, raw, as_text)

    return convert


def _each(
    text: str, convert: Callable[[str], float | None], raw: bytes, as_text: Convert
) -> TagValue:
    """Convert each value; when one is no number, all of them stay text."""
    try:
        numbers = [convert(part) for part in text.rstrip(_PADDING).split("\\")]
    except (ValueError, OverflowError):
        return as_text(raw)
    return numbers if len(numbers) > 1 else numbers[0]


def _decimal(text: str) -> float | None:
    if not text.strip():
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _integer(text: str) -> float | None:
    """An int, or a float where the text has a fraction, as some modalities write."""
    value = _decimal(text)
    if value is None:
        return None
    try:
        whole = int(text)
    except ValueError:
        whole = int(value)
    return whole if whole == value else value


_PLAIN: Final[dict[str, Convert]] = {
    "AE": _application_entity,
    "AS": _strings,
    "AT": _tags,
    "CS": _strings,
    "DA": _strings,
    "DT": _strings,
    "FD": _numbers("d"),
    "FL": _numbers("f"),
    "OB": _bytes,
    "OD": _bytes,
    "OF": _bytes,
    "OL": _bytes,
    "OV": _bytes,
    "OW": _bytes,
    "SL": _numbers("i"),
    "SS": _numbers("h"),
    "SV": _numbers("q"),
    "TM": _strings,
    "UI": _uids,
    "UL": _numbers("I"),
    "UN": _bytes,
    "UR": _uri,
    "US": _numbers("H"),
    "UV": _numbers("Q"),
    "OB or OW": _bytes,
    "US or SS or OW": _bytes,
}


@lru_cache(maxsize=32)
def decoders_for(encodings: Encodings) -> Decoders:
    """The decoders of every VR but SQ, for text in a character set."""
    decode = decoder(encodings)
    texts, long_text = _texts(decode), _long_text(decode)
    converters = _PLAIN | {
        "DS": _decimals(texts),
        "IS": _integers(texts),
        "LO": texts,
        "LT": long_text,
        "PN": _person_names(decode),
        "SH": texts,
        "ST": long_text,
        "UC": texts,
        "UT": long_text,
    }
    return {vr: Decoder(convert) for vr, convert in converters.items()}
