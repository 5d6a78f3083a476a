"""What a value looks like: a dummy, a pseudonym, a text that identifies."""

import re
from functools import cache
from typing import Final

from plainfilm.deid.element_text import texts_of
from plainfilm.deid.profile import data_rows
from plainfilm.dicom import DataElement

__all__ = ["is_dummy", "is_empty", "looks_like_name", "suspicious_text", "valid_uid"]

_UID: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", re.ASCII)
_MAXIMUM_UID: Final = 64
_TEMPORAL: Final = frozenset({"DA", "DT", "TM"})

_IN_TEXT: Final = (
    ("name_in_text", re.compile(r"[^\W\d_]{2,}\^[^\W\d_]{2,}")),
    ("name_in_text", re.compile(r"\b(?:Dr|Mr|Mrs|Prof)\.? +[A-Z][a-z]{2,}\b")),
    ("email_in_text", re.compile(r"[\w.+-]+@[\w-]+\.\w{2,}")),
    ("date_in_text", re.compile(r"(?<!\d)(?:19|20)\d\d([-./])[01]?\d\1[0-3]?\d(?!\d)")),
    ("date_in_text", re.compile(r"(?<!\d)[0-3]?\d([-./])[0-3]?\d\1(?:19|20)\d\d(?!\d)")),
    ("phone_in_text", re.compile(r"(?<![\d.])(?:\+\d{1,3}[ -]?)?\(?\d{3}\)?[ -]\d{3}[ -]\d{4}\b")),
    ("phone_in_text", re.compile(r"(?<![\d.])\+\d{1,3}[ -]\d[\d -]{6,}\d\b")),
)


def is_empty(element: DataElement) -> bool:
    """Whether an element holds nothing, or blanks and zero bytes only."""
    value = element.value
    if isinstance(value, bytes):
        return not value.strip(b"\0 ")
    if element.VR == "SQ":
        return not any(True for item in value or () for _ in item)
    return not any(text.strip(" \0^=") for text in texts_of(element))


def is_dummy(element: DataElement) -> bool:
    """Whether an element is empty or holds only values that say nothing.

    A sequence is a dummy where all that its items hold is one.
    """
    if is_empty(element):
        return True
    if element.VR == "SQ":
        return all(is_dummy(inner) for item in element.value for inner in item)
    if isinstance(element.value, bytes):
        return False
    return all(_says_nothing(text, element.VR) for text in texts_of(element))


def _says_nothing(text: str, vr: str) -> bool:
    plain = text.strip(" \0").casefold()
    if plain in _dummies()["*"] or plain in _dummies().get(vr, ()):
        return True
    return vr not in _TEMPORAL and not plain.strip("0.+-")  # a number: 0, 0.0


@cache
def _dummies() -> dict[str, frozenset[str]]:
    rows = data_rows("check/dummy_values.csv")
    return {
        vr: frozenset(row["value"].casefold() for row in rows if row["vr"] == vr)
        for vr in {row["vr"] for row in rows}
    }


def looks_like_name(text: str) -> bool:
    """Whether a person's name could be one: letters only, and not one of the dummies.

    Pseudonyms have digits in them. Tools that invent names can be told from tools that leave them
    by the originals only.
    """
    return not any(character.isdigit() for character in text)


def suspicious_text(text: str) -> str | None:
    """The reason code of what in a text looks like identity; None where nothing does."""
    return next((reason for reason, pattern in _IN_TEXT if pattern.search(text)), None)


def valid_uid(text: str) -> bool:
    """Whether a text is a UID.

    Source: DICOM PS3.5 section 9.1.
    """
    return len(text) <= _MAXIMUM_UID and _UID.fullmatch(text) is not None
