"""Films in several numbers of clusters, as they are and compressed, judged by tags."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.compression import Compression, Uncompressed
from plainfilm.clusters.distances import PointsLike, as_points, pairwise
from plainfilm.clusters.films import features_to_cluster, judged_tags
from plainfilm.clusters.medoids import EXACT_UP_TO, Clustering, check_k, faster_pam, k_medoids
from plainfilm.clusters.plan import FeatureSettings
from plainfilm.clusters.seeds import check_seed
from plainfilm.clusters.tag_table import TagTable
from plainfilm.errors import InputError, SettingsError
from plainfilm.evaluate.clusters_evaluation import (
    ClusterEvaluation,
    ClusterRun,
    evaluate_clusters,
)
from plainfilm.evaluate.clusters_visual import (
    VisualScore,
    compare_visually,
    cosine_to_medoids,
)

__all__ = ["judge_by_k"]

_ORIGINAL = "original"
_COMPRESSED = "compressed"

Progress = Callable[[str, int, int], None]


def judge_by_k(
    table: TagTable,
    ks: Sequence[int],
    *,
    by: Sequence[str] | None = None,
    settings: FeatureSettings | None = None,
    compression: Compression | None = None,
    metric: str = "manhattan",
    seed: int = 0,
    vectors: NDArray[np.float32] | None = None,
    progress: Progress = lambda _what, _done, _of: None,
) -> ClusterEvaluation:
    """Cluster films into each number of clusters, and judge the clusters by tags.

    Where films are compressed, the same features are clustered uncompressed, too (data `original`
    and `compressed`), and the two are compared over the numbers of clusters.

    Args:
        ks: numbers of clusters, each at most the number of films.
        by, settings, metric, seed: as in `cluster_films`.
        vectors: (films, numbers), of how films look, NaN where not known; then the evaluation
            tells how much films of a cluster look alike, too.
        progress: called with the data, how many clusterings of it are done, and of how many.
    Raises:
        BadTable: the films have no tag of such a name.
        SettingsError: a number of clusters or `metric` is out of range, or the compression takes
            other features.
        InputError: no tag tells the films apart, or no film has a value of a tag.
    """
    numbers = _checked(ks, len(table))
    check_seed(seed)
    judged = judged_tags(table, by)
    compression = compression or Uncompressed()
    features = features_to_cluster(table, judged, settings, compression)
    if not features.columns:
        raise InputError("no tag tells the films apart: there is nothing to cluster by")
    data: dict[str, PointsLike] = {_ORIGINAL: features.matrix}
    if not isinstance(compression, Uncompressed):
        data[_COMPRESSED] = compression.points(features)
    runs: list[ClusterRun] = []
    seen: dict[tuple[str, int], VisualScore] = {}
    for name, points in data.items():
        for k, found in _clusterings(points, numbers, metric, seed):
            runs.append(ClusterRun(name, k, found.labels, found.distances))
            if vectors is not None:
                apart = cosine_to_medoids(vectors, found.labels, found.medoids)
                seen[name, k] = VisualScore.of(apart, found.medoids)
            progress(name, numbers.index(k) + 1, len(numbers))
    known = [word for word in judged if by is not None or table.columns[word].known().any()]
    evaluation = evaluate_clusters(runs, {word: _values(table, word) for word in known})
    return replace(evaluation, visual=compare_visually(seen)) if seen else evaluation


def _checked(ks: Sequence[int], films: int) -> list[int]:
    """Numbers of clusters, each once, growing."""
    numbers = sorted(set(ks))
    if not numbers:
        raise SettingsError(f"no number of clusters is within the number of films ({films:,})")
    check_k(numbers[0], films)
    check_k(numbers[-1], films)
    return numbers


def _clusterings(
    points: PointsLike, ks: Sequence[int], metric: str, seed: int
) -> Iterator[tuple[int, Clustering]]:
    """As `k_medoids` does, with distances computed once where that is done for all films."""
    if points.shape[0] > EXACT_UP_TO:
        yield from ((k, k_medoids(points, k, metric=metric, seed=seed)) for k in ks)
        return
    distances = pairwise(as_points(points, metric))
    yield from ((k, faster_pam(distances, k, seed=seed)) for k in ks)


def _values(table: TagTable, keyword: str) -> list[str]:
    """(films,), the tag's value; empty where it is not known."""
    column = table.columns[keyword].as_texts()
    texts = (*column.values, "")  # MISSING is the last place
    return [texts[code] for code in column.codes.tolist()]
