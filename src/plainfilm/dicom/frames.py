"""Changing some frames of a film, or the bits that no sample uses, and leaving all the rest of its
pixel data as it is.

A changed frame is encoded again in the film's own transfer syntax. Lossless ones stay lossless;
JPEG 2000, HTJ2K and JPEG-LS lose nothing more, since their lossy syntaxes also hold lossless
codestreams; JPEG baseline is written with the quantisation tables it had.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian

from plainfilm.dicom import _codecs, _encoders
from plainfilm.dicom._codestream import read_codestream
from plainfilm.dicom._layout import Layout, value_of
from plainfilm.dicom._quiet import quiet_pydicom
from plainfilm.dicom.dataset import DataElement, Dataset
from plainfilm.dicom.pixels import (
    NATIVE_SYNTAXES,
    encoded_frame,
    pixel_data,
    samples_of,
    transfer_syntax_of,
)
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["clear_unused_bits", "edit_frames"]

Samples = NDArray[Any]
Edit = Callable[[Samples], Samples]

_PIXEL_DATA: Final = 0x7FE00010
_JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"
_JPEG_EXTENDED: Final = "1.2.840.10008.1.2.4.51"
_ENCODERS: Final[dict[str, Callable[[Samples, int], bytes]]] = {
    "1.2.840.10008.1.2.5": _encoders.rle,
    "1.2.840.10008.1.2.4.57": _encoders.jpeg_lossless,
    "1.2.840.10008.1.2.4.70": _encoders.jpeg_lossless,
    "1.2.840.10008.1.2.4.80": _encoders.jpeg_ls,
    "1.2.840.10008.1.2.4.81": _encoders.jpeg_ls,
    "1.2.840.10008.1.2.4.90": _encoders.jpeg_2000,
    "1.2.840.10008.1.2.4.91": _encoders.jpeg_2000,
    "1.2.840.10008.1.2.4.201": _encoders.htj2k,
    "1.2.840.10008.1.2.4.202": _encoders.htj2k,
    "1.2.840.10008.1.2.4.203": _encoders.htj2k,
}
_LOSSLESS: Final = frozenset(
    {
        _codecs.RLE,
        "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202",
    }
)


def edit_frames(dataset: Dataset, edits: Mapping[int, Edit]) -> None:
    """Replace frames by what edits make of them.

    The PixelData element is replaced, never changed: a dataset that shares it keeps its own.

    Args:
        edits: index of the frame, from 0 → function from its samples, (rows, columns) or (rows,
            columns, samples), stored values or palette indices, to new ones of the same shape and
            type. Colour comes as RGB from lossy JPEG and JPEG 2000, else as it is stored.
    Raises:
        UnsupportedPixels: the pixels cannot be decoded or are in a form that is not written:
            single bits, native YBR_FULL_422, JPEG extended of more than 8 bits.
    Source: DICOM PS3.5 8.2 and annex A.4.
    """
    if not edits:
        return
    layout, data = pixel_data(dataset)
    syntax = transfer_syntax_of(dataset)
    if layout.bits_allocated == 1 or (
        syntax in NATIVE_SYNTAXES and layout.photometric == "YBR_FULL_422"
    ):
        raise _not_written(f"{layout.bits_allocated}-bit {layout.photometric}")
    with quiet_pydicom():
        if syntax in NATIVE_SYNTAXES:
            new = _native_data(dataset, data, layout, edits)
        else:
            new = _encapsulated_data(dataset, data, layout, edits)
        element = dataset[_PIXEL_DATA]
        replaced = DataElement(_PIXEL_DATA, element.VR, new)
        replaced.is_undefined_length = syntax not in NATIVE_SYNTAXES
        dataset.add(replaced)


def clear_unused_bits(dataset: Dataset) -> None:
    """Clear the bits of each sample's word that the sample does not use, where overlays once lay.

    Above a signed sample lie copies of its sign, written anew. Of compressed frames only those
    are encoded again that hold such bits. Lossy ones stay as they are: a value above the stored
    bits is an error of the compression there.

    Raises:
        UnsupportedPixels: as `edit_frames`.
    Source: DICOM PS3.5 8.1.1; overlays in unused bits: PS3.3-2004 C.9.2 (retired).
    """
    layout, data = pixel_data(dataset)
    if layout.bits_stored == layout.bits_allocated:
        return
    syntax = transfer_syntax_of(dataset)
    if syntax in NATIVE_SYNTAXES:
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        word = np.dtype(f"{order}u{layout.bits_allocated // 8}")
        words = np.frombuffer(data, word, len(data) // word.itemsize)
        cleared = _cleared(words, layout).view(word)
        if not np.array_equal(cleared, words):
            new = cleared.tobytes() + data[words.nbytes :]
            dataset.add(DataElement(_PIXEL_DATA, dataset[_PIXEL_DATA].VR, new))
    elif syntax in _LOSSLESS:
        with quiet_pydicom():
            unclear = [i for i in range(layout.frames) if _is_unclear(dataset, data, layout, i)]
        # Samples of RLE come without their unused bits, so that it is enough to write them again.
        clear = np.asarray if syntax == _codecs.RLE else partial(_cleared, layout=layout)
        edit_frames(dataset, dict.fromkeys(unclear, clear))


def _is_unclear(dataset: Dataset, data: bytes, layout: Layout, index: int) -> bool:
    """Whether a compressed frame holds bits that its samples do not use."""
    encoded = encoded_frame(dataset, data, layout, index)
    if transfer_syntax_of(dataset) == _codecs.RLE:
        words = _codecs.decode_rle(encoded, layout)
    else:
        stream = read_codestream(encoded)
        if stream is None or stream.precision <= max(layout.bits_stored, layout.high_bit):
            return False
        words = samples_of(dataset, data, layout, colour=True, index=index)
    return not np.array_equal(_cleared(words, layout).view(words.dtype), words)


def _cleared(words: Samples, layout: Layout) -> Samples:
    """Words of the allocated width without the bits that their samples do not use."""
    width = words.dtype.itemsize
    typed = words.view(words.dtype.str[0] + ("i" if layout.signed else "u") + str(width))
    above = 8 * width - 1 - layout.high_bit
    below = layout.high_bit + 1 - layout.bits_stored
    return (((typed << above) >> (above + below)) << below).astype(typed.dtype, copy=False)


def _native_data(dataset: Dataset, data: bytes, layout: Layout, edits: Mapping[int, Edit]) -> bytes:
    changed = bytearray(data)
    length = layout.frame_bits // 8
    syntax = transfer_syntax_of(dataset)
    for index, edit in edits.items():
        samples = samples_of(dataset, data, layout, index=index)
        edited = edit(samples.copy())
        differs = edited != samples
        stored = _stored_words(dataset, data, layout, index)
        shift = layout.high_bit + 1 - layout.bits_stored
        new = (edited.view(f"u{edited.dtype.itemsize}") << shift).astype(stored.dtype)
        # What else lies in the words of unchanged samples stays there.
        frame = np.where(differs, new & _used_bits(layout), stored).astype(stored.dtype)
        if layout.planar and layout.samples > 1:
            frame = np.moveaxis(frame, -1, 0)
        changed[index * length : (index + 1) * length] = _in_order(dataset, frame, syntax)
    return bytes(changed)


def _stored_words(dataset: Dataset, data: bytes, layout: Layout, index: int) -> Samples:
    """The samples with every bit that is allocated to them."""
    whole = Layout(
        **{
            **{name: getattr(layout, name) for name in layout.__slots__},
            "bits_stored": layout.bits_allocated,
            "high_bit": layout.bits_allocated - 1,
            "signed": False,
        }
    )
    return samples_of(dataset, data, whole, index=index)


def _used_bits(layout: Layout) -> Any:
    mask = ((1 << layout.bits_stored) - 1) << (layout.high_bit + 1 - layout.bits_stored)
    return np.dtype(f"u{layout.bits_allocated // 8}").type(mask)


def _in_order(dataset: Dataset, frame: Samples, syntax: str) -> bytes:
    if syntax != ExplicitVRBigEndian:
        return _encoders.native(np.ascontiguousarray(frame), 0)
    data = frame.astype(frame.dtype.newbyteorder(">")).tobytes()
    if frame.dtype.itemsize == 1 and dataset.get_item("PixelData").VR == "OW":
        if len(data) % 2:
            raise _not_written("an odd number of bytes in big-endian words")
        return np.frombuffer(data, np.uint16).byteswap().tobytes()
    return data


def _encapsulated_data(
    dataset: Dataset, data: bytes, layout: Layout, edits: Mapping[int, Edit]
) -> bytes:
    frames = []
    for index in range(layout.frames):
        encoded = encoded_frame(dataset, data, layout, index)
        if index in edits:
            samples = samples_of(dataset, data, layout, colour=True, index=index)
            edited = np.ascontiguousarray(edits[index](samples.copy()))
            encoded = _encoded(dataset, edited, layout, encoded)
        frames.append(encoded + b"\0" * (len(encoded) % 2))
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in dataset:  # the basic one that is written now serves all readers
            del dataset[keyword]
    return encapsulate(frames)


def _encoded(dataset: Dataset, samples: Samples, layout: Layout, original: bytes) -> bytes:
    syntax = transfer_syntax_of(dataset)
    if syntax in (_JPEG_BASELINE, _JPEG_EXTENDED):
        if samples.dtype != np.uint8:
            raise _not_written("JPEG extended of more than 8 bits")
        _mark_lossy(dataset, samples.nbytes / len(original))
        return _encoders.jpeg_with_tables_of(samples, original)
    if syntax == _codecs.RLE:  # only here are samples shifted to their place in the word
        samples = samples << (layout.high_bit + 1 - layout.bits_stored)
    return _ENCODERS[syntax](samples, layout.high_bit + 1)


def _mark_lossy(dataset: Dataset, ratio: float) -> None:
    """PS3.3 C.7.6.1.1.5: once lossy, always marked; a further step adds its ratio and method."""
    dataset.LossyImageCompression = "01"
    for keyword, new in (
        ("LossyImageCompressionRatio", f"{ratio:.2f}"),
        ("LossyImageCompressionMethod", "ISO_10918_1"),
    ):
        old = value_of(dataset, keyword)
        values = [] if old in (None, "") else [old] if isinstance(old, (str, float)) else list(old)
        setattr(dataset, keyword, [*map(str, values), new])


def _not_written(what: str) -> UnsupportedPixels:
    return UnsupportedPixels(f"{what}: not written by plainfilm", Reason.UNDECODABLE_PIXELS)
