"""K-medoids: films that stand for all others, at the least sum of distances.

Up to some 20,000 films every distance is computed, and FasterPAM swaps medoids until no swap makes
the sum smaller (Schubert and Rousseeuw 2021). Beyond, as in CLARA (Kaufman and Rousseeuw 1990,
chapter 3), samples are clustered so, all films are assigned, and the best medoids are kept; memory
grows with the films' rows alone.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.distances import Points, PointsLike, as_points, nearest, pairwise
from plainfilm.clusters.seeds import check_seed
from plainfilm.clusters.swaps import improve
from plainfilm.errors import InputError, SettingsError

__all__ = ["EXACT_UP_TO", "Clustering", "check_k", "faster_pam", "k_medoids"]

EXACT_UP_TO: Final = 20_000
"""Films; their distances take 1.5 GiB."""
_MOST_PASSES: Final = 100
_SAMPLES: Final = 5
_SAMPLE: Final = 10_000
_SAMPLE_PER_CLUSTER: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Clusters, the largest first; there are fewer than asked for where films of so many kinds
    are not to be found: two medoids are never alike.

    Attributes:
        medoids: (clusters,), the places of the films that stand for them.
        labels: (films,), each film's cluster; a medoid is in its own.
        distances: (films,), from each film to its medoid.
        loss: the sum of the distances.
        swaps: how many led to the medoids.
    """

    medoids: NDArray[np.int64]
    labels: NDArray[np.int32]
    distances: NDArray[np.float32]
    loss: float
    swaps: int

    def sizes(self) -> tuple[int, ...]:
        """How many films each cluster has."""
        return tuple(np.bincount(self.labels, minlength=len(self.medoids)).tolist())


def k_medoids(
    points: PointsLike,
    k: int,
    *,
    metric: str = "manhattan",
    seed: int = 0,
    exact_up_to: int = EXACT_UP_TO,
    samples: int = _SAMPLES,
    sample: int | None = None,
    threads: int | None = None,
) -> Clustering:
    """Cluster films by their features.

    Args:
        points: (films, columns) numbers, dense or CSR, as in `as_points`.
        k: clusters, at least 1 and at most as many as there are films.
        metric: one of `METRICS`.
        seed: the same seed gives the same clusters, whatever `threads` is.
        exact_up_to: films; where there are more, samples are clustered.
        samples: how many samples.
        sample: films in each; 10,000 where not given, or up to 20,000 for many clusters.
        threads: as many as there are cores where not given.
    Raises:
        InputError: there are no films or no columns, or a value is NaN or infinite.
        SettingsError: `k`, `metric`, `seed`, `samples` or `sample` is out of range.
    """
    check_seed(seed)
    rows = as_points(points, metric)
    check_k(k, len(rows))
    if len(rows) <= exact_up_to:
        return faster_pam(pairwise(rows, threads=threads), k, seed=seed)
    size = sample or min(max(_SAMPLE, _SAMPLE_PER_CLUSTER * k), EXACT_UP_TO)
    if samples < 1 or size < k:
        raise SettingsError(
            f"there must be at least 1 sample ({samples}), of at least k ({k}) films ({size})"
        )
    return _clara(rows, k, seed, samples, min(size, len(rows)), threads)


def faster_pam(distances: NDArray[np.float32], k: int, *, seed: int = 0) -> Clustering:
    """Cluster films by their distances from one another.

    Medoids are first drawn one after the other, each with a chance that grows with its distance
    from those drawn (as in k-means++, with distances in place of their squares).

    Args:
        distances: (films, films), symmetric, 0 on the diagonal, finite, not negative.
        k: clusters, at least 1 and at most as many as there are films.
    Raises:
        InputError: the matrix is not square, or holds NaN, infinite or negative numbers.
        SettingsError: `k` or `seed` is out of range.
    Source: Schubert and Rousseeuw 2021, algorithms 3 and 4.
    """
    check_seed(seed)
    matrix = np.ascontiguousarray(distances, np.float32)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(f"distances must be (films, films); their shape is {matrix.shape}")
    if not (matrix.min() >= 0 and matrix.max() < np.inf):  # NaN is neither
        raise InputError("distances must be at least 0; some are negative, NaN or infinite")
    check_k(k, len(matrix))
    medoids, swaps = _search(matrix, k, np.random.default_rng(seed))
    columns = matrix[medoids]
    labels = columns.argmin(axis=0).astype(np.int32)
    return _largest_first(medoids, labels, columns.min(axis=0), swaps)


def check_k(k: int, films: int) -> None:
    """Check a number of clusters.

    Raises:
        SettingsError: it is not from 1 to the number of films.
    """
    if not 1 <= k <= films:
        raise SettingsError(
            f"k ({k}) must be from 1 to the number of films ({films:,}); choose fewer clusters, or"
            " take in more films"
        )


def _search(
    distances: NDArray[np.float32], k: int, random: np.random.Generator
) -> tuple[NDArray[np.int64], int]:
    medoids = _first_medoids(distances, k, random)
    if len(medoids) == 1:
        return np.array([distances.sum(axis=1, dtype=np.float64).argmin()], np.int64), 0
    order = random.permutation(len(distances))
    return medoids, improve(distances, medoids, order, _MOST_PASSES)


def _first_medoids(
    distances: NDArray[np.float32], k: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Up to k films, none like another."""
    chosen = [int(random.integers(len(distances)))]
    to_nearest = distances[chosen[0]].astype(np.float64)
    while len(chosen) < k and (total := to_nearest.sum()) > 0:
        chosen.append(int(random.choice(len(distances), p=to_nearest / total)))
        np.minimum(to_nearest, distances[chosen[-1]], out=to_nearest)
    return np.array(chosen, np.int64)


def _clara(
    points: Points, k: int, seed: int, samples: int, size: int, threads: int | None
) -> Clustering:
    """The best of several samples' medoids; each sample holds the best so far."""
    random = np.random.default_rng(seed)
    best = _from_sample(points, k, random, size, None, threads)
    for _ in range(samples - 1):
        found = _from_sample(points, k, random, size, best.medoids, threads)
        if found.loss < best.loss:
            best = found
    return best


def _from_sample(
    points: Points,
    k: int,
    random: np.random.Generator,
    size: int,
    also: NDArray[np.int64] | None,
    threads: int | None,
) -> Clustering:
    places = random.choice(len(points), size, replace=False)
    places = np.unique(places if also is None else np.append(places, also))
    found, swaps = _search(pairwise(points.take(places), threads=threads), k, random)
    medoids = places[found]
    labels, distances = nearest(points, medoids, threads=threads)
    return _largest_first(medoids, labels, distances, swaps)


def _largest_first(
    medoids: NDArray[Any], labels: NDArray[np.int32], distances: NDArray[np.float32], swaps: int
) -> Clustering:
    sizes = np.bincount(labels, minlength=len(medoids))
    order = np.lexsort((medoids, -sizes))
    place_of = np.empty(len(order), np.int32)
    place_of[order] = np.arange(len(order))
    loss = float(distances.sum(dtype=np.float64))
    return Clustering(medoids[order].astype(np.int64), place_of[labels], distances, loss, swaps)
