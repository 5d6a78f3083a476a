"""What a JPEG, JPEG-LS or JPEG 2000 codestream says of itself, read before any decoder runs.

The decoders allocate what the codestream declares, so its size is compared with the DICOM header
first: that stops a small file from asking for gigabytes.
"""

import struct
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

__all__ = ["Codestream", "Coding", "read_codestream"]


class Coding(Enum):
    """The families of codestream, each with its own decoder."""

    JPEG = auto()
    JPEG_LOSSLESS = auto()
    JPEG_LS = auto()
    JPEG_2000 = auto()
    HTJ2K = auto()


@dataclass(frozen=True, slots=True)
class Codestream:
    """The declared shape of one compressed frame.

    Attributes:
        precision: bits per sample.
        signed: whether the codestream itself marks samples as signed (JPEG 2000 only).
        has_colour_marker: a JFIF or Adobe segment tells the colour space.
        has_end: the end marker is there; without it, the data was cut.
        halvings: how often the image can be had at half the size (JPEG 2000 only).
    """

    coding: Coding
    rows: int
    columns: int
    components: int
    precision: int
    signed: bool = False
    has_colour_marker: bool = False
    has_end: bool = True
    halvings: int = 0


# Start-of-frame markers: ISO/IEC 10918-1 table B.1 (baseline, extended, progressive; lossless) and
# ISO/IEC 14495-1 C.1.1 (JPEG-LS).
_SOF_CODING: Final = {
    0xC0: Coding.JPEG,
    0xC1: Coding.JPEG,
    0xC2: Coding.JPEG,
    0xC3: Coding.JPEG_LOSSLESS,
    0xF7: Coding.JPEG_LS,
}
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTm, SOI: no length follows
_SOS: Final = 0xDA
_APP0: Final = 0xE0
_APP14: Final = 0xEE
_END: Final = b"\xff\xd9"
_SOC_SIZ: Final = b"\xff\x4f\xff\x51"
_CAP: Final = b"\xff\x50"
_COD: Final = 0xFF52
_COC: Final = 0xFF53
_SOT: Final = 0xFF90


def read_codestream(data: bytes) -> Codestream | None:
    """The frame's declared shape; None when the bytes are no codestream that is known here.

    Source: ISO/IEC 10918-1 B.2, ISO/IEC 14495-1 C.2, ISO/IEC 15444-1 A.5.1.
    """
    if data[:2] == b"\xff\xd8":
        return _read_jpeg(data)
    # A JP2 box structure around the codestream breaks PS3.5 A.4.4, but exists.
    start = data.find(_SOC_SIZ, 0, 4096)
    return _read_jpeg2000(data, start) if start >= 0 else None


def _read_jpeg(data: bytes) -> Codestream | None:
    position = 2
    has_colour_marker = False
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker in _STANDALONE:
            position += 2
            continue
        if marker == _SOS:
            return None
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        segment = data[position + 4 : position + 2 + length]
        if marker in _SOF_CODING:
            return _jpeg_frame(data, position, segment, has_colour_marker=has_colour_marker)
        has_colour_marker |= (marker == _APP0 and segment.startswith(b"JFIF")) or (
            marker == _APP14 and segment.startswith(b"Adobe")
        )
        position += 2 + max(length, 2)
    return None


def _jpeg_frame(
    data: bytes, position: int, segment: bytes, *, has_colour_marker: bool
) -> Codestream | None:
    if len(segment) < 6:
        return None
    return Codestream(
        coding=_SOF_CODING[data[position + 1]],
        precision=segment[0],
        rows=int.from_bytes(segment[1:3], "big"),
        columns=int.from_bytes(segment[3:5], "big"),
        components=segment[5],
        has_colour_marker=has_colour_marker,
        # Entropy-coded bytes never hold FF D9: an FF there is followed by a stuffed byte. Before
        # the frame, a thumbnail may hold it.
        has_end=data.rfind(_END) > position,
    )


def _read_jpeg2000(data: bytes, start: int) -> Codestream | None:
    size = data[start + 4 : start + 45]  # Lsiz, Rsiz, then eight 32-bit extents and Csiz, Ssiz
    if len(size) < 41:
        return None
    right, bottom, left, top = (int.from_bytes(size[at : at + 4], "big") for at in (4, 8, 12, 16))
    depth = size[38]
    after_size = start + 4 + int.from_bytes(size[:2], "big")
    is_high_throughput = data[after_size : after_size + 2] == _CAP
    return Codestream(
        coding=Coding.HTJ2K if is_high_throughput else Coding.JPEG_2000,
        rows=bottom - top,
        columns=right - left,
        components=int.from_bytes(size[36:38], "big"),
        precision=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        has_end=data.rfind(_END) > 0,
        halvings=_halvings(data, after_size),
    )


def _halvings(data: bytes, position: int) -> int:
    """Decomposition levels of all components; 0 where they are not told, or differ."""
    levels = 0
    while position + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, position)
        if marker == _COD and position + 9 < len(data):
            levels = data[position + 9]  # after Lcod, Scod, progression, layers and transform
        elif marker == _COC:
            return 0
        elif marker == _SOT or marker < 0xFF00:
            break
        position += 2 + length
    return levels
