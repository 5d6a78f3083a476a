"""Boxes go where their films' places go."""

import numpy as np
import pytest

from plainfilm.errors import SettingsError
from plainfilm.findings.training.box_changes import (
    BoxChanges,
    ChangedFilm,
    change_film,
    move_boxes,
)

FILM = np.zeros((60, 40), np.uint8)
FILM[20:32, 8:24] = 255
BOX = np.array([[8.0, 20.0, 24.0, 32.0]])
LABEL = np.array([3])


def changed(seed: int = 0, **changes: object) -> ChangedFilm:
    plan = BoxChanges(**({"shorter": (40, 40), "longer": 400, "flip": 0.0} | changes))  # type: ignore[arg-type]
    return change_film(FILM, BOX, LABEL, plan, np.random.default_rng(seed))


def bright(film: ChangedFilm) -> list[float]:
    """The edges of what is bright, to a pixel."""
    rows, columns = np.nonzero(film.pixels > 0.5)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_nothing_changes_where_nothing_is_asked_for() -> None:
    film = changed()
    assert np.array_equal(film.pixels * 255, FILM)
    assert film.boxes.tolist() == BOX.tolist()
    assert film.labels.tolist() == [3]


def test_a_flipped_film_has_flipped_boxes() -> None:
    film = changed(flip=1.0)
    assert np.array_equal(film.pixels * 255, FILM[:, ::-1])
    assert film.boxes.tolist() == [[16, 20, 32, 32]]


def test_a_scaled_film_has_scaled_boxes_and_its_longer_side_is_bounded() -> None:
    film = changed(shorter=(80, 80))
    assert film.pixels.shape == (120, 80)
    assert film.boxes.tolist() == [[16, 40, 48, 64]]
    assert bright(film) == pytest.approx(film.boxes[0].tolist(), abs=1)
    assert changed(shorter=(80, 80), longer=90).pixels.shape == (90, 60)


@pytest.mark.parametrize("seed", range(5))
def test_a_box_is_around_its_finding_wherever_the_film_goes(seed: int) -> None:
    film = changed(seed, shorter=(60, 100), flip=0.5, shift=0.1, tilt=10.0)
    assert bright(film) == pytest.approx(film.boxes[0].tolist(), abs=2)


@pytest.mark.parametrize(("right", "kept"), [(7, True), (5, False)])
def test_a_box_stays_as_long_as_two_fifths_of_it_are_seen(right: int, kept: bool) -> None:
    box = np.array([[0.0, 0.0, 15.0, 10.0]])
    shifted = np.array([[1.0, 0.0, 40.0 - right], [0.0, 1.0, 0.0]])
    moved, left = move_boxes(box, shifted, (60, 40))
    assert left.tolist() == [kept]
    assert moved.tolist() == ([[40 - right, 0, 40, 10]] if kept else [])


def test_what_leaves_the_film_is_lost() -> None:
    lost = [len(changed(seed, shift=1.0).boxes) == 0 for seed in range(20)]
    assert any(lost)
    assert not all(lost)
    assert all(
        len(film.boxes) == len(film.labels)
        for film in (changed(seed, shift=1.0) for seed in range(20))
    )


def test_greys_stay_in_range_and_leave_boxes_alone() -> None:
    film = changed(grey=1.0)
    assert 0 <= film.pixels.min() <= film.pixels.max() <= 1
    assert film.boxes.tolist() == BOX.tolist()


@pytest.mark.parametrize(
    "given", [{"shorter": (50, 40)}, {"longer": 10}, {"flip": 2.0}, {"tilt": 90.0}], ids=str
)
def test_changes_out_of_range_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        changed(**given)
