"""Whether films of a cluster look alike: how far each is from its medoid, seen by a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plainfilm.errors import InputError
from plainfilm.evaluate.clusters import PairedComparison, compare_paired
from plainfilm.evaluate.clusters_tables import comparison_grid, comparison_records
from plainfilm.evaluate.tables import UNDEFINED, Cell, Grid

__all__ = [
    "VisualEvaluation",
    "VisualScore",
    "compare_visually",
    "cosine_to_medoids",
    "visual_by_cluster",
]

_FEWEST_PAIRS: Final = 3
_PIXELS: Final = "pixels"
_DISTANCE: Final = "cosine distance"
_MEASURED: Final = (
    "Visual similarity: the cosine distance (1 - cosine) of each film's vector to that of its"
    " cluster's medoid, mean ± standard deviation over the films that are no medoids; compared by"
    " the means over the numbers of clusters."
)


@dataclass(frozen=True, slots=True)
class VisualScore:
    """How far films look from their medoids.

    Attributes:
        films: those that have a vector, as their medoid has, and are no medoids themselves.
        mean, sd: of their cosine distances, in [0, 2]; None where there is no such film.
    """

    films: int
    mean: float | None
    sd: float | None

    @classmethod
    def of(cls, distances: ArrayLike, medoids: ArrayLike) -> "VisualScore":
        """Of what `cosine_to_medoids` gives."""
        others = np.asarray(distances, np.float64).copy()
        others[np.asarray(medoids)] = np.nan
        known = others[~np.isnan(others)]
        if not len(known):
            return cls(0, None, None)
        sd = float(known.std(ddof=1)) if len(known) > 1 else None
        return cls(len(known), float(known.mean()), sd)


def cosine_to_medoids(
    vectors: NDArray[np.floating[Any]], clusters: ArrayLike, medoids: ArrayLike
) -> NDArray[np.float64]:
    """The cosine distance of each film to its cluster's medoid.

    Args:
        vectors: (films, numbers); NaN in films without a vector.
        clusters: (films,), each film's cluster, from 0.
        medoids: (clusters,), the places of the films that stand for them.
    Returns:
        (films,), in [0, 2]; NaN where the film or its medoid has no vector, or one of length 0.
    Raises:
        InputError: vectors and clusters are not of as many films.
    """
    own, places = np.asarray(clusters).ravel(), np.asarray(medoids).ravel()
    if vectors.ndim != 2 or len(vectors) != len(own):
        raise InputError(f"vectors of {len(vectors):,} films, and clusters of {len(own):,}")
    wide = vectors.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    wide /= np.where(lengths > 0, lengths, np.nan)[:, np.newaxis]
    distances = np.full(len(wide), np.nan)
    for cluster, place in enumerate(places.tolist()):
        members = np.flatnonzero(own == cluster)
        distances[members] = 1 - wide[members] @ wide[place]
    found: NDArray[np.float64] = np.clip(distances, 0, 2)
    return found


def visual_by_cluster(
    distances: NDArray[np.float64], clusters: ArrayLike, medoids: ArrayLike
) -> list[VisualScore]:
    """The score of each cluster by itself.

    Args:
        distances: (films,), of `cosine_to_medoids`.
        clusters, medoids: as there.
    """
    own = np.asarray(clusters).ravel()
    return [
        VisualScore.of(np.where(own == cluster, distances, np.nan), [place])
        for cluster, place in enumerate(np.asarray(medoids).ravel().tolist())
    ]


@dataclass(frozen=True, slots=True)
class VisualEvaluation:
    """Visual similarity in several kinds of clusters, and whether they differ.

    Attributes:
        scores: (data, K) → score.
        comparisons: (`pixels`, measure, first data, other data) → over every K that both have.
        alpha: of the tests.
    """

    scores: Mapping[tuple[str, int], VisualScore]
    comparisons: Mapping[tuple[str, str, str, str], PairedComparison]
    alpha: float

    def grids(self) -> list[Grid]:
        """Tables for people."""
        data = tuple(dict.fromkeys(name for name, _ in self.scores))
        ks = sorted({k for _, k in self.scores})
        rows = [(f"{k}", *(_told(self.scores.get((name, k))) for name in data)) for k in ks]
        title = "Cosine distance to the medoid, mean ± standard deviation"
        grids = [Grid(title, ("K", *data), tuple(rows))]
        if self.comparisons:
            grids.append(comparison_grid(self.comparisons, self.alpha))
        return grids

    def records(self) -> dict[str, list[dict[str, Cell]]]:
        """Tables for programs, by name."""
        scores: list[dict[str, Cell]] = [
            {"data": data, "k": k, "films": score.films, "mean": score.mean, "sd": score.sd}
            for (data, k), score in self.scores.items()
        ]
        records = {"visual": scores}
        if self.comparisons:
            records["visual_comparisons"] = comparison_records(self.comparisons)
        return records

    def methods(self) -> str:
        """How the figures were made."""
        return _MEASURED


def compare_visually(
    scores: Mapping[tuple[str, int], VisualScore], *, alpha: float = 0.05
) -> VisualEvaluation:
    """Compare the first kind of data with each other kind, by the means over the Ks.

    Args:
        scores: (data, K) → score.
        alpha: of the tests, in (0, 1).
    """
    comparisons: dict[tuple[str, str, str, str], PairedComparison] = {}
    first, *others = dict.fromkeys(data for data, _ in scores)
    for other in others:
        ks = [k for data, k in scores if data == first and (other, k) in scores]
        pairs = [(scores[first, k].mean, scores[other, k].mean) for k in ks]
        known = [(one, two) for one, two in pairs if one is not None and two is not None]
        if len(known) >= _FEWEST_PAIRS:
            one, two = zip(*known, strict=True)
            comparisons[_PIXELS, _DISTANCE, first, other] = compare_paired(one, two, alpha=alpha)
    return VisualEvaluation(scores, comparisons, alpha)


def _told(score: VisualScore | None) -> str:
    if score is None:
        return ""
    if score.mean is None:
        return UNDEFINED
    return f"{score.mean:.3f}" if score.sd is None else f"{score.mean:.3f} ± {score.sd:.3f}"
