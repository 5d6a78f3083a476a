"""Stored values: in range, without gaps, and their window gives the film back."""

import numpy as np
import pytest

from plainfilm.demo._stored_values import to_stored

FRAME = np.repeat(np.arange(256, dtype=np.uint8), 64).reshape(256, 64)


def shown(stored, *, inverted):
    """PS3.3 C.11.2.1.2.1, linear, to 0..255; written out here as an oracle of its own."""
    center, width = stored.window_center, stored.window_width
    values = stored.values.astype(float)
    grey = ((values - (center - 0.5)) / (width - 1) + 0.5).clip(0, 1) * 255
    return 255 - grey if inverted else grey


@pytest.mark.parametrize("bits_stored", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("inverted", [False, True])
def test_window_gives_the_film_back(bits_stored, inverted):
    rng = np.random.default_rng(1)
    stored = to_stored(FRAME, bits_stored=bits_stored, inverted=inverted, rng=rng)
    assert int(stored.values.max()) < 1 << bits_stored
    assert np.abs(shown(stored, inverted=inverted) - FRAME).max() <= 1.0


def test_histogram_has_no_gaps():
    stored = to_stored(FRAME, bits_stored=12, inverted=False, rng=np.random.default_rng(1))
    used = np.unique(stored.values)
    assert len(used) > 0.99 * (used[-1] - used[0] + 1)
    assert stored.low == used[0]


def test_eight_bits_stay_as_they_are():
    stored = to_stored(FRAME, bits_stored=8, inverted=False, rng=np.random.default_rng(1))
    assert np.array_equal(stored.values, FRAME)
