"""Films whose answers can be foreseen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import write_dataset
from plainfilm.records import Decision, Film, Location, Outcome

MakeFilm = Callable[..., Film]


@pytest.fixture
def make(tmp_path: Path) -> MakeFilm:
    """Write a film of four even quarters, and give it as a step sees it."""

    def made(
        film_id: int,
        quarters: tuple[int, int, int, int] = (200, 20, 20, 20),
        *,
        category: str | None = "chest_pa_ap",
        turn: int = 0,
        turn_probability: float = 1.0,
        quarter_pixels: int = 64,
    ) -> Film:
        """Quarters: grey of the upper left, upper right, lower left, lower right, of 255."""
        frame = np.kron(
            np.array(quarters, np.uint8).reshape(2, 2), np.ones((quarter_pixels,) * 2, np.uint8)
        )
        path = tmp_path / f"{film_id}.dcm"
        tags = {"WindowCenter": 128, "WindowWidth": 256}
        write_dataset(make_film(tags, frame=frame, bits_stored=8), path)
        details = {"turn": turn, "turn_probability": turn_probability}
        decision = None
        if category is not None:
            decision = Decision(film_id, Outcome.AGREE, category, 0.99, "", details)
        return Film(film_id, f"2.25.{film_id}", Location(path), decision=decision)

    return made
