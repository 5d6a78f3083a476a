"""Films clustered by their tags, from the table of tags to what people look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

import numpy as np

from plainfilm.clusters.compression import Compression, Uncompressed
from plainfilm.clusters.features import Features
from plainfilm.clusters.left_out import CODED, DESCRIPTION, keyword_of, rule_of
from plainfilm.clusters.medoids import Clustering, check_k, k_medoids
from plainfilm.clusters.odd import FarFilm, Suspicion, far_films, suspicious
from plainfilm.clusters.plan import FeatureSettings
from plainfilm.clusters.seeds import check_seed
from plainfilm.clusters.tag_table import MISSING, TagColumn, TagTable
from plainfilm.clusters.words import ClusterWord, cluster_words
from plainfilm.errors import BadTable
from plainfilm.evaluate.clusters import ClusterScore, score_clusters

__all__ = [
    "DEFAULT_CLUSTERS",
    "JUDGED_BY",
    "FilmClusters",
    "cluster_films",
    "features_to_cluster",
    "judged_tags",
    "tags_named",
]

DEFAULT_CLUSTERS: Final = 15
JUDGED_BY: Final = ("BodyPartExamined", "ViewPosition")
"""The tags that clusters are judged by where none are named."""
_MAY_JUDGE: Final = frozenset({CODED, DESCRIPTION, "counter", "pixel_derived"})
"""Reasons of tags that are no features, and yet say nothing of who, when or which one."""


@dataclass(frozen=True, slots=True)
class FilmClusters:
    """Clusters of films, and what they tell.

    Attributes:
        asked: how many clusters were asked for; there are fewer where films are of fewer kinds.
        by: the tags that were judged, and were no features.
        words: for each cluster, what its films have in common.
        scores: for each tag of `by`, what the clusters tell of it; None where no film has it.
        suspicions: films whose tag disagrees with nearly all of their cluster.
        far: films far from every medoid.
    """

    table: TagTable
    features: Features
    clustering: Clustering
    asked: int
    by: tuple[str, ...]
    words: Sequence[tuple[ClusterWord, ...]]
    scores: Sequence[ClusterScore | None]
    suspicions: Sequence[Suspicion]
    far: Sequence[FarFilm]


def tags_named(table: TagTable, names: Sequence[str]) -> tuple[str, ...]:
    """The keywords that names stand for, each once.

    Raises:
        BadTable: the films have no such tag; the message lists near names.
    """
    found: list[str] = []
    for name in names:
        keyword = keyword_of(name)
        column = table.columns.get(keyword)
        if column is None:
            raise BadTable(f"the films have no tag {name}; {_near(keyword, table)}")
        found.append(keyword)
    return tuple(dict.fromkeys(found))


def _near(keyword: str, table: TagTable) -> str:
    """Names that begin alike, and names that are written much alike."""
    there = [*table.columns, *table.set_aside]
    start = keyword.lower()
    longer = sorted(word for word in there if word.lower().startswith(start))
    near = [*longer, *get_close_matches(keyword, there, n=5, cutoff=0.6)]
    shown = list(dict.fromkeys(near))[:5]
    return f"near names are {', '.join(shown)}" if shown else "no name is near to it"


def judged_tags(table: TagTable, by: Sequence[str] | None) -> tuple[str, ...]:
    """The keywords of the tags to judge: `JUDGED_BY` as far as they are there, where not given.

    Raises:
        BadTable: as `tags_named`, or a tag tells who, when or which one, or is text that a person
            wrote, which what comes of the judging would show; or nearly every film has a value of
            its own.
    """
    for name in by or ():
        keyword = keyword_of(name)
        rule, column = rule_of(keyword), table.columns.get(keyword)
        if column is not None and column.abandoned is not None:
            rule = column.abandoned
        if rule is not None and rule.reason not in _MAY_JUDGE:
            raise BadTable(f"{name} is no tag to judge clusters by: {rule.because}")
    names = [word for word in JUDGED_BY if word in table.columns] if by is None else by
    return tags_named(table, names)


def features_to_cluster(
    table: TagTable,
    judged: Sequence[str],
    settings: FeatureSettings | None,
    compression: Compression,
) -> Features:
    """The features of films, without the tags that clusters are judged by."""
    chosen = settings or FeatureSettings()
    leave_out = frozenset((*chosen.leave_out, *judged))
    return compression.features(table, replace(chosen, leave_out=leave_out))


def cluster_films(
    table: TagTable,
    *,
    by: Sequence[str] | None = None,
    k: int | None = None,
    settings: FeatureSettings | None = None,
    compression: Compression | None = None,
    metric: str = "manhattan",
    seed: int = 0,
) -> FilmClusters:
    """Cluster films by their tags, and judge tags by the clusters.

    Films that no tag tells apart, as where there is but one, are one cluster.

    Args:
        by: tags to judge, which are no features then; `JUDGED_BY` as far as they are there, where
            not given.
        k: clusters; 15 where not given, or as many as there are films.
        compression: of the features, before they are clustered; none where not given.
        metric: one of `METRICS`.
        seed: the same seed gives the same clusters.
    Raises:
        BadTable: the films have no tag of such a name, or it cannot be judged by.
        SettingsError: `k`, `seed` or `metric` is out of range, or the compression takes other
            features.
        InputError: the films have fewer than half of the tags that the compression was trained
            with.
    """
    judged = judged_tags(table, by)
    clusters = min(DEFAULT_CLUSTERS, len(table)) if k is None else k
    check_k(clusters, len(table))
    check_seed(seed)
    compression = compression or Uncompressed()
    features = features_to_cluster(table, judged, settings, compression)
    clustering = _clustered(features, compression, clusters, metric, seed)
    return FilmClusters(
        table=table,
        features=features,
        clustering=clustering,
        asked=clusters,
        by=judged,
        words=cluster_words(table, clustering),
        scores=[_score(table.columns[word].as_texts(), clustering) for word in judged],
        suspicions=suspicious(table, clustering, judged),
        far=far_films(clustering, features),
    )


def _clustered(
    features: Features, compression: Compression, k: int, metric: str, seed: int
) -> Clustering:
    films, columns = features.matrix.shape
    if columns:
        return k_medoids(compression.points(features), k, metric=metric, seed=seed)
    nowhere = np.zeros(films, np.float32)
    return Clustering(np.zeros(1, np.int64), np.zeros(films, np.int32), nowhere, 0.0, 0)


def _score(column: TagColumn, clustering: Clustering) -> ClusterScore | None:
    known = column.codes != MISSING
    if not known.any():
        return None
    return score_clusters(column.codes[known], clustering.labels[known])
