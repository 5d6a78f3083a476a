"""What clusters are worth: what they tell of a tag, where more of them stop helping, and whether
two ways of making them differ.

Entropies are in nats. A figure that is 0/0, such as the homogeneity by a tag of one value, is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from plainfilm.errors import InputError, SettingsError

__all__ = [
    "PAPER_KS",
    "ClusterScore",
    "PairedComparison",
    "check_alpha",
    "compare_paired",
    "elbow",
    "homogeneity",
    "nmi_arithmetic",
    "nmi_geometric",
    "nmi_paper",
    "score_clusters",
    "sum_of_squares",
]

PAPER_KS: Final = (4, 7, 11, 15, 20, 25, 30, 40, 50, 75, 100, 150)
"""How many clusters to try, where one wants to compare with the published table."""
_SHAPIRO_FILMS: Final = 5_000
"""Beyond, the test's p is not accurate (Royston 1995); so many, evenly spaced, are looked at."""
_FEWEST_PAIRS: Final = 3


@dataclass(frozen=True, slots=True)
class ClusterScore:
    """What clusters tell of a tag.

    Attributes:
        films: those whose tag is known.
        clusters, values: how many different ones those films have.
        homogeneity: 1 - H(T|P) / H(T), in [0, 1]: 1 where every cluster has one value of the tag.
        nmi_paper: I(T;P) / (H(T) H(P)), in 1/nats. It is not bounded by 1.
        nmi_geometric: I(T;P) / sqrt(H(T) H(P)), in [0, 1].
        nmi_arithmetic: 2 I(T;P) / (H(T) + H(P)), in [0, 1], the usual one.
    """

    films: int
    clusters: int
    values: int
    homogeneity: float | None
    nmi_paper: float | None
    nmi_geometric: float | None
    nmi_arithmetic: float | None


def score_clusters(truth: ArrayLike, clusters: ArrayLike) -> ClusterScore:
    """Score clusters by a tag.

    Args:
        truth: (films,), the tag's values T, of any kind.
        clusters: (films,), each film's cluster P.
    Raises:
        InputError: the two are not of one length, or there is no film.
    Source: Rosenberg and Hirschberg, "V-measure" (EMNLP 2007), for the homogeneity.
    """
    values, said = np.asarray(truth).ravel(), np.asarray(clusters).ravel()
    if len(values) != len(said) or not len(said):
        raise InputError(f"clusters of {len(said):,} films, and tags of {len(values):,}")
    _, value_places = np.unique(values, return_inverse=True)
    _, cluster_places = np.unique(said, return_inverse=True)
    of_values, of_clusters = np.bincount(value_places), np.bincount(cluster_places)
    pairs = value_places.astype(np.int64) * len(of_clusters) + cluster_places
    h_t, h_p = _entropy(of_values), _entropy(of_clusters)
    _, together = np.unique(pairs, return_counts=True)
    shared = max(h_t + h_p - _entropy(together), 0.0)
    return ClusterScore(
        films=len(said),
        clusters=len(of_clusters),
        values=len(of_values),
        homogeneity=_ratio(shared, h_t),
        nmi_paper=_ratio(shared, h_t * h_p),
        nmi_geometric=_ratio(shared, float(np.sqrt(h_t * h_p))),
        nmi_arithmetic=_ratio(shared, (h_t + h_p) / 2),
    )


def homogeneity(truth: ArrayLike, clusters: ArrayLike) -> float | None:
    """See `ClusterScore`; scikit-learn's figure, but for a tag of one value, where that is 1."""
    return score_clusters(truth, clusters).homogeneity


def nmi_paper(truth: ArrayLike, clusters: ArrayLike) -> float | None:
    """Mutual information by the product of the entropies; see `ClusterScore`."""
    return score_clusters(truth, clusters).nmi_paper


def nmi_geometric(truth: ArrayLike, clusters: ArrayLike) -> float | None:
    """Mutual information by the geometric mean of the entropies; see `ClusterScore`."""
    return score_clusters(truth, clusters).nmi_geometric


def nmi_arithmetic(truth: ArrayLike, clusters: ArrayLike) -> float | None:
    """Mutual information by the arithmetic mean of the entropies; see `ClusterScore`."""
    return score_clusters(truth, clusters).nmi_arithmetic


