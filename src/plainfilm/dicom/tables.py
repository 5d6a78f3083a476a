"""From the first bytes of an element to its keyword and its decoder, in one look-up."""

from functools import lru_cache
from struct import pack
from typing import Final, TypeAlias

from plainfilm.dicom.charsets import Encodings
from plainfilm.dicom.dictionary import entry_of
from plainfilm.dicom.values import Decoder, Decoders, decoders_for, lut_descriptor

__all__ = [
    "AMBIGUOUS_TAGS",
    "CHARACTER_SET_TAG",
    "FILE_META_KEYWORDS",
    "ITEM_DELIMITER",
    "LONG_VRS",
    "PIXEL_TAGS",
    "SHORT_VRS",
    "Tables",
    "keyword_of",
    "tables_for",
]


def _little_endian(tag: int) -> bytes:
    return pack("<HH", tag >> 16, tag & 0xFFFF)


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

AMBIGUOUS_TAGS: Final = frozenset(
    _little_endian(tag)
    for tag in (
        *(0x00189810, 0x00221452, 0x00280104, 0x00280105, 0x00280106, 0x00280107, 0x00280108),
        *(0x00280109, 0x00280110, 0x00280111, 0x00280120, 0x00280121, 0x00281101, 0x00281102),
        *(0x00281103, 0x00283002, 0x00283006, 0x00409211, 0x00409216, 0x00603004, 0x00603006),
    )
)
"""Elements of VR `US or SS` or `US or OW`, which another element decides: Pixel Representation, or
for (0028,3006) LUT Data its descriptor. pydicom settles the same ones and leaves retired ones as
bytes."""

ITEM_DELIMITER: Final = _little_endian(0xFFFEE00D)
CHARACTER_SET_TAG: Final = _little_endian(0x00080005)

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

PIXEL_TAGS: Final = frozenset(_little_endian(tag) for tag in (0x7FE00008, 0x7FE00009, 0x7FE00010))
"""Float, Double Float and plain Pixel Data: where the header ends."""

_LUT_DESCRIPTOR_TAGS: Final = frozenset(
    _little_endian(tag) for tag in (0x00281101, 0x00281102, 0x00281103, 0x00283002)
)
_KEPT_ROWS: Final = 16384

Row: TypeAlias = tuple[str, Decoder | None]
"""Keyword and decoder; no decoder means that the element needs more than its own bytes."""


@lru_cache(maxsize=_KEPT_ROWS)
def keyword_of(tag: bytes) -> str:
    """The keyword, or eight upper case hexadecimal digits where the Standard has none."""
    entry = entry_of(tag)
    if entry is not None and entry.keyword:
        return entry.keyword
    return bytes((tag[1], tag[0], tag[3], tag[2])).hex().upper()


class _Rows(dict[bytes, Row]):
    """The first bytes of an element → row, worked out on first use.

    Once many private or unknown elements have been kept, further ones have no decoder and take the
    parser's slow path, which counts them.
    """

    __slots__ = ("_decoders",)

    def __init__(self, decoders: Decoders) -> None:
        super().__init__()
        self._decoders = decoders

    def __missing__(self, head: bytes) -> Row:
        row = keyword_of(head[:4]), self._decoder(head)
        if len(self) < _KEPT_ROWS:
            self[head] = row
        elif entry_of(head[:4]) is None:
            row = row[0], None
        return row

    def _decoder(self, head: bytes) -> Decoder | None:
        raise NotImplementedError


class _Explicit(_Rows):
    """Tag and VR, six bytes, → row."""

    __slots__ = ("_lut_descriptor",)

    def __init__(self, decoders: Decoders) -> None:
        super().__init__(decoders)
        self._lut_descriptor = Decoder(lut_descriptor)

    def _decoder(self, head: bytes) -> Decoder | None:
        tag, vr = head[:4], head[4:]
        if vr not in SHORT_VRS or tag in (CHARACTER_SET_TAG, ITEM_DELIMITER):
            return None
        if vr == b"SS" and tag in _LUT_DESCRIPTOR_TAGS:
            return self._lut_descriptor
        return self._decoders[vr.decode()]


class _Implicit(_Rows):
    """Tag, four bytes, → row."""

    __slots__ = ()

    def _decoder(self, head: bytes) -> Decoder | None:
        entry = entry_of(head)
        if entry is None or head == CHARACTER_SET_TAG or head in PIXEL_TAGS:
            return None
        return self._decoders.get(entry.vr)  # none for sequences and the ambiguous ones


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
