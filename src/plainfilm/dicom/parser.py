"""The lean parser: one dataset in explicit or implicit VR little endian, up to its pixel data.

It works on the head of a file that somebody else has read. Where the head is too short it asks
for more (`NeedMore`); where the file itself is too short, or absurd, it raises UnreadableDicom;
where the encoding is odd in a way that pydicom may still make sense of, it gives up (`Declined`).
What it returns is what pydicom would: deviations from the Standard that pydicom tolerates are
tolerated here.

Source: DICOM PS3.5 section 7.
"""

from struct import Struct
from typing import Final, NoReturn

from plainfilm.dicom.dictionary import entry_of
from plainfilm.dicom.scope import Scope, ambiguous_value, change_character_set, resolve_vr
from plainfilm.dicom.tables import (
    AMBIGUOUS_TAGS,
    CHARACTER_SET_TAG,
    FILE_META_KEYWORDS,
    ITEM_DELIMITER,
    LONG_VRS,
    PIXEL_TAGS,
    SHORT_VRS,
    keyword_of,
)
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import TagValue

__all__ = ["UNDEFINED_LENGTH", "Declined", "NeedMore", "Parser", "looks_explicit"]

UNDEFINED_LENGTH: Final = 0xFFFFFFFF

_MAX_DEPTH: Final = 64
_MAX_UNUSUAL: Final = 200_000
"""Items, and elements that take the slow path: far beyond any film, and read within seconds."""

_AMBIGUOUS_VRS: Final = frozenset({"US or SS", "US or OW"})

_ITEM: Final = b"\xfe\xff\x00\xe0"
_DELIMITER_HEAD: Final = ITEM_DELIMITER + b"\0\0"
_SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0"

_EXPLICIT_HEAD: Final = Struct("<6sH").unpack_from
_IMPLICIT_HEAD: Final = Struct("<4sI").unpack_from
_LENGTH: Final = Struct("<I").unpack_from

_CAPITALS: Final = bytes(range(0x41, 0x5B))
_CAPITAL_PAIRS: Final = frozenset(bytes((a, b)) for a in _CAPITALS for b in _CAPITALS)


