"""Vectors of films as the archive keeps them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import tiny_film_model
from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.clusters import EmbedFilms, vectors_of
from plainfilm.clusters.film_squares import film_square
from plainfilm.demo import make_film
from plainfilm.dicom import write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.errors import ModelError, Reason
from plainfilm.models import find_film_model
from plainfilm.records import Film, Location, Prediction, Rejection


@pytest.fixture
def step(tmp_path: Path) -> EmbedFilms:
    folder = tiny_film_model.write_film_model(tmp_path / "model")
    return EmbedFilms.of(find_film_model(folder))


def _film(number: int, path: Path) -> Film:
    return Film(number, f"1.{number}", Location(path))


def test_a_film_gets_a_vector_of_length_1_and_a_broken_one_a_rejection(
    step: EmbedFilms, tmp_path: Path
) -> None:
    (tmp_path / "broken.dcm").write_bytes(b"")
    good = write_film(tmp_path / "good.dcm")
    found = step.process([_film(1, tmp_path / "broken.dcm"), _film(2, good)])
    told, refused = found
    assert isinstance(told, Prediction)
    assert isinstance(refused, Rejection)
    assert (told.film_id, told.task, told.value) == (2, "embedding", "tiny-films")
    assert (refused.item_id, refused.reason) == (1, Reason.EMPTY_FILE)
    (vector,) = vectors_of([(2, told.details)], [2])
    square = film_square(_film(2, good), tiny_film_model.SIDE)
    assert isinstance(square, np.ndarray)
    expected = square.reshape(8, 8, 8, 8).mean(axis=(1, 3)).ravel()
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-3)


def test_a_batch_of_broken_films_has_rejections_alone(step: EmbedFilms, tmp_path: Path) -> None:
    (found,) = step.process([_film(1, tmp_path / "none.dcm")])
    assert isinstance(found, Rejection)


def test_a_black_film_has_a_vector_of_zeros(step: EmbedFilms, tmp_path: Path) -> None:
    write_dataset(make_film(frame=np.zeros((40, 30), np.uint16)), tmp_path / "black.dcm")
    (told,) = step.process([_film(1, tmp_path / "black.dcm")])
    assert isinstance(told, Prediction)
    assert not vectors_of([(1, told.details)], [1]).any()


def test_films_without_a_vector_are_nan_and_films_not_asked_for_left_out(step: EmbedFilms) -> None:
    kept = {"vector": "ADwAAA=="}  # 1 and 0 in half precision
    found = vectors_of([(5, kept), (9, kept)], [3, 5])
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [1, 0]
    assert vectors_of([], [3, 5]).shape == (2, 0)


def test_vectors_of_two_models_are_not_compared() -> None:
    with pytest.raises(ModelError, match="different models"):
        vectors_of([(1, {"vector": "ADwAAA=="}), (2, {"vector": "ADw="})], [1, 2])


def test_an_exchanged_model_is_not_run(step: EmbedFilms, tmp_path: Path) -> None:
    other = dataclasses.replace(step, sha256="0" * 64)
    with pytest.raises(ModelError, match="exchanged"):
        other.process([_film(1, tmp_path / "a.dcm")])


def test_the_archive_keeps_vectors_and_skips_what_is_done(step: EmbedFilms, tmp_path: Path) -> None:
    for number in range(3):
        write_film(tmp_path / "films" / f"{number}.dcm", number)
    with Archive.create(tmp_path / "archive") as archive, LocalEngine(workers=1) as engine:
        archive.ingest([tmp_path / "films"], engine=engine)
        assert archive.run(step, engine=engine).done == 3
        assert archive.run(step, engine=engine).skipped == 3
        kept = archive.rows("SELECT value FROM prediction WHERE task = 'embedding'")
    assert [row["value"] for row in kept] == ["tiny-films"] * 3
