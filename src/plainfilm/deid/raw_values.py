"""The values of undecoded elements: as text, as numbers, as ages and moments."""

import datetime
import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from plainfilm.deid.dates import shift_date, shift_datetime, valid_time
from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.folding import fold
from plainfilm.deid.telling_texts import tells_of_someone
from plainfilm.deid.text_features import TextFeatures, features_of
from plainfilm.dicom import Encodings, RawElement, text_decoder

__all__ = [
    "SPELLED_VRS",
    "are_numbers",
    "capped_age",
    "features_of_raw",
    "is_medical_code",
    "is_moment",
    "is_uid",
    "long_integers",
    "readings_of",
    "tells_in_raw",
    "text_of",
    "values_of",
]

SPELLED_VRS: Final = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR"}
) | {"UT"}
"""VRs whose values are text."""

_SINGLE: Final = frozenset({"LT", "ST", "UR", "UT"})
"""VRs whose values are one text, backslashes and all (PS3.5 table 6.2-1)."""
_NUMBERS: Final = re.compile(
    rb"(?:[ \0]*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)?[ \0]*(?:\\|\Z))+"
)
_LONG_INTEGER: Final = re.compile(rb"\d{6,}")
_UID: Final = re.compile(r"[0-9]+(?:\.[0-9]+)+", re.ASCII)
_AGE: Final = re.compile(r"\d{3}[DWMY]", re.ASCII)
_MAXIMUM_AGE: Final = "090Y"
"""Older patients are few enough to be found, so they count as ninety (45 CFR 164.514(b)(2)(i))."""
_NO_OFFSET: Final = datetime.timedelta(0)


def are_numbers(raw: bytes) -> bool:
    """Whether the value of a DS or IS element holds numbers and nothing else."""
    return _NUMBERS.fullmatch(raw) is not None


def text_of(data: bytes, element: RawElement, encodings: Encodings) -> str:
    """An element's whole value as text in normal form NFC, without padding."""
    return _decoded(data[element.value : element.end], encodings)


def _decoded(raw: bytes, encodings: Encodings) -> str:
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii").rstrip(" \0")
    text = text_decoder(encodings)(raw)
    if "\ufffd" in text:
        text = raw.decode("latin-1")  # the character set named is not the one written
    elif encodings[0] in _LATIN:
        text = _utf8(raw) or text
    return unicodedata.normalize("NFC", text.rstrip(" \0"))


_LATIN: Final = frozenset({"iso8859", "latin_1"})


def _utf8(raw: bytes) -> str:
    """Bytes beyond ASCII as UTF-8, which other text hardly ever is by chance; else nothing."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return ""


def readings_of(data: bytes, element: RawElement, encodings: Encodings) -> list[str]:
    """`values_of`, and what the values say in UTF-8 where that may be what was meant."""
    values = values_of(data, element, encodings)
    raw = data[element.value : element.end]
    if raw.isascii() or b"\x1b" in raw:
        return values
    other = unicodedata.normalize("NFC", _utf8(raw).rstrip(" \0"))
    return values if not other or other in values else [*values, *other.split("\\")]


_LONGEST_REMEMBERED: Final = 256


def features_of_raw(raw: bytes, encodings: Encodings) -> TextFeatures:
    """The features of an element's whole value as text."""
    if len(raw) <= _LONGEST_REMEMBERED:
        return _remembered(raw, encodings)
    return features_of(_decoded(raw, encodings))


@lru_cache(1 << 14)
def _remembered(raw: bytes, encodings: Encodings) -> TextFeatures:
    return features_of(_decoded(raw, encodings))


def values_of(data: bytes, element: RawElement, encodings: Encodings) -> list[str]:
    """An element's values as text; none for an empty element."""
    text = text_of(data, element, encodings)
    if not text:
        return []
    if "\\" not in text or element.vr in _SINGLE:
        return [text]
    return [value.rstrip(" \0") for value in text.split("\\")]


@lru_cache(1 << 14)
def tells_in_raw(raw: bytes, encodings: Encodings) -> bool:
    """Whether an element's whole value has dates, telephone numbers and the like in it."""
    return tells_of_someone(_decoded(raw, encodings))


def is_uid(text: str) -> bool:
    """Whether a text has the form of a UID (PS3.5 9.1); leading zeros are let pass."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


def long_integers(raw: bytes) -> list[str]:
    """The runs of digits in DS or IS values that are long enough to be ids."""
    found = [digits.decode() for digits in _LONG_INTEGER.findall(raw)]
    return found + [digits.lstrip("0") for digits in found if digits.startswith("0")]


@cache
def is_medical_code(code: str) -> bool:
    """Whether a code is a term such as HAND, which no patient of that name could have put there."""
    return all(is_medical_word(word) for word in fold(code).replace("_", " ").split())


def capped_age(value: str) -> str:
    """An AS value, of the oldest patients ninety; empty where it is none."""
    if not _AGE.fullmatch(value.strip()):
        return ""
    return min(value.strip(), _MAXIMUM_AGE) if value.strip().endswith("Y") else value


def is_moment(value: str, vr: str) -> bool:
    """Whether a text is a value of VR DA, DT or TM."""
    if vr == "TM":
        return valid_time(value)
    shift = shift_date if vr == "DA" else shift_datetime
    return shift(value, _NO_OFFSET) is not None
