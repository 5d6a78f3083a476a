"""Changing a film's attributes so that the change is recorded in the film and can be undone.

The bytes of every other element stay as they are: private ones, their order, the character set,
the file meta group, the pixel data. Earlier values go into an item of OriginalAttributesSequence
byte for byte, so that `restore_film` gives back the file that `amend_film` was given.

Source: DICOM PS3.3 C.12.1.1.9 (Original Attributes Macro).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from typing import Final

from plainfilm import __version__
from plainfilm.dicom.dictionary import keyword_tag, keyword_vr
from plainfilm.dicom.elements import (
    Element,
    Splice,
    encode_attribute,
    encode_element,
    encode_item,
    items_of,
    spliced,
    walk,
)
from plainfilm.dicom.head import Head, group_lengths, parse_head, put, resized, split_film
from plainfilm.errors import InputError, Reason, UnreadableDicom
from plainfilm.records import TagValue

__all__ = ["MODIFYING_SYSTEM", "amend_film", "restore_film"]

MODIFYING_SYSTEM: Final = "plainfilm"

_ORIGINAL: Final = keyword_tag("OriginalAttributesSequence")
_MODIFIED: Final = keyword_tag("ModifiedAttributesSequence")
_NONCONFORMING: Final = keyword_tag("NonconformingModifiedAttributesSequence")
_NONCONFORMING_VALUE: Final = keyword_tag("NonconformingDataElementValue")
_SELECTOR: Final = keyword_tag("SelectorAttribute")
_SYSTEM: Final = keyword_tag("ModifyingSystem")
_SIGNED: Final = keyword_tag("MACParametersSequence")

# The Standard records an attribute that was absent like one that was empty; a private element
# tells the two apart.
_CREATOR_TAG: Final = 0x04010010
_ABSENT_TAG: Final = 0x04011001
_CREATOR: Final = "PLAINFILM REPAIR"

_TAG: Final = Struct("<HH")
_CODE_STRINGS: Final = re.compile(rb"[A-Z0-9 _]{0,16}(?:\\[A-Z0-9 _]{0,16})*")  # PS3.5 6.2


def amend_film(content: bytes, values: Mapping[str, TagValue], *, moment: datetime) -> bytes:
    """Give a film new values for some attributes, and record the earlier ones in it.

    The SOP Instance UID stays, since an instance that is corrected is still the same one. A file
    is given back only when undoing the change was tried and restored it byte by byte.

    Args:
        content: the whole file, with or without preamble.
        values: keyword → new value, as `Header.tags` has them, of VR CS or SQ; None empties it.
        moment: when, with its time zone.
    Raises:
        UnsupportedPixels: deflated or big endian, or the file ends inside its pixel data.
        InputError: the film is digitally signed.
        UnreadableDicom: the header is malformed, or has one of the attributes twice or in another
            VR than the Standard's.
    Source: DICOM PS3.3 C.12.1.1.9.
    """
    head, rest = split_film(content)
    if head.find(_SIGNED) is not None:
        raise InputError("the film is digitally signed", Reason.SIGNED_OBJECT)
    amended = _amend(head, values, moment)
    if _undo_last(parse_head(amended)) != head.data:
        raise UnreadableDicom("the change could not be undone", Reason.MALFORMED_HEADER)
    return amended + rest


def restore_film(content: bytes) -> bytes | None:
    """Undo every change that plainfilm recorded in a film, the last first.

    Returns:
        The whole file as it was before; None where plainfilm changed nothing.
    Raises:
        UnsupportedPixels: deflated or big endian, or the file ends inside its pixel data.
        UnreadableDicom: the header or the record is malformed, or another system has changed one
            of the same attributes since.
    """
    head, rest = split_film(content)
    restored: bytes | None = None
    while (earlier := _undo_last(head)) is not None:
        restored, head = earlier, parse_head(earlier)
    return None if restored is None else restored + rest


def _amend(head: Head, values: Mapping[str, TagValue], moment: datetime) -> bytes:
    splices: list[Splice] = []
    earlier: list[bytes] = []
    nonconforming: list[bytes] = []
    absent: list[int] = []
    for keyword in sorted(values, key=keyword_tag):
        element = head.find(keyword_tag(keyword))
        new = encode_attribute(keyword, values[keyword], implicit=head.implicit)
        splices.append(put(head, keyword_tag(keyword), element, new))
        if element is None:
            absent.append(keyword_tag(keyword))
        if element is not None and _conforms(head, keyword, element):
            earlier.append(head.bytes_of(element))
        else:
            earlier.append(encode_attribute(keyword, None, implicit=head.implicit))
            nonconforming += [] if element is None else [_nonconforming(head, element)]
    if head.find(_ORIGINAL) is None:
        absent.append(_ORIGINAL)
    item = _record(earlier, nonconforming, absent, moment, implicit=head.implicit)
    splices.append(_append(head, item))
    return spliced(head.data, [*splices, *group_lengths(head, splices)])


def _conforms(head: Head, keyword: str, element: Element) -> bool:
    """Whether a value is what its VR and multiplicity allow.

    Raises:
        UnreadableDicom: the file gives it another VR, which a record could not bring back.
    """
    vr, multiplicity = keyword_vr(keyword) or ("", "")
    if element.vr not in ("", vr):
        message = f"{keyword} has VR {element.vr}, not {vr}"
        raise UnreadableDicom(message, Reason.MALFORMED_HEADER)
    value = head.data[element.value : element.end]
    if vr == "SQ":
        return True
    several = b"\\" in value and multiplicity == "1"
    return not several and len(value) % 2 == 0 and _CODE_STRINGS.fullmatch(value) is not None


def _nonconforming(head: Head, element: Element) -> bytes:
    value = head.data[element.value : element.end]
    return encode_item(
        encode_element(_SELECTOR, "AT", _tags([element.tag]), implicit=head.implicit)
        + encode_element(_NONCONFORMING_VALUE, "OB", value, implicit=head.implicit)
    )


def _record(
    earlier: list[bytes],
    nonconforming: list[bytes],
    absent: list[int],
    moment: datetime,
    *,
    implicit: bool,
) -> bytes:
    """One item of OriginalAttributesSequence."""
    when = moment.astimezone(UTC).strftime("%Y%m%d%H%M%S") + "+0000"
    elements = encode_element(_MODIFIED, "SQ", encode_item(b"".join(earlier)), implicit=implicit)
    if nonconforming:
        elements += encode_element(_NONCONFORMING, "SQ", b"".join(nonconforming), implicit=implicit)
    for keyword, text in (
        ("AttributeModificationDateTime", when),
        ("ModifyingSystem", f"{MODIFYING_SYSTEM} {__version__}"),
        ("SourceOfPreviousValues", None),
        ("ReasonForTheAttributeModification", "CORRECT"),
    ):
        elements += encode_attribute(keyword, text, implicit=implicit)
    elements += encode_element(_CREATOR_TAG, "LO", _CREATOR.encode(), implicit=implicit)
    elements += encode_element(_ABSENT_TAG, "AT", _tags(absent), implicit=implicit)
    return encode_item(elements)


def _append(head: Head, item: bytes) -> Splice:
    """Put an item at the end of OriginalAttributesSequence, which may not be there yet."""
    sequence = head.find(_ORIGINAL)
    if sequence is None:
        new = encode_element(_ORIGINAL, "SQ", item, implicit=head.implicit)
        return put(head, _ORIGINAL, None, new)
    if sequence.vr not in ("", "SQ"):
        message = f"OriginalAttributesSequence has VR {sequence.vr}"
        raise UnreadableDicom(message, Reason.MALFORMED_HEADER)
    items = items_of(head.data, sequence, implicit=head.implicit)
    end = items[-1][1] if items else sequence.value
    return resized(head, sequence, Splice(end, end, item))


@dataclass(frozen=True, slots=True)
class _Change:
    """What one item of OriginalAttributesSequence records.

    Attributes:
        start, end: the item's place.
        ours: whether plainfilm wrote it.
        earlier: tag → the element's earlier bytes, of no value where there was none.
        nonconforming: tag → an earlier value that broke the rules of its VR.
        absent: tags of what was not there at all.
    """

    start: int
    end: int
    ours: bool
    earlier: Mapping[int, bytes]
    nonconforming: Mapping[int, bytes]
    absent: frozenset[int]


def _undo_last(head: Head) -> bytes | None:
    """The head before plainfilm's last change; None where it changed nothing."""
    sequence = head.find(_ORIGINAL)
    if sequence is None or sequence.vr not in ("", "SQ"):
        return None
    items = items_of(head.data, sequence, implicit=head.implicit)
    changes = [_change(head, start, end) for start, end in items]
    last = max((place for place, change in enumerate(changes) if change.ours), default=None)
    if last is None:
        return None
    change = changes[last]
    if any(later.earlier.keys() & change.earlier.keys() for later in changes[last + 1 :]):
        message = "another system has changed the same attributes since"
        raise UnreadableDicom(message, Reason.MALFORMED_HEADER)
    splices = [splice for tag in sorted(change.earlier) for splice in _put_back(head, tag, change)]
    if len(changes) == 1 and _ORIGINAL in change.absent:
        splices.append(Splice(sequence.start, sequence.end, b""))
    else:
        splices.append(resized(head, sequence, Splice(change.start, change.end, b"")))
    return spliced(head.data, [*splices, *group_lengths(head, splices)])


