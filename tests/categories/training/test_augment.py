"""What is done to films at random, and what is said of it."""

import numpy as np
import pytest
import torch

from plainfilm.categories.training import augment as module
from plainfilm.categories.training.augment import augment
from plainfilm.models import film_changes

_SHARES = ("_FLIP", "_COLLIMATE", "_MARK", "_NOISE", "_INVERT")


@pytest.fixture
def film() -> np.ndarray:
    """Bright in one corner, so that every way to lie looks different."""
    film = np.zeros((32, 32), np.uint8)
    film[2:10, 4:8] = 200
    return film


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Sets every share of films to nothing but those named."""

    def choose(**shares: float) -> None:
        torch.manual_seed(0)
        for name in _SHARES:
            monkeypatch.setattr(module, name, shares.get(name, 0.0))
        monkeypatch.setattr(film_changes, "_MOVE", 0.0)
        # Gamma is drawn for every film; here it stays at 1.
        monkeypatch.setattr(module, "windowed", lambda films: films)

    return choose


def _many(film: np.ndarray, count: int = 40) -> torch.Tensor:
    return torch.from_numpy(np.repeat(film[None], count, axis=0))


def test_nothing_chosen_changes_nothing(film: np.ndarray, only) -> None:  # type: ignore[no-untyped-def]
    only()
    seen = augment(_many(film, 3), torch.ones(3, dtype=torch.bool), 32, 0.0)
    assert np.abs(seen.films[0].numpy().astype(int) - film).max() <= 1
    assert not seen.turns.any()
    assert not seen.inverted.any()


def test_turns_are_clockwise_and_told(film: np.ndarray, only) -> None:  # type: ignore[no-untyped-def]
    only()
    seen = augment(_many(film), torch.zeros(40, dtype=torch.bool), 32, quarter_turns=1.0)
    assert set(seen.turns.tolist()) == {1, 2, 3}
    for changed, turns in zip(seen.films.numpy(), seen.turns.tolist(), strict=True):
        assert np.abs(changed.astype(int) - np.rot90(film, -turns)).max() <= 1


def test_flips_are_told_and_spare_views_that_they_would_change(film: np.ndarray, only) -> None:  # type: ignore[no-untyped-def]
    only(_FLIP=1.0)
    may_flip = torch.arange(40) % 2 == 0
    seen = augment(_many(film), may_flip, 32, 0.0)
    assert torch.equal(seen.flipped, may_flip)
    assert np.abs(seen.films[0].numpy().astype(int) - film[:, ::-1]).max() <= 1
    assert np.abs(seen.films[1].numpy().astype(int) - film).max() <= 1


def test_inversion_is_told(film: np.ndarray, only) -> None:  # type: ignore[no-untyped-def]
    only(_INVERT=0.5)
    seen = augment(_many(film), torch.zeros(40, dtype=torch.bool), 32, 0.0)
    assert 0 < int(seen.inverted.sum()) < 40
    for changed, inverted in zip(seen.films.numpy(), seen.inverted.tolist(), strict=True):
        expected = 255 - film if inverted else film
        assert np.abs(changed.astype(int) - expected).max() <= 1


def test_the_same_seed_gives_the_same_films(film: np.ndarray) -> None:
    torch.manual_seed(3)
    first = augment(_many(film, 8), torch.ones(8, dtype=torch.bool), 24)
    torch.manual_seed(3)
    again = augment(_many(film, 8), torch.ones(8, dtype=torch.bool), 24)
    assert torch.equal(first.films, again.films)
    assert first.films.shape == (8, 24, 24)
