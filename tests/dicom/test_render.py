"""Display rendering: bright = dense, padding black, area averages, aspect kept."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.dicom import Dataset, DicomSequence, downscale, read_dataset, render_display
from plainfilm.errors import SettingsError, UnsupportedPixels

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import all_files, film, grain

FILES = all_files()
RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def windowed(frame: np.ndarray = RAMP, **attributes: object) -> Dataset:
    return film(frame, BitsStored=12, WindowCenter=2048, WindowWidth=4096, **attributes)


# --- which way is bright ---
# PhotometricInterpretation, PresentationLUTShape -> is a low stored value shown dark?
@pytest.mark.parametrize(
    ("photometric", "shape", "low_is_dark"),
    [
        ("MONOCHROME2", None, True),
        ("MONOCHROME2", "IDENTITY", True),
        ("MONOCHROME2", "INVERSE", False),
        ("MONOCHROME1", None, False),
        ("MONOCHROME1", "INVERSE", False),  # as DX demands it: one inversion, not two
        ("MONOCHROME1", "IDENTITY", False),
    ],
)
def test_bright_is_dense(photometric: str, shape: str | None, *, low_is_dark: bool) -> None:
    dataset = windowed(PhotometricInterpretation=photometric, PresentationLUTShape=shape)
    shown = render_display(dataset)
    assert (shown[0, 0], shown[-1, -1]) == ((0, 255) if low_is_dark else (255, 0))


def test_full_window_is_a_straight_line() -> None:
    shown = render_display(windowed())
    np.testing.assert_array_equal(shown, np.rint(RAMP / 4095 * 255))


def test_window_applies_after_rescale() -> None:
    dataset = film(RAMP, RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=0, WindowWidth=101)
    shown = render_display(dataset)
    assert shown.ravel()[500 - 60] == 0
    assert shown.ravel()[500 + 60] == 255


def test_voi_lut_goes_before_window() -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, 8])
    item.add_new("LUTData", "OW", np.full(4096, 200, "<u2").tobytes())
    dataset = windowed(VOILUTSequence=DicomSequence([item]))
    assert (render_display(dataset) == 200).all()


def test_without_window_the_bulk_of_the_pixels_fills_the_range() -> None:
    frame = grain(100, 100, bits=10)
    frame[0, :5] = 65535  # a few hot pixels must not darken the film
    shown = render_display(film(frame))
    assert 120 < shown.mean() < 136
    assert (shown.min(), shown.max()) == (0, 255)


@pytest.mark.parametrize("width", [0, None])
def test_window_that_is_not_set_counts_as_missing(width: int | None) -> None:
    dataset = film(RAMP, WindowCenter=100, WindowWidth=width)
    np.testing.assert_array_equal(render_display(dataset), render_display(film(RAMP)))


def test_two_values_are_black_and_white() -> None:
    frame = np.full((50, 50), 7, np.uint16)
    frame[0, 0] = 9  # rarer than the share that may saturate
    shown = render_display(film(frame))
    assert (shown[0, 0], shown[1, 1]) == (255, 0)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5)])
def test_film_of_one_value_is_shown(shape: tuple[int, int]) -> None:
    shown = render_display(film(np.full(shape, 7, np.uint16)))
    assert shown.shape == shape
    assert shown.dtype == np.uint8


# --- padding ---


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_whatever_the_polarity(photometric: str) -> None:
    frame = RAMP.copy()
    frame[:8] = 3000
    dataset = windowed(frame, PhotometricInterpretation=photometric, PixelPaddingValue=3000)
    assert (render_display(dataset)[:8] == 0).all()


def test_padding_range_is_inclusive_in_either_order() -> None:
    for padding, limit in ((1000, 1010), (1010, 1000)):
        shown = render_display(windowed(PixelPaddingValue=padding, PixelPaddingRangeLimit=limit))
        assert (shown.ravel()[1000:1011] == 0).all()
        assert shown.ravel()[999] > 0
        assert shown.ravel()[1011] > 0


def test_padding_does_not_count_for_the_range() -> None:
    frame = grain(60, 60, bits=8)
    padded = np.vstack([frame, np.full((60, 60), 60000, np.uint16)])
    shown = render_display(film(padded, PixelPaddingValue=60000))
    np.testing.assert_array_equal(shown[:60], render_display(film(frame)))


def test_padding_value_written_with_the_other_sign_is_understood() -> None:
    frame = np.array([[-2000, 0, 100, 200]], np.int16)
    dataset = film(frame)
    dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)
    assert render_display(dataset).tolist()[0][:2] == [0, 0]


def test_film_of_padding_alone_is_black() -> None:
    frame = np.full((4, 4), 5, np.uint16)
    assert not render_display(film(frame, PixelPaddingValue=5)).any()


# --- values ---


def test_signed_film_is_shown() -> None:
    frame = np.linspace(-1000, 1000, 64).astype(np.int16).reshape(8, 8)
    shown = render_display(film(frame, WindowCenter=0, WindowWidth=2001))
    assert (shown[0, 0], shown[-1, -1]) == (0, 255)


def test_32_bit_film_is_shown() -> None:
    frame = (np.arange(64, dtype=np.uint32) * 60_000_000).reshape(8, 8)
    shown = render_display(film(frame))
    assert (np.diff(shown.ravel().astype(int)) >= 0).all()


def test_colour_film_is_shown_as_it_is() -> None:
    rgb = np.full((5, 5, 3), 100, np.uint8)
    assert (render_display(film(rgb)) == 100).all()


def test_every_film_of_pydicom_that_decodes_is_shown() -> None:
    shown = 0
    for name in ("RG1_UNCR.dcm", "RG3_UNCR.dcm", "693_UNCR.dcm", "mlut_18.dcm", "vlut_04.dcm",
                 "OBXXXX1A.dcm", "US1_UNCR.dcm", "liver.dcm", "rtdose.dcm"):  # fmt: skip
        image = render_display(FILES[name], longest_side=64)
        assert max(image.shape) == 64 or max(image.shape) == 10, name
        assert image.min() < image.max(), name
        shown += 1
    assert shown == 9


def test_bone_is_brighter_than_air_in_a_real_film_stored_inverted() -> None:
    dataset = read_dataset(FILES["RG3_UNCR.dcm"])
    assert dataset.PhotometricInterpretation == "MONOCHROME1"
    shown = render_display(dataset, longest_side=200).astype(int)
    shin, air = shown[40:80, 95:99], shown[40:80, 56:60]
    assert shin.mean() > air.mean() + 80


# --- size ---


@pytest.mark.parametrize(
    ("shape", "longest_side", "expected"),
    [
        ((2500, 2000), 512, (512, 410)),
        ((2000, 2500), 1, (1, 1)),
        ((3000, 2), 100, (100, 1)),
        ((100, 90), 100, (100, 90)),
        ((100, 90), 4000, (100, 90)),  # never enlarged
    ],
)
def test_longest_side_is_what_was_asked_for(
    shape: tuple[int, int], longest_side: int, expected: tuple[int, int]
) -> None:
    assert downscale(np.zeros(shape, np.uint8), longest_side).shape == expected


def test_integer_factor_is_the_mean_of_blocks() -> None:
    image = grain(64, 48, bits=8).astype(np.uint8)
    blocks = image.reshape(16, 4, 12, 4).mean(axis=(1, 3))
    assert np.abs(downscale(image, 16) - blocks).max() <= 0.5


@given(rows=st.integers(1, 90), columns=st.integers(1, 90), longest_side=st.integers(1, 90))
def test_averaging_keeps_brightness_and_range(rows: int, columns: int, longest_side: int) -> None:
    image = grain(rows, columns, bits=8).astype(np.uint8)
    small = downscale(image, longest_side)
    assert abs(float(small.mean()) - float(image.mean())) <= 0.51
    assert image.min() <= small.min() <= small.max() <= image.max()
    flat = np.full((rows, columns), 200, np.uint8)
    assert (downscale(flat, longest_side) == 200).all()


def test_side_below_one_is_refused() -> None:
    with pytest.raises(SettingsError, match="longest_side"):
        render_display(windowed(), longest_side=0)


def test_film_that_cannot_be_decoded_cannot_be_shown() -> None:
    with pytest.raises(UnsupportedPixels):
        render_display(FILES["MR_truncated.dcm"])
