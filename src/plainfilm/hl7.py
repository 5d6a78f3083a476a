"""HL7 v2 messages: their framing, delimiters, escapes and character sets, whatever they are about.

Source: HL7 v2.5.1 chapter 2 (sections 2.5 to 2.7; section 2.10.3 for batches; table 0211 for
MSH-18) and appendix C of the implementation guide for MLLP.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.text_files import decode

__all__ = ["Delimiters", "Message", "Segment", "parse_message", "split_messages"]

_FRAMES: Final = b"\x0b\x1c"
"""MLLP: a message begins with 0B and ends with 1C 0D."""
_BATCH: Final = (b"FHS", b"BHS", b"BTS", b"FTS")
"""Headers and trailers of files and batches, which say nothing of their own."""
_SEGMENT_END: Final = re.compile(rb"[\r\n]+")
_PARTS_OF_8859: Final = (*range(1, 10), 15)
_CHARACTER_SETS: Final = {
    "ASCII": "ascii",
    **{f"8859{part}": f"iso8859-{part}" for part in _PARTS_OF_8859},
    "UNICODEUTF8": "utf-8",
    "ISOIR87": "iso2022_jp",
    "ISOIR159": "iso2022_jp_2",
    "GB180302000": "gb18030",
    "KSX1001": "euc_kr",
    "BIG5": "big5",
    # Not in the table, but met:
    **{f"ISO8859{part}": f"iso8859-{part}" for part in _PARTS_OF_8859},
    "UTF8": "utf-8",
    "WINDOWS1252": "cp1252",
    "CP1252": "cp1252",
}
"""MSH-18, without its blanks, dashes and slashes → Python's name."""
_BETWEEN: Final = re.compile(r"[-_/ ]+")
_MSH_18: Final = 18


def split_messages(data: bytes, where: str) -> Iterator[bytes]:
    """The messages of a file, with MLLP's framing or without, each from its MSH on.

    Args:
        where: the file, for messages of errors.
    Raises:
        BadTable: the file does not begin with a message, or holds none.
    """
    message: list[bytes] = []
    for segment in _SEGMENT_END.split(data.removeprefix(codecs.BOM_UTF8).translate(None, _FRAMES)):
        if segment.startswith(b"MSH"):
            if message:
                yield b"\r".join(message)
            message = [segment]
        elif not segment.strip() or segment.startswith(_BATCH):
            continue
        elif not message:
            raise BadTable(f"{where}: does not begin with an MSH segment")
        else:
            message.append(segment)
    if not message:
        raise BadTable(f"{where}: holds no HL7 message")
    yield b"\r".join(message)


def parse_message(data: bytes, where: str) -> "Message":
    """One message, as `split_messages` gives it.

    Its text is UTF-8 where it can be; else it is in the character set that MSH-18 names, or in
    Latin-1 where none is named.

    Args:
        where: file and place, for messages of errors.
    Raises:
        BadTable: MSH does not name its delimiters, or the bytes are no text in the character set
            that it names.
    """
    header = data.partition(b"\r")[0].decode("latin-1")
    delimiters = Delimiters.of(header, where)
    text = decode(data, where, _encodings(data, header, delimiters, where))
    return Message(tuple(Segment.of(line, delimiters) for line in text.split("\r")))


def _encodings(data: bytes, header: str, delimiters: "Delimiters", where: str) -> tuple[str, ...]:
    if data.isascii() and b"\x1b" not in data:  # with escape characters ISO 2022 is ASCII, too
        return ("ascii",)
    named = Segment.of(header, delimiters).first(_MSH_18)
    if not named:
        return ("utf-8", "latin-1")
    encoding = _CHARACTER_SETS.get(_BETWEEN.sub("", named.upper()))
    if encoding is None:
        raise BadTable(f"{where}: the character set that MSH-18 names is not known")
    return (encoding,) if b"\x1b" in data else ("utf-8", encoding)


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2: what separates fields, components and so on; a character each."""

    fields: str
    component: str
    repetition: str
    escape: str
    sub_component: str

    @classmethod
    def of(cls, header: str, where: str) -> "Delimiters":
        """The delimiters that an MSH segment names.

        Raises:
            BadTable: it names too few, or letters.
        """
        marks = header[3:8]
        if len(marks) < 5 or any(mark.isalnum() or mark.isspace() for mark in marks):
            raise BadTable(f"{where}: MSH does not name its delimiters")
        return cls(*marks)

    def plain(self, value: str) -> str:
        """Text with its escape sequences resolved (section 2.7)."""
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


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a message.

    Attributes:
        fields: as they are written, numbered as in the standard; field 0 is the segment's name.
    """

    fields: tuple[str, ...]
    delimiters: Delimiters

    @classmethod
    def of(cls, line: str, delimiters: Delimiters) -> "Segment":
        fields = line.strip(" ").split(delimiters.fields)
        if fields[0] == "MSH":
            fields.insert(1, delimiters.fields)  # MSH-1 is the delimiter itself
        return cls(tuple(fields), delimiters)

    @property
    def name(self) -> str:
        return self.fields[0]

    def raw(self, number: int) -> str:
        """A field as it is written; empty where the segment ends before it."""
        return self.fields[number] if number < len(self.fields) else ""

    def components(self, number: int) -> list[str]:
        """The components of a field's first repetition, their escapes resolved."""
        first = self.raw(number).partition(self.delimiters.repetition)[0]
        return [self.delimiters.plain(c).strip() for c in first.split(self.delimiters.component)]

    def component(self, number: int, place: int) -> str:
        """One component, counted from 1; empty where the field ends before it."""
        components = self.components(number)
        return components[place - 1] if place <= len(components) else ""

    def first(self, number: int) -> str:
        """The first component of a field's first repetition."""
        return self.components(number)[0]


@dataclass(frozen=True, slots=True)
class Message:
    """A message's segments; the first is MSH."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def kind(self) -> tuple[str, str]:
        """MSH-9's message code and trigger event: `("ORU", "R01")`."""
        return self.header.component(9, 1), self.header.component(9, 2)

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.first(10)

    def first_of(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next((segment for segment in self.segments if segment.name == name), None)
