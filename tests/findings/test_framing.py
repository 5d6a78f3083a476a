"""Films as networks take them, and the way back to the stored film."""

from pathlib import Path

import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import open_image, squared, write_dataset
from plainfilm.errors import InputError, Reason, UnsupportedPixels
from plainfilm.findings.framing import Frame, show_film
from plainfilm.records import Location

ROWS, COLUMNS = 300, 200
# A bright patch of columns 20 to 60 and rows 240 to 270: low on the left.
PATCH = (20, 240, 60, 270)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Location:
    frame = np.zeros((ROWS, COLUMNS), np.uint8)
    xmin, ymin, xmax, ymax = PATCH
    frame[ymin:ymax, xmin:xmax] = 255
    path = tmp_path_factory.mktemp("films") / "film.dcm"
    tags = {"WindowCenter": 128, "WindowWidth": 256}
    write_dataset(make_film(tags, frame=frame, bits_stored=8), path)
    return Location(path)


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "frame",
    [
        Frame(300, 300, "pad"),
        Frame(100, 260, "pad"),
        Frame(600, 500, "pad"),
        Frame(150, 100, "stretch"),
        Frame(64, 400, "stretch"),
    ],
)
def test_what_is_seen_in_a_frame_is_found_on_the_film(
    film: Location, frame: Frame, quarter_turns: int
) -> None:
    framed = show_film(film, [frame], quarter_turns).framed(frame)
    assert framed.pixels.shape == (frame.rows, frame.columns)
    assert framed.pixels.dtype == np.float32
    rows, columns = np.nonzero(framed.pixels > 0.5)
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    shares = np.array([box]) / [frame.columns, frame.rows, frame.columns, frame.rows]
    coarsest = max(ROWS, COLUMNS) / min(frame.rows, frame.columns)
    np.testing.assert_allclose(framed.on_film(shares), [PATCH], atol=coarsest)


def test_a_turn_is_clockwise(film: Location) -> None:
    frame = Frame(300, 300, "pad")
    turned = show_film(film, [frame], 1).framed(frame).pixels
    # Low on the left comes high on the left.
    assert turned[:150, :150].sum() > 0.99 * turned.sum()


def test_a_padded_square_is_what_training_takes(film: Location) -> None:
    frame = Frame(64, 64, "pad")
    square = squared(open_image(film).render(64), 64)
    np.testing.assert_allclose(
        show_film(film, [frame]).framed(frame).pixels, square / 255, atol=1e-6
    )


def test_the_central_square_is_cropped(film: Location) -> None:
    frame = Frame(100, 100, "crop")
    framed = show_film(film, [frame]).framed(frame)
    # Rows 50 to 250 of 300 are seen: the patch's first ten.
    assert framed.pixels[:94].max() == 0
    assert framed.pixels[96:, 12:28].min() > 0.9
    np.testing.assert_allclose(framed.on_film(np.array([[0, 0, 1, 1]])), [[0, 50, 200, 250]])


def test_one_decoding_serves_a_small_and_a_large_frame(film: Location) -> None:
    large, small = Frame(240, 160, "pad"), Frame(32, 32, "pad")
    shown = show_film(film, [small, large])
    alone = show_film(film, [small]).framed(small)
    assert shown.framed(large).pixels.max() > 0.9
    np.testing.assert_allclose(shown.framed(small).pixels, alone.pixels, atol=2 / 255)


def test_boxes_beside_the_film_have_no_area(film: Location) -> None:
    frame = Frame(300, 300, "pad")  # the film leaves 50 columns black at each side
    framed = show_film(film, [frame]).framed(frame)
    ((xmin, _, xmax, _),) = framed.on_film(np.array([[0.0, 0.0, 0.1, 1.0]]))
    assert xmin == xmax == 0
    np.testing.assert_allclose(framed.on_film(np.array([[0, 0, 1, 1]])), [[0, 0, COLUMNS, ROWS]])


def test_films_that_show_nothing_or_several_things_are_refused(tmp_path: Path) -> None:
    blank = tmp_path / "blank.dcm"
    write_dataset(make_film(frame=np.full((64, 64), 7, np.uint8), bits_stored=8), blank)
    text = tmp_path / "text.txt"
    text.write_text("a note")
    for path, reason in ((blank, Reason.BLANK_IMAGE), (text, Reason.NOT_AN_IMAGE)):
        with pytest.raises(InputError) as told:
            show_film(Location(path), [Frame(64, 64, "pad")])
        assert told.value.reason is reason


def test_several_frames_are_refused(tmp_path: Path) -> None:
    dataset = make_film()
    dataset.NumberOfFrames = 2
    dataset.PixelData = bytes(dataset.PixelData) * 2
    write_dataset(dataset, tmp_path / "two.dcm")
    with pytest.raises(UnsupportedPixels) as told:
        show_film(Location(tmp_path / "two.dcm"), [Frame(64, 64, "pad")])
    assert told.value.reason is Reason.SEVERAL_FRAMES
