"""Clusters as a folder of tables."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from plainfilm.clusters.films import FilmClusters
from plainfilm.errors import ArchiveError
from plainfilm.text_files import write_beside

__all__ = ["cluster_records", "far_records", "suspicion_records", "write_tables"]

Cell = str | int | float | None
_DIGITS: Final = 4


def write_tables(
    found: FilmClusters, folder: Path, names: Sequence[str | int], name_column: str
) -> tuple[Path, ...]:
    """Write `films.csv`, `clusters.csv`, `suspicious.csv`, `far.csv` and `tags.csv`; tables of that
    name are replaced.

    Args:
        names: (films,), what each film is called.
        name_column: the column of the names.
    Returns:
        The files written.
    Raises:
        ArchiveError: the folder cannot be written.
    """
    clustering = found.clustering
    distances = (round(distance, _DIGITS) for distance in clustering.distances.tolist())
    films = zip(names, clustering.labels.tolist(), distances, strict=True)
    tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Cell]]]] = {
        "films": ((name_column, "cluster", "distance"), films),
        "clusters": _table(_CLUSTER_COLUMNS, cluster_records(found, names)),
        "suspicious": _table(
            (name_column, *_SUSPICION_COLUMNS), suspicion_records(found, names, name_column)
        ),
        "far": _table((name_column, *_FAR_COLUMNS), far_records(found, names, name_column)),
        "tags": _table(_TAG_COLUMNS, _tag_records(found)),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(
            _written(folder / f"{name}.csv", columns, rows)
            for name, (columns, rows) in tables.items()
        )
    except OSError as exc:
        raise ArchiveError(f"cannot write to {folder}: {exc.strerror}") from exc


_CLUSTER_COLUMNS: Final = ("cluster", "films", "medoid", "typical_distance", "words")
_SUSPICION_COLUMNS: Final = (
    "tag", "value", "expected", "cluster", "others", "agreeing", "alike", "score", "distance",
)  # fmt: skip
_FAR_COLUMNS: Final = ("cluster", "distance", "typical_distance", "differs")
_TAG_COLUMNS: Final = ("tag", "treatment", "columns", "films", "values", "reason", "because")


def cluster_records(found: FilmClusters, names: Sequence[str | int]) -> list[dict[str, Cell]]:
    """One record per cluster: films, medoid, the median distance from it, and words."""
    clustering = found.clustering
    sizes = clustering.sizes()
    return [
        {
            "cluster": cluster,
            "films": sizes[cluster],
            "medoid": names[medoid],
            "typical_distance": round(
                float(np.median(clustering.distances[clustering.labels == cluster])), _DIGITS
            ),
            "words": ", ".join(word.text for word in found.words[cluster]),
        }
        for cluster, medoid in enumerate(clustering.medoids.tolist())
    ]


def suspicion_records(
    found: FilmClusters, names: Sequence[str | int], name_column: str
) -> list[dict[str, Cell]]:
    """One record per suspicion, the surest first, with its evidence."""
    return [
        {
            name_column: names[item.row],
            "tag": item.keyword,
            "value": item.value,
            "expected": item.expected,
            "cluster": item.cluster,
            "others": item.others,
            "agreeing": item.agreeing,
            "alike": item.alike,
            "score": round(item.score, _DIGITS),
            "distance": round(item.distance, _DIGITS),
        }
        for item in found.suspicions
    ]


def far_records(
    found: FilmClusters, names: Sequence[str | int], name_column: str
) -> list[dict[str, Cell]]:
    """One record per film that is far from every medoid, the farthest first."""
    return [
        {
            name_column: names[item.row],
            "cluster": item.cluster,
            "distance": round(item.distance, _DIGITS),
            "typical_distance": round(item.typical, _DIGITS),
            "differs": ", ".join(item.differs),
        }
        for item in found.far
    ]


def _tag_records(found: FilmClusters) -> list[dict[str, Cell]]:
    return [
        {
            "tag": plan.keyword,
            "treatment": plan.treatment.value,
            "columns": plan.columns,
            "films": plan.films,
            "values": plan.values,
            "reason": plan.reason,
            "because": plan.because,
        }
        for plan in found.features.plan
    ]


def _table(
    columns: Sequence[str], records: Sequence[Mapping[str, Cell]]
) -> tuple[Sequence[str], Iterable[Sequence[Cell]]]:
    return columns, ([record[column] for column in columns] for record in records)


def _written(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Path:
    with write_beside(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path
