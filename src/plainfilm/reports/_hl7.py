"""Reports in HL7 v2 messages: ORU^R01, as a radiology information system sends them.

Source: HL7 v2.5.1 chapters 2 (encoding, escape sequences) and 7 (OBR, OBX); IHE Scheduled Workflow
for the segment ZDS; for the suffixes of OBX-3, HL7 v2 table 0936 and chapter 7.4.2.3.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.records import SourceReport

__all__ = ["read_messages"]

_FRAMES: Final = str.maketrans("", "", "\x0b\x1c")
"""MLLP: a message begins with 0B and ends with 1C 0D."""
_ORU: Final = "ORU"
_TEXT_TYPES: Final = frozenset({"TX", "FT", "ST"})
_TITLES: Final = {
    "IMP": "IMPRESSION",
    "GDT": "FINDINGS",
    "ADT": "ADDENDUM",
    "REC": "RECOMMENDATION",
}
"""What the suffix of an observation's identifier says its text is."""
_SEGMENT_END: Final = re.compile(r"[\r\n]+")


def read_messages(text: str, where: str) -> Iterator[SourceReport]:
    """The reports of a file of messages, one for each order (OBR) that has text (OBX-5).

    The id is the accession number: OBR-3, else ORC-3, else OBR-2; where there is none, the
    message's control id (MSH-10). Repetitions and observations become lines.

    Args:
        text: one message or several, with MLLP's framing or without.
        where: the file, for messages of errors.
    Raises:
        BadTable: the file does not begin with a message, or a message is of another type or
            has neither accession number nor control id.
    """
    for number, message in enumerate(_messages(text, where), start=1):
        yield from message.reports(f"{where}, message {number}")


@dataclass(slots=True)
class _Delimiters:
    """MSH-1 and MSH-2."""

    fields: str
    component: str
    repetition: str
    escape: str
    sub_component: str

    @classmethod
    def of(cls, segment: str, where: str) -> "_Delimiters":
        marks = segment[3:8]
        if len(marks) < 5 or any(mark.isalnum() or mark.isspace() for mark in marks):
            raise BadTable(f"{where}: MSH does not name its delimiters")
        return cls(*marks)

    def first(self, value: str) -> str:
        """The first component of a field's first repetition, its escapes resolved."""
        component = value.partition(self.repetition)[0].partition(self.component)[0]
        return self.plain(component).strip()

    def plain(self, value: str) -> str:
        """Text with its escape sequences resolved (chapter 2.7)."""
        if self.escape not in value:
            return value
        mark = re.escape(self.escape)
        return re.sub(f"{mark}([^{mark}\\r\\n]*){mark}", lambda m: self._meant(m[1]), value)

    def _meant(self, code: str) -> str:
        marks = {
            "F": self.fields,
            "S": self.component,
            "T": self.sub_component,
            "R": self.repetition,
            "E": self.escape,
        }
        if code in marks:
            return marks[code]
        if code.startswith((".br", ".sp", ".ce")):
            return "\n"
        if code.startswith("X"):
            return _from_hex(code[1:])
        return ""  # highlighting, indents and what a site defines for itself say nothing


def _from_hex(digits: str) -> str:
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        return ""
    text = data.decode("latin-1")
    return "\n" if text in {"\r", "\n", "\r\n"} else "".join(c for c in text if c.isprintable())


@dataclass(slots=True)
class _Message:
    """The fields of a message's segments; field 0 is the segment's name."""

    delimiters: _Delimiters
    segments: list[list[str]] = field(default_factory=list)

    def reports(self, where: str) -> Iterator[SourceReport]:
        header = self.segments[0]
        # MSH-1 is the delimiter itself, so that MSH-n stands at n - 1.
        kind = _field(header, 8).split(self.delimiters.component)
        if kind[0] != _ORU:
            shown = re.sub(r"[^A-Z0-9_^]", "?", "^".join(kind[:2]))[:10]
            raise BadTable(f"{where}: its type is {shown or 'missing'}, not ORU^R01")
        control_id = self.delimiters.first(_field(header, 9))
        uid = self._study_instance_uid()
        orders = list(self._orders())
        for place, order in enumerate(orders):
            accession = order.accession(self.delimiters)
            name = accession or (control_id if len(orders) == 1 else f"{control_id}.{place + 1}")
            if not accession and not control_id:
                raise BadTable(f"{where}: has neither accession number nor control id")
            yield SourceReport(name, order.text(self.delimiters), accession, uid)

    def _orders(self) -> Iterator["_Order"]:
        """The orders with text; an OBX before any OBR belongs to an order without one."""
        order = _Order()
        common: list[str] = []
        for segment in self.segments:
            match segment[0]:
                case "ORC":
                    common = segment
                case "OBR":
                    if order.lines:
                        yield order
                    order, common = _Order(common, segment), []
                case "OBX" if _field(segment, 2) in _TEXT_TYPES:
                    order.lines.append((_field(segment, 3), _field(segment, 5)))
        if order.lines:
            yield order

    def _study_instance_uid(self) -> str:
        found = (segment for segment in self.segments if segment[0] == "ZDS")
        return next((self.delimiters.first(_field(segment, 1)) for segment in found), "")


@dataclass(slots=True)
class _Order:
    """ORC and OBR of an order, and identifier and value of its observations."""

    common: list[str] = field(default_factory=list)
    request: list[str] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)

    def accession(self, delimiters: _Delimiters) -> str:
        candidates = (_field(self.request, 3), _field(self.common, 3), _field(self.request, 2))
        return next(filter(None, map(delimiters.first, candidates)), "")

    def text(self, delimiters: _Delimiters) -> str:
        written: list[str] = []
        title = ""
        for identifier, value in self.lines:
            code = identifier.partition(delimiters.component)[0]
            suffix = code.rpartition(delimiters.sub_component)[2]
            if _TITLES.get(suffix, title) != title:
                title = _TITLES[suffix]
                written.append(f"\n{title}:")
            written.extend(map(delimiters.plain, value.split(delimiters.repetition)))
        return "\n".join(written).strip("\n")


def _messages(text: str, where: str) -> Iterator[_Message]:
    message: _Message | None = None
    for segment in _SEGMENT_END.split(text.translate(_FRAMES)):
        if segment.startswith("MSH"):
            if message:
                yield message
            message = _Message(_Delimiters.of(segment, where))
        elif message is None and segment.strip():
            raise BadTable(f"{where}: does not begin with an MSH segment")
        if message and segment.strip():
            message.segments.append(segment.strip(" ").split(message.delimiters.fields))
    if message is None:
        raise BadTable(f"{where}: holds no HL7 message")
    yield message


def _field(segment: list[str], number: int) -> str:
    return segment[number] if number < len(segment) else ""
