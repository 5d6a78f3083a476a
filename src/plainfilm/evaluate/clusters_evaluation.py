"""Clusters of several numbers and of several kinds of data, judged by tags, in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import InputError
from plainfilm.evaluate import clusters_tables as tables
from plainfilm.evaluate.clusters import (
    ClusterScore,
    PairedComparison,
    check_alpha,
    compare_paired,
    elbow,
    score_clusters,
    sum_of_squares,
)
from plainfilm.evaluate.clusters_visual import VisualEvaluation
from plainfilm.evaluate.tables import Cell, Grid

__all__ = ["ClusterEvaluation", "ClusterRun", "Curve", "evaluate_clusters"]

_MEASURED: Final = (
    "Homogeneity: 1 - H(T|P)/H(T), of tag T and clusters P. NMI by the product: I(T;P)/(H(T)·H(P)),"
    " entropies in nats, not bounded by 1. NMI by the arithmetic mean: 2 I(T;P)/(H(T)+H(P)). Films"
    " whose tag is not known are left out."
)


@dataclass(frozen=True, slots=True, eq=False)
class ClusterRun:
    """One clustering to judge.

    Attributes:
        data: what was clustered: `original`, `compressed`.
        k: clusters that were asked for.
        clusters: (films,), each film's cluster.
        distances: (films,), from each film to its medoid; None where not known.
    """

    data: str
    k: int
    clusters: NDArray[Any]
    distances: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """The sum of squared distances of one kind of data against K, and where it bends."""

    data: str
    ks: tuple[int, ...]
    sums: tuple[float, ...]
    elbow: int | None


@dataclass(frozen=True, slots=True)
class ClusterEvaluation:
    """Scores, their comparisons, and curves.

    Attributes:
        films: how many were clustered.
        known: tag → films that have a value of it; the others have no part in its scores.
        scores: (data, tag, K) → score, in the order of the runs.
        comparisons: (tag, measure, first data, other data) → over every K that both have.
        curves: of the data whose distances are known.
        visual: how much films of a cluster look alike; None where they were not looked at.
    """

    films: int
    known: Mapping[str, int]
    scores: Mapping[tuple[str, str, int], ClusterScore]
    comparisons: Mapping[tuple[str, str, str, str], PairedComparison]
    curves: tuple[Curve, ...]
    alpha: float
    visual: VisualEvaluation | None = None

    def grids(self) -> list[Grid]:
        """Tables for people: scores by each tag, comparisons, sums of squares."""
        found = [tables.score_grid(self.scores, by, known) for by, known in self.known.items()]
        if self.comparisons:
            found.append(tables.comparison_grid(self.comparisons, self.alpha))
        if self.curves:
            found.append(tables.curve_grid(self.curves))
        return found + (self.visual.grids() if self.visual else [])

    def records(self) -> dict[str, list[dict[str, Cell]]]:
        """Tables for programs, by name; None where a figure is undefined."""
        found = {"scores": tables.score_records(self.scores)}
        if self.comparisons:
            found["comparisons"] = tables.comparison_records(self.comparisons)
        if self.curves:
            found["sums_of_squares"] = tables.curve_records(self.curves)
        return found | (self.visual.records() if self.visual else {})

    def methods(self) -> str:
        """How the figures were made, in a paragraph that a paper can take over."""
        words = [_MEASURED]
        if self.comparisons:
            words.append(
                "Comparisons over the numbers of clusters: the paired t-test where Shapiro and"
                " Wilk's test does not reject that the differences are normal, else Mann and"
                f" Whitney's U test, two-tailed, alpha = {self.alpha:g}."
            )
        if self.curves:
            words.append(
                "Elbow: the point of the sum of squared distances farthest below the line from"
                " the first K to the last, both axes scaled to [0, 1]."
            )
        if self.visual:
            words.append(self.visual.methods())
        return " ".join(words)


def evaluate_clusters(
    runs: Sequence[ClusterRun], truth: Mapping[str, Sequence[str]], *, alpha: float = 0.05
) -> ClusterEvaluation:
    """Judge clusterings of the same films by their tags.

    The first kind of data is compared with each other kind.

    Args:
        truth: tag → its value for each film; empty where not known.
        alpha: of the tests, in (0, 1).
    Raises:
        InputError: there is no run or no tag, a run or a tag is not of as many films as the others,
            a K is there twice, or no film has a value of a tag.
        SettingsError: `alpha` is out of range.
    """
    check_alpha(alpha)
    films = _films(runs, truth)
    known: dict[str, int] = {}
    scores: dict[tuple[str, str, int], ClusterScore] = {}
    for by, values in truth.items():
        tag = np.array(values, dtype=np.str_)
        told = tag != ""
        known[by] = int(told.sum())
        if not known[by]:
            raise InputError(f"no film has a value of {by}; judge the clusters by another tag")
        for run in runs:
            scores[run.data, by, run.k] = score_clusters(tag[told], run.clusters[told])
    return ClusterEvaluation(
        films, known, scores, _comparisons(scores, alpha), _curves(runs), alpha
    )


def _films(runs: Sequence[ClusterRun], truth: Mapping[str, Sequence[str]]) -> int:
    if not runs or not truth:
        raise InputError("clusters are judged by at least one tag; there is no cluster or no tag")
    keys = [(run.data, run.k) for run in runs]
    if len(set(keys)) < len(keys):
        raise InputError("the same data is clustered twice into as many clusters")
    counts = {len(run.clusters) for run in runs} | {len(values) for values in truth.values()}
    if len(counts) > 1:
        listed = ", ".join(f"{count:,}" for count in sorted(counts))
        raise InputError(f"clusters and tags are of different numbers of films: {listed}")
    return counts.pop()


def _comparisons(
    scores: Mapping[tuple[str, str, int], ClusterScore], alpha: float
) -> dict[tuple[str, str, str, str], PairedComparison]:
    found: dict[tuple[str, str, str, str], PairedComparison] = {}
    first, *others = dict.fromkeys(data for data, _, _ in scores)
    for by in dict.fromkeys(by for _, by, _ in scores):
        for measure in tables.MEASURE_WORDS:
            for other in others:
                pairs = [
                    (one, two)
                    for data, tag, k in scores
                    if data == first and tag == by and (other, by, k) in scores
                    if (one := getattr(scores[first, by, k], measure)) is not None
                    if (two := getattr(scores[other, by, k], measure)) is not None
                ]
                if len(pairs) >= 3:
                    one, two = zip(*pairs, strict=True)
                    found[by, measure, first, other] = compare_paired(one, two, alpha=alpha)
    return found


def _curves(runs: Sequence[ClusterRun]) -> tuple[Curve, ...]:
    order = {data: place for place, data in enumerate(dict.fromkeys(run.data for run in runs))}
    known = [
        (run.data, run.k, sum_of_squares(run.distances))
        for run in sorted(runs, key=lambda run: (order[run.data], run.k))
        if run.distances is not None
    ]
    curves = []
    for data, points in groupby(known, key=lambda each: each[0]):
        _, ks, sums = zip(*points, strict=True)
        curves.append(Curve(data, ks, sums, elbow(ks, sums)))
    return tuple(curves)
