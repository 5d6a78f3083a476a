"""Reports in HL7 v2 messages: ORU^R01, as a radiology information system sends them.

Source: HL7 v2.5.1 chapter 7 (OBR, OBX); IHE Scheduled Workflow for the segment ZDS; for the
suffixes of OBX-3, HL7 v2 table 0936 and chapter 7.4.2.3.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.hl7 import Message, Segment, parse_message, split_messages
from plainfilm.records import SourceReport

__all__ = ["read_messages"]

_ORU: Final = "ORU"
_TEXT_TYPES: Final = frozenset({"TX", "FT", "ST"})
_PATIENT_FIELDS: Final = {
    "PID": (2, 3, 4, 5, 6, 9, 11, 13, 14, 18, 19),
    "NK1": (2, 4, 5),
    "PV1": (3, 7, 8, 9, 17, 19, 52),
    "ORC": (10, 11, 12, 19),
    "OBR": (10, 16, 28, 32, 33, 34, 35),
}
"""Where messages tell of patient, relatives and staff, and of their ids and telephones."""
_WITH_ID: Final = frozenset({2, 3, 4, 7, 8, 9, 10, 11, 12, 16, 17, 18, 19, 28, 32, 33, 34, 35, 52})
"""Fields whose first component is an id or stands for itself (CX, XCN, XAD)."""
_TITLES: Final = {
    "IMP": "IMPRESSION",
    "GDT": "FINDINGS",
    "ADT": "ADDENDUM",
    "REC": "RECOMMENDATION",
}
"""What the suffix of an observation's identifier says its text is."""


def read_messages(data: bytes, where: str) -> Iterator[SourceReport]:
    """The reports of a file of messages, one for each order (OBR) that has text (OBX-5).

    The id is the accession number: OBR-3, else ORC-3, else OBR-2; where there is none, the
    message's control id (MSH-10). Repetitions and observations become lines.

    Args:
        data: one message or several, with MLLP's framing or without.
        where: the file, for messages of errors.
    Raises:
        BadTable: the file does not begin with a message, or a message is of another type, in
            another character set than it says, or has neither accession number nor control id.
    """
    for number, message in enumerate(split_messages(data, where), start=1):
        place = f"{where}, message {number}"
        yield from _reports(parse_message(message, place), place)


def _reports(message: Message, where: str) -> Iterator[SourceReport]:
    code, event = message.kind
    if code != _ORU:
        shown = re.sub(r"[^A-Z0-9_^]", "?", f"{code}^{event}".strip("^"))[:10]
        raise BadTable(f"{where}: its type is {shown or 'missing'}, not ORU^R01")
    link = message.first_of("ZDS")
    uid = link.first(1) if link else ""
    orders = list(_orders(message))
    patient = tuple(_people(message, _PATIENT_FIELDS))
    for place, order in enumerate(orders):
        accession, control_id = order.accession(), message.control_id
        name = accession or (control_id if len(orders) == 1 else f"{control_id}.{place + 1}")
        if not accession and not control_id:
            raise BadTable(f"{where}: has neither accession number nor control id")
        staff = tuple(_named(order.request, _PATIENT_FIELDS["OBR"]) if order.request else ())
        yield SourceReport(name, order.text(), accession, uid, patient + staff)


def _people(message: Message, fields: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    for segment in message.segments:
        if segment.name in fields and segment.name != "OBR":
            yield from _named(segment, fields[segment.name])


def _named(segment: Segment, numbers: tuple[int, ...]) -> Iterator[str]:
    """What fields hold of names and ids, each repetition by itself."""
    marks = segment.delimiters
    for number in numbers:
        for value in segment.raw(number).split(marks.repetition):
            components = [marks.plain(part) for part in value.split(marks.component)]
            identifier, *rest = components if number in _WITH_ID else ["", *components]
            yield from (text for text in (identifier, " ".join(rest[:6]).strip()) if text)


@dataclass(slots=True)
class _Order:
    """ORC and OBR of an order, and the OBX of its text."""

    common: Segment | None = None
    request: Segment | None = None
    lines: list[Segment] = field(default_factory=list)

    def accession(self) -> str:
        candidates = ((self.request, 3), (self.common, 3), (self.request, 2))
        found = (segment.first(number) for segment, number in candidates if segment)
        return next(filter(None, found), "")

    def text(self) -> str:
        written: list[str] = []
        title = ""
        for line in self.lines:
            marks = line.delimiters
            code = line.raw(3).partition(marks.component)[0]
            suffix = code.rpartition(marks.sub_component)[2]
            if _TITLES.get(suffix, title) != title:
                title = _TITLES[suffix]
                written.append(f"\n{title}:")
            written.extend(map(marks.plain, line.raw(5).split(marks.repetition)))
        return "\n".join(written).strip("\n")


def _orders(message: Message) -> Iterator[_Order]:
    """The orders with text; an OBX before any OBR belongs to an order without one."""
    order = _Order()
    common: Segment | None = None
    for segment in message.segments:
        match segment.name:
            case "ORC":
                common = segment
            case "OBR":
                if order.lines:
                    yield order
                order, common = _Order(common, segment), None
            case "OBX" if segment.raw(2) in _TEXT_TYPES:
                order.lines.append(segment)
    if order.lines:
        yield order
