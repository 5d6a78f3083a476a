"""The lean parser: one dataset in explicit or implicit VR little endian, up to its pixel data.

It works on the head of a file that somebody else has read. Where the head is too short it asks
for more (`NeedMore`); where the file itself is too short, or absurd, it raises UnreadableDicom;
where the encoding is odd in a way that pydicom may still make sense of, it gives up (`Declined`).
What it returns is what pydicom would: deviations from the Standard that pydicom tolerates are
tolerated here.

Source: DICOM PS3.5 section 7.
"""

from struct import Struct
from typing import Final

from plainfilm.dicom.charsets import encodings_of
from plainfilm.dicom.dictionary import entry_of
from plainfilm.dicom.private import private_vr
from plainfilm.dicom.tables import (
    AMBIGUOUS_VRS,
    CHARACTER_SET_TAG,
    LONG_VRS,
    PIXEL_TAGS,
    SHORT_VRS,
    Tables,
    keyword_of,
    tables_for,
)
from plainfilm.dicom.values import unpack_numbers
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import TagValue

__all__ = ["UNDEFINED_LENGTH", "Declined", "NeedMore", "Parser", "Scope"]

UNDEFINED_LENGTH: Final = 0xFFFFFFFF

_MAX_DEPTH: Final = 64
_MAX_ITEMS: Final = 500_000

_ITEM: Final = b"\xfe\xff\x00\xe0"
_ITEM_DELIMITER: Final = b"\xfe\xff\x0d\xe0"
_SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0"

_EXPLICIT_HEAD: Final = Struct("<6sH").unpack_from
_IMPLICIT_HEAD: Final = Struct("<4sI").unpack_from
_LONG_LENGTH: Final = Struct("<I").unpack_from


