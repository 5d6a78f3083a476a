"""How much films of a cluster look alike: distances, their summaries, their comparison."""

import numpy as np
import pytest
from scipy.spatial.distance import cosine

from plainfilm.errors import InputError
from plainfilm.evaluate.clusters_visual import (
    VisualScore,
    compare_visually,
    cosine_to_medoids,
    visual_by_cluster,
)


def test_each_film_is_compared_with_its_own_medoid_as_scipy_does() -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 7)).astype(np.float32)
    clusters, medoids = np.arange(30) % 3, np.array([3, 1, 5])
    found = cosine_to_medoids(vectors, clusters, medoids)
    expected = [cosine(vectors[row], vectors[medoids[row % 3]]) for row in range(30)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_films_without_a_vector_have_no_distance() -> None:
    vectors = np.array([[1, 0], [np.nan, np.nan], [0, 0], [0, 1], [1, 1]])
    found = cosine_to_medoids(vectors, [0, 0, 0, 0, 1], [0, 4])
    assert np.isnan(found).tolist() == [False, True, True, False, False]
    assert found[3] == 1
    unknown = cosine_to_medoids(vectors, [0, 0, 0, 0, 1], [1, 4])
    assert np.isnan(unknown[:4]).all()


def test_medoids_do_not_count_as_like_themselves() -> None:
    distances = np.array([0.0, 0.2, 0.4, 0.0, np.nan])
    score = VisualScore.of(distances, [0, 3])
    assert (score.films, score.mean) == (2, pytest.approx(0.3))
    assert score.sd == pytest.approx(np.std([0.2, 0.4], ddof=1))
    first, second = visual_by_cluster(distances, [0, 0, 0, 1, 1], [0, 3])
    assert (first.films, second) == (2, VisualScore(0, None, None))
    assert VisualScore.of(distances[:2], [0]) == VisualScore(1, 0.2, None)


def test_vectors_of_other_films_are_refused() -> None:
    with pytest.raises(InputError, match="vectors of 2 films, and clusters of 3"):
        cosine_to_medoids(np.ones((2, 2)), [0, 0, 0], [0])


def test_kinds_of_data_are_compared_over_the_ks_that_both_have() -> None:
    rises = {("original", k): VisualScore(9, 0.5 + k / 100, 0.1) for k in (4, 7, 11, 15)}
    lower = {4: 0.1, 7: 0.101, 11: 0.103}
    falls = {("compressed", k): VisualScore(9, 0.5 + k / 100 - by, 0.1) for k, by in lower.items()}
    found = compare_visually(rises | falls)
    ((names, comparison),) = found.comparisons.items()
    assert names == ("pixels", "cosine distance", "original", "compressed")
    assert (comparison.pairs, comparison.different) == (3, True)
    scores, told = found.grids()
    assert scores.rows[0] == ("4", "0.540 ± 0.100", "0.440 ± 0.100")
    assert scores.rows[3] == ("15", "0.650 ± 0.100", "")
    assert told.rows[0][0] == "pixels: cosine distance"
    assert set(found.records()) == {"visual", "visual_comparisons"}


def test_two_ks_are_too_few_to_compare() -> None:
    scores = {(data, k): VisualScore(5, 0.5, None) for data in ("a", "b") for k in (4, 7)}
    scores["a", 9] = VisualScore(0, None, None)
    found = compare_visually(scores)
    assert not found.comparisons
    assert found.grids()[0].rows == (
        ("4", "0.500", "0.500"),
        ("7", "0.500", "0.500"),
        ("9", "0/0", ""),
    )
