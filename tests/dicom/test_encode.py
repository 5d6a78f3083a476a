"""Encoding: what plainfilm writes, it and pydicom read back."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from plainfilm.dicom import (
    ENCODABLE_SYNTAXES,
    Dataset,
    decode_film,
    encode_pixels,
    read_dataset,
    write_dataset,
)
from plainfilm.errors import Reason, UnsupportedPixels

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import (
    EXPLICIT,
    JPEG_BASELINE,
    RLE,
    film,
    grain,
)

LOSSLESS = sorted(set(ENCODABLE_SYNTAXES) - {JPEG_BASELINE})


@pytest.mark.parametrize("syntax", LOSSLESS)
@given(
    frame=st.sampled_from(["uint8", "uint16", "int8", "int16"]).flatmap(
        lambda dtype: arrays.arrays(dtype, st.tuples(st.integers(1, 12), st.integers(1, 200)))
    )
)
def test_any_frame_survives_a_lossless_syntax(syntax: str, frame: np.ndarray) -> None:
    dataset = Dataset()
    encode_pixels(dataset, frame, syntax)
    decoded = decode_film(dataset)
    np.testing.assert_array_equal(decoded.frame, frame)
    assert decoded.frame.dtype == frame.dtype


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("bits", [2, 7, 10, 12, 15])
@pytest.mark.parametrize("kind", ["u", "i"])
def test_stored_bits_are_kept_when_the_values_fit(syntax: str, bits: int, kind: str) -> None:
    low, high = (0, 1 << bits) if kind == "u" else (-(1 << (bits - 1)), 1 << (bits - 1))
    frame = np.random.default_rng(bits).integers(low, high, (9, 14)).astype(f"{kind}2")
    frame[0, :2] = low, high - 1
    dataset = Dataset()
    dataset.BitsStored = bits
    encode_pixels(dataset, frame, syntax)
    assert (dataset.BitsStored, dataset.HighBit) == (bits, bits - 1)
    np.testing.assert_array_equal(decode_film(dataset).frame, frame)


def test_stored_bits_grow_when_a_value_does_not_fit() -> None:
    dataset = Dataset()
    dataset.BitsStored = 10
    encode_pixels(dataset, np.array([[1024]], np.uint16), EXPLICIT)
    assert dataset.BitsStored == 16


@pytest.mark.parametrize("syntax", [RLE, EXPLICIT])
@pytest.mark.parametrize("shape", [(1, 1), (7, 129), (33, 257)])
def test_pydicom_reads_what_was_written(
    tmp_path: Path, syntax: str, shape: tuple[int, int]
) -> None:
    frame = grain(*shape)
    frame[: shape[0] // 2] = 77  # runs
    dataset = film(frame)
    encode_pixels(dataset, frame, syntax)
    write_dataset(dataset, tmp_path / "film.dcm")
    np.testing.assert_array_equal(read_dataset(tmp_path / "film.dcm").pixel_array, frame)


@pytest.mark.parametrize("syntax", sorted(ENCODABLE_SYNTAXES))
def test_every_syntax_survives_the_file(tmp_path: Path, syntax: str) -> None:
    frame = np.tile(np.arange(200, dtype=np.uint8), (64, 1))
    dataset = film(frame)
    encode_pixels(dataset, frame, syntax)
    write_dataset(dataset, tmp_path / "film.dcm")
    assert read_dataset(tmp_path / "film.dcm").file_meta.TransferSyntaxUID == syntax
    decoded = decode_film(tmp_path / "film.dcm").frame.astype(int)
    assert np.abs(decoded - frame).max() <= (4 if syntax == JPEG_BASELINE else 0)


def test_syntaxes_that_the_sample_films_need_are_all_there() -> None:
    assert set(ENCODABLE_SYNTAXES) == {
        "1.2.840.10008.1.2",  # implicit VR little endian
        "1.2.840.10008.1.2.1",  # explicit VR little endian
        "1.2.840.10008.1.2.5",  # RLE
        "1.2.840.10008.1.2.4.50",  # JPEG baseline
        "1.2.840.10008.1.2.4.70",  # JPEG lossless SV1
        "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
        "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    }


def test_attributes_of_the_old_pixels_are_gone() -> None:
    rgb = np.zeros((4, 4, 3), np.uint8)
    dataset = film(rgb, NumberOfFrames=1, PlanarConfiguration=0, SmallestImagePixelValue=3)
    encode_pixels(dataset, grain(5, 6), EXPLICIT)
    assert (dataset.Rows, dataset.Columns, dataset.SamplesPerPixel) == (5, 6, 1)
    assert dataset.PhotometricInterpretation == "MONOCHROME2"
    for keyword in ("NumberOfFrames", "PlanarConfiguration", "SmallestImagePixelValue"):
        assert keyword not in dataset


def test_polarity_of_the_film_stays() -> None:
    dataset = film(grain(4, 4), PhotometricInterpretation="MONOCHROME1")
    encode_pixels(dataset, grain(4, 4), RLE)
    assert dataset.PhotometricInterpretation == "MONOCHROME1"


def test_lossy_film_is_marked_as_lossy() -> None:
    frame = grain(40, 40, bits=8).astype(np.uint8)
    dataset = film(frame)
    encode_pixels(dataset, frame, JPEG_BASELINE)
    assert dataset.LossyImageCompression == "01"
    assert dataset.LossyImageCompressionMethod == "ISO_10918_1"
    assert float(dataset.LossyImageCompressionRatio) > 0


def test_source_frame_is_not_changed() -> None:
    frame = grain(8, 8)[:, ::2]  # not contiguous, either
    before = frame.copy()
    for syntax in LOSSLESS:
        encode_pixels(Dataset(), frame, syntax)
    np.testing.assert_array_equal(frame, before)


@pytest.mark.parametrize(
    ("frame", "syntax", "reason"),
    [
        (grain(4, 4), "1.2.840.10008.1.2.4.91", Reason.UNSUPPORTED_TRANSFER_SYNTAX),
        (grain(4, 4), JPEG_BASELINE, Reason.UNDECODABLE_PIXELS),  # 8 bits only
        (grain(4, 4).astype(np.float32), EXPLICIT, Reason.UNDECODABLE_PIXELS),
        (np.zeros((2, 2, 3), np.uint8), EXPLICIT, Reason.UNDECODABLE_PIXELS),
        (np.zeros((0, 2), np.uint8), EXPLICIT, Reason.UNDECODABLE_PIXELS),
        (np.zeros((1, 65536), np.uint8), EXPLICIT, Reason.UNDECODABLE_PIXELS),
    ],
)
def test_frame_that_cannot_be_written_is_refused(
    frame: np.ndarray, syntax: str, reason: Reason
) -> None:
    with pytest.raises(UnsupportedPixels) as caught:
        encode_pixels(Dataset(), frame, syntax)
    assert caught.value.reason is reason
