from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from plainfilm.dicom import resize
from plainfilm.publish import near_duplicates
from plainfilm.publish.near_duplicates import HASH_BYTES, image_hash, similar_pairs

Grey = NDArray[np.uint8]


def film(seed: int, rows: int = 400, columns: int = 360) -> Grey:
    """Blurred noise on a bright middle: as alike and as different as films are."""
    random = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(random.standard_normal((rows, columns)), 14)
    down, across = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    shade = np.exp(-(down**2) - across**2)
    mixed = shade + 0.15 * noise / noise.std()
    scaled = np.interp(mixed, (mixed.min(), mixed.max()), (0, 255))
    return scaled.astype(np.uint8)


def blackened(image: Grey) -> Grey:
    changed = image.copy()
    changed[:20, :90] = 0
    changed[-30:-10, -80:] = 0
    return changed


ONE = film(1)
VARIANTS = {
    "the same": ONE,
    "noise": np.clip(ONE + np.random.default_rng(9).normal(0, 4, ONE.shape), 0, 255),
    "smaller": resize(ONE, 130, 117),
    "larger": resize(ONE, 700, 630),
    "brighter": np.clip(ONE.astype(int) + 25, 0, 255),
    "more contrast": np.clip((ONE.astype(float) - 128) * 1.3 + 128, 0, 255),
    "gamma": 255 * (ONE / 255) ** 0.7,
    "cropped": ONE[5:-3, 2:-6],
    "text blackened": blackened(ONE),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_film_in_another_guise_is_found(name: str) -> None:
    hashes = [image_hash(ONE), image_hash(np.asarray(VARIANTS[name]).astype(np.uint8))]
    assert len(hashes[0]) == HASH_BYTES
    (pair,) = similar_pairs(hashes, [0, 1])
    assert (pair.first, pair.second) == (0, 1)


def test_other_films_are_not() -> None:
    hashes = [image_hash(film(seed)) for seed in range(40)]
    assert similar_pairs(hashes, range(40)) == []


def test_pairs_within_a_group_are_not_looked_for() -> None:
    hashes = [image_hash(ONE)] * 3
    assert [(p.first, p.second) for p in similar_pairs(hashes, [0, 0, 1])] == [(0, 2), (1, 2)]


def test_images_without_contrast_are_similar_to_nothing() -> None:
    blank = image_hash(np.full((300, 200), 7, np.uint8))
    assert blank == bytes(HASH_BYTES)
    assert similar_pairs([blank, blank], [0, 1]) == []
    assert similar_pairs([], []) == []


def test_images_of_any_size_have_a_hash() -> None:
    for shape in ((1, 1), (2, 500), (33, 31), (4_000, 40)):
        assert len(image_hash(np.arange(shape[0] * shape[1]).reshape(shape).astype(np.uint8)))


def test_many_films_are_searched_in_buckets_and_twins_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(near_duplicates, "_COMPARED_ALL", 100)
    random = np.random.default_rng(3)
    spectra: Any = random.standard_normal((3_000, HASH_BYTES))
    spectra[2_900:] = spectra[:100] + 0.4 * random.standard_normal((100, HASH_BYTES))
    hashes = [np.clip(row * 30, -127, 127).astype(np.int8).tobytes() for row in spectra]
    found = similar_pairs([*hashes, bytes(HASH_BYTES)], [*range(3_000), 3_000])
    assert {(pair.first, pair.second) for pair in found} == {(n, n + 2_900) for n in range(100)}
