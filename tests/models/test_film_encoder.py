"""Models that make vectors of films: found, checked against their cards, run."""

from pathlib import Path

import numpy as np
import pytest

import tiny_film_model
import tiny_model
from plainfilm.errors import ModelError
from plainfilm.models import (
    FilmEncoder,
    add_model,
    card_page,
    find_any_model,
    find_film_model,
    find_model,
)


def films(side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (9, side, side)).astype(np.uint8)


def test_a_film_becomes_the_vector_that_its_network_makes(tmp_path: Path) -> None:
    encoder = FilmEncoder(find_film_model(tiny_film_model.write_film_model(tmp_path / "m")))
    given = films(encoder.side)
    places = given.reshape(9, 8, 8, 8, 8).mean(axis=(2, 4)).reshape(9, 64)
    np.testing.assert_allclose(encoder(given), places, rtol=1e-4)


def test_a_model_of_categories_gives_its_logits(tmp_path: Path) -> None:
    encoder = FilmEncoder(find_film_model(tiny_model.write_model(tmp_path / "m")))
    assert encoder(films(encoder.side)).shape == (9, len(tiny_model.CLASSES))


def test_the_bundled_model_can_be_taken() -> None:
    assert FilmEncoder(find_film_model("starter"))(films(224)[:1]).shape == (1, 31)


@pytest.mark.parametrize(
    ("wrong", "output"), [({"outputs": 63}, "embedding"), ({"side": 32}, "embedding"), ({}, "z")]
)
def test_a_card_that_does_not_fit_the_network_is_told(
    tmp_path: Path, wrong: dict[str, int], output: str
) -> None:
    folder = tiny_film_model.write_film_model(tmp_path, output=output, **wrong)
    with pytest.raises(ModelError, match="does not have what its card says"):
        FilmEncoder(find_film_model(folder))


@pytest.mark.parametrize("wrong", [{"side": 8}, {"outputs": 0}, {"name": "No Name"}])
def test_a_card_out_of_range_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        tiny_film_model.write_film_model(tmp_path, **wrong)


def test_a_kind_of_model_is_not_taken_for_another(tmp_path: Path) -> None:
    folder = tiny_film_model.write_film_model(tmp_path)
    with pytest.raises(ModelError, match="cluster --embedding"):
        find_model(folder)
    assert find_any_model(folder / "embedding.onnx").card.outputs == 64


def test_it_is_kept_in_the_store_and_has_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "store"))
    add_model(tiny_film_model.write_film_model(tmp_path / "m"))
    assert "a vector of 64 numbers" in card_page(find_film_model("tiny-films").card)
