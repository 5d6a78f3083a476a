"""How far a film reaches: whether its pixels are all there, and what deflated films expand to."""

import zlib
from struct import Struct
from typing import Final

from plainfilm.dicom.location import ByteSource
from plainfilm.errors import Reason, UnreadableDicom

__all__ = ["InflatedSource", "is_complete"]

_UNDEFINED_LENGTH: Final = 0xFFFFFFFF
_MAX_FRAGMENTS: Final = 1_000_000
_MAX_INFLATED: Final = 1 << 30
_CHUNK: Final = 64 << 10
_FAR_CHUNK: Final = 512

_ITEM: Final = b"\xfe\xff\x00\xe0"
_SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0"
_FRAGMENT: Final = Struct("<4sI").unpack_from


def is_complete(source: ByteSource, head: bytes, offset: int, length: int) -> bool:
    """Whether the pixel data's value lies within the file.

    Encapsulated pixel data is walked from fragment to fragment up to its delimiter, without
    reading the fragments.

    Args:
        head: the first bytes of the source, as many as have been read already.
        offset: where the value starts.
        length: its length field.
    Source: DICOM PS3.5 section A.4.
    """
    if length != _UNDEFINED_LENGTH:
        return offset + length <= source.size
    window, base = head, 0
    for _ in range(_MAX_FRAGMENTS):
        end = base + len(window)
        if offset + 8 > end:
            if offset + 8 > source.size:
                return False
            # Small fragments lie close together; one read then covers many of them.
            wanted = _CHUNK if offset - end < _CHUNK else _FAR_CHUNK
            base, window = offset, source.read_at(offset, wanted)
            if len(window) < 8:
                return False
        tag, size = _FRAGMENT(window, offset - base)
        if tag == _SEQUENCE_DELIMITER:
            return True
        if tag != _ITEM:
            return False
        offset += 8 + size
    return False


class InflatedSource:
    """A deflated dataset as it is once inflated; only its head is kept.

    Attributes:
        size: bytes of the inflated dataset.
        head: its first bytes, at most `limit`.

    Raises:
        UnreadableDicom: the stream is damaged, or expands beyond 1 GiB.
    Source: DICOM PS3.5 section A.5.
    """

    def __init__(self, source: ByteSource, start: int, limit: int, name: str) -> None:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        head = bytearray()
        self.size = 0
        try:
            while not inflater.eof:
                packed = inflater.unconsumed_tail
                if not packed:
                    packed = source.read_at(start, _CHUNK)
                    start += len(packed)
                if not packed:
                    break
                piece = inflater.decompress(packed, 16 * _CHUNK)
                self.size += len(piece)
                head += piece[: limit - len(head)]
                if self.size > _MAX_INFLATED:
                    message = f"{name} inflates to more than {_MAX_INFLATED} bytes"
                    raise UnreadableDicom(message, Reason.HEADER_TOO_LARGE)
        except zlib.error as exc:
            message = f"{name}: the deflated dataset is damaged"
            raise UnreadableDicom(message, Reason.MALFORMED_HEADER) from exc
        self.head = bytes(head)

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes of the inflated head."""
        return self.head[offset : offset + length]
