"""Judged clusters as tables: grids for people, records for programs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from plainfilm.evaluate.clusters import ClusterScore, PairedComparison
from plainfilm.evaluate.tables import UNDEFINED, Cell, Grid

if TYPE_CHECKING:
    from plainfilm.evaluate.clusters_evaluation import Curve

__all__ = [
    "MEASURE_WORDS",
    "comparison_grid",
    "comparison_records",
    "curve_grid",
    "curve_records",
    "score_grid",
    "score_records",
]

MEASURE_WORDS: Final[dict[str, str]] = {
    "homogeneity": "Homogeneity",
    "nmi_paper": "NMI, product",
    "nmi_geometric": "NMI, geometric",
    "nmi_arithmetic": "NMI, arithmetic",
}
_SHOWN: Final = ("homogeneity", "nmi_paper", "nmi_arithmetic")
_PLUS_MINUS: Final = "\N{PLUS-MINUS SIGN}"
_SMALLEST_P: Final = 0.001

Scores = Mapping[tuple[str, str, int], ClusterScore]
Comparisons = Mapping[tuple[str, str, str, str], PairedComparison]


def score_grid(scores: Scores, by: str, known: int) -> Grid:
    """A row for each K, then mean and standard deviation; columns by measure, then by data."""
    every_data = tuple(dict.fromkeys(data for data, _, _ in scores))
    ks = sorted({k for _, tag, k in scores if tag == by})
    columns = [(measure, data) for measure in _SHOWN for data in every_data]
    figures = [[_figure(scores, data, by, k, name) for name, data in columns] for k in ks]
    rows = [
        (str(k), *(_fraction(figure) for figure in row)) for k, row in zip(ks, figures, strict=True)
    ]
    if len(ks) > 1:
        rows.append(("mean", *(_mean(column) for column in zip(*figures, strict=True))))
    alone = len(every_data) == 1
    names = [
        MEASURE_WORDS[measure] if alone else f"{MEASURE_WORDS[measure]}: {data}"
        for measure, data in columns
    ]
    return Grid(f"By {by}, n = {known:,}", ("K", *names), tuple(rows))


def score_records(scores: Scores) -> list[dict[str, Cell]]:
    """One record for each data, tag and K."""
    return [
        {
            "data": data,
            "by": by,
            "k": k,
            "films": score.films,
            "clusters": score.clusters,
            "values": score.values,
            **{measure: getattr(score, measure) for measure in MEASURE_WORDS},
        }
        for (data, by, k), score in scores.items()
    ]


def comparison_grid(comparisons: Comparisons, alpha: float) -> Grid:
    """A row for each tag and measure: both means, the test, and what it says."""
    rows = tuple(
        (
            f"{by}: {MEASURE_WORDS.get(measure, measure)}",
            _moments(first, found.first),
            _moments(other, found.second),
            "" if found.normality_p is None else _p(found.normality_p),
            found.test,
            "" if found.statistic is None else f"{found.statistic:.2f}",
            _p(found.p),
            "yes" if found.different else "no",
        )
        for (by, measure, first, other), found in comparisons.items()
    )
    columns = ("By", "First", "Second", "Normal, p", "Test", "Statistic", "p", "Different")
    return Grid(f"Compared over K, two-tailed, alpha = {alpha:g}", columns, rows)


def comparison_records(comparisons: Comparisons) -> list[dict[str, Cell]]:
    """One record for each row of `comparison_grid`."""
    return [
        {
            "by": by,
            "measure": measure,
            "first": first,
            "second": other,
            "pairs": found.pairs,
            "first_mean": found.first[0],
            "first_deviation": found.first[1],
            "second_mean": found.second[0],
            "second_deviation": found.second[1],
            "normality_p": found.normality_p,
            "test": found.test,
            "statistic": found.statistic,
            "p": found.p,
            "alpha": found.alpha,
            "different": int(found.different),
        }
        for (by, measure, first, other), found in comparisons.items()
    ]


def curve_grid(curves: "Sequence[Curve]") -> Grid:
    """The sum of squared distances for each K; the elbow is marked."""
    sums = {
        (curve.data, k): total
        for curve in curves
        for k, total in zip(curve.ks, curve.sums, strict=True)
    }
    elbows = {(curve.data, curve.elbow) for curve in curves}
    rows = tuple(
        (
            str(k),
            *(
                f"{sums[curve.data, k]:,.1f}{' (elbow)' if (curve.data, k) in elbows else ''}"
                if (curve.data, k) in sums
                else ""
                for curve in curves
            ),
        )
        for k in sorted({k for _, k in sums})
    )
    columns = ("K", *(curve.data for curve in curves))
    return Grid("Sum of squared distances to the medoids", columns, rows)


def curve_records(curves: "Sequence[Curve]") -> list[dict[str, Cell]]:
    """One record for each data and K."""
    return [
        {"data": curve.data, "k": k, "sum_of_squares": total, "elbow": int(k == curve.elbow)}
        for curve in curves
        for k, total in zip(curve.ks, curve.sums, strict=True)
    ]


def _figure(scores: Scores, data: str, by: str, k: int, measure: str) -> float | None:
    """NaN where that data was not clustered into so many; None where undefined."""
    score = scores.get((data, by, k))
    found: float | None = float("nan") if score is None else getattr(score, measure)
    return found


def _fraction(figure: float | None) -> str:
    if figure is None:
        return UNDEFINED
    return "" if np.isnan(figure) else f"{figure:.3f}"


def _mean(figures: Sequence[float | None]) -> str:
    known = [figure for figure in figures if figure is not None and not np.isnan(figure)]
    if len(known) < 2:
        return ""
    return f"{np.mean(known):.3f} {_PLUS_MINUS} {np.std(known, ddof=1):.3f}"


def _moments(data: str, found: tuple[float, float]) -> str:
    return f"{data} {found[0]:.3f} {_PLUS_MINUS} {found[1]:.3f}"


def _p(value: float) -> str:
    return f"< {_SMALLEST_P}" if value < _SMALLEST_P else f"{value:.3f}"
