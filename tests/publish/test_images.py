import numpy as np
import pytest

from plainfilm.errors import SettingsError
from plainfilm.publish.images import Fitting, ImageFormat, Resize, Side, fit


@pytest.mark.parametrize(
    ("text", "rows", "columns", "expected"),
    [
        # A film of 3000 x 2000; only the longer side is brought to 1024.
        ("longer:1024", 3000, 2000, Fitting(1024, 683, 1024, 683)),
        ("longer:1024", 2000, 3000, Fitting(683, 1024, 683, 1024)),
        ("shorter:512", 3000, 2000, Fitting(768, 512, 768, 512)),
        # The film is centred, the odd pixel goes to the right.
        ("square:512", 3000, 2000, Fitting(512, 341, 512, 512, top=0, left=85)),
        ("square:512", 2000, 3000, Fitting(341, 512, 512, 512, top=85, left=0)),
        # Nothing is enlarged: a square is filled up with black.
        ("longer:1024", 600, 400, Fitting(600, 400, 600, 400)),
        ("shorter:512", 600, 512, Fitting(600, 512, 600, 512)),
        ("square:1024", 600, 400, Fitting(600, 400, 1024, 1024, top=212, left=312)),
        # A strip keeps at least a pixel.
        ("longer:16", 65535, 2, Fitting(16, 1, 16, 1)),
    ],
)
def test_where_a_film_lies(text: str, rows: int, columns: int, expected: Fitting) -> None:
    assert Resize.parse(text).fitting(rows, columns) == expected
    assert str(Resize.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["1024", "longer", "longer:", "longer:-5", "wide:512", "longer:1e3", "Longer:512", ""]
)
def test_other_texts_are_no_size(text: str) -> None:
    with pytest.raises(SettingsError, match=r"longer:PIXELS, shorter:PIXELS or square:PIXELS"):
        Resize.parse(text)


@pytest.mark.parametrize("pixels", [0, 15, 65536])
def test_sizes_have_limits(pixels: int) -> None:
    with pytest.raises(SettingsError, match="16 to 65535 pixels"):
        Resize(Side.LONGER, pixels)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_shrinking_averages_areas(kind: type) -> None:
    white = np.iinfo(kind).max
    image = np.zeros((64, 32), kind)
    image[::2] = white
    shrunk = fit(image, Fitting(32, 16, 32, 32, top=0, left=8))
    assert shrunk.dtype == kind
    assert (shrunk[:, 8:24] == round(white / 2)).all()
    assert not shrunk[:, :8].any()
    assert not shrunk[:, 24:].any()


def test_an_image_of_the_right_size_is_not_touched() -> None:
    image = np.arange(600, dtype=np.uint16).reshape(30, 20)
    assert fit(image, Resize(Side.LONGER, 100).fitting(30, 20)) is image


def test_suffixes() -> None:
    assert [kind.suffix for kind in ImageFormat] == [".jpg", ".png", ".png", ".dcm"]
