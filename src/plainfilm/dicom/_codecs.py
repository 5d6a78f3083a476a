"""Compressed frames through imagecodecs, the one place that calls its pixel decoders.

For lossless JPEG, libjpeg-turbo comes first: on a 2000 x 2500 film it takes a third of the time of
the others (benchmarks/decode.py), which stand in where it declines a codestream.
"""

from collections.abc import Callable
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom._codestream import Codestream, Coding, read_codestream
from plainfilm.dicom._layout import Layout
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["RLE", "SYNTAXES", "decode_codestream", "decode_rle"]

RLE: Final = "1.2.840.10008.1.2.5"

SYNTAXES: Final = {
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.57": "JPEG lossless",
    "1.2.840.10008.1.2.4.70": "JPEG lossless, selection value 1",
    "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.201": "HTJ2K lossless",
    "1.2.840.10008.1.2.4.202": "HTJ2K lossless, RPCL",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
}
"""Transfer syntaxes whose frames are codestreams (PS3.6 table A-1)."""

_LOSSLESS_JPEG_DECODERS: Final = (
    imagecodecs.jpeg8_decode,
    imagecodecs.ljpeg_decode,
    imagecodecs.jpegsof3_decode,
)
_DECODERS: Final[dict[Coding, tuple[Callable[..., Any], ...]]] = {
    Coding.JPEG: (imagecodecs.jpeg8_decode,),
    Coding.JPEG_LOSSLESS: _LOSSLESS_JPEG_DECODERS,
    Coding.JPEG_LS: (imagecodecs.jpegls_decode,),
    Coding.JPEG_2000: (imagecodecs.jpeg2k_decode,),
    Coding.HTJ2K: (imagecodecs.htj2k_decode,),
}
# imagecodecs derives every codec's error from RuntimeError and checks arguments with ValueError.
_CODEC_ERRORS: Final = (RuntimeError, ValueError)


def decode_rle(data: bytes, layout: Layout) -> NDArray[Any]:
    """Decode an RLE frame.

    Returns:
        (samples, rows, columns) unsigned, of the allocated width.
    Raises:
        UnsupportedPixels: the segments do not hold what the header says.
    Source: DICOM PS3.5 annex G.
    """
    width = layout.bits_allocated // 8
    if width == 0:
        raise UnsupportedPixels("RLE cannot hold 1-bit pixels", Reason.UNDECODABLE_PIXELS)
    needed = layout.frame_samples * width
    segments = int.from_bytes(data[:4], "little")
    if segments != layout.samples * width:
        message = f"RLE has {segments} segments, the header asks for {layout.samples * width}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    dtype = np.dtype(f"u{width}")
    try:
        # Allocates what the segments unfold to, at most 64 times their bytes (PS3.5 G.3.1).
        decoded = imagecodecs.dicomrle_decode(data, dtype)
    except _CODEC_ERRORS as exc:
        raise UnsupportedPixels("RLE data is damaged", Reason.UNDECODABLE_PIXELS) from exc
    if len(decoded) < needed:
        message = f"RLE data ends after {len(decoded)} of {needed} bytes"
        raise UnsupportedPixels(message, Reason.TRUNCATED_PIXELS)
    if len(decoded) > needed + width * layout.samples:  # one padding byte per segment may remain
        message = f"RLE data holds {len(decoded)} bytes, Rows x Columns asks for {needed}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    values = np.frombuffer(decoded[:needed], dtype)
    return values.reshape(layout.samples, layout.rows, layout.columns)


def decode_codestream(data: bytes, layout: Layout) -> tuple[NDArray[Any], Codestream]:
    """Decode a JPEG, JPEG-LS or JPEG 2000 frame by what its codestream is.

    Returns:
        (rows, columns), or (rows, columns, 3) for lossless colour, signed only where the
        codestream says so; and the codestream's own description.
    Raises:
        UnsupportedPixels: no such codestream, cut, damaged, or of another size than the header's.
    """
    stream = read_codestream(data)
    if stream is None:
        raise UnsupportedPixels("no JPEG codestream found", Reason.UNDECODABLE_PIXELS)
    if (stream.rows, stream.columns) != (layout.rows, layout.columns):
        message = (
            f"the codestream is {stream.rows} x {stream.columns}, "
            f"the header says {layout.rows} x {layout.columns}"
        )
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    if stream.components != layout.samples:
        message = f"{stream.components} components, SamplesPerPixel is {layout.samples}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    if not stream.has_end:
        raise UnsupportedPixels("the codestream has no end", Reason.TRUNCATED_PIXELS)
    values = _first_success(data, stream, layout)
    if values.shape[:2] != (layout.rows, layout.columns):
        message = "the decoder returned another size"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    return values, stream


def _first_success(data: bytes, stream: Codestream, layout: Layout) -> NDArray[Any]:
    options = _colour_options(stream, layout)
    failure: Exception | None = None
    for decode in _DECODERS[stream.coding]:
        try:
            values: NDArray[Any] = decode(data, **options)
        except _CODEC_ERRORS as exc:
            failure = exc
        else:
            return values
    message = f"the {stream.coding.name.replace('_', ' ')} codestream is damaged"
    raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS) from failure


def _colour_options(stream: Codestream, layout: Layout) -> dict[str, str]:
    """Let libjpeg give luminance where it knows colour spaces: lossy JPEG."""
    if stream.coding is not Coding.JPEG or stream.components == 1:
        return {}
    if layout.photometric == "RGB" and not stream.has_colour_marker:
        # Without a marker libjpeg takes three components for YCbCr; the DICOM header knows better.
        return {"colorspace": "RGB", "outcolorspace": "GRAYSCALE"}
    return {"outcolorspace": "GRAYSCALE"}
