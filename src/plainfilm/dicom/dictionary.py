"""The data dictionary: tag ↔ keyword, value representation (VR) and multiplicity (VM).

The table is a data file of ours, since importing pydicom costs more than the rest of the program.
Tags travel as the four bytes that little endian files hold, ready for looking up.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

__all__ = [
    "Entry",
    "element_entry",
    "entry_of",
    "keyword_tag",
    "keyword_vr",
    "named",
    "standard_keywords",
]


class Entry(NamedTuple):
    """What PS3.6 says of one element; `keyword` is empty for repeating groups and retired ones."""

    keyword: str
    vr: str
    vm: str


# The dictionary gives some elements a choice of VR. A column of a table needs one of them.
_CHOSEN_VR: Final = {
    "US or SS": "SS",
    "OB or OW": "OW",
    "US or OW": "OW",
    "US or SS or OW": "OW",
}


@cache
def _rows() -> tuple[tuple[str, Entry], ...]:
    """(tag as eight hexadecimal digits, entry), in ascending order of tags."""
    text = files("plainfilm.dicom").joinpath("dictionary.csv").read_text(encoding="ascii")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    rows = csv.reader(lines)
    next(rows)
    return tuple((tag, Entry(keyword, vr, vm)) for tag, vr, vm, keyword in rows)


@cache
def _by_tag() -> dict[bytes, Entry]:
    return {_tag_bytes(tag): entry for tag, entry in _rows() if "x" not in tag}


@cache
def _repeating() -> dict[int, dict[int, Entry]]:
    """Mask of the fixed digits → their value → entry; there are few masks and many groups."""
    groups: dict[int, dict[int, Entry]] = {}
    for tag, entry in _rows():
        if "x" in tag:
            mask = int("".join("0" if digit == "x" else "F" for digit in tag), 16)
            groups.setdefault(mask, {})[int(tag.replace("x", "0"), 16)] = entry
    return groups


@cache
def _by_keyword() -> dict[str, Entry]:
    return {entry.keyword: entry for _, entry in _rows() if entry.keyword}


def _tag_bytes(tag: str) -> bytes:
    digits = bytes.fromhex(tag)
    return bytes((digits[1], digits[0], digits[3], digits[2]))


def entry_of(tag: bytes) -> Entry | None:
    """The entry of a standard element, or None where the Standard does not know the tag.

    Args:
        tag: group and element number, little endian, four bytes.
    """
    found = _by_tag().get(tag)
    if found is not None or tag[0] & 1:
        return found
    number = int.from_bytes(tag[:2], "little") << 16 | int.from_bytes(tag[2:], "little")
    for mask, entries in _repeating().items():
        found = entries.get(number & mask)
        if found is not None:
            break
    return found


def element_entry(tag: int) -> Entry | None:
    """The entry of an element by its tag as a number, such as 0x00100020; None as `entry_of`."""
    group, element = divmod(tag, 1 << 16)
    return entry_of(group.to_bytes(2, "little") + element.to_bytes(2, "little"))


def named(tag: int) -> str:
    """An element as a message may name it: a tag that nobody knows could be bytes of text."""
    if element_entry(tag) is None:
        return "an element"
    return f"element ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def keyword_vr(keyword: str) -> tuple[str, str] | None:
    """VR and VM of a standard element, such as `("DS", "1-n")`; None for an unknown keyword.

    Where the Standard gives a choice of VR, signed integers or words are named.

    Source: DICOM PS3.6 chapters 6 to 8.
    """
    entry = _by_keyword().get(keyword)
    if entry is None:
        return None
    return _CHOSEN_VR.get(entry.vr, entry.vr), entry.vm


@cache
def _tag_by_keyword() -> dict[str, int]:
    return {entry.keyword: int(tag, 16) for tag, entry in _rows() if entry.keyword}


def keyword_tag(keyword: str) -> int:
    """The tag of a standard element as a number, such as 0x00180015 for `BodyPartExamined`.

    Raises:
        KeyError: the keyword is unknown.
    """
    return _tag_by_keyword()[keyword]


def standard_keywords() -> tuple[str, ...]:
    """Every keyword of the Standard, in ascending order of tags."""
    return tuple(_by_keyword())
