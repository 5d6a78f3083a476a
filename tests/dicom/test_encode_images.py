"""JPEG and PNG images in and out."""

import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from plainfilm.dicom import decode_image, encode_jpeg, encode_png
from plainfilm.errors import InputError, Reason, SettingsError, UnsupportedPixels

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import grain

GREY = np.tile(np.arange(200, dtype=np.uint8), (64, 1))


def test_png_is_exact() -> None:
    np.testing.assert_array_equal(decode_image(encode_png(GREY)), GREY)


def test_jpeg_is_close_and_quality_costs_bytes() -> None:
    noisy = grain(64, 64, bits=8).astype(np.uint8)
    assert np.abs(decode_image(encode_jpeg(GREY, 95)).astype(int) - GREY).max() <= 3
    assert len(encode_jpeg(noisy, 50)) < len(encode_jpeg(noisy, 95))


def test_image_is_read_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    path.write_bytes(encode_png(GREY))
    np.testing.assert_array_equal(decode_image(path), GREY)


@pytest.mark.parametrize("encode", [encode_png, lambda image: encode_jpeg(image, 100)])
def test_colour_becomes_luminance(encode: object) -> None:
    rgb = np.zeros((16, 16, 3), np.uint8)
    rgb[..., 1] = 200
    decoded = decode_image(encode(rgb))  # type: ignore[operator]
    assert np.abs(decoded.astype(int) - round(0.587 * 200)).max() <= 2


def test_16_bit_png_gives_its_upper_bits() -> None:
    deep = imagecodecs.png_encode(GREY.astype(np.uint16) << 8 | 255)
    np.testing.assert_array_equal(decode_image(deep), GREY)


def test_transparency_is_ignored() -> None:
    with_alpha = np.dstack([GREY, np.full_like(GREY, 9)])
    np.testing.assert_array_equal(decode_image(imagecodecs.png_encode(with_alpha)), GREY)


BOMB = encode_png(GREY)[:16] + b"\xff\xff\xff\xff" * 2 + encode_png(GREY)[24:]  # by its header


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.NOT_AN_IMAGE),
        (b"no image", Reason.NOT_AN_IMAGE),
        (encode_png(GREY)[:60], Reason.TRUNCATED_PIXELS),
        (encode_png(GREY)[:20], Reason.TRUNCATED_PIXELS),
        (encode_jpeg(GREY)[:-200], Reason.TRUNCATED_PIXELS),
        (BOMB, Reason.UNDECODABLE_PIXELS),
        (imagecodecs.jpegls_encode(GREY), Reason.NOT_AN_IMAGE),
    ],
)
def test_what_is_no_whole_image_is_refused(data: bytes, reason: Reason) -> None:
    with pytest.raises(UnsupportedPixels) as caught:
        decode_image(data)
    assert caught.value.reason is reason


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        decode_image(tmp_path / "gone.png")
    assert caught.value.reason is Reason.FILE_VANISHED
    with pytest.raises(InputError) as caught:
        decode_image(tmp_path)
    assert caught.value.reason is Reason.FILE_UNREADABLE


@pytest.mark.parametrize("quality", [0, 101])
def test_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(SettingsError, match="quality"):
        encode_jpeg(GREY, quality)


@pytest.mark.parametrize(
    "frame", [GREY.astype(np.int16), np.zeros((0, 4), np.uint8), np.zeros((2, 2, 4), np.uint8)]
)
def test_array_that_is_no_frame_is_refused(frame: np.ndarray) -> None:
    for encode in (encode_jpeg, encode_png):
        with pytest.raises(UnsupportedPixels):
            encode(frame)


def test_frame_of_16_bit_is_no_jpeg() -> None:
    with pytest.raises(UnsupportedPixels):
        encode_jpeg(GREY.astype(np.uint16))


def test_jpeg_side_beyond_its_format_is_refused() -> None:
    with pytest.raises(UnsupportedPixels, match="65535"):
        encode_jpeg(np.zeros((1, 65536), np.uint8))


@pytest.mark.shared_data
def test_development_film_is_decoded(shared_data: Path) -> None:
    path = next((shared_data / "nih_chestxray14_1000" / "images").glob("*.jpg"))
    image = decode_image(path)
    assert image.ndim == 2
    assert image.std() > 10
