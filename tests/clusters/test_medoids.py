"""K-medoids: the search, and clustering films by it."""

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse
from numpy.typing import NDArray

from plainfilm.clusters import Clustering, TruncatedSvd, faster_pam, k_medoids
from plainfilm.clusters.distances import METRICS, as_points, pairwise
from plainfilm.errors import InputError, SettingsError


def make_films(
    films: int, kinds: int, *, seed: int = 0, spread: float = 0.02
) -> NDArray[np.float32]:
    """Films of some kinds, each around a centre of its own."""
    random = np.random.default_rng(seed)
    centres = random.random((kinds, 12))
    found = centres[np.arange(films) % kinds] + random.normal(0, spread, (films, 12))
    return found.clip(0, 1).astype(np.float32)


def check(found: Clustering, distances: NDArray[np.float32]) -> None:
    """Everything a clustering says agrees with the distances."""
    to_medoids = distances[:, found.medoids]
    np.testing.assert_array_equal(found.distances, to_medoids.min(axis=1))
    np.testing.assert_array_equal(
        to_medoids[np.arange(len(distances)), found.labels], found.distances
    )
    assert found.labels[found.medoids].tolist() == list(range(len(found.medoids)))
    assert found.loss == pytest.approx(to_medoids.min(axis=1).astype(np.float64).sum())
    sizes = np.bincount(found.labels)
    assert (np.diff(sizes) <= 0).all()  # the largest first


@pytest.mark.parametrize("seed", range(5))
def test_the_best_medoids_of_all_are_found_in_small_sets(seed: int) -> None:
    films = make_films(24, 3, seed=seed, spread=0.1)
    distances = pairwise(as_points(films, "manhattan"))
    found = faster_pam(distances, 3, seed=seed)
    check(found, distances)
    best = min(
        float(distances[:, chosen].min(axis=1).sum(dtype=np.float64))
        for chosen in combinations(range(24), 3)
    )
    assert found.loss == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("k", [2, 5, 30])
@pytest.mark.parametrize("seed", range(6))
def test_no_single_swap_makes_the_loss_smaller(k: int, seed: int) -> None:
    """What a search that ends has to leave behind; the bookkeeping is worth nothing without it."""
    random = np.random.default_rng(seed)
    # Distances without any geometry: every film has its own order of the others.
    distances = random.random((120, 120), np.float32)
    distances += distances.T
    np.fill_diagonal(distances, 0)
    found = faster_pam(distances, k, seed=3)
    check(found, distances)
    assert found.swaps > 0
    for out in range(k):
        others = np.delete(found.medoids, out)
        left = distances[:, others].min(axis=1)
        losses = np.minimum(left[:, None], distances).sum(axis=0, dtype=np.float64)
        assert losses.min() >= found.loss * (1 - 1e-9)


def test_one_cluster_has_the_film_with_the_least_sum() -> None:
    distances = pairwise(as_points(make_films(80, 3), "euclidean"))
    found = faster_pam(distances, 1)
    assert found.medoids.tolist() == [distances.sum(axis=1).argmin()]
    check(found, distances)


@pytest.mark.parametrize("metric", METRICS)
def test_kinds_are_found_apart_by_every_metric(metric: str) -> None:
    films = make_films(90, 3)
    if metric == "hamming":
        films = np.round(films)
    found = k_medoids(films, 3, metric=metric)
    for kind in range(3):
        assert len(set(found.labels[kind::3].tolist())) == 1
    check(found, pairwise(as_points(films, metric)))


def test_the_same_seed_gives_the_same_clusters_on_any_number_of_cores() -> None:
    films = make_films(3_000, 40, spread=0.2)
    for settings in ({}, {"exact_up_to": 100, "sample": 300}):
        one = k_medoids(films, 20, seed=5, threads=1, **settings)
        two = k_medoids(films, 20, seed=5, threads=3, **settings)
        np.testing.assert_array_equal(one.medoids, two.medoids)
        np.testing.assert_array_equal(one.labels, two.labels)
        assert (one.loss, one.swaps) == (two.loss, two.swaps)


@pytest.mark.parametrize("metric", METRICS)
def test_sparse_films_are_clustered_like_dense_ones(metric: str) -> None:
    films = make_films(400, 9, spread=0.1)
    films[films < 0.4] = 0
    dense, sparse = (
        k_medoids(films, 9, metric=metric),
        k_medoids(scipy.sparse.csr_array(films), 9, metric=metric),
    )
    assert sparse.loss == pytest.approx(dense.loss, rel=1e-5)


