"""Compressed frames through imagecodecs, the one place that calls its pixel decoders.

For lossless JPEG, libjpeg-turbo comes first: on a 2000 x 2500 film it takes a third of the time of
the others (benchmarks/decode.py), which stand in where it declines a codestream.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plainfilm.dicom._codestream import Codestream, Coding, read_codestream
from plainfilm.dicom._layout import Layout
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["RLE", "SYNTAXES", "decode_codestream", "decode_colour", "decode_rle", "decode_smaller"]

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
# Where Pillow starts to warn of an image made to exhaust the memory.
_MOST_PIXELS: Final = 80_000_000
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
    stream = _checked(data, layout)
    values = _first_success(data, stream, _colour_options(stream, layout))
    if values.shape[:2] != (layout.rows, layout.columns):
        message = "the decoder returned another size"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    return values, stream


def decode_colour(data: bytes, layout: Layout) -> NDArray[Any]:
    """`decode_codestream` where libjpeg gives (rows, columns, 3) RGB in place of luminance."""
    stream = _checked(data, layout)
    options = _colour_options(stream, layout)
    return _first_success(data, stream, options | {"outcolorspace": "RGB"} if options else {})


def decode_smaller(data: bytes, layout: Layout, at_most: int) -> tuple[NDArray[Any], int] | None:
    """Decode a JPEG 2000 frame at a lower resolution; None where it is not stored that way.

    The value of index i stands for the surroundings of pixel i * 2^halvings, not for a block that
    begins there: the wavelet's low-pass filters are centred on even samples.

    Args:
        at_most: how often the sides may be halved, ≥ 1.
    Returns:
        (rows, columns) uint16 or uint8, each ceil(full / 2^halvings); and the number of halvings.
    Source: ISO/IEC 15444-1 annexes B.5 and F.
    """
    stream = _checked(data, layout)
    if stream.coding is not Coding.JPEG_2000 or stream.signed or stream.components != 1:
        return None
    halvings = _possible_halvings(layout, min(at_most, stream.halvings))
    if halvings < 1 or not 8 <= stream.precision <= 16:
        return None
    if layout.rows * layout.columns > _MOST_PIXELS:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG2000",)) as image:
            # OpenJPEG through imagecodecs cannot leave out resolutions.
            image.reduce = halvings  # type: ignore[method-assign, assignment]
            values = np.asarray(image)
    except (*_CODEC_ERRORS, OSError):
        return None  # the full decoder will say what is wrong
    expected = tuple(-(-side // (1 << halvings)) for side in (layout.rows, layout.columns))
    if values.shape != expected or values.dtype not in (np.uint8, np.uint16):
        return None
    # Pillow stretches to the full width of its mode.
    return values >> (values.dtype.itemsize * 8 - stream.precision), halvings


def _possible_halvings(layout: Layout, at_most: int) -> int:
    """How often Pillow can halve both sides: it rounds where the Standard takes the ceiling."""
    sides = (layout.rows, layout.columns)
    for halvings in range(at_most, 0, -1):
        power = 1 << halvings
        if all((side + power // 2) // power == -(-side // power) for side in sides):
            return halvings
    return 0


def _checked(data: bytes, layout: Layout) -> Codestream:
    """The codestream's own description, which must agree with the header."""
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
    return stream


def _first_success(data: bytes, stream: Codestream, options: Mapping[str, str]) -> NDArray[Any]:
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
