"""What sets a cluster apart, in words: `CR, CHEST, 35 by 43 cm, plate code15`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.film_size import film_sizes
from plainfilm.clusters.left_out import CODED, rule_of
from plainfilm.clusters.medoids import Clustering
from plainfilm.clusters.tag_table import MISSING, TagColumn, TagTable

__all__ = ["ClusterWord", "cluster_words"]

_AGREE: Final = 0.8
_TO: Final = "\N{EN DASH}"
_MORE_THAN_OTHERS: Final = 0.3
_MOST_ONLY_HERE: Final = 3


@dataclass(frozen=True, slots=True)
class ClusterWord:
    """One thing that is so in a cluster.

    Attributes:
        text: for people.
        share: of the cluster's films for which it is so.
        elsewhere: of all other films.
    """

    keyword: str
    text: str
    share: float
    elsewhere: float


class _Phrase(NamedTuple):
    phrase: str
    always: bool


@cache
def _phrases() -> dict[str, _Phrase]:
    text = files("plainfilm.clusters").joinpath("phrases.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {
        row["keyword"]: _Phrase(row["phrase"], row["always"] == "yes")
        for row in csv.DictReader(lines)
    }


def cluster_words(table: TagTable, clustering: Clustering) -> list[tuple[ClusterWord, ...]]:
    """For each cluster what its films have in common.

    First what every cluster is told by where 80 % of its films agree: Modality, BodyPartExamined,
    ViewPosition and the film's size. Then up to three values that 80 % of its films have and
    that are rarer among all others, by 30 % of films at least. What is never a feature becomes no
    word either, nor what most films have a value of their own of.
    """
    clusters = len(clustering.medoids)
    common: list[list[ClusterWord]] = [[] for _ in range(clusters)]
    own: list[list[ClusterWord]] = [[] for _ in range(clusters)]
    for column in _told(table):
        phrase = _phrases().get(column.keyword)
        found = [*_of_texts(column, clustering), *_of_numbers(column, clustering)]
        for cluster, word in found:
            if phrase is not None and phrase.always:
                common[cluster].append(word)
            elif word.share - word.elsewhere >= _MORE_THAN_OTHERS:
                own[cluster].append(word)
    order = list(_phrases())
    return [
        (*sorted(said, key=lambda word: order.index(word.keyword)), *_clearest(apart))
        for said, apart in zip(common, own, strict=True)
    ]


def _told(table: TagTable) -> Iterator[TagColumn]:
    yield film_sizes(table)
    for keyword, column in table.columns.items():
        rule = rule_of(keyword)
        may_be_told = rule is None or rule.reason == CODED
        if may_be_told and not column.abandoned and not column.has_own_values():
            yield column


def _clearest(words: list[ClusterWord]) -> list[ClusterWord]:
    ranked = sorted(words, key=lambda word: (word.elsewhere - word.share, word.keyword))
    return ranked[:_MOST_ONLY_HERE]


def _of_texts(column: TagColumn, clustering: Clustering) -> Iterator[tuple[int, ClusterWord]]:
    """Each cluster's most frequent text, where enough of its films have it."""
    if not column.values:
        return
    clusters, values = len(clustering.medoids), len(column.values)
    rows = np.flatnonzero(column.codes != MISSING)
    cells = clustering.labels[rows].astype(np.int64) * values + column.codes[rows]
    counts = np.bincount(cells, minlength=clusters * values).reshape(clusters, values)
    sizes = np.bincount(clustering.labels, minlength=clusters)
    totals = counts.sum(axis=0)
    for cluster, best in enumerate(counts.argmax(axis=1).tolist()):
        share = counts[cluster, best] / max(1, sizes[cluster])
        others = len(column.codes) - sizes[cluster]
        elsewhere = (totals[best] - counts[cluster, best]) / max(1, others)
        if share >= _AGREE:
            text = _text(column.keyword, column.values[best])
            yield cluster, ClusterWord(column.keyword, text, float(share), float(elsewhere))


def _of_numbers(column: TagColumn, clustering: Clustering) -> Iterator[tuple[int, ClusterWord]]:
    """The range that the middle nine tenths of a cluster's numbers lie in; the first part alone."""
    if not column.numbers.shape[1]:
        return
    values = column.numbers[:, 0]
    known = np.sort(values[~np.isnan(values)])
    for cluster in range(len(clustering.medoids)):
        members = clustering.labels == cluster
        there = values[members]
        there = there[~np.isnan(there)]
        size = int(np.count_nonzero(members))
        if len(there) < _AGREE * size or not len(there):
            continue
        low, high = np.quantile(there, (0.05, 0.95), method="nearest")
        share = _between(np.sort(there), low, high) / size
        everywhere = _between(known, low, high)
        elsewhere = (everywhere - share * size) / max(1, len(values) - size)
        text = f"{low:g}" if low == high else f"{low:g}{_TO}{high:g}"
        if share >= _AGREE:
            text = _text(column.keyword, text)
            yield cluster, ClusterWord(column.keyword, text, float(share), float(elsewhere))


def _between(ordered: NDArray[np.float64], low: float, high: float) -> int:
    first, last = np.searchsorted(ordered, low, "left"), np.searchsorted(ordered, high, "right")
    return int(last - first)


def _text(keyword: str, value: str) -> str:
    phrase = _phrases().get(keyword)
    return f"{keyword} {value}" if phrase is None else phrase.phrase.replace("{}", value)