class NeedMore(Exception):  # noqa: N818 - a request, not an error
    """The header goes on beyond the bytes at hand; `size` bytes of the file are needed."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Declined(Exception):  # noqa: N818 - pydicom may still read it
    """The encoding is not what the lean parser understands."""


class Scope:
    """One dataset or sequence item while it is read."""

    __slots__ = ("closed", "implicit", "parent", "tables", "tags")

    def __init__(self, tables: Tables, *, implicit: bool, parent: "Scope | None" = None) -> None:
        self.tags: dict[str, TagValue] = {}
        self.tables = tables
        self.implicit = implicit
        self.parent = parent
        self.closed = False


class Parser:
    """Reads datasets from the head of a file.

    Attributes:
        pixels: offset and length field of the pixel data's value, once it is reached.
    """

    def __init__(self, head: bytes, size: int, limit: int, name: str) -> None:
        """
        Args:
            head: the first bytes of the file.
            size: how many bytes the file has.
            limit: how many bytes of header to read at most.
            name: what to call the file in messages.
        """
        self.pixels: tuple[int, int] | None = None
        self.head = head
        self.limit = limit
        self.name = name
        self._size = size
        self._depth = 0
        self._items = 0
        self._bounded = 0  # how many items and sequences of defined length are open
        self._ambiguous: list[tuple[Scope, str, str, bytes]] = []

    def dataset(self, start: int, end: int, scope: Scope) -> int:
        """Read elements into `scope` until `end`, a delimiter or the pixel data.

        Returns:
            The position after the last element.
        """
        if scope.implicit:
            return self._implicit(start, end, scope)
        return self._explicit(start, end, scope)

    def file_meta(self, start: int, scope: Scope) -> int:
        """Read the elements of group 0002 into `scope`.

        The group length is often wrong, so the group ends where another begins.

        Returns:
            The position after the last element.
        """
        stop = start
        while self.head[stop : stop + 2] == b"\x02\0":
            stop = self._element_end(stop, scope)
        if stop + 2 > len(self.head) < self._size:
            self._overrun(stop, min(2, self._size - stop), len(self.head))
        self.dataset(start, stop, scope)
        return stop

    def _element_end(self, position: int, scope: Scope) -> int:
        end = len(self.head)
        if position + 8 > end:
            self._overrun(position, 8, end)
        tag_and_vr, length = _EXPLICIT_HEAD(self.head, position)
        start = position + 8
        if scope.implicit:
            (length,) = _LONG_LENGTH(self.head, position + 4)
        elif tag_and_vr[4:] in LONG_VRS:
            if start + 4 > end:
                self._overrun(start, 4, end)
            (length,) = _LONG_LENGTH(self.head, start)
            start += 4
        if start + length > end:
            self._overrun(start, length, end)
        return start + length

    def finish(self, position: int, scope: Scope) -> None:
        """Settle what could not be decided before the main dataset was read up to `position`."""
        if not scope.closed and len(self.head) < self._size:
            self._overrun(position, min(8, self._size - position), len(self.head))
        if not scope.closed and self.head[position:].strip(b"\0"):
            self._overrun(position, 8, len(self.head))
        for owner, keyword, vr, raw in self._ambiguous:
            owner.tags[keyword] = _decide(owner, vr, raw)

    def _explicit(self, position: int, end: int, scope: Scope) -> int:
        head, tags, rows = self.head, scope.tags, scope.tables.explicit
        last = end - 8
        while position <= last:
            tag_and_vr, length = _EXPLICIT_HEAD(head, position)
            keyword, decoder = rows[tag_and_vr]
            if decoder is not None:
                start = position + 8
                position = start + length
                if position > end:
                    self._overrun(start, length, end)
                tags[keyword] = decoder[head[start:position]]
            else:
                position = self._explicit_special(tag_and_vr, length, position, end, scope)
                if scope.closed:
                    return position
                rows = scope.tables.explicit  # another character set has other rows
        return position

    def _implicit(self, position: int, end: int, scope: Scope) -> int:
        head, tags, rows = self.head, scope.tags, scope.tables.implicit
        last = end - 8
        while position <= last:
            tag, length = _IMPLICIT_HEAD(head, position)
            keyword, decoder = rows[tag]
            if decoder is not None and length != UNDEFINED_LENGTH:
                start = position + 8
                position = start + length
                if position > end:
                    self._overrun(start, length, end)
                tags[keyword] = decoder[head[start:position]]
            else:
                position = self._special(tag, None, position + 8, length, end, scope)
                if scope.closed:
                    return position
                rows = scope.tables.implicit
        return position

    def _explicit_special(
        self, tag_and_vr: bytes, length: int, position: int, end: int, scope: Scope
    ) -> int:
        """Find the value of an element that the fast path leaves alone."""
        tag, vr = tag_and_vr[:4], tag_and_vr[4:]
        start = position + 8
        if vr in LONG_VRS:
            if start + 4 > end:
                self._overrun(start, 4, end)
            (length,) = _LONG_LENGTH(self.head, start)
            return self._special(tag, vr.decode(), start + 4, length, end, scope)
        if vr in SHORT_VRS:
            return self._special(tag, vr.decode(), start, length, end, scope)
        if b"AA" <= vr <= b"ZZ":  # a VR made up, or of a later edition
            return self._special(tag, "UN", start, length, end, scope)
        # Some writers lapse into implicit VR for single elements.
        (length,) = _LONG_LENGTH(self.head, position + 4)
        return self._special(tag, None, start, length, end, scope)

    def _special(
        self, tag: bytes, vr: str | None, start: int, length: int, end: int, scope: Scope
    ) -> int:
        """Read an element of whatever kind, `vr` None where the encoding does not tell."""
        if tag == _ITEM_DELIMITER:
            scope.closed = True
            return start
        if tag in PIXEL_TAGS and scope.parent is None:
            scope.closed = True
            self.pixels = (start, length)
            return start
        if length == UNDEFINED_LENGTH:
            return self._undefined_length(tag, vr, start, end, scope)
        stop = start + length
        if stop > end:
            self._overrun(start, length, end)
        keyword = keyword_of(tag)
        vr = _resolve_vr(tag, vr, length, scope)
        if vr == "SQ":
            self._bounded += 1
            scope.tags[keyword], _ = self._sequence(start, stop, scope, delimited=False)
            self._bounded -= 1
        else:
            self._value(tag, keyword, vr, self.head[start:stop], scope)
        return stop

    def _value(self, tag: bytes, keyword: str, vr: str, raw: bytes, scope: Scope) -> None:
        if vr in AMBIGUOUS_VRS:
            scope.tags[keyword] = raw or None
            if raw:
                self._ambiguous.append((scope, keyword, vr, raw))
            return
        decoder = scope.tables.decoders.get(vr)
        scope.tags[keyword] = value = raw or None if decoder is None else decoder[raw]
        if tag == CHARACTER_SET_TAG:
            _change_character_set(scope, value)

    def _undefined_length(
        self, tag: bytes, vr: str | None, start: int, end: int, scope: Scope
    ) -> int:
        """A sequence, or encapsulated data inside a sequence (an icon image)."""
        if vr == "UN":  # PS3.5 6.2.2: a sequence in implicit VR
            vr = "SQ"
        elif vr is None:
            entry = entry_of(tag)
            if entry is not None:
                vr = entry.vr
            elif self.head[start : start + 4] == _ITEM:
                vr = "SQ"
        keyword = keyword_of(tag)
        if vr == "SQ":
            scope.tags[keyword], stop = self._sequence(start, end, scope, delimited=True)
            return stop
        stop = self._fragments_end(start, end)
        vr = _resolve_vr(tag, vr, UNDEFINED_LENGTH, scope)
        self._value(tag, keyword, vr, self.head[start:stop], scope)
        return stop + 8

    def _sequence(
        self, position: int, end: int, scope: Scope, *, delimited: bool
    ) -> tuple[list[dict[str, TagValue]], int]:
        """The items from `position` on, and the position after them."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            message = f"{self.name}: more than {_MAX_DEPTH} sequences within one another"
            raise UnreadableDicom(message, Reason.NESTED_TOO_DEEP)
        items: list[dict[str, TagValue]] = []
        while delimited or position < end:
            if position + 8 > end:
                self._overrun(position, 8, end)
            tag, length = _IMPLICIT_HEAD(self.head, position)
            position += 8
            if tag == _SEQUENCE_DELIMITER:
                break
            if tag != _ITEM:
                raise Declined
            item, position = self._item(position, length, end, scope)
            items.append(item)
        self._depth -= 1
        self._items += len(items)
        if self._items > _MAX_ITEMS:
            message = f"{self.name}: more than {_MAX_ITEMS} sequence items"
            raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)
        return items, position

    def _item(
        self, start: int, length: int, end: int, parent: Scope
    ) -> tuple[dict[str, TagValue], int]:
        # Sequences in explicit VR may hold items in implicit VR, but not the other way round.
        implicit = parent.implicit or not looks_explicit(self.head, start)
        scope = Scope(parent.tables, implicit=implicit, parent=parent)
        if length == UNDEFINED_LENGTH:
            position = self.dataset(start, end, scope)
            if not scope.closed:
                self._overrun(position, 8, end)
            return scope.tags, position
        stop = start + length
        if stop > end:
            self._overrun(start, length, end)
        self._bounded += 1
        position = self.dataset(start, stop, scope)
        self._bounded -= 1
        if position != stop and not scope.closed:
            raise Declined
        return scope.tags, position

    def _fragments_end(self, position: int, end: int) -> int:
        """Where the delimiter after encapsulated data stands."""
        while True:
            if position + 8 > end:
                self._overrun(position, 8, end)
            tag, length = _IMPLICIT_HEAD(self.head, position)
            if tag == _SEQUENCE_DELIMITER:
                return position
            if tag != _ITEM:
                raise Declined
            position += 8 + length

    def _overrun(self, start: int, length: int, end: int) -> None:
        """Raise what it means that `length` bytes from `start` on go beyond `end`."""
        if self._bounded:
            raise Declined  # the lengths of an item and of its elements contradict each other
        stop = start + length
        if stop > self.limit:
            message = f"{self.name}: {length} bytes at {start} exceed the limit for headers"
            raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)
        if stop > self._size:
            message = f"{self.name} ends in its header, in an element at byte {start}"
            raise UnreadableDicom(message, Reason.TRUNCATED_HEADER)
        raise NeedMore(stop)


