"""From the first bytes of an element to its keyword and its decoder, in one look-up."""

from functools import lru_cache
from typing import Final, TypeAlias

from plainfilm.dicom.charsets import Encodings
from plainfilm.dicom.dictionary import entry_of
from plainfilm.dicom.values import Decoder, Decoders, decoders_for, lut_descriptor

__all__ = [
    "AMBIGUOUS_VRS",
    "CHARACTER_SET_TAG",
    "FILE_META_KEYWORDS",
    "LONG_VRS",
    "PIXEL_TAGS",
    "SHORT_VRS",
    "Tables",
    "keyword_of",
    "tables_for",
]

# DICOM PS3.5 table 7.1-1: VRs whose length field has 32 bits in explicit VR.
LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
# DICOM PS3.5 table 7.1-2: VRs whose length field has 16 bits.
SHORT_VRS: Final = frozenset(
    {
        *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO"),
        *(b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
    }
)

AMBIGUOUS_VRS: Final = frozenset({"US or SS", "US or OW"})
"""VRs that another element decides: Pixel Representation, or the length of the lookup table."""

CHARACTER_SET_TAG: Final = b"\x08\x00\x05\x00"

FILE_META_KEYWORDS: Final = frozenset(
    {
        *("FileMetaInformationGroupLength", "FileMetaInformationVersion"),
        *("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID"),
        *("ImplementationClassUID", "ImplementationVersionName", "SourceApplicationEntityTitle"),
        *("SendingApplicationEntityTitle", "ReceivingApplicationEntityTitle"),
        *("PrivateInformationCreatorUID", "PrivateInformation"),
    }
)
"""The elements that most films have in group 0002 (DICOM PS3.10 table 7.1-1)."""

PIXEL_TAGS: Final = frozenset({b"\xe0\x7f\x10\x00", b"\xe0\x7f\x08\x00", b"\xe0\x7f\x09\x00"})
"""Pixel Data, Float Pixel Data, Double Float Pixel Data: where the header ends."""

# (0028,1101) to (0028,1103) and (0028,3002)
_LUT_DESCRIPTOR_TAGS: Final = frozenset(
    {b"\x28\x00\x01\x11", b"\x28\x00\x02\x11", b"\x28\x00\x03\x11", b"\x28\x00\x02\x30"}
)
_TAG_ENTRIES: Final = 16384

Row: TypeAlias = tuple[str, Decoder | None]
"""Keyword and decoder; no decoder means that the element needs more than its own bytes."""


@lru_cache(maxsize=_TAG_ENTRIES)
def keyword_of(tag: bytes) -> str:
    """The keyword, or eight upper case hexadecimal digits where the Standard has none."""
    entry = entry_of(tag)
    if entry is not None and entry.keyword:
        return entry.keyword
    return bytes((tag[1], tag[0], tag[3], tag[2])).hex().upper()


class _Explicit(dict[bytes, Row]):
    """Tag and VR, six bytes, → row."""

    __slots__ = ("_decoders", "_lut_descriptor")

    def __init__(self, decoders: Decoders) -> None:
        super().__init__()
        self._decoders = decoders
        self._lut_descriptor = Decoder(lut_descriptor)

    def __missing__(self, head: bytes) -> Row:
        tag, vr = head[:4], head[4:]
        if vr not in SHORT_VRS:
            row: Row = (keyword_of(tag), None)
            if vr not in LONG_VRS and vr != b"\0\0":  # zeros follow the tag of a delimiter
                return row  # not a VR at all, so most likely seen once
        elif tag == CHARACTER_SET_TAG:
            row = (keyword_of(tag), None)
        elif vr == b"SS" and tag in _LUT_DESCRIPTOR_TAGS:
            row = (keyword_of(tag), self._lut_descriptor)
        else:
            row = (keyword_of(tag), self._decoders[vr.decode()])
        if len(self) < _TAG_ENTRIES:
            self[head] = row
        return row


class _Implicit(dict[bytes, Row]):
    """Tag, four bytes, → row."""

    __slots__ = ("_decoders",)

    def __init__(self, decoders: Decoders) -> None:
        super().__init__()
        self._decoders = decoders

    def __missing__(self, tag: bytes) -> Row:
        entry = entry_of(tag)
        decoder = None
        if entry is not None and tag != CHARACTER_SET_TAG and tag not in PIXEL_TAGS:
            decoder = self._decoders.get(entry.vr)  # none for SQ and the ambiguous ones
        row = (keyword_of(tag), decoder)
        if len(self) < _TAG_ENTRIES:
            self[tag] = row
        return row


class Tables:
    """Everything that depends on the character set of a dataset."""

    __slots__ = ("decoders", "encodings", "explicit", "implicit")

    def __init__(self, encodings: Encodings) -> None:
        self.encodings = encodings
        self.decoders = decoders_for(encodings)
        self.explicit = _Explicit(self.decoders)
        self.implicit = _Implicit(self.decoders)


@lru_cache(maxsize=32)
def tables_for(encodings: Encodings) -> Tables:
    """The tables for a character set, shared by all films that use it."""
    return Tables(encodings)
