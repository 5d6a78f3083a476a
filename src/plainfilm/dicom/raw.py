"""A film as its undecoded elements, read in one pass, and films put together from such elements.

For steps that keep most of a film as it is: what they keep they copy, byte for byte. Only what is
plain and certain is read: explicit or implicit VR little endian with a preamble, elements in
ascending order, no VR made up. Everything else has to be rewritten plainly first, for which
`plain_film` goes through pydicom.

Source: DICOM PS3.5 section 7, PS3.10 section 7.
"""

from struct import Struct, pack
from typing import Final, NamedTuple

from plainfilm.dicom.charsets import Encodings, encodings_of
from plainfilm.dicom.dictionary import entry_of
from plainfilm.dicom.elements import encode_element
from plainfilm.dicom.parser import UNDEFINED_LENGTH, looks_explicit
from plainfilm.dicom.tables import LONG_VRS, SHORT_VRS

__all__ = [
    "IMPLEMENTATION_CLASS_UID",
    "IMPLEMENTATION_VERSION_NAME",
    "RawElement",
    "RawFilm",
    "Unclear",
    "encode_film",
    "encodings_in",
    "read_elements",
    "read_raw",
]

# plainfilm's own, made once from a random UUID (PS3.5 B.2).
IMPLEMENTATION_CLASS_UID: Final = "2.25.218741806213749550171253086194021336547"
IMPLEMENTATION_VERSION_NAME: Final = "PLAINFILM_1"

