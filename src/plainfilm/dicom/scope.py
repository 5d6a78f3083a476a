"""A dataset or sequence item while it is read, and what its other elements decide about one.

Some elements cannot be decoded from their own bytes: implicit VR and VR UN leave the VR to a
dictionary, the dictionary may leave it to Pixel Representation, and text depends on the character
set that the dataset or an enclosing one has named.
"""

from functools import lru_cache

from plainfilm.dicom.charsets import encodings_of
from plainfilm.dicom.dictionary import entry_of
from plainfilm.dicom.tables import Tables, tables_for
from plainfilm.dicom.values import unpack_numbers
from plainfilm.records import TagValue

__all__ = ["Scope", "ambiguous_value", "change_character_set", "resolve_vr"]


class Scope:
    """One dataset or sequence item while it is read.

    Attributes:
        end: where its bytes end at the latest.
        implicit: whether it is in implicit VR.
        parent: the dataset or item around it.
        closed: whether its delimiter, or for the main dataset the pixel data, has been reached.
    """

    __slots__ = ("closed", "end", "implicit", "parent", "tables", "tags")

    def __init__(self, tables: Tables, end: int, implicit: bool, parent: "Scope | None") -> None:
        self.tags: dict[str, TagValue] = {}
        self.tables = tables
        self.end = end
        self.implicit = implicit
        self.parent = parent
        self.closed = False


def resolve_vr(tag: bytes, vr: str | None, length: int, scope: Scope) -> str:
    """The VR, from the dictionaries where the encoding leaves it open.

    Args:
        tag: little endian, four bytes.
        vr: None in implicit VR.
        length: the value's length field.
    """
    if vr is not None and vr != "UN":
        return vr
    if tag[0] & 1:
        return _private_vr(tag, scope)
    # Explicit UN may stand for a known VR only where 16 bits could have held the length.
    if vr is None or length < 0xFFFF:
        entry = entry_of(tag)
        if entry is not None:
            return entry.vr
        if vr is None and tag[2:] == b"\0\0":
            return "UL"  # group length
    return "UN"


def _private_vr(tag: bytes, scope: Scope) -> str:
    """The VR by the private creator's dictionary (DICOM PS3.5 section 7.8.1)."""
    block = tag[3]
    if block == 0:
        return "LO" if tag[2] >= 0x10 else "UN"  # a private creator, or an illegal element
    creator = scope.tags.get(f"{tag[1]:02X}{tag[0]:02X}00{block:02X}")
    return _vr_by_creator(tag, creator) if isinstance(creator, str) else "UN"


@lru_cache(maxsize=4096)
def _vr_by_creator(tag: bytes, creator: str) -> str:
    # pydicom's private dictionary is large and most archives never need it.
    from pydicom.datadict import private_dictionary_VR  # noqa: PLC0415

    group, element = int.from_bytes(tag[:2], "little"), int.from_bytes(tag[2:], "little")
    try:
        return private_dictionary_VR((group, element), creator)
    except KeyError:
        return "UN"


def ambiguous_value(scope: Scope, vr: str, raw: bytes) -> TagValue:
    """The value of an element whose VR depends on another element, once all are read.

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


def change_character_set(scope: Scope, value: TagValue) -> bool:
    """Read text from here on in the set that Specific Character Set names.

    Returns:
        False where text before it has been decoded by another set already.
    """
    encodings = encodings_of(value)
    if encodings != scope.tables.encodings:
        if not all(_is_plain(earlier) for earlier in scope.tags.values()):
            return False
        scope.tables = tables_for(encodings)
    return True


def _is_plain(value: TagValue) -> bool:
    """Whether the value is the same in every character set."""
    if isinstance(value, str):
        return value.isascii() and "\x1b" not in value
    return not isinstance(value, list) or all(
        not isinstance(item, dict) and _is_plain(item) for item in value
    )
