"""Films that do not fit: far from every medoid, or with a tag that their cluster contradicts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.features import Features
from plainfilm.clusters.medoids import Clustering
from plainfilm.clusters.tag_table import MISSING, TagColumn, TagTable

__all__ = ["FarFilm", "Suspicion", "far_films", "suspicious"]

_WORD: Final = re.compile(r"[^\W_]+")
_TOLD: Final = 3
_95_PERCENT: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A film whose tag disagrees with nearly all of its cluster.

    Attributes:
        row: the film's place in the table.
        value, expected: what its tag says, and what most of the cluster's do.
        others: the cluster's other films that have the tag.
        agreeing: how many of them say `expected`, or a longer name of it (`PORTABLE CHEST`).
        alike: how many of them say what this film does.
        score: in [0, 1]; the share of agreeing films that can be counted on, less that of films
            which are alike.
        distance: from the cluster's medoid.
    """

    row: int
    keyword: str
    value: str
    expected: str
    cluster: int
    others: int
    agreeing: int
    alike: int
    score: float
    distance: float


@dataclass(frozen=True, slots=True)
class FarFilm:
    """A film that is far from every medoid.

    Attributes:
        row: the film's place in the table.
        distance: from the nearest medoid, which is its cluster's.
        typical: the median distance in that cluster.
        differs: the features that add the most to the distance.
    """

    row: int
    cluster: int
    distance: float
    typical: float
    differs: tuple[str, ...] = ()


def suspicious(
    table: TagTable,
    clustering: Clustering,
    keywords: Iterable[str],
    *,
    least_agreeing: float = 0.9,
    least_films: int = 20,
) -> list[Suspicion]:
    """Films whose own tag disagrees with nearly all of their cluster, the surest first.

    A tag is judged fairly only by clusters that were made without it: see
    `FeatureSettings.leave_out`.

    Args:
        keywords: tags to judge; those that no film has are passed over.
        least_agreeing: of the cluster's other films that have the tag, the share that has to agree.
        least_films: how many of them there have to be.
    Source of the score: E. B. Wilson, "Probable inference", 1927, the interval's lower end.
    """
    found: list[Suspicion] = []
    for keyword in keywords:
        column = table.columns.get(keyword)
        if column is not None and not column.abandoned:
            found += _against_cluster(column.as_texts(), clustering, least_agreeing, least_films)
    return sorted(found, key=lambda item: (-item.score, item.distance, item.row, item.keyword))


def _against_cluster(
    column: TagColumn, clustering: Clustering, least_agreeing: float, least_films: int
) -> list[Suspicion]:
    values, rows = len(column.values), np.flatnonzero(column.codes != MISSING)
    codes, labels = column.codes[rows], clustering.labels[rows]
    found: list[Suspicion] = []
    for cluster in np.unique(labels).tolist():
        members, own = rows[labels == cluster], codes[labels == cluster]
        others = len(members) - 1
        if others < least_films:
            continue
        counts = np.bincount(own, minlength=values)
        best = int(counts.argmax())
        agrees = np.asarray([_same(value, column.values[best]) for value in column.values])
        agreeing = int(counts[agrees].sum())
        if agreeing < least_agreeing * others:
            continue
        for row, code in zip(
            members[~agrees[own]].tolist(), own[~agrees[own]].tolist(), strict=True
        ):
            alike = int(counts[code]) - 1
            found.append(
                Suspicion(
                    row=row,
                    keyword=column.keyword,
                    value=column.values[code],
                    expected=column.values[best],
                    cluster=cluster,
                    others=others,
                    agreeing=agreeing,
                    alike=alike,
                    score=max(0.0, _lower_end(agreeing, others) - alike / others),
                    distance=float(clustering.distances[row]),
                )
            )
    return found


def _same(value: str, other: str) -> bool:
    """Whether one text is the other with words added: a name of its own, and no contradiction."""
    ours, theirs = _words(value), _words(other)
    return value == other or bool(ours and theirs and (ours <= theirs or theirs <= ours))


@lru_cache(maxsize=65_536)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _lower_end(part: int, whole: int) -> float:
    """The least share of which `part` of `whole` may be a sample, at 95 %."""
    z2 = _95_PERCENT**2
    share = part / whole
    middle = share + z2 / (2 * whole)
    spread = _95_PERCENT * float(np.sqrt(share * (1 - share) / whole + z2 / (4 * whole**2)))
    return (middle - spread) / (1 + z2 / whole)


def far_films(clustering: Clustering, features: Features, *, fences: float = 3.0) -> list[FarFilm]:
    """Films far from every medoid, the farthest first.

    Args:
        fences: a film is far beyond the upper quartile of all films' distances plus so many times
            their interquartile range.
    Source: J. W. Tukey, "Exploratory data analysis", 1977: what lies beyond the outer fence.
    """
    distances = clustering.distances
    lower, upper = np.quantile(distances, (0.25, 0.75))
    rows = np.flatnonzero(distances > upper + fences * (upper - lower))
    rows = rows[np.argsort(-distances[rows], kind="stable")]
    typical = _medians(clustering)
    return [
        FarFilm(
            row=row,
            cluster=int(clustering.labels[row]),
            distance=float(distances[row]),
            typical=float(typical[clustering.labels[row]]),
            differs=_differs(features, row, int(clustering.medoids[clustering.labels[row]])),
        )
        for row in rows.tolist()
    ]


def _medians(clustering: Clustering) -> NDArray[np.float64]:
    clusters = range(len(clustering.medoids))
    of_each: Sequence[NDArray[np.float32]] = [
        clustering.distances[clustering.labels == cluster] for cluster in clusters
    ]
    return np.asarray([np.median(distances) for distances in of_each])


def _differs(features: Features, row: int, medoid: int) -> tuple[str, ...]:
    pair = features.matrix[np.asarray([row, medoid])].toarray()
    apart = np.abs(pair[0] - pair[1])
    order = np.argsort(-apart, kind="stable")[:_TOLD]
    return tuple(features.columns[place] for place in order if apart[place] > 0)