_IMPLICIT: Final = "1.2.840.10008.1.2"
# Deflated, and big endian.
_REFUSED: Final = frozenset({"", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"})
_MAX_DEPTH: Final = 32
_MAX_ROWS: Final = 20_000

_PREAMBLE: Final = bytes(128) + b"DICM"
_ITEM: Final = b"\xfe\xff\x00\xe0"
_ITEM_DELIMITER: Final = b"\xfe\xff\x0d\xe0\0\0\0\0"
_SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"
_EXPLICIT_HEAD: Final = Struct("<6sH").unpack_from
_IMPLICIT_HEAD: Final = Struct("<4sI").unpack_from
_SHORT: Final = Struct("<H").unpack_from
_LONG: Final = Struct("<I").unpack_from
_OTHER_TEXT: Final = frozenset(
    {"AE", "AS", "CS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
_PIXEL_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_CHARACTER_SET: Final = 0x00080005
_PRIVATE_CREATORS: Final = range(0x10, 0x100)


class Unclear(Exception):
    """The bytes are not plain; whether they are a film at all is for others to say."""


class RawElement(NamedTuple):
    """One element, undecoded.

    Attributes:
        tag: group and element number, such as 0x00180015.
        vr: as the file says; the data dictionary's, where it has one (it may be a choice such as
            `US or SS`), in implicit VR, for UN, and for an attribute of text in another VR.
        start, value, end: offsets of the tag, of the value, and of what follows the element.
        items: the elements of each item of a sequence; None for everything else.
    """

    tag: int
    vr: str
    start: int
    value: int
    end: int
    items: "list[list[RawElement]] | None" = None


class RawFilm(NamedTuple):
    """A film's bytes and where its elements stand.

    Attributes:
        meta: the file meta group.
        elements: the dataset, with what stands behind its pixel data.
    """

    data: bytes
    transfer_syntax_uid: str
    implicit: bool
    meta: list[RawElement]
    elements: list[RawElement]


class _Row(NamedTuple):
    tag: int
    vr: str
    is_long: bool


class _ExplicitRows(dict[bytes, _Row]):
    """Tag and VR, six bytes, → row; worked out on first use."""

    def __missing__(self, head: bytes) -> _Row:
        tag, vr = _number(head), head[4:]
        if not any(head):
            return _PADDING
        if (vr not in SHORT_VRS and vr not in LONG_VRS) or tag >> 16 == 0xFFFE:
            raise Unclear
        name = vr.decode()
        entry = entry_of(head[:4])
        if entry is not None and _goes_before(entry.vr, name):
            name = entry.vr
        row = _Row(tag, name, vr in LONG_VRS)
        if len(self) < _MAX_ROWS:
            self[head] = row
        return row


def _goes_before(listed: str, written: str) -> bool:
    """Whether the dictionary's VR goes before the file's, as what is text is text in any VR."""
    if listed in ("DS", "IS"):
        return written == "UN" or written in _OTHER_TEXT
    return written == "UN" or (listed in _OTHER_TEXT and written not in ("SQ", "PN"))


class _ImplicitRows(dict[bytes, _Row]):
    """Tag, four bytes, → row."""

    def __missing__(self, head: bytes) -> _Row:
        tag = _number(head)
        if tag >> 16 == 0xFFFE:
            raise Unclear
        entry = entry_of(head)
        creator = tag >> 16 & 1 and tag & 0xFFFF in _PRIVATE_CREATORS
        row = _Row(tag, entry.vr if entry is not None else "LO" if creator else "UN", True)
        if len(self) < _MAX_ROWS:
            self[head] = row
        return row


_PADDING: Final = _Row(0, "", is_long=False)
_EXPLICIT_ROWS: Final = _ExplicitRows()
_IMPLICIT_ROWS: Final = _ImplicitRows()


def _number(head: bytes) -> int:
    return head[1] << 24 | head[0] << 16 | head[3] << 8 | head[2]


def read_raw(data: bytes) -> RawFilm:
    """The elements of a film, those behind its pixel data included.

    Raises:
        Unclear: the file is not plain; see the module.
    """
    if data[128:132] != b"DICM":
        raise Unclear
    meta, position, syntax = _file_meta(data)
    implicit = syntax == _IMPLICIT
    if syntax in _REFUSED or looks_explicit(data, position) is implicit:
        raise Unclear
    elements, _ = _Reader(data, implicit).elements(position, len(data), delimited=False, depth=0)
    return RawFilm(data, syntax, implicit, meta, elements)


def read_elements(data: bytes, *, implicit: bool) -> list[RawElement]:
    """The elements of a bare dataset without preamble and file meta group.

    Raises:
        Unclear: as `read_raw`.
    """
    reader = _Reader(data, implicit)
    return reader.elements(0, len(data), delimited=False, depth=0)[0]


def _file_meta(data: bytes) -> tuple[list[RawElement], int, str]:
    """The file meta group, where it ends, and the transfer syntax it names."""
    meta: list[RawElement] = []
    position, syntax = 132, ""
    while data[position : position + 2] == b"\x02\0":
        row = _EXPLICIT_ROWS[data[position : position + 6]]
        value, length = _explicit_length(data, position, row)
        if length == UNDEFINED_LENGTH or value + length > len(data):
            raise Unclear
        meta.append(RawElement(row.tag, row.vr, position, value, value + length))
        position = value + length
        if row.tag == 0x00020010:
            syntax = data[value:position].decode("ascii", "replace").strip("\0 ")
    return meta, position, syntax


def _explicit_length(data: bytes, position: int, row: _Row) -> tuple[int, int]:
    """Where the value starts, and the length field."""
    if len(data) < position + 12 and (row.is_long or len(data) < position + 8):
        raise Unclear
    if row.is_long:
        return position + 12, _LONG(data, position + 8)[0]
    return position + 8, _SHORT(data, position + 6)[0]


class _Reader:
    """Reads the elements of one film; everything in it has one encoding."""

    def __init__(self, data: bytes, implicit: bool) -> None:
        self._data = data
        self._implicit = implicit

    def elements(
        self, position: int, end: int, *, delimited: bool, depth: int
    ) -> tuple[list[RawElement], int]:
        """The elements up to `end` or, `delimited`, to an item delimiter; and what follows."""
        data, implicit = self._data, self._implicit
        found: list[RawElement] = []
        new = tuple.__new__  # half the time of RawElement(…), and this is done for every element
        last = 0 if depth == 0 else -1
        while position < end:
            if delimited and data[position : position + 8] == _ITEM_DELIMITER:
                return found, position + 8
            if position + 8 > end:
                self._refuse_unless_padding(position, end, depth)
                return found, position
            if implicit:
                head, length = _IMPLICIT_HEAD(data, position)
                tag, vr, _ = _IMPLICIT_ROWS[head]
                value = position + 8
            else:
                head, length = _EXPLICIT_HEAD(data, position)
                tag, vr, is_long = row = _EXPLICIT_ROWS[head]
                value = position + 8
                if is_long:
                    value, length = _explicit_length(data, position, row)
            if tag <= last:
                self._refuse_unless_padding(position, end, depth)
                return found, position
            items = None
            if length == UNDEFINED_LENGTH or vr == "SQ":
                items, stop = self._special(tag, vr, position, value, length, end, depth)
            else:
                stop = value + length
            if stop > end:
                raise Unclear
            found.append(new(RawElement, (tag, vr, position, value, stop, items)))
            last, position = tag, stop
        if delimited or position != end:
            raise Unclear
        return found, position

    def _refuse_unless_padding(self, position: int, end: int, depth: int) -> None:
        """Raise where something else than zeros stands behind a film's last element."""
        if depth or any(self._data[position:end]):
            raise Unclear

    def _special(
        self, tag: int, vr: str, start: int, value: int, length: int, end: int, depth: int
    ) -> tuple[list[list[RawElement]] | None, int]:
        """Items and end of a sequence; only the end of encapsulated pixel data."""
        if tag in _PIXEL_TAGS:
            return None, self._fragments_end(value, end)
        written = self._data[start + 4 : start + 6]
        if not (vr == "SQ" or (self._implicit and vr == "UN")) or depth >= _MAX_DEPTH:
            raise Unclear
        if not self._implicit and written != b"SQ":
            raise Unclear  # UN: its items are in implicit VR (PS3.5 6.2.2)
        return self._items(value, length, end, depth + 1)

    def _items(
        self, position: int, length: int, end: int, depth: int
    ) -> tuple[list[list[RawElement]], int]:
        data = self._data
        items: list[list[RawElement]] = []
        stop = end if length == UNDEFINED_LENGTH else position + length
        if stop > end:
            raise Unclear
        while position < stop:
            if data[position : position + 8] == _SEQUENCE_DELIMITER:
                if length != UNDEFINED_LENGTH:
                    raise Unclear
                return items, position + 8
            if data[position : position + 4] != _ITEM or position + 8 > stop:
                raise Unclear
            size: int = _LONG(data, position + 4)[0]
            position += 8
            inner = position + size
            if size and not self._implicit and not self._starts_plainly(position):
                raise Unclear
            if size == UNDEFINED_LENGTH:
                item, position = self.elements(position, stop, delimited=True, depth=depth)
            elif inner > stop:
                raise Unclear
            else:
                item, position = self.elements(position, inner, delimited=False, depth=depth)
            items.append(item)
        if length == UNDEFINED_LENGTH:
            raise Unclear
        return items, position

    def _starts_plainly(self, position: int) -> bool:
        """Whether an item of a film in explicit VR is in explicit VR itself, or empty."""
        is_empty = self._data[position : position + 8] == _ITEM_DELIMITER
        return is_empty or looks_explicit(self._data, position)

    def _fragments_end(self, position: int, end: int) -> int:
        data = self._data
        while data[position : position + 4] == _ITEM and position + 8 <= end:
            position += 8 + _LONG(data, position + 4)[0]
        if data[position : position + 8] != _SEQUENCE_DELIMITER:
            raise Unclear
        return position + 8


def encode_film(
    transfer_syntax_uid: str, sop_class_uid: str, sop_instance_uid: str, elements: list[bytes]
) -> bytes:
    """A whole file: empty preamble, a fresh file meta group (PS3.10 table 7.1-1), the elements."""
    meta = b"".join(
        encode_element(tag, vr, value + b"\0" * (len(value) % 2), implicit=False)
        for tag, vr, value in (
            (0x00020001, "OB", b"\0\1"),
            (0x00020002, "UI", sop_class_uid.encode("ascii", "replace")),
            (0x00020003, "UI", sop_instance_uid.encode("ascii", "replace")),
            (0x00020010, "UI", transfer_syntax_uid.encode("ascii", "replace")),
            (0x00020012, "UI", IMPLEMENTATION_CLASS_UID.encode()),
            (0x00020013, "SH", IMPLEMENTATION_VERSION_NAME.encode().ljust(12)),
        )
    )
    length = encode_element(0x00020000, "UL", pack("<I", len(meta)), implicit=False)
    return b"".join((_PREAMBLE, length, meta, *elements))


def encodings_in(data: bytes, elements: list[RawElement], inherited: Encodings) -> Encodings:
    """The character set of a dataset or item, which has the enclosing one's where it names none."""
    for element in elements:
        if element.tag >= _CHARACTER_SET:
            if element.tag > _CHARACTER_SET:
                break
            text = data[element.value : element.end].decode("ascii", "replace").strip("\0 ")
            return encodings_of(
                [part.strip() for part in text.split("\\")] if "\\" in text else text
            )
    return inherited
