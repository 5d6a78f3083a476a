"""What else hides in the bytes of PixelData besides pixels.

Compressed frames carry segments for comments and for EXIF; native pixel data may be longer than
its pixels. Segments are blanked in place, so that all lengths, and with them all offset tables,
stay true.
"""

import re
from typing import Final

from plainfilm.dicom import DataElement, Dataset

__all__ = [
    "blank_comments",
    "clean_pixel_bytes",
    "is_compressed",
    "native_length",
]

_PIXEL_DATA: Final = 0x7FE00010
_NATIVE_SYNTAXES: Final = frozenset(
    {
        "",  # a bare dataset, which is written as explicit little endian
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",  # deflated: the pixels inside are native
        "1.2.840.10008.1.2.2",
    }
)
_ITEM: Final = b"\xfe\xff\x00\xe0"
_JPEG_START: Final = b"\xff\xd8\xff"
_JPEG2000_START: Final = b"\xff\x4f\xff\x51"
_JPEG_END: Final = b"\xff\xd9"

# JPEG (ISO 10918-1 table B.1): COM and the application segments, but APP0 (JFIF) and APP14 (Adobe,
# which tells the colour transform).
_JPEG_BLANKED: Final = frozenset({0xFE, *range(0xE1, 0xEE), 0xEF})
_JPEG_START_OF_SCAN: Final = 0xDA
_JFIF_LENGTH: Final = 16
# JPEG 2000 (ISO 15444-1 table A.2)
_J2K_COMMENT: Final = 0x64
_J2K_START_OF_TILE: Final = 0x90
_J2K_START_OF_DATA: Final = 0x93


def clean_pixel_bytes(dataset: Dataset) -> None:
    """Take out of PixelData what is no pixel: comments, and bytes behind the last pixel.

    The element is replaced, never changed: a dataset that shares it keeps its own. The bits that
    no sample uses are for `clear_unused_bits`.

    Args:
        dataset: whose pixels could be decoded.
    """
    element = dataset.get(_PIXEL_DATA)
    if element is None:
        return
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    if syntax not in _NATIVE_SYNTAXES:
        clean = blank_comments(element.value)
    else:
        clean = element.value[: _pixel_bytes(dataset)]
    if clean != element.value:
        replaced = DataElement(element.tag, element.VR, clean)
        replaced.is_undefined_length = element.is_undefined_length
        dataset.add(replaced)


def is_compressed(dataset: Dataset) -> bool:
    """Whether the transfer syntax is none of the native ones (PS3.5 annex A)."""
    return str(dataset.file_meta.get("TransferSyntaxUID", "")) not in _NATIVE_SYNTAXES


def _pixel_bytes(dataset: Dataset) -> int:
    # YBR_FULL_422 halves both chroma planes: two samples a pixel (PS3.3 C.7.6.3.1.2).
    subsampled = dataset.get("PhotometricInterpretation") == "YBR_FULL_422"
    return native_length(
        int(dataset["Rows"].value),
        int(dataset["Columns"].value),
        2 if subsampled else int(dataset.get("SamplesPerPixel") or 1),
        int(dataset["BitsAllocated"].value),
        int(dataset.get("NumberOfFrames") or 1),
    )


def blank_comments(encapsulated: bytes) -> bytes:
    """Encapsulated pixel data with the comment and application segments of its frames zeroed.

    Understands JPEG, JPEG-LS and JPEG 2000 codestreams; other fragments (RLE) stay as they are.
    Returns the same length, and the very same object where nothing was to blank.
    """
    spans = [
        span
        for start, end in _fragments(encapsulated)
        for span in _comment_spans(encapsulated, start, end)
        if any(encapsulated[span[0] : span[1]])
    ]
    if not spans:
        return encapsulated
    blanked = bytearray(encapsulated)
    for start, end in spans:
        blanked[start:end] = bytes(end - start)
    return bytes(blanked)


def native_length(rows: int, columns: int, samples: int, bits: int, frames: int) -> int:
    """Bytes that native pixel data has, padded to an even number (PS3.5 8.1)."""
    length = (rows * columns * samples * frames * bits + 7) // 8
    return length + length % 2


def _fragments(encapsulated: bytes) -> list[tuple[int, int]]:
    """Start and end of each item's value; the first is the basic offset table (PS3.5 A.4)."""
    fragments = []
    position = 0
    while encapsulated[position : position + 4] == _ITEM:
        length = int.from_bytes(encapsulated[position + 4 : position + 8], "little")
        start = position + 8
        fragments.append((start, min(start + length, len(encapsulated))))
        position = start + length
    return fragments[1:]


def _comment_spans(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    if data.startswith(_JPEG_START, start):
        return _jpeg_spans(data, start + 2, end)
    if data.startswith(_JPEG2000_START, start):
        return _jpeg2000_spans(data, start + 2, end)
    return []


def _jpeg_spans(data: bytes, position: int, end: int) -> list[tuple[int, int]]:
    spans = []
    while position + 4 <= end and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        stop = min(position + 2 + int.from_bytes(data[position + 2 : position + 4], "big"), end)
        if marker in _JPEG_BLANKED:
            spans.append((position + 4, stop))
        elif marker == 0xE0:
            spans.append((position + 2 + _JFIF_LENGTH, stop))  # a thumbnail behind the JFIF fields
        if marker == _JPEG_START_OF_SCAN:
            spans += _after_jpeg_image(data, stop, end)
            break
        position = stop
    return [span for span in spans if span[0] < span[1]]


# Entropy-coded data never holds FF but as FF 00 or a restart marker; JPEG-LS stuffs a bit instead,
# so there FF is followed by a byte below 0x80 (ISO 14495-1 A.1).
_NEXT_MARKER: Final = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")


def _after_jpeg_image(data: bytes, position: int, end: int) -> list[tuple[int, int]]:
    """Segments between the scans, and whatever follows the end of the image."""
    match = _NEXT_MARKER.search(data, position, end)
    if match is None:
        return []
    if match.group() == _JPEG_END:
        return [(match.end(), end)]
    return _jpeg_spans(data, match.start(), end)


def _jpeg2000_spans(data: bytes, position: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    tile_end = 0
    while position + 4 <= end and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xD9:
            break
        if marker == _J2K_START_OF_DATA:
            if not position < tile_end <= end:
                return spans
            position = tile_end
            continue
        stop = min(position + 2 + int.from_bytes(data[position + 2 : position + 4], "big"), end)
        if marker == _J2K_COMMENT:
            spans.append((position + 6, stop))  # behind Lcom and Rcom
        elif marker == _J2K_START_OF_TILE:
            length = int.from_bytes(data[position + 6 : position + 10], "big")
            tile_end = position + length if length else end
        position = stop
    if data[position : position + 2] == _JPEG_END:
        spans.append((position + 2, end))
    return [span for span in spans if span[0] < span[1]]
