"""What kinds of film are in an archive, judged by their tags, and which tags look wrong.

`cluster_films` goes the whole way over a `TagTable`; `judge_by_k` clusters it into several numbers
of clusters, and judges them by tags. `plainfilm.clusters.training` imports PyTorch, and is not
among this room's names.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.clusters.by_k import judge_by_k
    from plainfilm.clusters.compression import (
        Compression,
        Encoded,
        TruncatedSvd,
        Uncompressed,
        compression_named,
    )
    from plainfilm.clusters.distances import METRICS
    from plainfilm.clusters.embed import EmbedFilms, vectors_of
    from plainfilm.clusters.features import Features, build_features, features_like
    from plainfilm.clusters.films import FilmClusters, cluster_films, judged_tags, tags_named
    from plainfilm.clusters.left_out import keyword_of
    from plainfilm.clusters.medoids import Clustering, faster_pam, k_medoids
    from plainfilm.clusters.odd import FarFilm, Suspicion, far_films, suspicious
    from plainfilm.clusters.output import (
        cluster_records,
        far_records,
        suspicion_records,
        write_tables,
    )
    from plainfilm.clusters.plan import FeatureSettings, TagPlan, Treatment
    from plainfilm.clusters.plane import FlatMap, flat_map
    from plainfilm.clusters.step import KeepClusters
    from plainfilm.clusters.tag_files import read_csv, read_parts
    from plainfilm.clusters.tag_table import TagColumn, TagTable
    from plainfilm.clusters.words import ClusterWord, cluster_words

__all__ = [
    "METRICS",
    "ClusterWord",
    "Clustering",
    "Compression",
    "EmbedFilms",
    "Encoded",
    "FarFilm",
    "FeatureSettings",
    "Features",
    "FilmClusters",
    "FlatMap",
    "KeepClusters",
    "Suspicion",
    "TagColumn",
    "TagPlan",
    "TagTable",
    "Treatment",
    "TruncatedSvd",
    "Uncompressed",
    "build_features",
    "cluster_films",
    "cluster_records",
    "cluster_words",
    "compression_named",
    "far_films",
    "far_records",
    "faster_pam",
    "features_like",
    "flat_map",
    "judge_by_k",
    "judged_tags",
    "k_medoids",
    "keyword_of",
    "read_csv",
    "read_parts",
    "suspicion_records",
    "suspicious",
    "tags_named",
    "vectors_of",
    "write_tables",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "METRICS": "distances",
        "ClusterWord": "words",
        "Clustering": "medoids",
        "Compression": "compression",
        "EmbedFilms": "embed",
        "Encoded": "compression",
        "FarFilm": "odd",
        "FeatureSettings": "plan",
        "Features": "features",
        "FilmClusters": "films",
        "FlatMap": "plane",
        "KeepClusters": "step",
        "Suspicion": "odd",
        "TagColumn": "tag_table",
        "TagPlan": "plan",
        "TagTable": "tag_table",
        "Treatment": "plan",
        "TruncatedSvd": "compression",
        "Uncompressed": "compression",
        "build_features": "features",
        "cluster_films": "films",
        "cluster_records": "output",
        "cluster_words": "words",
        "compression_named": "compression",
        "far_films": "odd",
        "far_records": "output",
        "faster_pam": "medoids",
        "features_like": "features",
        "flat_map": "plane",
        "judge_by_k": "by_k",
        "judged_tags": "films",
        "k_medoids": "medoids",
        "keyword_of": "left_out",
        "read_csv": "tag_files",
        "read_parts": "tag_files",
        "suspicion_records": "output",
        "suspicious": "odd",
        "tags_named": "films",
        "vectors_of": "embed",
        "write_tables": "output",
    },
)
