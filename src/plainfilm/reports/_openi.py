"""Reports in the XML of the OpenI collection.

Source: Demner-Fushman et al., J Am Med Inform Assoc 2016.
"""

import re
import xml.etree.ElementTree as ET
from typing import Final, TypeAlias

from plainfilm.errors import BadTable
from plainfilm.records import SourceReport

__all__ = ["read_openi"]

_UID: Final = re.compile(rb'<uId id="([^"<&]*)"/>')
_PART: Final = re.compile(rb'<AbstractText(?: Label="([^"<&]*)")?(?:/>|>([^<&]*)</AbstractText>)')


def read_openi(data: bytes, where: str, name: str) -> SourceReport:
    """One report: its abstract's parts become titled sections.

    Args:
        name: the id to use where the file has no `uId`.
    Raises:
        BadTable: no well-formed XML, or it declares entities, or has no AbstractText.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\0" in data[:4]:
        raise BadTable(f"{where}: XML that declares entities, or is UTF-16, is not read")
    uid, parts = _plain(data) or _parsed(data, where)
    if not parts:
        raise BadTable(f"{where}: has no AbstractText, so it is not in the form of OpenI")
    text = "\n\n".join(
        [f"{label.strip()}: {said.strip()}" for label, said in parts if said.strip()]
    )
    return SourceReport(uid.strip() or name, text)


_Parts: TypeAlias = list[tuple[str, str]]
"""Label and text of each AbstractText."""


def _plain(data: bytes) -> tuple[str, _Parts] | None:
    """The `uId` and the abstract as the collection's own files write them; None where anything
    asks for a parser. Index terms and images are most of a file, and parsing them most of the
    work."""
    uid = _UID.search(data)
    end = data.find(b"</Abstract>")
    parts = _PART.findall(data, 0, max(end, 0))
    if not uid or len(parts) != data.count(b"<AbstractText") or b"<!" in data[:end]:
        return None
    if not data.startswith((b'<?xml version="1.0" encoding="utf-8"?>', b"<eCitation>")):
        return None
    try:
        return uid[1].decode(), [(label.decode(), said.decode()) for label, said in parts]
    except UnicodeDecodeError:
        return None


def _parsed(data: bytes, where: str) -> tuple[str, _Parts]:
    try:
        root = ET.fromstring(data)  # noqa: S314  # entities were refused
    except ET.ParseError as exc:
        raise BadTable(f"{where}: no well-formed XML (line {exc.position[0]})") from exc
    except (LookupError, ValueError) as exc:
        raise BadTable(f"{where}: XML in an encoding that is not read") from exc
    unique = root.find("uId")
    uid = unique.get("id", "") if unique is not None else ""
    return uid, [(part.get("Label", ""), part.text or "") for part in root.iter("AbstractText")]
