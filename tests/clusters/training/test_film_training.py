"""Training the autoencoder of films, on a few made ones."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from plainfilm.clusters.training.film_autoencoder import FilmAutoencoder
from plainfilm.clusters.training.film_training import (
    FILM_PLANS,
    FilmPlan,
    train_films,
    write_film_model,
)
from plainfilm.dicom import encode_png
from plainfilm.errors import BadTable, SettingsError
from plainfilm.models import FilmEncoder, find_film_model
from plainfilm.records import Film, Location

PLAN = FilmPlan(epochs=2, learning_rate=1e-3)


def _silent(_what: str, _done: int, _of: int) -> None:
    pass


@pytest.fixture
def films(tmp_path: Path) -> list[Film]:
    random = np.random.default_rng(0)
    made = []
    for number in range(12):
        film = random.integers(0, 40, (64, 48)).astype(np.uint8)
        film[:, 10 + 2 * number : 24 + 2 * number] += 180
        path = tmp_path / f"{number}.png"
        path.write_bytes(encode_png(film))
        made.append(Film(number, f"1.{number}", Location(path)))
    return made


def test_the_network_is_the_published_one() -> None:
    network = FilmAutoencoder()
    widths = [(layer.in_channels, layer.out_channels) for layer in network.encoder.layers]
    assert widths == [(1, 8), (8, 16), (16, 32), (32, 64), (64, 64)]
    assert {layer.kernel_size for layer in network.encoder.layers} == {(3, 3)}
    films = torch.zeros(2, 256, 256, dtype=torch.uint8)
    assert network.encoder(films).shape == (2, 200)
    again = network(films).detach()
    assert again.shape == (2, 256, 256)
    assert 0 <= float(again.min()) <= float(again.max()) <= 1
    paper = FILM_PLANS["paper"]
    assert (paper.epochs, paper.learning_rate, paper.falling) == (100, 1e-6, False)


def test_the_published_recipe_is_plain_adam() -> None:
    schedule = FILM_PLANS["paper"].schedule(100)
    assert (schedule.steps, schedule.learning_rate, schedule.weight_decay) == (400, 1e-6, 0)
    assert (schedule.falling, schedule.averaging, schedule.warm_up) == (False, 0, 0)


def test_films_become_a_model_that_runs(films: list[Film], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    broken = [*films, Film(99, "1.99", Location(tmp_path / "none.png"))]
    patients = [film.film_id // 2 for film in broken]
    trained = train_films(broken, patients, PLAN, lambda *told_now: told.append(told_now))
    assert trained.films + trained.held_out == 12
    assert trained.held_out == 2  # the films of one patient
    assert [rejection.item_id for rejection in trained.rejections] == [99]
    assert 0 < trained.error < 1
    assert 0 < trained.mean_film_error < 1
    assert told[-1] == ("training", 2, 2)
    card = write_film_model(tmp_path / "model", "films", "1", trained, PLAN, "for tests")
    assert [figure.films for figure in card.figures] == [2, 2]
    encoder = FilmEncoder(find_film_model(tmp_path / "model"))
    squares = np.random.default_rng(1).integers(0, 256, (3, 256, 256)).astype(np.uint8)
    with torch.no_grad():
        expected = trained.network.encoder(torch.from_numpy(squares)).numpy()
    np.testing.assert_allclose(encoder(squares), expected, atol=2e-2)


def test_a_seed_gives_the_same_network(films: list[Film]) -> None:
    plan = dataclasses.replace(PLAN, epochs=1)
    errors = {train_films(films, range(12), plan, _silent).error for _ in range(2)}
    assert len(errors) == 1


def test_learning_brings_films_back_better(films: list[Film]) -> None:
    before, after = (
        train_films(films, range(12), FilmPlan(epochs, 3e-3, falling=False), _silent).error
        for epochs in (1, 5)
    )
    assert after < before


@pytest.mark.parametrize("few", [(3, range(3)), (12, [1] * 12)])
def test_too_few_films_or_patients_are_told(films: list[Film], few: tuple[int, list[int]]) -> None:
    count, patients = few
    with pytest.raises(BadTable, match="too few"):
        train_films(films[:count], patients, PLAN, _silent)


def test_a_plan_out_of_range_is_refused() -> None:
    with pytest.raises(SettingsError):
        FilmPlan(epochs=0)
    with pytest.raises(SettingsError):
        FilmPlan(learning_rate=2.0)
