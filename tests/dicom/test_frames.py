"""Changing one frame leaves every other byte of the pixel data as it was."""

import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate, generate_frames

from plainfilm.dicom import (
    _encoders,
    clear_unused_bits,
    decode_film,
    decode_frame,
    edit_frames,
    encode_pixels,
)
from plainfilm.errors import UnsupportedPixels

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import (
    BIG_ENDIAN,
    EXPLICIT,
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    RLE,
    compressed_film,
    film,
    grain,
)

HTJ2K = "1.2.840.10008.1.2.4.201"


def blacken(samples: np.ndarray) -> np.ndarray:
    samples[2:5, 3:9] = 1
    return samples


def blackened(frame: np.ndarray) -> np.ndarray:
    return blacken(frame.copy())


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_native_frames_change_one_by_one(syntax, dtype):
    frames = np.random.default_rng(0).integers(0, 120, (3, 10, 12)).astype(dtype)
    order = ">" if syntax == BIG_ENDIAN else "<"
    data = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
    dataset = film(frames[0], syntax, NumberOfFrames=3, PixelData=data)
    edit_frames(dataset, {1: blacken})
    for index, expected in enumerate((frames[0], blackened(frames[1]), frames[2])):
        np.testing.assert_array_equal(decode_frame(dataset, index), expected)


@pytest.mark.parametrize("planar", [0, 1])
def test_native_colour_changes_in_all_samples(planar):
    rgb = np.random.default_rng(0).integers(0, 255, (10, 12, 3)).astype(np.uint8)
    data = (np.moveaxis(rgb, -1, 0) if planar else rgb).tobytes()
    dataset = film(rgb, PlanarConfiguration=planar, PixelData=data)
    edit_frames(dataset, {0: blacken})
    stored = np.frombuffer(dataset.PixelData, np.uint8)
    shape = (3, 10, 12) if planar else (10, 12, 3)
    stored = stored.reshape(shape)
    np.testing.assert_array_equal(np.moveaxis(stored, 0, -1) if planar else stored, blackened(rgb))


def test_spare_bits_of_unchanged_samples_stay():
    frame = grain(10, 12) | 0x8000
    dataset = film(frame, BitsStored=12)
    edit_frames(dataset, {0: blacken})
    stored = np.frombuffer(dataset.PixelData, "<u2").reshape(10, 12)
    assert (stored[6:] == frame[6:]).all()
    assert (decode_film(dataset).frame[2:5, 3:9] == 1).all()


@pytest.mark.parametrize("syntax", [RLE, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000, HTJ2K])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_frames_stay_lossless_and_others_keep_their_bytes(syntax, bits):
    frames = [grain(40, 30, bits, seed).astype("u1" if bits == 8 else "u2") for seed in (1, 2)]
    streams = [_encoded(frame, syntax, bits) for frame in frames]
    dataset = compressed_film(frames[0], syntax, streams[0], NumberOfFrames=2, BitsStored=bits)
    dataset.PixelData = encapsulate(streams)
    edit_frames(dataset, {1: blacken})
    np.testing.assert_array_equal(decode_frame(dataset, 0), frames[0])
    np.testing.assert_array_equal(decode_frame(dataset, 1), blackened(frames[1]))
    kept = next(generate_frames(dataset.PixelData, number_of_frames=2))
    assert kept.rstrip(b"\0") == streams[0].rstrip(b"\0")


@pytest.mark.parametrize("syntax", [RLE, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000, HTJ2K])
def test_lossless_colour_stays_lossless(syntax):
    rgb = np.random.default_rng(0).integers(0, 255, (20, 24, 3)).astype(np.uint8)
    dataset = compressed_film(rgb, syntax, b"\0\0", PlanarConfiguration=0)
    coded = {
        RLE: lambda: _rle_of(rgb),
        JPEG_LOSSLESS_SV1: lambda: imagecodecs.jpeg8_encode(
            rgb, lossless=True, predictor=1, colorspace="RGB", outcolorspace="RGB"
        ),
        JPEG_LS: lambda: imagecodecs.jpegls_encode(rgb),
        JPEG_2000: lambda: imagecodecs.jpeg2k_encode(rgb, codecformat="j2k", reversible=True),
        HTJ2K: lambda: imagecodecs.htj2k_encode(rgb, reversible=True),
    }
    dataset.PixelData = encapsulate([bytes(coded[syntax]())])
    seen = []
    edit_frames(dataset, {0: blacken})
    edit_frames(dataset, {0: lambda samples: seen.append(samples.copy()) or samples})
    np.testing.assert_array_equal(seen[0], blackened(rgb))


def test_jpeg_baseline_keeps_its_quantisation():
    smooth = np.add.outer(np.arange(64), np.arange(80)).astype(np.uint8)
    stream = imagecodecs.jpeg8_encode(smooth, level=70)
    dataset = compressed_film(smooth, JPEG_BASELINE, stream)
    dataset.LossyImageCompressionRatio, dataset.LossyImageCompressionMethod = "12.5", "ISO_10918_1"
    before = decode_film(dataset).frame.astype(int)
    edit_frames(dataset, {0: blacken})
    after = decode_film(dataset).frame.astype(int)
    assert np.abs(after - before)[16:].max() <= 1
    assert after[3, 5] < 12
    assert dataset.LossyImageCompression == "01"
    assert list(dataset.LossyImageCompressionMethod) == ["ISO_10918_1"] * 2
    assert dataset.LossyImageCompressionRatio[0] == 12.5