def looks_explicit(head: bytes, start: int) -> bool:
    """Whether two capital letters, thus a VR, follow the first tag (`pydicom` tests the same)."""
    vr = head[start + 4 : start + 6]
    return len(vr) == 2 and 0x40 < vr[0] < 0x5B and 0x40 < vr[1] < 0x5B


def _resolve_vr(tag: bytes, vr: str | None, length: int, scope: Scope) -> str:
    """The VR, from the dictionaries where the encoding leaves it open."""
    if vr is not None and vr != "UN":
        return vr
    if tag[0] & 1:
        return private_vr(tag, scope.tags)
    # Explicit UN may stand for a known VR only where 16 bits could have held the length.
    if vr is None or length < 0xFFFF:
        entry = entry_of(tag)
        if entry is not None:
            return entry.vr
        if vr is None and tag[2:] == b"\0\0":
            return "UL"  # group length
    return "UN"


def _change_character_set(scope: Scope, value: TagValue) -> None:
    encodings = encodings_of(value)  # type: ignore[arg-type]
    if encodings == scope.tables.encodings:
        return
    if not all(_is_plain(earlier) for earlier in scope.tags.values()):
        raise Declined  # out of order: text before it was decoded by the wrong set
    scope.tables = tables_for(encodings)


def _is_plain(value: TagValue) -> bool:
    """Whether the value is the same in every character set."""
    if isinstance(value, str):
        return value.isascii() and "\x1b" not in value
    return not isinstance(value, list) or all(
        not isinstance(item, dict) and _is_plain(item) for item in value
    )


def _decide(scope: Scope, vr: str, raw: bytes) -> TagValue:
    """The value of an element whose VR depends on another element.

    Source: DICOM PS3.3 C.7.6.3.1 (Pixel Representation), C.11.1.1.1 (LUT Data).
    """
    if vr == "US or OW":
        descriptor = scope.tags.get("LUTDescriptor")
        single = isinstance(descriptor, list) and descriptor[0] == 1
        return unpack_numbers(raw, "H") if single else raw
    owner: Scope | None = scope
    while owner is not None:
        signed = owner.tags.get("PixelRepresentation")
        if signed is not None:
            return unpack_numbers(raw, "h" if signed else "H")
        owner = owner.parent
    return unpack_numbers(raw, "H")
