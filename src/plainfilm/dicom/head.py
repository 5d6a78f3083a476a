"""The part of a film's bytes before its pixel data, ready for elements to be put in or taken out.

Source: DICOM PS3.5 section 7, PS3.10 section 7.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from plainfilm.dicom.elements import Element, Splice, walk
from plainfilm.dicom.header import read_header
from plainfilm.dicom.parser import looks_explicit
from plainfilm.errors import Reason, UnreadableDicom, UnsupportedPixels

__all__ = ["Head", "group_lengths", "parse_head", "put", "resized", "split_film"]

# Explicit and implicit VR little endian in all their guises; only these two are not.
_REFUSED_SYNTAXES: Final = {
    "1.2.840.10008.1.2.1.99": "deflated",
    "1.2.840.10008.1.2.2": "big endian",
}
_GROUP_LENGTH_BYTES: Final = 4
_LONG: Final = Struct("<I")


@dataclass(frozen=True, slots=True)
class Head:
    """A film's bytes up to its pixel data's value, and the elements that stand there."""

    data: bytes
    elements: tuple[Element, ...]
    implicit: bool

    def find(self, tag: int) -> Element | None:
        """The element with this tag.

        Raises:
            UnreadableDicom: it is there twice.
        """
        found = [element for element in self.elements if element.tag == tag]
        if len(found) > 1:
            raise UnreadableDicom(
                f"element {_hexadecimal(tag)} is there {len(found)} times", Reason.MALFORMED_HEADER
            )
        return found[0] if found else None

    def bytes_of(self, element: Element) -> bytes:
        return self.data[element.start : element.end]


def split_film(content: bytes) -> tuple[Head, bytes]:
    """A whole file as its head, and the bytes of the pixel data's value and what follows it.

    Raises:
        UnsupportedPixels: deflated or big endian, or the file ends inside its pixel data.
        UnreadableDicom: as `read_header`, or an element's place is not certain.
    """
    header = read_header(content)
    refused = _REFUSED_SYNTAXES.get(header.transfer_syntax_uid)
    if refused:
        message = f"a {refused} file cannot be changed byte by byte"
        raise UnsupportedPixels(message, Reason.UNSUPPORTED_TRANSFER_SYNTAX)
    if not header.pixels_complete:
        raise UnsupportedPixels("the file ends inside its pixel data", Reason.TRUNCATED_PIXELS)
    end = len(content) if header.pixel_offset is None else header.pixel_offset
    head = parse_head(content[:end])
    if (head.elements[-1].value if header.pixel_offset else head.elements[-1].end) != end:
        raise UnreadableDicom("the header's end is not clear", Reason.MALFORMED_HEADER)
    return head, content[end:]


def parse_head(data: bytes) -> Head:
    """Find the elements of a film's head.

    Raises:
        UnreadableDicom: an element's place is not certain.
    """
    start = 132 if data[128:132] == b"DICM" else 0
    meta_implicit = not looks_explicit(data, start)
    while data[start : start + 2] == b"\x02\0":
        start = next(walk(data, start, len(data), implicit=meta_implicit)).end
    # The first element tells more than the transfer syntax, as for `read_header`.
    implicit = not looks_explicit(data, start)
    elements = tuple(walk(data, start, len(data), implicit=implicit))
    if not elements:
        raise UnreadableDicom("the file holds no dataset", Reason.MALFORMED_HEADER)
    return Head(data, elements, implicit)


def put(head: Head, tag: int, element: Element | None, content: bytes) -> Splice:
    """Put an element in place of an earlier one, or where its tag belongs."""
    if element is not None:
        return Splice(element.start, element.end, content)
    place = next((other.start for other in head.elements if other.tag > tag), head.elements[-1].end)
    return Splice(place, place, content)


def resized(head: Head, sequence: Element, inside: Splice) -> Splice:
    """A splice within a sequence, made one of the whole of it with its length mended."""
    change = len(inside.content) - (inside.end - inside.start)
    start = sequence.start
    before = head.data[start : inside.start]
    if not sequence.undefined:
        at = sequence.value - start - 4  # the length field ends where the value starts
        length = sequence.end - sequence.value + change
        before = before[:at] + _LONG.pack(length) + before[at + 4 :]
    content = before + inside.content + head.data[inside.end : sequence.end]
    return Splice(start, sequence.end, content)


def group_lengths(head: Head, splices: list[Splice]) -> Iterator[Splice]:
    """Mend the (gggg,0000) elements of old files whose groups grow or shrink."""
    for element in head.elements:
        if element.tag & 0xFFFF or element.end - element.value != _GROUP_LENGTH_BYTES:
            continue
        inside = [splice for splice in splices if _group_of(head, splice) == element.tag >> 16]
        change = sum(len(splice.content) - (splice.end - splice.start) for splice in inside)
        if change:
            (length,) = _LONG.unpack_from(head.data, element.value)
            mended = _LONG.pack((length + change) & 0xFFFFFFFF)
            yield Splice(element.value, element.end, mended)


def _group_of(head: Head, splice: Splice) -> int:
    whole_element = splice.content or head.data[splice.start : splice.end]
    return int.from_bytes(whole_element[:2], "little")


def _hexadecimal(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