@pytest.mark.parametrize(
    "attributes",
    [
        {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "PixelData": bytes(16)},
        {
            "PhotometricInterpretation": "YBR_FULL_422",
            "SamplesPerPixel": 3,
            "PixelData": bytes(10 * 12 * 2),
        },
    ],
)
def test_forms_that_are_not_written_are_refused(attributes):
    dataset = film(np.zeros((10, 12), np.uint8), **attributes)
    with pytest.raises(UnsupportedPixels, match="not written"):
        edit_frames(dataset, {0: blacken})


def test_no_edits_change_nothing():
    dataset = film(grain(5, 5))
    element = dataset["PixelData"]
    edit_frames(dataset, {})
    assert dataset["PixelData"] is element


def _encoded(frame: np.ndarray, syntax: str, bits: int) -> bytes:
    if syntax == HTJ2K:
        return bytes(imagecodecs.htj2k_encode(frame, reversible=True))
    dataset = film(frame, BitsStored=bits)
    encode_pixels(dataset, frame, syntax)
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def _rle_of(rgb: np.ndarray) -> bytes:
    segments = [imagecodecs.packbits_encode(rgb[..., plane].copy(), axis=-1) for plane in range(3)]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    offsets = [64, 64 + len(segments[0]), 64 + len(segments[0]) + len(segments[1])]
    header = np.array([3, *offsets, *[0] * 12], "<u4").tobytes()
    return header + b"".join(segments)


OVERLAID = {
    "above the sample": (16, 12, 11, 15),
    "below the sample": (16, 12, 15, 1),
    "on both sides": (16, 10, 12, 14),
    "byte": (8, 7, 6, 7),
    "byte, below": (8, 7, 7, 0),
    "long word": (32, 24, 23, 30),
}
"""Where an overlay lies: BitsAllocated, BitsStored, HighBit, bit of the overlay."""


def overlaid(allocated: int, stored: int, high: int, bit: int) -> tuple[np.ndarray, np.ndarray]:
    """Words with an overlay in one of their bits, and the same without it."""
    values = np.random.default_rng(0).integers(0, 1 << stored, (10, 12))
    words = (values << (high + 1 - stored)).astype(f"u{allocated // 8}")
    overlay = np.zeros_like(words)
    overlay[2:6, 3:9] = 1
    return words | (overlay << bit), words


@pytest.mark.parametrize("layout", OVERLAID.values(), ids=OVERLAID)
@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN, RLE])
def test_overlay_in_unused_bits_is_cleared_and_the_pixels_stay(layout, syntax):
    allocated, stored, high, _ = layout
    dirty, clean = overlaid(*layout)
    bits = {"BitsAllocated": allocated, "BitsStored": stored, "HighBit": high}
    if syntax == RLE:
        stream = _encoders.rle(dirty, allocated)
        dataset = compressed_film(dirty, RLE, stream, **bits)
    else:
        order = ">" if syntax == BIG_ENDIAN else "<"
        data = dirty.astype(dirty.dtype.newbyteorder(order)).tobytes()
        dataset = film(dirty, syntax, PixelData=data, **bits)
    before = decode_film(dataset).frame
    clear_unused_bits(dataset)
    np.testing.assert_array_equal(decode_film(dataset).frame, before)
    whole = {"BitsStored": allocated, "HighBit": allocated - 1}
    for keyword, value in whole.items():
        setattr(dataset, keyword, value)
    np.testing.assert_array_equal(decode_film(dataset).frame, clean)


@pytest.mark.parametrize("syntax", [JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000])
def test_overlay_above_the_samples_of_a_lossless_codestream_is_cleared(syntax):
    dirty, clean = overlaid(16, 12, 11, 15)
    dataset = compressed_film(dirty, syntax, _encoded(dirty, syntax, 16), BitsStored=12)
    clear_unused_bits(dataset)
    np.testing.assert_array_equal(decode_film(dataset).frame, clean)
    dataset.BitsStored, dataset.HighBit = 16, 15
    np.testing.assert_array_equal(decode_film(dataset).frame, clean)


def test_unused_bits_above_a_signed_sample_repeat_its_sign():
    values = np.random.default_rng(0).integers(-2048, 2048, (10, 12)).astype(np.int16)
    dataset = film(values ^ 0x4000, BitsStored=12)
    clear_unused_bits(dataset)
    np.testing.assert_array_equal(np.frombuffer(dataset.PixelData, "<i2"), values.ravel())


@pytest.mark.parametrize("syntax", [RLE, JPEG_LS])
def test_compressed_frames_without_such_bits_keep_their_bytes(syntax):
    frame = grain(10, 12)
    dataset = compressed_film(frame, syntax, _encoded(frame, syntax, 12), BitsStored=12)
    element = dataset["PixelData"]
    clear_unused_bits(dataset)
    assert dataset["PixelData"] is element


def test_a_change_in_rle_keeps_samples_at_their_place_in_the_word():
    _, words = overlaid(16, 12, 15, 1)
    dataset = compressed_film(words, RLE, _encoders.rle(words, 16), BitsStored=12, HighBit=15)
    edit_frames(dataset, {0: blacken})
    np.testing.assert_array_equal(decode_film(dataset).frame, blackened(words >> 4))
