"""The content of a structured report: its texts, and the places of its items (PS3.3 C.17.3).

Content items are texts of reports, not descriptions: `No pneumothorax` must not become
`pneumothorax`. So they are cleaned as reports are, which cuts out what identifies and keeps the
rest, and not by the allow-list of descriptions.

Items refer to each other by their places in the tree. Where items go, the others move up, and so
do the references to them.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from plainfilm.deid.content_items import CONTENT, REFERENCE, rule_of_item
from plainfilm.deid.identity import KnownIdentity
from plainfilm.deid.profile import Action, Option
from plainfilm.deid.reports import MASK, KnownPerson, clean_report, is_understood, known_people
from plainfilm.dicom import DEFAULT_ENCODINGS, RawElement
from plainfilm.errors import InputError, Reason

__all__ = ["ReportContent", "content_of"]

_LONGEST: Final = {"SH": 16, "LO": 64}
"""Characters of a value (PS3.5 table 6.2-1)."""

Place = tuple[int, ...]
"""Of an item: 1 for the root, then the item's number among its siblings at each level, from 1."""


@dataclass(slots=True)
class _Item:
    path: str
    place: Place
    is_dropped: bool
    refers_to: Place | None


@dataclass(slots=True)
class ReportContent:
    """What has to be known of one structured report while it is cleaned.

    Attributes:
        known: the people of the report.
        dropped: paths of the items that go, such as `0040A730[2]/`.
        moved: old place → new place, of the items that stay.
    """

    known: KnownPerson
    dropped: frozenset[str]
    moved: dict[Place, Place]
    _texts: list[str] = field(default_factory=list)

    def cleaned(self, text: str, vr: str) -> str:
        """A text with `___` in the place of what identifies."""
        self._texts.append(text)
        clean = clean_report(text, self.known).text
        # A name that is a word as well counts here, as it does everywhere in a header.
        masked = _masked(clean, sorted(self.known.identity.spans(clean)))
        return masked[: _LONGEST.get(vr)]

    def refuse_unread(self) -> None:
        """Raise InputError where a text, or all together, were in a language that no rule reads.

        One text is not outvoted by the others, and few words tell their language only together.
        """
        if not all(map(is_understood, (*self._texts, "\n".join(self._texts)))):
            raise InputError("the language of the report is not read", Reason.UNREAD_LANGUAGE)

    def reference(self, value: bytes) -> bytes:
        """A ReferencedContentItemIdentifier, to the same item in its new place.

        Empty where it names no item that stays: bytes that may say anything.
        """
        place = _place_of(value)
        return b"" if place not in self.moved else _encoded(self.moved[place])


def content_of(
    data: bytes,
    elements: list[RawElement],
    identity: KnownIdentity,
    names: Iterable[str],
    options: frozenset[Option],
) -> ReportContent:
    """Look through the content tree of a structured report.

    Args:
        names: of the report's people, as they are written; `identity` holds them folded.
    """
    items = list(_items(data, elements, "", (1,), options))
    dropped = _dropped(items)
    moved: dict[Place, Place] = {(1,): (1,)}
    following: dict[Place, int] = {}
    for item in items:  # parents stand before their children
        parent = item.place[:-1]
        if item.place not in dropped:
            following[parent] = following.get(parent, 0) + 1
            moved[item.place] = (*moved[parent], following[parent])
    paths = frozenset(item.path for item in items if item.place in dropped)
    return ReportContent(known_people(identity, names), paths, moved)


def _dropped(items: list[_Item]) -> set[Place]:
    """The places of items that go: for their concepts, or with what they belong or refer to."""
    going_with: dict[Place, list[Place]] = {}
    for item in items:
        going_with.setdefault(item.place[:-1], []).append(item.place)
        if item.refers_to is not None:
            going_with.setdefault(item.refers_to, []).append(item.place)
    dropped: set[Place] = set()
    waiting = [item.place for item in items if item.is_dropped]
    while waiting:
        place = waiting.pop()
        if place not in dropped:
            dropped.add(place)
            waiting += going_with.get(place, ())
    return dropped


def _items(
    data: bytes, elements: list[RawElement], path: str, place: Place, options: frozenset[Option]
) -> Iterator[_Item]:
    """The content items below a dataset or item, parents before their children."""
    content = next((element for element in elements if element.tag == CONTENT), None)
    for number, item in enumerate(() if content is None else content.items or ()):
        rule = rule_of_item(data, item, DEFAULT_ENCODINGS, options)
        found = _Item(
            f"{path}{CONTENT:08X}[{number}]/",
            (*place, number + 1),
            rule.action is Action.REMOVE,
            _reference_in(data, item),
        )
        yield found
        yield from _items(data, item, found.path, found.place, options)


def _reference_in(data: bytes, item: list[RawElement]) -> Place | None:
    for element in item:
        if element.tag == REFERENCE:
            return _place_of(data[element.value : element.end])
    return None


def _place_of(value: bytes) -> Place | None:
    return struct.unpack(f"<{len(value) // 4}I", value) if value and len(value) % 4 == 0 else None


def _encoded(place: Place) -> bytes:
    return struct.pack(f"<{len(place)}I", *place)


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    position = 0
    for start, end in spans:
        if end > position:
            parts += (text[position:start], MASK)
            position = end
    return "".join((*parts, text[position:]))