def _entropy(counts: NDArray[Any]) -> float:
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _ratio(part: float, whole: float) -> float | None:
    return None if whole <= 0 else part / whole


def sum_of_squares(distances: ArrayLike) -> float:
    """Of the distances from films to their medoids, which the elbow is looked for in."""
    return float(np.square(np.asarray(distances, np.float64)).sum())


def elbow(ks: Sequence[int], sums: Sequence[float]) -> int | None:
    """Where a falling curve bends: more clusters than these help little.

    Both axes are brought to [0, 1]; the elbow lies farthest below the line from the first point to
    the last. None where no point lies below it, or there are fewer than three.

    Args:
        ks: numbers of clusters, growing.
        sums: the sum of squared distances for each.
    Raises:
        InputError: the two are not of one length, or `ks` does not grow.
    Source: Satopää et al., "Finding a kneedle in a haystack" (ICDCS workshops 2011), offline.
    """
    x, y = np.asarray(ks, np.float64), np.asarray(sums, np.float64)
    if len(x) != len(y) or (np.diff(x) <= 0).any():
        raise InputError("the elbow needs growing numbers of clusters, and a sum for each")
    if len(x) < 3 or np.ptp(y) == 0:
        return None
    line = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    below = (line - y) / np.ptp(y)
    place = int(below.argmax())
    return None if below[place] <= 1e-9 else int(ks[place])


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Two figures of each of several things, such as of each K, and whether they differ.

    Attributes:
        first, second: mean and sample standard deviation.
        normality_p: of Shapiro and Wilk's test on the differences; None where all are the same.
        test: `paired t`, where the differences may be normal, else `Mann-Whitney U`.
        statistic: t or U; None where the two are the same throughout.
        p: two-tailed; 1 where the two are the same throughout.
        alpha: the level of both tests.
    """

    pairs: int
    first: tuple[float, float]
    second: tuple[float, float]
    normality_p: float | None
    test: str
    statistic: float | None
    p: float
    alpha: float

    @property
    def different(self) -> bool:
        return self.p < self.alpha


def check_alpha(alpha: float) -> None:
    """Check the level of a test.

    Raises:
        SettingsError: it is not in (0, 1).
    """
    if not 0 < alpha < 1:
        raise SettingsError(f"alpha ({alpha}) must be between 0 and 1")


def compare_paired(first: ArrayLike, second: ArrayLike, *, alpha: float = 0.05) -> PairedComparison:
    """Test whether paired figures differ, two-tailed.

    Shapiro and Wilk's test on the differences, which is what the paired t-test asks to be normal,
    decides for that test or for Mann and Whitney's.

    Args:
        first, second: (pairs,), at least three, finite.
        alpha: in (0, 1).
    Raises:
        InputError: there are fewer than three pairs, or not as many of the one as of the other, or
            one is NaN or infinite.
        SettingsError: `alpha` is out of range.
    """
    check_alpha(alpha)
    one, two = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    if len(one) != len(two) or len(one) < _FEWEST_PAIRS:
        raise InputError(
            f"a paired test needs at least {_FEWEST_PAIRS} pairs; there are {len(one)} figures and"
            f" {len(two)}"
        )
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise InputError("a paired test needs finite numbers; some are NaN or infinite")
    difference = one - two
    normality_p = _normality(difference)
    means = [(float(each.mean()), float(each.std(ddof=1))) for each in (one, two)]
    if normality_p is not None and normality_p >= alpha:
        found, test = stats.ttest_rel(one, two), "paired t"
    else:
        found, test = stats.mannwhitneyu(one, two, alternative="two-sided"), "Mann-Whitney U"
    statistic, p = (None, 1.0)
    if difference.any():
        statistic, p = float(found.statistic), float(found.pvalue)
    return PairedComparison(len(one), means[0], means[1], normality_p, test, statistic, p, alpha)


def _normality(differences: NDArray[np.float64]) -> float | None:
    """p of the test; None where the differences are the same but for rounding."""
    scale = float(np.abs(differences).max())
    if np.ptp(differences) <= 1e-12 * max(scale, 1.0):
        return None
    step = -(-len(differences) // _SHAPIRO_FILMS)
    return float(stats.shapiro(differences[::step]).pvalue)