class NeedMore(Exception):
    """The header goes on beyond the bytes at hand; `size` bytes of the file are needed."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Declined(Exception):
    """The encoding is not what the lean parser understands."""


def looks_explicit(head: bytes, start: int) -> bool:
    """Whether two capital letters, thus a VR, follow the first tag; pydicom tests the same."""
    return head[start + 4 : start + 6] in _CAPITAL_PAIRS


class Parser:
    """Reads datasets from the head of a file.

    Attributes:
        head: the first bytes of the file.
        limit: how many bytes of header to read at most.
        name: what to call the file in messages.
        pixels: offset and length field of the pixel data's value, once it is reached.
    """

    def __init__(self, head: bytes, size: int, limit: int, name: str) -> None:
        """
        Args:
            size: how many bytes the whole file has.
        """
        self.head = head
        self.limit = limit
        self.name = name
        self.pixels: tuple[int, int] | None = None
        self._size = size
        self._depth = 0
        self._unusual = 0  # items and elements on the slow path so far
        self._bounded = 0  # how many items and sequences of defined length are open
        self._ambiguous: list[tuple[Scope, str, str, bytes]] = []

    def file_meta(self, start: int, scope: Scope) -> int:
        """Read the elements of group 0002 into `scope`.

        Returns:
            The position after the last element.
        """
        end = self._declared_meta_end(start)
        known = end > 0 and self._fills(start, end, scope)
        if not known or not scope.tags.keys() <= FILE_META_KEYWORDS:
            # The group length is missing or wrong: the group ends where another begins.
            end = start
            while self.head[end : end + 2] == b"\x02\0":
                end = self._element_end(end, scope)
            if end + 2 > len(self.head) < self._size:
                self._overrun(end, min(2, self._size - end))
            scope.tags.clear()
            if not self._fills(start, end, scope):
                raise Declined
        return end

    def dataset(self, start: int, scope: Scope) -> None:
        """Read the main dataset up to its pixel data into `scope`."""
        position = self._dataset(start, scope)
        if not scope.closed:
            if len(self.head) < self._size:
                self._overrun(position, min(8, self._size - position))
            if self.head[position:].strip(b"\0"):
                self._overrun(position, 8)
        self._refuse_beyond_limit(position)
        for owner, keyword, vr, raw in self._ambiguous:
            owner.tags[keyword] = ambiguous_value(owner, vr, raw)

    def _declared_meta_end(self, start: int) -> int:
        """Where the file meta group ends by its group length; 0 where that cannot be right."""
        if self.head[start : start + 8] != b"\x02\0\0\0UL\x04\0" or len(self.head) < start + 12:
            return 0
        end = start + 12 + int.from_bytes(self.head[start + 8 : start + 12], "little")
        follower = self.head[end : end + 2]
        return 0 if len(follower) < 2 or follower == b"\x02\0" else end

    def _fills(self, start: int, end: int, scope: Scope) -> bool:
        """Read elements into `scope`, and return whether they fill the bytes exactly."""
        scope.end = end
        self._bounded += 1
        try:
            position = self._dataset(start, scope)
        except Declined:
            return False
        finally:
            self._bounded -= 1
        return position == end

    def _element_end(self, position: int, scope: Scope) -> int:
        end = len(self.head)
        if position + 8 > end:
            self._overrun(position, 8)
        length: int
        tag_and_vr, length = _EXPLICIT_HEAD(self.head, position)
        start = position + 8
        if scope.implicit:
            (length,) = _LENGTH(self.head, position + 4)
        elif tag_and_vr[4:] in LONG_VRS:
            if start + 4 > end:
                self._overrun(start, 4)
            (length,) = _LENGTH(self.head, start)
            start += 4
        if start + length > end:
            self._overrun(start, length)
        return start + length

    def _dataset(self, start: int, scope: Scope) -> int:
        """Read elements into `scope` until its end, its delimiter or the pixel data.

        Returns:
            The position after the last element.
        """
        if scope.implicit:
            return self._implicit(start, scope)
        return self._explicit(start, scope)

    def _explicit(self, position: int, scope: Scope) -> int:
        head, tags, end, rows = self.head, scope.tags, scope.end, scope.tables.explicit
        last = end - 8
        while position <= last:
            tag_and_vr, length = _EXPLICIT_HEAD(head, position)
            keyword, decoder = rows[tag_and_vr]
            if decoder is not None:
                start = position + 8
                position = start + length
                tags[keyword] = decoder[head[start:position]]
            else:
                position = self._explicit_special(tag_and_vr, length, position, scope)
                if scope.closed:
                    break
                rows = scope.tables.explicit  # another character set has other rows
        if position > end:  # the last value was cut
            self._overrun(start, length)
        return position

    def _implicit(self, position: int, scope: Scope) -> int:
        head, tags, end, rows = self.head, scope.tags, scope.end, scope.tables.implicit
        last = end - 8
        while position <= last:
            tag, length = _IMPLICIT_HEAD(head, position)
            keyword, decoder = rows[tag]
            if decoder is not None and length != UNDEFINED_LENGTH:
                start = position + 8
                position = start + length
                tags[keyword] = decoder[head[start:position]]
            else:
                position = self._special(tag, None, position + 8, length, scope)
                if scope.closed:
                    break
                rows = scope.tables.implicit
        if position > end:
            self._overrun(start, length)
        return position

    def _explicit_special(self, tag_and_vr: bytes, length: int, position: int, scope: Scope) -> int:
        """Find the value of an element that needs more than its own bytes."""
        start = position + 8
        if tag_and_vr == _DELIMITER_HEAD:
            scope.closed = True
            return start
        tag, vr = tag_and_vr[:4], tag_and_vr[4:]
        if vr in LONG_VRS:
            if start + 4 > scope.end:
                self._overrun(start, 4)
            (length,) = _LENGTH(self.head, start)
            start += 4
            if vr == b"SQ" and length <= scope.end - start:
                return self._bounded_sequence(tag, start, length, scope)
            return self._special(tag, vr.decode(), start, length, scope)
        if vr in SHORT_VRS:
            return self._special(tag, vr.decode(), start, length, scope)
        if b"AA" <= vr <= b"ZZ":  # a VR made up, or of a later edition
            return self._special(tag, "UN", start, length, scope)
        # Some writers lapse into implicit VR for single elements.
        (length,) = _LENGTH(self.head, position + 4)
        return self._special(tag, None, start, length, scope)

    def _special(self, tag: bytes, vr: str | None, start: int, length: int, scope: Scope) -> int:
        """Read an element of whatever kind; `vr` is None where the encoding does not tell.

        Returns:
            The position after it.
        """
        self._count()
        if tag == ITEM_DELIMITER:
            scope.closed = True
            return start
        if tag in PIXEL_TAGS and scope.parent is None:
            scope.closed = True
            self.pixels = (start, length)
            return start
        if length == UNDEFINED_LENGTH:
            return self._undefined_length(tag, vr, start, scope)
        stop = start + length
        if stop > scope.end:
            self._overrun(start, length)
        vr = resolve_vr(tag, vr, length, scope)
        if vr == "SQ":
            return self._bounded_sequence(tag, start, length, scope)
        self._value(tag, vr, self.head[start:stop], scope)
        return stop

    def _bounded_sequence(self, tag: bytes, start: int, length: int, scope: Scope) -> int:
        self._bounded += 1
        items, _ = self._items_until(start, start + length, scope)
        self._bounded -= 1
        scope.tags[keyword_of(tag)] = items
        return start + length

    def _undefined_length(self, tag: bytes, vr: str | None, start: int, scope: Scope) -> int:
        """Read a sequence, or encapsulated data inside a sequence, such as an icon image."""
        if vr == "UN":  # PS3.5 6.2.2: a sequence in implicit VR
            vr = "SQ"
        elif vr is None:
            entry = entry_of(tag)
            if entry is not None:
                vr = entry.vr
            elif self.head[start : start + 4] == _ITEM:
                vr = "SQ"
        if vr == "SQ":
            scope.tags[keyword_of(tag)], stop = self._items_until(start, None, scope)
            return stop
        stop = self._fragments_end(start, scope)
        vr = resolve_vr(tag, vr, UNDEFINED_LENGTH, scope)
        self._value(tag, vr, self.head[start:stop], scope)
        return stop + 8

    def _value(self, tag: bytes, vr: str, raw: bytes, scope: Scope) -> None:
        keyword = keyword_of(tag)
        if raw and tag in AMBIGUOUS_TAGS and vr in _AMBIGUOUS_VRS:
            self._ambiguous.append((scope, keyword, vr, raw))
        decoder = scope.tables.decoders.get(vr)
        value = (raw or None) if decoder is None else decoder[raw]
        if tag == CHARACTER_SET_TAG and not change_character_set(scope, value):
            raise Declined
        scope.tags[keyword] = value

    def _items_until(
        self, position: int, stop: int | None, scope: Scope
    ) -> tuple[list[dict[str, TagValue]], int]:
        """The items of a sequence, and the position after them.

        Args:
            stop: where the sequence ends; None where a delimiter ends it.
        """
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            message = f"{self.name}: more than {_MAX_DEPTH} sequences within one another"
            raise UnreadableDicom(message, Reason.NESTED_TOO_DEEP)
        items: list[dict[str, TagValue]] = []
        end = scope.end if stop is None else stop
        while position != stop:
            if position + 8 > end:
                self._overrun(position, 8)
            tag, length = _IMPLICIT_HEAD(self.head, position)
            position += 8
            if tag == _SEQUENCE_DELIMITER:
                break
            if tag != _ITEM:
                raise Declined
            self._count()
            # Sequences in explicit VR may hold items in implicit VR, but not the other way round.
            implicit = scope.implicit or not looks_explicit(self.head, position)
            item = Scope(scope.tables, end, implicit, scope)
            if length == UNDEFINED_LENGTH:
                position = self._dataset(position, item)
                if not item.closed:
                    self._overrun(position, 8)
            else:
                position = self._bounded_item(position, length, item)
            items.append(item.tags)
        self._depth -= 1
        return items, position

    def _bounded_item(self, start: int, length: int, item: Scope) -> int:
        """Read an item of defined length, and return the position after it."""
        stop = start + length
        if stop > item.end:
            self._overrun(start, length)
        item.end = stop
        self._bounded += 1
        position = self._dataset(start, item)
        self._bounded -= 1
        if position != stop and not item.closed:
            raise Declined
        return position

    def _count(self) -> None:
        self._unusual += 1
        if self._unusual > _MAX_UNUSUAL:
            message = f"{self.name}: more than {_MAX_UNUSUAL} items and unusual elements"
            raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)

    def _fragments_end(self, position: int, scope: Scope) -> int:
        """Where the delimiter after encapsulated data stands."""
        while True:
            if position + 8 > scope.end:
                self._overrun(position, 8)
            tag, length = _IMPLICIT_HEAD(self.head, position)
            if tag == _SEQUENCE_DELIMITER:
                return position
            if tag != _ITEM:
                raise Declined
            position += 8 + length

    def _overrun(self, start: int, length: int) -> NoReturn:
        """Raise what it means that `length` bytes from `start` on exceed what is around them."""
        if self._bounded:
            raise Declined  # the lengths of an item and of its elements contradict each other
        stop = start + length
        self._refuse_beyond_limit(stop)
        if stop > self._size:
            message = f"{self.name} ends in its header, in an element at byte {start}"
            raise UnreadableDicom(message, Reason.TRUNCATED_HEADER)
        raise NeedMore(stop)

    def _refuse_beyond_limit(self, stop: int) -> None:
        if stop > self.limit:
            message = f"{self.name}: the header claims {stop} bytes, the limit is {self.limit}"
            raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)
