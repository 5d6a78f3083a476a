"""A dataset's elements as stretches of its bytes, for changing a few and leaving all others alone.

Little endian only, explicit or implicit VR. What the header reader tolerates beyond the Standard
is refused here: where the stretches are not certain, nothing is cut.

Source: DICOM PS3.5 section 7.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from plainfilm.dicom.dictionary import keyword_tag, keyword_vr
from plainfilm.dicom.parser import UNDEFINED_LENGTH, looks_explicit
from plainfilm.dicom.tables import ITEM_DELIMITER, LONG_VRS, PIXEL_TAGS, SHORT_VRS
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import TagValue

__all__ = [
    "Element",
    "Splice",
    "encode_attribute",
    "encode_element",
    "encode_item",
    "items_of",
    "spliced",
    "walk",
]

_MAX_DEPTH: Final = 64
_ITEM: Final = b"\xfe\xff\x00\xe0"
_SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0"
_DELIMITER_GROUP: Final = b"\xfe\xff"
_LONGEST_SHORT: Final = 0xFFFF
_HEAD: Final = Struct("<HH")
_SHORT: Final = Struct("<H")
_LONG: Final = Struct("<I")


@dataclass(frozen=True, slots=True)
class Element:
    """Where one element stands.

    Attributes:
        tag: group and element number, such as 0x00180015.
        vr: as the file says; empty in implicit VR.
        start, value, end: offsets of the tag, of the value, and of what follows the value and, of
            a sequence of undefined length, its delimiter.
        undefined: whether a delimiter ends it.
    """

    tag: int
    vr: str
    start: int
    value: int
    end: int
    undefined: bool = False


@dataclass(frozen=True, slots=True)
class Splice:
    """Bytes to put in place of `data[start:end]`; an empty stretch is an insertion."""

    start: int
    end: int
    content: bytes


def walk(data: bytes, start: int, end: int, *, implicit: bool) -> Iterator[Element]:
    """The elements of a dataset, in the order in which they stand, up to its pixel data.

    Args:
        end: where the dataset ends; an item delimiter ends it before.
    Raises:
        UnreadableDicom: with reason `malformed_header`.
    """
    yield from _walk(data, start, end, implicit, 0)


def _walk(data: bytes, position: int, end: int, implicit: bool, depth: int) -> Iterator[Element]:
    while position < end and data[position : position + 4] != ITEM_DELIMITER:
        element = _element(data, position, end, implicit, depth)
        yield element
        if data[position : position + 4] in PIXEL_TAGS and depth == 0:
            return
        position = element.end


def _element(data: bytes, start: int, end: int, implicit: bool, depth: int) -> Element:
    head = data[start : start + 8]
    if len(head) < 8 or head[:2] == _DELIMITER_GROUP:
        raise _unclear(start)
    group, number = _HEAD.unpack_from(head)
    vr, value, length = _length(data, start, implicit)
    tag = group << 16 | number
    if length != UNDEFINED_LENGTH:
        stop = value + length
        if stop > end and not (head[:4] in PIXEL_TAGS and depth == 0):
            raise _unclear(start)
        return Element(tag, vr, start, value, stop)
    if head[:4] in PIXEL_TAGS and depth == 0:
        return Element(tag, vr, start, value, end, undefined=True)
    items_implicit = implicit or vr == "UN"  # PS3.5 6.2.2
    stop = _items_end(data, value, end, items_implicit, depth + 1)
    return Element(tag, vr, start, value, stop, undefined=True)


def _length(data: bytes, start: int, implicit: bool) -> tuple[str, int, int]:
    """VR, where the value starts, and the length field."""
    if implicit:
        return "", start + 8, _LONG.unpack_from(data, start + 4)[0]
    vr = data[start + 4 : start + 6]
    if vr in SHORT_VRS:
        return vr.decode(), start + 8, _SHORT.unpack_from(data, start + 6)[0]
    if vr not in LONG_VRS or len(data) < start + 12:
        raise _unclear(start)
    return vr.decode(), start + 12, _LONG.unpack_from(data, start + 8)[0]


def _items_end(data: bytes, position: int, end: int, implicit: bool, depth: int) -> int:
    """Where the delimiter of items or fragments from `position` on ends."""
    if depth > _MAX_DEPTH:
        raise UnreadableDicom(
            f"more than {_MAX_DEPTH} sequences within one another", Reason.NESTED_TOO_DEEP
        )
    while True:
        head = data[position : position + 8]
        if len(head) < 8 or position + 8 > end:
            raise _unclear(position)
        if head[:4] == _SEQUENCE_DELIMITER:
            return position + 8
        position = _item_end(data, position, end, implicit, depth)


def _item_end(data: bytes, position: int, end: int, implicit: bool, depth: int) -> int:
    if data[position : position + 4] != _ITEM:
        raise _unclear(position)
    length: int = _LONG.unpack_from(data, position + 4)[0]
    position += 8
    if length != UNDEFINED_LENGTH:
        return position + length
    implicit = implicit or not looks_explicit(data, position)
    for element in _walk(data, position, end, implicit, depth):
        position = element.end
    if data[position : position + 4] != ITEM_DELIMITER or position + 8 > end:
        raise _unclear(position)
    return position + 8


def items_of(data: bytes, sequence: Element, *, implicit: bool) -> list[tuple[int, int]]:
    """Start and end of each item of a sequence, its head and its delimiter included.

    Raises:
        UnreadableDicom: with reason `malformed_header`.
    """
    items: list[tuple[int, int]] = []
    end = sequence.end - 8 if sequence.undefined else sequence.end
    position = sequence.value
    while position < end:
        if position + 8 > end:
            raise _unclear(position)
        stop = _item_end(data, position, end, implicit, 1)
        items.append((position, stop))
        position = stop
    if position != end:
        raise _unclear(position)
    return items


def spliced(data: bytes, splices: Iterable[Splice]) -> bytes:
    """The bytes with each splice carried out; insertions at one place keep their order."""
    pieces: list[bytes] = []
    position = 0
    for splice in sorted(splices, key=lambda one: (one.start, one.end)):
        pieces += (data[position : splice.start], splice.content)
        position = splice.end
    return b"".join([*pieces, data[position:]])


def encode_element(tag: int, vr: str, value: bytes, *, implicit: bool) -> bytes:
    """One element of defined length; of VR UN where another has no room for the length.

    Source: DICOM PS3.5 7.1.2 and 6.2.2.
    """
    head = _HEAD.pack(tag >> 16, tag & 0xFFFF)
    if implicit:
        return head + _LONG.pack(len(value)) + value
    if vr.encode() in LONG_VRS or len(value) > _LONGEST_SHORT:
        written = vr if vr.encode() in LONG_VRS else "UN"
        return head + written.encode() + b"\0\0" + _LONG.pack(len(value)) + value
    return head + vr.encode() + _SHORT.pack(len(value)) + value


def encode_item(elements: bytes) -> bytes:
    """One sequence item of defined length."""
    return _ITEM + _LONG.pack(len(elements)) + elements


def encode_attribute(keyword: str, value: TagValue, *, implicit: bool) -> bytes:
    """One standard element of text or of a sequence, from the value as `Header.tags` has it.

    Args:
        value: text in ASCII; several of it; a sequence as mappings from keyword to value; None or
            nothing for an empty element.
    """
    vr = (keyword_vr(keyword) or ("UN", ""))[0]
    if vr == "SQ":
        encoded = _items(value, implicit)
    else:
        texts = [value] if isinstance(value, str) else list(_sequence(value))
        encoded = "\\".join(str(text) for text in texts).encode("ascii")
        encoded += b" " * (len(encoded) % 2)
    return encode_element(keyword_tag(keyword), vr, encoded, implicit=implicit)


def _items(value: TagValue, implicit: bool) -> bytes:
    items = []
    for item in _sequence(value):
        fields: Mapping[str, TagValue] = item if isinstance(item, Mapping) else {}
        items.append(
            b"".join(
                encode_attribute(name, fields[name], implicit=implicit)
                for name in sorted(fields, key=keyword_tag)
            )
        )
    return b"".join(map(encode_item, items))


def _sequence(value: TagValue) -> Sequence[TagValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else ()


def _unclear(position: int) -> UnreadableDicom:
    message = f"the header cannot be changed safely: what stands at byte {position} is not clear"
    return UnreadableDicom(message, Reason.MALFORMED_HEADER)
