"""Reports in the XML of the OpenI collection.

Source: Demner-Fushman et al., J Am Med Inform Assoc 2016.
"""

import re
import xml.etree.ElementTree as ET
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.records import SourceReport

__all__ = ["read_openi"]

_DECLARATION: Final = re.compile(rb"\s*<\?xml[^<>]*\?>")
_UID: Final = re.compile(rb"<uId\s[^<>]*/>")
_ABSTRACT: Final = re.compile(rb"<Abstract>.*?</Abstract>", re.DOTALL)


def read_openi(data: bytes, where: str, name: str) -> SourceReport:
    """One report: its abstract's parts become titled sections.

    Args:
        name: the id to use where the file has no `uId`.
    Raises:
        BadTable: no well-formed XML, or it declares entities, or has no AbstractText.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\0" in data[:4]:
        raise BadTable(f"{where}: XML that declares entities, or is UTF-16, is not read")
    try:
        root = ET.fromstring(_essence(data))  # noqa: S314  # entities were refused above
    except ET.ParseError as exc:
        raise BadTable(f"{where}: no well-formed XML (line {exc.position[0]})") from exc
    except (LookupError, ValueError) as exc:
        raise BadTable(f"{where}: XML in an encoding that is not read") from exc
    parts = [(part.get("Label", ""), part.text or "") for part in root.iter("AbstractText")]
    if not parts:
        raise BadTable(f"{where}: has no AbstractText, so it is not in the form of OpenI")
    unique = root.find("uId")
    given = unique.get("id", "").strip() if unique is not None else ""
    text = "\n\n".join(f"{label.strip()}: {said.strip()}" for label, said in parts if said.strip())
    return SourceReport(given or name, text)


def _essence(data: bytes) -> bytes:
    """The `uId` and the abstract: the rest, index terms and images, is most of a file and most of
    the work. The whole, where they do not stand there as they usually do."""
    uid, abstract = _UID.search(data), _ABSTRACT.search(data)
    if not uid or not abstract:
        return data
    declaration = _DECLARATION.match(data)
    head = declaration[0].strip() if declaration else b""
    return b"%s<report>%s%s</report>" % (head, uid[0], abstract[0])