def _put_back(head: Head, tag: int, change: _Change) -> list[Splice]:
    element = head.find(tag)
    if tag in change.absent:
        return [] if element is None else [Splice(element.start, element.end, b"")]
    content = change.earlier[tag]
    if tag in change.nonconforming:
        empty = next(walk(content, 0, len(content), implicit=head.implicit))
        value = change.nonconforming[tag]
        content = encode_element(tag, empty.vr, value, implicit=head.implicit)
    return [put(head, tag, element, content)]


def _change(head: Head, start: int, end: int) -> _Change:
    fields = _fields(head, start, end)
    system = _value(head, fields.get(_SYSTEM)).strip(b" \0").split(b" ")[0]
    creator = _value(head, fields.get(_CREATOR_TAG)).strip(b" \0")
    earlier: dict[int, bytes] = {}
    for item in _items(head, fields.get(_MODIFIED)):
        found = _fields(head, *item)
        earlier |= {tag: head.bytes_of(element) for tag, element in found.items()}
    nonconforming: dict[int, bytes] = {}
    for item in _items(head, fields.get(_NONCONFORMING)):
        found = _fields(head, *item)
        for tag in _read_tags(_value(head, found.get(_SELECTOR))):
            nonconforming[tag] = _value(head, found.get(_NONCONFORMING_VALUE))
    return _Change(
        start=start,
        end=end,
        ours=system == MODIFYING_SYSTEM.encode() and creator == _CREATOR.encode(),
        earlier=earlier,
        nonconforming=nonconforming,
        absent=frozenset(_read_tags(_value(head, fields.get(_ABSENT_TAG)))),
    )


def _fields(head: Head, start: int, end: int) -> dict[int, Element]:
    """The elements of an item, by tag."""
    return {
        element.tag: element for element in walk(head.data, start + 8, end, implicit=head.implicit)
    }


def _items(head: Head, sequence: Element | None) -> list[tuple[int, int]]:
    return [] if sequence is None else items_of(head.data, sequence, implicit=head.implicit)


def _value(head: Head, element: Element | None) -> bytes:
    return b"" if element is None else head.data[element.value : element.end]


def _tags(tags: list[int]) -> bytes:
    return b"".join(_TAG.pack(tag >> 16, tag & 0xFFFF) for tag in tags)


def _read_tags(value: bytes) -> list[int]:
    whole = value[: len(value) // 4 * 4]
    return [group << 16 | number for group, number in _TAG.iter_unpack(whole)]
