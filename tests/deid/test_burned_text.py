"""Rows of letters are suspected, markers and anatomy are not.

The synthetic films here are smooth; `test_real_films_*` measure on real chest films.
"""

import csv

import imagecodecs
import numpy as np
import pytest

from plainfilm.deid import TextRow, suspect_text
from plainfilm.deid.burned_text import search_range

LINE = "DOE^JANE 1956-03-04"


def smooth_film(rows=512, columns=512, seed=0):
    """Soft shadows between 60 and 190, and a little noise, as in a film of the chest."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    shadow = np.sin(5 * x + rng.uniform(0, 6)) + np.cos(4 * y + rng.uniform(0, 6))
    return np.clip(125 + 32 * shadow + rng.normal(0, 2, shadow.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(
    ("ink", "field"), [(255, -1), (0, -1), (255, 0), (0, 255), (128, 0), (128, 255), (200, 20)]
)
def test_line_is_found_where_it_is(burn, ink, field, scale):
    film = burn(smooth_film(), LINE, 20, 200, scale=scale, ink=ink, field=field)
    assert any(
        200 <= row.y <= 200 + 10 * scale and row.width > 60 * scale for row in suspect_text(film)
    )


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_line_is_found_in_every_turn(burn, turns):
    assert suspect_text(np.rot90(burn(smooth_film(), LINE, 20, 200), turns))


def test_line_survives_lossy_compression(burn):
    film = burn(smooth_film(), LINE, 20, 200, scale=3)
    assert suspect_text(imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(film, level=60)))


@pytest.mark.parametrize("text", ["L", "R", "L ", "AP", "R R"])
def test_markers_are_no_suspicion(burn, text):
    film = burn(smooth_film(), text, 30, 30, scale=4)
    film = burn(film, text, 400, 300, scale=3, ink=255, field=0)
    assert suspect_text(film) == []


@pytest.mark.parametrize("seed", range(5))
def test_film_without_text_is_no_suspicion(seed):
    assert suspect_text(smooth_film(seed=seed)) == []


@pytest.mark.parametrize("deviation", [5, 15, 30, 60])
def test_noise_is_no_suspicion(deviation):
    noise = np.random.default_rng(0).normal(128, deviation, (512, 512))
    assert suspect_text(noise.clip(0, 255).astype(np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (3, 3), (40, 40)])
def test_tiny_films_are_no_suspicion(shape):
    assert suspect_text(np.zeros(shape, np.uint8)) == []


def test_lines_that_overlap_become_one_box(burn):
    rows = suspect_text(burn(smooth_film(), LINE, 20, 200, scale=3))
    assert len(rows) == 1
    assert rows[0].joined(TextRow(0, 0, 1, 1)).x == 0
    assert not rows[0].overlaps(TextRow(500, 0, 10, 10))


@pytest.mark.parametrize("low", [0, -2000, 1000])
def test_text_beyond_the_usual_range_is_found_in_stored_values(burn, low):
    film = smooth_film().astype(np.int16) * 10 + low
    mask = burn(np.zeros((512, 512), np.uint8), LINE, 20, 200, scale=3) == 255
    film[mask] = low + 16_000
    assert suspect_text(search_range(film))


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


def test_noise_of_a_dark_border_is_not_torn_apart():
    frame = np.random.default_rng(0).integers(5, 8, (512, 512)).astype(np.uint16)
    frame[:, 100:] += 4000
    assert suspect_text(search_range(frame)) == []


@pytest.mark.shared_data
def test_real_films_without_text_are_not_suspected(shared_data, request):
    films = real_films(shared_data, every=2)
    with_text = films_with_text(request)
    without = [name for name in films if name not in with_text]
    false = [name for name in without if suspect_text(search_range(films[name]))]
    assert len(false) <= 0.02 * len(without)


@pytest.mark.shared_data
def test_lines_planted_on_real_films_are_found(shared_data, burn):
    films = real_films(shared_data, every=5)
    draw = np.random.default_rng(4)
    found = planted = 0
    for film in films.values():
        style = draw.choice([(255, -1), (0, -1), (140, -1), (255, 0), (0, 255), (140, 0)])
        scale = int(draw.integers(2, 5))
        x, y = (int(draw.integers(512 - room * scale)) for room in (120, 16))
        burned = burn(film, LINE, x, y, scale=scale, ink=int(style[0]), field=int(style[1]))
        part = film[y : y + 7 * scale, x : x + 114 * scale].astype(int)
        if style[1] < 0 and np.quantile(np.abs(part - style[0]), 0.1) < 40:
            continue  # nobody could read it
        planted += 1
        middle = TextRow(x, y + 2 * scale, 114 * scale, 3 * scale)
        found += any(row.overlaps(middle) for row in suspect_text(search_range(burned)))
    assert planted > 100
    assert found >= 0.97 * planted


def real_films(shared_data, every=1):
    paths = sorted((shared_data / "nih_chestxray14_1000" / "images").glob("*.jpg"))[::every]
    return {path.name: imagecodecs.jpeg8_decode(path.read_bytes()) for path in paths}


def films_with_text(request):
    lines = (request.path.parent / "films_with_text.csv").read_text().splitlines()
    return {row["film"] for row in csv.DictReader(line for line in lines if line[0] != "#")}
