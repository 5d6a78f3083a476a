"""Clusters as results of a step, so that the archive keeps them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from plainfilm.clusters.films import FilmClusters
from plainfilm.records import Film, Prediction

__all__ = ["KeepClusters"]

_DIGITS = 4


@dataclass(frozen=True)
class KeepClusters:
    """Leaves each film's cluster as a Prediction, task `cluster`; none for films without one.

    Details: `distance` from the medoid, whether that is `far`, the `medoid`'s film id, the
    cluster's `size` and `words`, and `suspicious`, what the cluster says against the film's tags.

    Attributes:
        compression: its name.
        found: the clusters, of films that have ids.
        rows: film id → row there.
        sizes: films of each cluster.
        far: rows of films far from every medoid.
        against: row → what to say against the film's tags.
    """

    k: int
    seed: int
    metric: str
    compression: str
    by: tuple[str, ...]
    found: FilmClusters = field(repr=False, metadata={"parameter": False})
    rows: Mapping[int, int] = field(hash=False, repr=False, metadata={"parameter": False})
    sizes: tuple[int, ...] = field(repr=False, metadata={"parameter": False})
    far: frozenset[int] = field(repr=False, metadata={"parameter": False})
    against: Mapping[int, Sequence[Mapping[str, Any]]] = field(
        hash=False, repr=False, metadata={"parameter": False}
    )

    name: ClassVar[str] = "cluster"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, found: FilmClusters, *, seed: int, metric: str, compression: str = "none") -> Self:
        """The step that keeps these clusters."""
        rows = {film_id: row for row, film_id in enumerate(found.table.film_ids.tolist())}
        against: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for item in found.suspicions:
            evidence = {"others": item.others, "agreeing": item.agreeing, "score": item.score}
            told = {"tag": item.keyword, "expected": item.expected, **evidence}
            against[item.row].append(told)
        return cls(
            k=len(found.clustering.medoids),
            seed=seed,
            metric=metric,
            compression=compression,
            by=found.by,
            found=found,
            rows=rows,
            sizes=found.clustering.sizes(),
            far=frozenset(item.row for item in found.far),
            against=against,
        )

    def process(self, batch: Sequence[Film]) -> list[Prediction]:
        """One Prediction for each film that was clustered; its value is the cluster's number."""
        return [self._prediction(film.film_id) for film in batch if film.film_id in self.rows]

    def _prediction(self, film_id: int) -> Prediction:
        row, clustering = self.rows[film_id], self.found.clustering
        cluster = int(clustering.labels[row])
        details = {
            "distance": round(float(clustering.distances[row]), _DIGITS),
            "far": row in self.far,
            "medoid": int(self.found.table.film_ids[clustering.medoids[cluster]]),
            "size": self.sizes[cluster],
            "words": [word.text for word in self.found.words[cluster]],
            "suspicious": self.against.get(row, ()),
        }
        return Prediction(film_id, self.name, str(cluster), None, details)
