"""Frames as codestreams through imagecodecs, the one place that calls its pixel encoders.

Each takes stored values, (rows, columns) or (rows, columns, 3), contiguous, in the machine's byte
order, and the stored bits; and gives one frame's bytes.
"""

import io
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

__all__ = [
    "htj2k",
    "jpeg_2000",
    "jpeg_baseline",
    "jpeg_lossless",
    "jpeg_ls",
    "jpeg_with_tables_of",
    "native",
    "rle",
]

BASELINE_QUALITY: Final = 95


def native(frame: NDArray[Any], _bits: int) -> bytes:
    return frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes()


def rle(frame: NDArray[Any], _bits: int) -> bytes:
    """PS3.5 annex G: a header of 64 bytes, then one PackBits segment per byte of a sample."""
    planes = frame.astype(frame.dtype.newbyteorder(">")).view(np.uint8)
    planes = planes.reshape(*frame.shape[:2], -1)
    segments = []
    for plane in range(planes.shape[2]):  # sample by sample, each from its highest byte
        segment = imagecodecs.packbits_encode(planes[..., plane].copy(), axis=-1)
        segments.append(segment + b"\0" * (len(segment) % 2))
    offsets = np.zeros(16, "<u4")
    offsets[0] = len(segments)
    offsets[1 : len(segments) + 1] = 64 + np.cumsum([0, *map(len, segments[:-1])])
    return offsets.tobytes() + b"".join(segments)


def jpeg_baseline(frame: NDArray[Any], _bits: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(frame, level=BASELINE_QUALITY))


def jpeg_with_tables_of(frame: NDArray[Any], original: bytes) -> bytes:
    """A baseline JPEG with the quantisation tables and the chroma subsampling of another.

    What was decoded from the other and is unchanged comes out as good as equal.

    Args:
        frame: uint8, RGB where it has three samples.
    """
    with Image.open(io.BytesIO(original), formats=("JPEG",)) as image:
        tables = image.quantization  # type: ignore[attr-defined]
        sampling = JpegImagePlugin.get_sampling(image)
        keeps_rgb = image.info.get("adobe_transform") == 0 and frame.ndim == 3
    written = io.BytesIO()
    options = {"keep_rgb": True} if keeps_rgb else {"subsampling": sampling}
    if frame.ndim == 2:
        options = {}
    Image.fromarray(frame).save(written, "JPEG", qtables=tables, **options)
    return written.getvalue()


def jpeg_lossless(frame: NDArray[Any], bits: int) -> bytes:
    # JPEG knows no sign; PixelRepresentation tells readers to restore it from the stored bits.
    stored = _unsigned(frame, bits)
    # ISO/IEC 10918-1 table B.2 allows 2 to 16 bits; libjpeg wants more than 8 from 16-bit samples.
    precision = max(bits, 2 if frame.dtype.itemsize == 1 else 9)
    colour = "RGB" if frame.ndim == 3 else None  # as they are; a transform would lose
    return bytes(
        imagecodecs.jpeg8_encode(
            stored,
            lossless=True,
            predictor=1,
            bitspersample=precision,
            colorspace=colour,
            outcolorspace=colour,
        )
    )


def jpeg_ls(frame: NDArray[Any], _bits: int) -> bytes:
    # Written at the allocated width, so that sign bits are there for readers that trust precision.
    return bytes(imagecodecs.jpegls_encode(frame.view(f"u{frame.dtype.itemsize}")))


def jpeg_2000(frame: NDArray[Any], bits: int) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(frame, codecformat="j2k", reversible=True, bitspersample=bits)
    )


def htj2k(frame: NDArray[Any], _bits: int) -> bytes:
    return bytes(imagecodecs.htj2k_encode(frame, reversible=True))


def _unsigned(frame: NDArray[Any], bits: int) -> NDArray[Any]:
    unsigned: NDArray[Any] = frame.view(f"u{frame.dtype.itemsize}")
    masked: NDArray[Any] = unsigned & unsigned.dtype.type((1 << bits) - 1)
    return masked