def test_samples_of_a_large_set_come_near_the_exact_loss() -> None:
    films = make_films(6_000, 30, spread=0.1)
    exact = k_medoids(films, 15)
    sampled = k_medoids(films, 15, exact_up_to=5_999, sample=1_000)
    check(sampled, pairwise(as_points(films, "manhattan")))
    assert sampled.loss <= 1.05 * exact.loss
    more = k_medoids(films, 15, exact_up_to=5_999, sample=1_000, samples=10)
    assert more.loss <= sampled.loss  # the first five are the same


def test_quantised_films_are_clustered_like_the_films_themselves() -> None:
    films = make_films(2_000, 20, spread=0.1)
    exact = k_medoids(films, 10)
    quantised = k_medoids(np.round(films * 255).astype(np.uint8), 10)
    assert quantised.loss == pytest.approx(exact.loss, rel=0.01)


@pytest.mark.parametrize("exact_up_to", [1_000, 20])
def test_identical_films_are_one_cluster_however_many_were_asked_for(exact_up_to: int) -> None:
    found = k_medoids(np.full((50, 4), 0.3), 5, exact_up_to=exact_up_to, sample=30)
    assert found.labels.tolist() == [0] * 50
    assert len(found.medoids) == 1
    assert found.loss == 0


def test_fewer_kinds_of_films_than_clusters_are_a_cluster_each() -> None:
    films = np.repeat(np.eye(3), (10, 20, 30), axis=0)
    for metric in METRICS:
        found = k_medoids(films, 7, metric=metric)
        assert np.bincount(found.labels).tolist() == [30, 20, 10]
        assert found.loss == 0


def test_one_film_is_one_cluster() -> None:
    found = k_medoids(np.array([[0.2, 0.4]]), 1)
    assert (found.medoids.tolist(), found.labels.tolist(), found.loss) == ([0], [0], 0)


def test_as_many_clusters_as_films_leave_no_loss() -> None:
    found = k_medoids(make_films(20, 20), 20)
    assert found.loss == 0
    assert sorted(found.medoids.tolist()) == list(range(20))


@pytest.mark.parametrize(("k", "films"), [(0, 5), (6, 5), (-1, 5)])
def test_more_clusters_than_films_are_refused_with_what_to_do(k: int, films: int) -> None:
    with pytest.raises(SettingsError, match=rf"k \({k}\) must be from 1 to .* films \(5\); choose"):
        k_medoids(np.eye(films), k)
    with pytest.raises(SettingsError, match="must be from 1"):
        faster_pam(np.zeros((films, films), np.float32), k)


def test_what_cannot_be_clustered_is_an_error_that_says_where() -> None:
    films = make_films(9_000, 3)
    films[8_500, 4] = np.nan
    for points in (films, scipy.sparse.csr_array(films)):
        with pytest.raises(InputError, match=r"row 8500 .* NaN .* fill what is missing"):
            k_medoids(points, 3)
    with pytest.raises(InputError, match=r"need films and columns; .* \(0, 4\)"):
        k_medoids(np.empty((0, 4)), 1)
    with pytest.raises(SettingsError, match="no metric canberra; known: manhattan, euclidean"):
        k_medoids(np.eye(4), 2, metric="canberra")
    with pytest.raises(SettingsError, match=r"at least 1 sample \(0\)"):
        k_medoids(np.eye(40), 2, exact_up_to=10, samples=0)
    with pytest.raises(SettingsError, match=r"at least k \(5\) films \(3\)"):
        k_medoids(np.eye(40), 5, exact_up_to=10, sample=3)
    # A sample of any size would take the memory that samples are there to save.
    with pytest.raises(SettingsError, match=r"at least k \(25000\) films \(20000\)"):
        k_medoids(np.zeros((30_000, 1)), 25_000)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1])
def test_distances_that_are_none_are_refused(value: float) -> None:
    distances = np.ones((4, 4), np.float32)
    distances[2, 3] = value
    with pytest.raises(InputError, match="at least 0; some are negative, NaN or infinite"):
        faster_pam(distances, 2)
    with pytest.raises(InputError, match=r"must be \(films, films\); their shape is \(4, 3\)"):
        faster_pam(np.zeros((4, 3), np.float32), 2)


@pytest.mark.parametrize("seed", [-1, 1 << 63])
def test_a_seed_that_is_none_is_refused(seed: int) -> None:
    films = np.eye(4, dtype=np.float32)
    with pytest.raises(SettingsError, match="seed"):
        k_medoids(films, 2, seed=seed)
    with pytest.raises(SettingsError, match="seed"):
        faster_pam(films, 2, seed=seed)
    with pytest.raises(SettingsError, match="seed"):
        TruncatedSvd(seed=seed)
