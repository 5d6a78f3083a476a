"""Every element of a film up to its pixel data, from one read of the file's head.

The lean parser reads explicit and implicit VR little endian, deflated or not. Everything else,
big endian above all, goes to pydicom. The pixels themselves are never read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.dicom.charsets import DEFAULT_ENCODINGS
from plainfilm.dicom.extent import InflatedSource, is_complete
from plainfilm.dicom.location import ByteSource, open_source
from plainfilm.dicom.parser import (
    UNDEFINED_LENGTH,
    Declined,
    NeedMore,
    Parser,
    looks_explicit,
)
from plainfilm.dicom.scope import Scope
from plainfilm.dicom.tables import tables_for
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import Location, TagValue

__all__ = ["DEFAULT_LIMIT", "Header", "read_header"]

DEFAULT_LIMIT: Final = 16 << 20
"""Bytes of header read at most; films have some 10 KB, rarely more than a megabyte."""

_FIRST_READ: Final = 32 << 10

_IMPLICIT: Final = "1.2.840.10008.1.2"
_EXPLICIT: Final = "1.2.840.10008.1.2.1"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"


@dataclass(slots=True)
class Header:
    """What a film says of itself.

    Attributes:
        tags: keyword → value, up to the pixel data. Private, repeating and unknown elements stand
            under their tag as eight upper case hexadecimal digits. DS and IS are numbers, or the
            text itself where it is no finite number; PN, UI and dates are text; AT is an int; OB,
            OW and UN are bytes; a sequence is a list of dicts (empty: an empty list); any other
            empty element is None; several values are a list.
        file_meta: the file meta group likewise; empty where there is none.
        transfer_syntax_uid: as the file says, or else as its encoding shows.
        pixel_offset: where in the file the pixel data's value starts, bytes; None without pixel
            data. In a deflated film it counts in the inflated dataset.
        pixel_length: its length in bytes; None where undefined (encapsulated pixel data).
        pixels_complete: False where the file ends inside its pixel data.
    """

    tags: dict[str, TagValue]
    file_meta: dict[str, TagValue]
    transfer_syntax_uid: str
    pixel_offset: int | None
    pixel_length: int | None
    pixels_complete: bool


def read_header(source: Location | Path | bytes, *, limit: int = DEFAULT_LIMIT) -> Header:
    """Read every element up to the pixel data.

    A dataset without preamble and file meta is read when it begins like one and names its SOP
    Class.

    Args:
        source: a file, a member of a zip file, or the bytes of a file.
        limit: bytes of header to accept at most.
    Raises:
        UnreadableDicom: its `reason` tells why (EMPTY_FILE, NOT_DICOM, TRUNCATED_HEADER,
            MALFORMED_HEADER, NESTED_TOO_DEEP, HEADER_TOO_LARGE, FILE_VANISHED, FILE_UNREADABLE,
            BAD_ZIP).
    Source: DICOM PS3.5 section 7, PS3.10 section 7.
    """
    name = "the DICOM object" if isinstance(source, bytes) else str(source)
    with open_source(source) as opened:
        return _read(opened, limit, name)


def _read(source: ByteSource, limit: int, name: str) -> Header:
    wanted = _FIRST_READ
    while True:
        head = source.read_at(0, wanted)
        if not head:
            raise UnreadableDicom(f"{name} has no bytes", Reason.EMPTY_FILE)
        # A file that shrinks while it is read ends where the reads end.
        size = source.size if len(head) == wanted else len(head)
        try:
            return _parse(source, Parser(head, size, limit, name))
        except NeedMore as more:
            # At least twice as much each time, so that starting anew costs little and ends.
            wanted = max(more.size, 2 * wanted)
        except Declined:
            return _from_pydicom(source, limit, name)


def _parse(source: ByteSource, parser: Parser) -> Header:
    """Read file meta and dataset with the lean parser."""
    head, name = parser.head, parser.name
    bare = head[128:132] != b"DICM"
    if bare and not _begins_like_dataset(head):
        raise UnreadableDicom(f"{name} is not DICOM", Reason.NOT_DICOM)
    start = 0 if bare else 132
    plain = tables_for(DEFAULT_ENCODINGS)
    meta = Scope(plain, len(head), not looks_explicit(head, start), None)
    start = parser.file_meta(start, meta)
    syntax = meta.tags.get("TransferSyntaxUID")
    if syntax == _DEFLATED:
        source = InflatedSource(source, start, parser.limit, name)
        parser, start = Parser(source.head, source.size, parser.limit, name), 0
    elif syntax == _BIG_ENDIAN or head[start : start + 2] == b"\0\0":  # command group
        raise Declined
    # pydicom, too, believes the first element more than the transfer syntax.
    scope = Scope(plain, len(parser.head), not looks_explicit(parser.head, start), None)
    parser.dataset(start, scope)
    if bare and "SOPClassUID" not in scope.tags:
        raise UnreadableDicom(f"{name} is not DICOM", Reason.NOT_DICOM)
    if not scope.tags and not meta.tags:
        raise UnreadableDicom(f"{name} ends before its first element", Reason.TRUNCATED_HEADER)
    if not isinstance(syntax, str):
        syntax = _IMPLICIT if scope.implicit else _EXPLICIT
    return Header(scope.tags, meta.tags, syntax, *_extent(source, parser.head, parser.pixels))


def _begins_like_dataset(head: bytes) -> bool:
    """Whether the bytes begin with a first element of group 0002 or 0008, little endian."""
    if head[:1] not in (b"\x02", b"\x08") or head[1:2] != b"\0" or head[3:4] != b"\0":
        return False
    length = head[6:8] if looks_explicit(head, 0) else head[4:8]
    return len(head) >= 8 and int.from_bytes(length, "little") < 1024


def _from_pydicom(source: ByteSource, limit: int, name: str) -> Header:
    # Importing pydicom takes longer than reading a thousand headers.
    from plainfilm.dicom.fallback import read_with_pydicom  # noqa: PLC0415

    read = read_with_pydicom(source, limit, name)
    syntax = read.file_meta.get("TransferSyntaxUID")
    if not isinstance(syntax, str):
        syntax = _BIG_ENDIAN if read.big_endian else _IMPLICIT if read.implicit else _EXPLICIT
    return Header(read.tags, read.file_meta, syntax, *_extent(source, b"", read.pixels))


def _extent(
    source: ByteSource, head: bytes, pixels: tuple[int, int] | None
) -> tuple[int | None, int | None, bool]:
    """Offset, length and completeness of the pixel data, as `Header` has them."""
    if pixels is None:
        return None, None, True
    offset, length = pixels
    complete = is_complete(source, head, offset, length)
    return offset, None if length == UNDEFINED_LENGTH else length, complete
