"""Small renders: the same picture as a full render made small, from less decoding."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from plainfilm.demo import make_film
from plainfilm.dicom import Dataset, downscale, render_display, render_small
from plainfilm.dicom.pixels import decode_smaller
from plainfilm.errors import SettingsError

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import film, grain

SIDE = 32
SYNTAXES = ("explicit_le", "rle", "jpeg_lossless_sv1", "jpeg_ls", "jpeg_2000_lossless")


def anatomy(rows: int, columns: int, bits: int = 12, seed: int = 5) -> np.ndarray:
    """Smooth shapes with grain over them, as a radiograph has them."""
    random = np.random.default_rng(seed)
    shapes = ndimage.zoom(random.normal(size=(9, 8)), (rows / 9, columns / 8), order=3)
    top = (1 << bits) - 1
    values = top * (0.5 + 0.13 * shapes) + random.normal(0, top / 400, shapes.shape)
    return values.clip(0, top).astype(np.uint8 if bits == 8 else np.uint16)


def difference(dataset: Dataset, side: int = SIDE) -> np.ndarray:
    full = downscale(render_display(dataset), side)
    return np.abs(render_small(dataset, side).astype(int) - full)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    ("photometric", "window"),
    [("MONOCHROME1", {}), ("MONOCHROME2", {"WindowCenter": 2048, "WindowWidth": 3000})],
)
def test_a_small_render_is_the_full_one_made_small(
    syntax: str, photometric: str, window: dict[str, int]
) -> None:
    made = make_film(
        window, frame=anatomy(350, 280), transfer_syntax=syntax, photometric=photometric
    )
    assert difference(made).max() <= 2


# rows, columns that no power of two divides, upright and lying
@pytest.mark.parametrize("shape", [(351, 167), (167, 351), (320, 120), (257, 258)])
def test_jpeg_2000_of_any_size_lies_where_it_should(shape: tuple[int, int]) -> None:
    made = make_film(
        {"WindowCenter": 2048, "WindowWidth": 4096},
        frame=anatomy(*shape),
        transfer_syntax="jpeg_2000_lossless",
    )
    off = difference(made)
    assert off.shape == render_display(made, longest_side=SIDE).shape
    assert off.max() <= 5
    assert off.mean() < 0.5


def test_burned_in_text_stays_nearly_as_it_is() -> None:
    frame = anatomy(450, 360)
    frame[20:35, 20:100] = 4095
    frame[24:31, 30:35] = 0
    made = make_film(
        {"WindowCenter": 2048, "WindowWidth": 4096},
        frame=frame,
        transfer_syntax="jpeg_2000_lossless",
    )
    off = difference(made)
    assert (off > 2).mean() < 0.04
    assert off.max() <= 24


def test_only_as_much_of_jpeg_2000_is_decoded_as_is_looked_at() -> None:
    made = make_film(frame=anatomy(512, 448), transfer_syntax="jpeg_2000_lossless")
    # longer side wanted at least -> times halved
    for least, halvings in ((512, 0), (257, 0), (256, 1), (128, 2), (50, 3), (1, 5)):
        pixels, halved = decode_smaller(made, least)
        assert halved == halvings
        assert max(pixels.frame.shape) == 512 >> halvings


def test_a_side_that_cannot_be_halved_as_often_is_halved_less() -> None:
    made = make_film(frame=anatomy(512, 257), transfer_syntax="jpeg_2000_lossless")
    pixels, halved = decode_smaller(made, 128)
    assert (halved, pixels.frame.shape) == (1, (256, 129))


def test_padding_is_not_blurred_into_the_film() -> None:
    frame = anatomy(256, 256)
    frame[:, :50] = 4095
    made = make_film(
        {"PixelPaddingValue": 4095, "WindowCenter": 2048, "WindowWidth": 4096},
        frame=frame,
        transfer_syntax="jpeg_2000_lossless",
    )
    assert difference(made).max() == 0


def test_eight_bits_are_halved_too() -> None:
    made = make_film(
        {"WindowCenter": 128, "WindowWidth": 256},
        frame=anatomy(256, 200, bits=8),
        transfer_syntax="jpeg_2000_lossless",
        bits_stored=8,
    )
    assert decode_smaller(made, 2 * SIDE)[1] == 2
    assert difference(made).max() <= 3


def test_a_film_smaller_than_asked_for_keeps_its_size() -> None:
    made = film(grain(40, 30))
    np.testing.assert_array_equal(render_small(made, 64), render_display(made))


def test_longest_side_must_be_at_least_one() -> None:
    with pytest.raises(SettingsError, match="longest_side"):
        render_small(film(grain(4, 4)), 0)
