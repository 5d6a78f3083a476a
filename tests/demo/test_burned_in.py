"""The words in the pixels are drawn as letters and leave the rest of the film alone."""

import numpy as np
import pytest

from plainfilm.demo._burned_in import burn_in, draw_text

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-/'_"
# A film with a gradient, so that a change anywhere shows.
FILM = np.add.outer(np.arange(256), np.arange(256)).astype(np.uint16) // 2
FILM = FILM.astype(np.uint8)


def test_letter_is_drawn_as_its_dots():
    expected = ["#...#", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"]
    ink = draw_text(("H",), scale=1)
    assert ["".join(".#"[dot] for dot in row[:5]) for row in ink[:7].astype(int)] == expected


def test_every_letter_differs_from_every_other():
    drawn = {draw_text((letter,), scale=1).tobytes() for letter in LETTERS}
    assert len(drawn) == len(LETTERS)


def test_accents_and_small_letters_are_drawn_as_plain_capitals():
    assert np.array_equal(draw_text(("João",)), draw_text(("JOAO",)))


def test_scale_enlarges_each_dot():
    small, large = draw_text(("X1",), scale=1), draw_text(("X1",), scale=3)
    assert large.shape == (small.shape[0] * 3, small.shape[1] * 3)
    assert np.array_equal(large[::3, ::3], small)


@pytest.mark.parametrize(
    ("style", "ink", "ground"),
    [
        ("corner", 255, 0),  # white on a black field, as X-ray systems write
        ("box", 10, 245),  # dark on a bright field, as paper labels look
    ],
)
def test_field_holds_ink_and_ground_only(style, ink, ground):
    burned, text = burn_in(FILM, ("DOE, JOAN", "ID 1"), style)
    top, left, height, width = text.box
    field = burned[top : top + height, left : left + width]
    assert set(np.unique(field)) == {ink, ground}
    assert np.count_nonzero(field == ground) > np.count_nonzero(field == ink)


@pytest.mark.parametrize("style", ["corner", "box"])
def test_nothing_changes_outside_the_field(style):
    before = FILM.copy()
    burned, text = burn_in(FILM, ("DOE, JOAN",), style)
    top, left, height, width = text.box
    burned[top : top + height, left : left + width] = 0
    expected = FILM.copy()
    expected[top : top + height, left : left + width] = 0
    assert np.array_equal(burned, expected)
    assert np.array_equal(FILM, before)
