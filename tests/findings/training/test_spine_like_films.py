"""Test data: drawn films with planted lesions."""

from pathlib import Path

import numpy as np
import pytest

from plainfilm.dicom import open_image
from plainfilm.errors import SettingsError
from plainfilm.findings.training.lesions import LESION_CLASSES
from plainfilm.findings.training.read_boxed_films import read_boxed_films
from plainfilm.findings.training.spine_like_films import spine_like_film, spine_like_films
from plainfilm.findings.training.spine_like_folder import write_spine_like_films


def test_the_same_seed_gives_the_same_films_however_many_are_asked_for() -> None:
    few, many = list(spine_like_films(2, seed=5)), list(spine_like_films(4, seed=5))
    other = next(spine_like_films(1, seed=6))
    for first, second in zip(few, many, strict=False):
        assert np.array_equal(first.pixels, second.pixels)
        assert np.array_equal(first.boxes, second.boxes)
    assert not np.array_equal(few[0].pixels, other.pixels)


@pytest.mark.parametrize("kind", LESION_CLASSES)
def test_each_lesion_changes_the_film_inside_its_box(kind: str) -> None:
    film = spine_like_film(np.random.default_rng(1), [kind])
    (box,) = film.boxes
    assert film.labels == (kind,)
    assert 0 <= box[0] < box[2] <= film.pixels.shape[1]
    assert 0 <= box[1] < box[3] <= film.pixels.shape[0]
    inside = film.pixels[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])]
    assert inside.std() > 8  # something is drawn there


def test_all_classes_and_normal_films_are_drawn() -> None:
    films = list(spine_like_films(60, seed=1))
    assert {label for film in films for label in film.labels} == set(LESION_CLASSES)
    assert 0.15 < np.mean([not film.labels for film in films]) < 0.5
    assert not any(film.labels for film in spine_like_films(5, abnormal=0.0))


@pytest.mark.parametrize(
    "given", [{"count": -1}, {"rows": 10}, {"abnormal": 2.0}, {"seed": -1}], ids=str
)
def test_numbers_out_of_range_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        list(spine_like_films(**({"count": 1} | given)))  # type: ignore[arg-type]


def test_a_folder_of_them_is_laid_out_as_vindr_spinexr(tmp_path: Path) -> None:
    write_spine_like_films(tmp_path / "data", train=4, test=2, seed=3)
    found = read_boxed_films(tmp_path / "data")
    drawn = list(spine_like_films(4, seed=3))
    assert [film.part for film in found.films] == ["train"] * 4 + ["test"] * 2
    for film, own in zip(found.films, drawn, strict=False):
        shown = open_image(film.location).render(1000)
        assert np.array_equal(shown, own.pixels)
        assert np.allclose(film.boxes, own.boxes, atol=0.01)
        assert film.labels == own.labels
    assert len({film.patient for film in found.films}) == 6
    with pytest.raises(SettingsError, match="is not empty"):
        write_spine_like_films(tmp_path / "data")
