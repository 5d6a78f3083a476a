"""Distances between films, against SciPy's."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from plainfilm.clusters.distances import METRICS, as_points, nearest, pairwise

SCIPY_NAMES = dict(zip(METRICS, ("cityblock", "euclidean", "cosine", "hamming"), strict=True))


def make_films(*, quantised: bool = False) -> NDArray[np.float32]:
    """Mostly zeros, some rows alike; 150 films are more than two blocks, the last not full."""
    random = np.random.default_rng(1)
    films = np.where(random.random((150, 37)) < 0.7, 0, random.random((150, 37)))
    films[20:40] = np.round(films[20:40])
    films[140] = films[3]
    films[:, 0] = 0.5  # no film is empty, for which SciPy's cosine has no value
    return np.round(films * 255).astype(np.float32) / 255 if quantised else films.astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", ["dense", "sparse", "uint8", "float64", "csc"])
def test_distances_are_those_of_scipy(metric: str, kind: str) -> None:
    films = make_films(quantised=kind == "uint8")
    given = {
        "dense": lambda: films,
        "float64": lambda: films.astype(np.float64),
        "uint8": lambda: np.round(films * 255).astype(np.uint8),
        "sparse": lambda: scipy.sparse.csr_array(films),
        "csc": lambda: scipy.sparse.csc_array(films),
    }[kind]()
    expected = cdist(films.astype(np.float64), films.astype(np.float64), SCIPY_NAMES[metric])
    found = pairwise(as_points(given, metric))
    np.testing.assert_allclose(found, expected, atol=2e-6)
    np.testing.assert_array_equal(found, found.T)
    assert found[3, 140] == 0  # exactly: films that are alike never make two clusters


def test_sparse_rows_may_be_in_any_order_and_are_left_as_they_were() -> None:
    matrix = scipy.sparse.csr_array(
        (np.array([0.2, 0.5, 0.3], np.float32), np.array([2, 0, 2]), np.array([0, 3, 3])), (2, 3)
    )
    found = pairwise(as_points(matrix, "manhattan"))
    assert found[0, 1] == pytest.approx(1.0)
    assert matrix.indices.tolist() == [2, 0, 2]


def test_the_cosine_of_a_film_without_any_value_is_defined() -> None:
    films = np.array([[0, 0], [0, 0], [0.3, 0.1]])
    for points in (films, scipy.sparse.csr_array(films)):
        found = pairwise(as_points(points, "cosine"))
        np.testing.assert_array_equal(found, [[0, 0, 1], [0, 0, 1], [1, 1, 0]])


def test_the_first_of_equally_near_films_is_taken() -> None:
    films = np.array([[0.0], [0.5], [1.0]])
    labels, distances = nearest(as_points(films, "manhattan"), np.array([2, 0]))
    assert labels.tolist() == [1, 0, 0]
    assert distances.tolist() == [0, 0.5, 0]


def test_films_may_lie_in_a_file(tmp_path: Path) -> None:
    films = make_films()
    np.save(tmp_path / "films.npy", films)
    mapped = np.load(tmp_path / "films.npy", mmap_mode="r")
    found = nearest(as_points(mapped, "manhattan"), np.arange(5))
    expected = nearest(as_points(films, "manhattan"), np.arange(5))
    np.testing.assert_array_equal(found, expected)


def test_rounding_never_makes_a_cosine_distance_negative() -> None:
    """Films that lie in one direction, whose cosine rounding may bring above 1."""
    random = np.random.default_rng(5)
    films = random.random((64, 1)) * random.random((1, 60))
    found = pairwise(as_points(films, "cosine"))
    assert found.min() >= 0
    assert found.max() < 1e-6
