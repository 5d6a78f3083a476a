"""Rows of letters are told from edges of bone; joined sets are those that SciPy finds."""

import importlib.resources
import tomllib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from plainfilm.deid.burned_text.boxes import Rectangle
from plainfilm.deid.burned_text.candidates import find_candidates
from plainfilm.deid.burned_text.extent import Line, whole_lines
from plainfilm.deid.burned_text.joining import join, numbered
from plainfilm.deid.burned_text.letters import HEIGHT, WIDTH, letters_input, may_be_letters

LINE = "DOE, JANE 1956-03-04"


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("ink", [255, 0, 30, 170])
@pytest.mark.parametrize("pixels", [14, 40])
def test_letters_are_read(smooth, write, turn, ink, pixels):
    film = np.ascontiguousarray(np.rot90(write(smooth(), LINE, pixels=pixels, ink=ink), turn))
    lines = whole_lines(film, find_candidates(film))
    assert lines
    assert all(may_be_letters(film, line) for line in lines if line.turned == bool(turn % 2))


def test_most_edges_of_bone_are_not_read(smooth):
    film, along = smooth() // 2, np.arange(520)
    rng = np.random.default_rng(0)
    read = []
    for _ in range(40):
        edge = 200 + rng.uniform(2, 10) * np.sin(along / rng.uniform(40, 100))
        bone = np.arange(400)[:, None] > edge
        edged = cv2.GaussianBlur(np.where(bone, film + 60, film).astype(np.uint8), (9, 9), 0)
        place = Rectangle(60, 180, 400, 220)
        for shown, where in ((edged, place), (np.ascontiguousarray(edged.T), place.turned())):
            line = Line(where, where, where.height > where.width, 30.0, 110.0, 80.0, 5, 9, 0.1)
            read.append(may_be_letters(shown, line))
    assert np.mean(read) < 0.5


@pytest.mark.parametrize("width", [30, 60, 500])
def test_network_sees_the_middle_of_a_row_with_bright_letters(width):
    film = np.full((60, 600), 40, np.uint8)
    film[24:36, 20 : 20 + width : 6] = 220
    place = Rectangle(20, 20, 20 + width, 40)
    values = letters_input(film, Line(place, place, False, 12.0, 220.0, 40.0, 9, 9, 1.0))
    assert values.shape == (HEIGHT, WIDTH)
    assert values.dtype == np.float32
    assert values.min() == 0
    assert values.max() == pytest.approx(1, abs=0.1)


def test_card_says_where_the_network_comes_from_and_what_it_is_for():
    card = importlib.resources.files("plainfilm.deid.burned_text") / "letters.toml"
    said = tomllib.loads(card.read_text("utf-8"))
    assert {"summary", "licence", "figures", "data"} <= said.keys()
    assert all({"name", "citation", "terms"} <= source.keys() for source in said["data"])


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=60))
def test_joined_sets_are_the_connected_components(pairs):
    members = np.arange(30)
    for one, other in pairs:
        join(members, one, other)
    count = numbered(members)
    first, second = np.array(pairs, np.int64).reshape(-1, 2).T
    links = coo_array((np.ones(len(pairs), np.int8), (first, second)), shape=(30, 30))
    expected, labels = connected_components(links, directed=False)
    assert count == expected
    assert members.tolist() == labels.tolist()
