"""From a DICOM object to the stored values of its first frame.

Native data is read here; compressed data goes through `_codecs`. Colour becomes luminance, since
every later step looks at radiographs: films scanned or captured as colour hold grey in all three.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import generate_fragments, get_frame
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from plainfilm.dicom import _codecs
from plainfilm.dicom._codestream import Coding
from plainfilm.dicom._layout import Layout, read_layout, value_of
from plainfilm.dicom._quiet import quiet_pydicom
from plainfilm.dicom.dataset import Dataset, read_lazily
from plainfilm.dicom.luts import palette_lut
from plainfilm.errors import Reason, UnsupportedPixels
from plainfilm.records import Location

__all__ = [
    "LUMINANCE_FIRST",
    "NATIVE_SYNTAXES",
    "FilmPixels",
    "decode_film",
    "decode_frame",
    "decode_smaller",
    "encoded_frame",
    "pixel_data",
    "samples_of",
    "through_palette",
    "transfer_syntax_of",
]

NATIVE_SYNTAXES: Final = frozenset(
    {
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        DeflatedExplicitVRLittleEndian,
        ExplicitVRBigEndian,
    }
)
# ITU-R BT.601, the luma of YBR_FULL (PS3.3 C.7.6.3.1.2).
_LUMA: Final = np.array([0.299, 0.587, 0.114])
LUMINANCE_FIRST: Final = frozenset({"YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420"})
_GREY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
_FLOAT_PIXELS: Final = ("FloatPixelData", "DoubleFloatPixelData")


@dataclass(frozen=True, slots=True, eq=False)
class FilmPixels:
    """The first frame of a film, as stored.

    Attributes:
        frame: (rows, columns) stored values, integers, the unused high bits cleared (or filled
            with the sign). Colour and palette films come as luminance in [0, 2^bits_stored).
        photometric: `PhotometricInterpretation` of the object; every value but `MONOCHROME1`
            means that higher values are brighter.
        frames: how many frames the object holds; only the first is decoded.
        bits_stored: bits that a value of `frame` may take.
        signed: whether `frame` may hold negative values.
    """

    frame: NDArray[Any]
    photometric: str
    frames: int
    bits_stored: int
    signed: bool


def decode_film(source: Location | Path | Dataset) -> FilmPixels:
    """Decode the stored values of a film's first frame.

    Uncompressed (implicit, explicit, big endian, deflated), RLE, JPEG baseline, extended and
    lossless, JPEG-LS, JPEG 2000 and HTJ2K. Lossless syntaxes give exactly the stored values.
    Which decoder runs follows the codestream itself, since headers name the wrong JPEG at times.

    Raises:
        UnreadableDicom: `source` is a file that cannot be read as DICOM.
        UnsupportedPixels: no pixel data, cut, damaged, contradicting the header, larger than
            `MAX_FRAME_PIXELS`, floating point, or in a transfer syntax that is not listed.
    Source: DICOM PS3.3 C.7.6.3, PS3.5 section 8.
    """
    dataset = source if isinstance(source, Dataset) else read_lazily(source)
    try:
        return _decode(dataset)
    except UnsupportedPixels as exc:
        if isinstance(source, Dataset):
            raise
        raise UnsupportedPixels(f"{source}: {exc}", exc.reason) from exc


def decode_frame(dataset: Dataset, index: int) -> NDArray[Any]:
    """Decode the stored values of any frame; colour and palette films as luminance.

    Args:
        index: from 0, below `FilmPixels.frames`.
    Returns:
        (rows, columns) integers, as `FilmPixels.frame`.
    Raises:
        UnsupportedPixels: as `decode_film`.
    """
    layout, data = pixel_data(dataset)
    return _film(dataset, layout, samples_of(dataset, data, layout, index=index)).frame


def decode_smaller(dataset: Dataset, least_side: int) -> tuple[FilmPixels, int]:
    """Decode at the lowest resolution that the codestream holds and that is large enough.

    Only JPEG 2000 holds several; the others, and films with padding values, are decoded in full.

    Args:
        least_side: pixels that the longer side must have at least, ≥ 1.
    Returns:
        The film, and how often its sides were halved; see `_codecs.decode_smaller` for where its
        pixels lie.
    Raises:
        UnsupportedPixels: as `decode_film`.
    """
    if transfer_syntax_of(dataset) not in _codecs.SYNTAXES or "PixelPaddingValue" in dataset:
        return _decode(dataset), 0
    layout, data = pixel_data(dataset)
    at_most = (max(layout.rows, layout.columns) // least_side).bit_length() - 1
    if at_most < 1 or layout.signed or layout.photometric not in _GREY:
        return _decode(dataset), 0
    decoded = _codecs.decode_smaller(encoded_frame(dataset, data, layout), layout, at_most)
    if decoded is None:
        return _decode(dataset), 0
    values, halvings = decoded
    return _film(dataset, layout, values), halvings


def _decode(dataset: Dataset) -> FilmPixels:
    layout, data = pixel_data(dataset)
    return _film(dataset, layout, samples_of(dataset, data, layout))


def samples_of(
    dataset: Dataset, data: bytes, layout: Layout, *, colour: bool = False, index: int = 0
) -> NDArray[Any]:
    """One frame's values: (rows, columns), or (rows, columns, samples).

    Args:
        colour: also where a decoder would rather give luminance.
        index: of the frame, from 0.
    """
    syntax = transfer_syntax_of(dataset)
    if syntax in NATIVE_SYNTAXES:
        return _fit_bits(_native_samples(dataset, data, layout, syntax, index), layout)
    if syntax == _codecs.RLE:
        planes = _codecs.decode_rle(encoded_frame(dataset, data, layout, index), layout)
        return _fit_bits(np.moveaxis(planes, 0, -1), layout)
    if syntax in _codecs.SYNTAXES:
        frame = encoded_frame(dataset, data, layout, index)
        return _codecs.decode_colour(frame, layout) if colour else _codestream_values(frame, layout)
    message = f"transfer syntax {syntax or '(none)'} is not supported"
    raise UnsupportedPixels(message, Reason.UNSUPPORTED_TRANSFER_SYNTAX)


def transfer_syntax_of(dataset: Dataset) -> str:
    """The transfer syntax UID that the pixel data is in."""
    meta = getattr(dataset, "file_meta", None)
    named = value_of(meta, "TransferSyntaxUID") if meta is not None else None
    if named:
        return str(named)
    # A bare dataset or one made in memory: not compressed, in the byte order it was read in.
    return ExplicitVRBigEndian if dataset.original_encoding[1] is False else ExplicitVRLittleEndian


def pixel_data(dataset: Dataset) -> tuple[Layout, bytes]:
    """What the pixel data holds, and its bytes, all frames.

    Raises:
        UnsupportedPixels: there is none, or its attributes contradict one another.
    """
    for keyword in _FLOAT_PIXELS:
        if keyword in dataset:
            message = f"{keyword} holds measurements, not a radiograph"
            raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    element = dataset.get_item("PixelData", keep_deferred=True) if "PixelData" in dataset else None
    if element is None or not element.value:
        raise UnsupportedPixels("there is no pixel data", Reason.NO_PIXEL_DATA)
    if not isinstance(element.value, bytes):
        raise UnsupportedPixels("PixelData is not bytes", Reason.UNDECODABLE_PIXELS)
    return read_layout(dataset), element.value


def _native_samples(
    dataset: Dataset, data: bytes, layout: Layout, syntax: str, index: int
) -> NDArray[Any]:
    """A frame's samples, unsigned: (rows, columns) or (rows, columns, 3)."""
    _check_native_length(data, layout)
    if layout.bits_allocated == 1:  # frames of single bits need not begin with a byte
        first = index * layout.frame_bits
        packed = np.frombuffer(data[first // 8 : -(-(first + layout.frame_bits) // 8)], np.uint8)
        bits = np.unpackbits(packed, bitorder="little")[first % 8 :]
        return _shaped(bits[: layout.frame_samples], layout)
    length = layout.frame_bits // 8
    frame = data[index * length : (index + 1) * length]
    is_big_endian = syntax == ExplicitVRBigEndian
    width = layout.bits_allocated // 8
    if is_big_endian and width == 1 and dataset.get_item("PixelData").VR == "OW":
        # PS3.5 8.1.1: bytes are stored in 16-bit words, whose order is swapped as well.
        first = index * length
        even = data[first - first % 2 : first + length + (first + length) % 2]
        swapped = np.frombuffer(even, np.uint16).byteswap().tobytes()
        frame = swapped[first % 2 : first % 2 + length]
    samples = np.frombuffer(frame, np.dtype(f"{'>' if is_big_endian else '<'}u{width}"))
    native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if layout.photometric == "YBR_FULL_422":
        return native.reshape(-1, 4)[:, :2].reshape(layout.rows, layout.columns)
    return _shaped(native, layout)


def _check_native_length(data: bytes, layout: Layout) -> None:
    needed = -(-layout.frame_bits * layout.frames // 8)
    described = f"{layout.rows} x {layout.columns} pixels and {layout.frames} frames"
    if len(data) < needed:
        message = f"{len(data)} bytes of pixel data, {described} take {needed}"
        raise UnsupportedPixels(message, Reason.TRUNCATED_PIXELS)
    # Writers pad, with zeros or by less than a row; more than that means other Rows or Columns,
    # and a film that is shown sheared.
    excess = data[needed:]
    row = layout.frame_bits // 8 // layout.rows
    if len(excess) > max(row, 1) and any(excess):
        message = f"{len(data)} bytes of pixel data, {described} take only {needed}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)


def _shaped(samples: NDArray[Any], layout: Layout) -> NDArray[Any]:
    if layout.samples == 1:
        return samples.reshape(layout.rows, layout.columns)
    if layout.planar:
        planes = samples.reshape(layout.samples, layout.rows, layout.columns)
        return np.moveaxis(planes, 0, -1)
    return samples.reshape(layout.rows, layout.columns, layout.samples)


def encoded_frame(dataset: Dataset, data: bytes, layout: Layout, index: int = 0) -> bytes:
    """A frame's compressed bytes, its fragments joined.

    Raises:
        UnsupportedPixels: the data is not divided into fragments.
    """
    try:
        with quiet_pydicom():
            return _joined_fragments(dataset, data, layout, index)
    except (ValueError, StopIteration, struct.error) as exc:
        message = "the pixel data is not divided into fragments as PS3.5 A.4 asks"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS) from exc


def _joined_fragments(dataset: Dataset, data: bytes, layout: Layout, index: int) -> bytes:
    if layout.frames == 1:
        # Whatever the basic offset table says, all fragments belong to the one frame.
        fragments = generate_fragments(data)
        next(fragments)
        return b"".join(fragments)
    offsets = value_of(dataset, "ExtendedOffsetTable")
    lengths = value_of(dataset, "ExtendedOffsetTableLengths")
    return get_frame(
        data,
        index,
        number_of_frames=layout.frames,
        extended_offsets=(offsets, lengths) if offsets and lengths else None,
    )


def _codestream_values(data: bytes, layout: Layout) -> NDArray[Any]:
    values, stream = _codecs.decode_codestream(data, layout)
    width = max(layout.bits_allocated // 8, values.dtype.itemsize)
    if stream.signed == layout.signed and stream.coding is not Coding.JPEG_LOSSLESS:
        return values.astype(f"{'i' if layout.signed else 'u'}{width}", copy=False)
    raw = values.astype(f"{'i' if stream.signed else 'u'}{width}", copy=False).view(f"u{width}")
    # Only JPEG 2000 records signedness; the others carry the bits, whose sign is to be restored.
    bits = stream.precision
    if stream.coding not in (Coding.JPEG_2000, Coding.HTJ2K):
        bits = min(bits, layout.bits_stored)
    return _signed_or_masked(raw, bits, signed=layout.signed)


def _fit_bits(samples: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Drop what else is stored in a sample's bits, such as an overlay plane (PS3.5 8.1.1)."""
    shift = layout.high_bit + 1 - layout.bits_stored
    if shift:
        samples = samples >> np.array(shift, samples.dtype)
    return _signed_or_masked(samples, layout.bits_stored, signed=layout.signed)


def _signed_or_masked(samples: NDArray[Any], bits: int, *, signed: bool) -> NDArray[Any]:
    """Read the low `bits` of unsigned samples as two's complement, or as they are."""
    width = samples.dtype.itemsize * 8
    unused = max(width - bits, 0)
    if signed:
        signed_samples: NDArray[Any] = samples.view(f"i{width // 8}")
        return (signed_samples << unused) >> unused if unused else signed_samples
    return samples & samples.dtype.type((1 << bits) - 1) if unused else samples


def _film(dataset: Dataset, layout: Layout, values: NDArray[Any]) -> FilmPixels:
    bits, signed = layout.bits_stored, layout.signed
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if layout.photometric == "PALETTE COLOR":
        values, bits = through_palette(dataset, values), 16
        signed = False
    if values.ndim == 3:
        is_luminance_first = layout.photometric in LUMINANCE_FIRST
        values = values[..., 0] if is_luminance_first else _luminance(values)
    return FilmPixels(
        frame=np.ascontiguousarray(values),
        photometric=layout.photometric,
        frames=layout.frames,
        bits_stored=bits,
        signed=signed,
    )


def through_palette(dataset: Dataset, values: NDArray[Any]) -> NDArray[Any]:
    """(rows, columns, 3) uint16, RGB, of a palette film's indices.

    Raises:
        UnsupportedPixels: the lookup tables are missing or segmented.
    """
    channels = []
    for colour in ("Red", "Green", "Blue"):
        lut = palette_lut(dataset, colour)
        if lut is None:  # segmented tables (PS3.3 C.7.9.2) are for maps of colour, not for films
            message = "the palette colour lookup tables are missing or segmented"
            raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
        # Scaled so that 8-bit tables reach full brightness as 16-bit ones do.
        channels.append(lut(values).astype(np.uint32) * 65535 // ((1 << lut.bits) - 1))
    return np.stack(channels, axis=-1).astype(np.uint16)


def _luminance(rgb: NDArray[Any]) -> NDArray[Any]:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return red  # a grey film captured as colour keeps its very values
    luma: NDArray[Any] = np.rint(_LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue)
    return luma.astype(rgb.dtype)
