"""Lines are found, read and judged in every turn and ink; markers and anatomy are no identity."""

import imagecodecs
import numpy as np
import pytest
from scipy import ndimage

from plainfilm.deid.burned_text import Verdict, search, search_film
from plainfilm.deid.burned_text.candidates import SECOND_SEARCH, find_candidates
from plainfilm.deid.burned_text.greys import search_range
from plainfilm.deid.burned_text.patches import patches_of
from plainfilm.deid.burned_text.reading import Reading, read_lines
from plainfilm.errors import Reason, UnsupportedPixels

LINE = "DOE, JANE 1956-03-04"


@pytest.mark.parametrize("ink", [255, 0, 30, 170])
@pytest.mark.parametrize("pixels", [14, 36])
def test_line_is_identity_where_it_is(smooth, write, jane, ink, pixels):
    (box,) = search_film(write(smooth(), LINE, 40, 60, pixels=pixels, ink=ink), jane)
    assert (box.verdict, box.why, box.turn) == (Verdict.IDENTITY, "header", 0)
    assert abs(box.x - 40) <= 6
    assert abs(box.y - 60) <= 4
    assert box.height <= 1.3 * pixels


@pytest.mark.parametrize("field", [0, 255])
def test_faint_line_is_found_on_its_own_field(smooth, write, jane, field):
    film = np.random.default_rng(0).normal(smooth(), 4).clip(0, 255).astype(np.uint8)
    film[50:100, 30:400] = field
    (box,) = search_film(write(film, LINE, ink=abs(field - 28)), jane)
    assert box.why == "header"


def test_line_is_whole_where_its_ground_turns_from_dark_to_bright(smooth, write, jane):
    film = np.repeat(np.linspace(20, 230, 520)[None], 400, axis=0).astype(np.uint8)
    (box,) = search_film(write(film, LINE, 40, 60, pixels=32, ink=128), jane)
    assert box.why == "header"
    assert box.width > 320


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_line_is_read_in_every_turn(smooth, write, jane, turns):
    film = np.rot90(write(smooth(), LINE), turns)
    (box,) = search_film(np.ascontiguousarray(film), jane)
    assert box.verdict is Verdict.IDENTITY
    assert box.turn == 90 * turns  # counterclockwise it was turned, clockwise it is set upright


def test_text_that_no_header_knows_is_identity(smooth, write, jane):
    (box,) = search_film(write(smooth(), "Okafor, Kwame"), jane)
    assert (box.verdict, box.why) == (Verdict.IDENTITY, "unknown_word")


@pytest.mark.parametrize("reading", [Reading("", 0.0), Reading("rp", 0.68), Reading("B CE", 0.9)])
def test_text_without_a_reading_is_doubtful_for_its_shape(
    monkeypatch, smooth, write, jane, reading
):
    film = write(smooth(), "OKAFOR KWAME ADEBAYO", pixels=30)
    monkeypatch.setattr(search, "read_lines", lambda lines: [reading] * len(lines))
    assert {box.why for box in search_film(film, jane)} == {"unreadable"}


@pytest.mark.parametrize("text", ["AP PORTABLE", "ORTOSTASE", "COM CARGA", "80 kV 2 mAs"])
def test_markers_are_kept(smooth, write, jane, text):
    boxes = search_film(write(smooth(), text, pixels=30), jane)
    assert {box.verdict for box in boxes} <= {Verdict.KEEP}


@pytest.mark.parametrize("text", ["L", "R", "AP"])
def test_letters_alone_are_no_text(smooth, write, jane, text):
    assert search_film(write(smooth(), text, pixels=40), jane) == ()


def test_line_survives_lossy_compression(smooth, write, jane):
    film = write(smooth(), LINE, pixels=30)
    lossy = imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(film, level=60))
    assert [box.why for box in search_film(lossy, jane)] == ["header"]


@pytest.mark.parametrize("deviation", [0, 5, 15, 60])
def test_noise_is_no_text(jane, deviation):
    noise = np.random.default_rng(0).normal(128, deviation, (512, 512))
    assert search_film(noise.clip(0, 255).astype(np.uint8), jane) == ()


@pytest.mark.parametrize("seed", range(4))
def test_film_without_text_has_no_candidates(smooth, seed):
    film = smooth(seed=seed)
    assert find_candidates(film) == []
    assert find_candidates(film, SECOND_SEARCH) == []


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (5, 5), (40, 40)])
def test_tiny_films_have_no_text(jane, shape):
    assert search_film(np.zeros(shape, np.uint8), jane) == ()


@pytest.mark.parametrize("low", [0, -2000, 1000])
def test_line_is_read_in_stored_values(smooth, write, jane, low):
    film = write(smooth(), LINE).astype(np.int16) * 16 + low
    assert [box.why for box in search_film(film, jane)] == ["header"]


def test_paper_form_is_text_everywhere(smooth, write, jane):
    page = np.full((1400, 700), 250, np.uint8)
    for row in range(66):
        page = write(page, "Given name and address", 20, 8 + 21 * row, pixels=16, ink=10)
    with pytest.raises(UnsupportedPixels, match="text everywhere") as raised:
        search_film(page, jane)
    assert raised.value.reason is Reason.BURNED_IN_TEXT


def test_patches_are_those_of_scipy():
    rng = np.random.default_rng(0)
    for _ in range(20):
        image = rng.integers(0, 255, (60, 70)).astype(np.uint8)
        mask = (rng.random(image.shape) < 0.35).astype(np.uint8)
        mask[:, -1] = 0
        patches = patches_of(image, mask.copy())
        labels, count = ndimage.label(mask, np.ones((3, 3)))
        index = np.arange(1, count + 1)
        expected = sorted(
            (place[1].start, place[0].start, place[1].stop, place[0].stop, int(size), grey)
            for place, size, grey in zip(
                ndimage.find_objects(labels),
                ndimage.sum(mask, labels, index),
                ndimage.mean(image, labels, index),
                strict=True,
            )
        )
        found = zip(
            patches.left, patches.top, patches.right, patches.bottom, patches.pixels, patches.grey,
            strict=True,
        )  # fmt: skip
        np.testing.assert_allclose(sorted(found), expected)


def test_no_lines_are_no_readings():
    assert read_lines([]) == []
    blank = np.full((20, 60), 255, np.uint8)
    assert read_lines([blank, blank[:, :3]]) == [Reading("", 0.0)] * 2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32])
def test_search_range_keeps_the_order_of_values(dtype):
    rng = np.random.default_rng(1)
    frame = rng.integers(0, np.iinfo(np.uint8).max, (60, 60)).astype(dtype)
    frame[0, 0] = min(np.iinfo(dtype).max, 1 << 20)
    shown = search_range(frame)
    order = np.argsort(frame, axis=None)
    assert shown.dtype == np.uint8
    assert (np.diff(shown.ravel()[order].astype(int)) >= 0).all()


def test_search_range_of_a_flat_film_is_flat():
    assert not search_range(np.full((4, 4), 7, np.uint16)).any()
