"""How often labels are given, and which go together: the tables that dataset papers print."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate.label_tables import NEGATIVE, POSITIVE, UNCERTAIN, LabelPatterns

__all__ = ["CoOccurrence", "LabelFrequency", "cooccurrence", "label_frequencies"]


@dataclass(frozen=True, slots=True)
class LabelFrequency:
    """In how many reports a label is positive, negative and uncertain, of `total` reports."""

    label: str
    positive: int
    negative: int
    uncertain: int
    total: int

    @property
    def not_mentioned(self) -> int:
        return self.total - self.positive - self.negative - self.uncertain

    def percent(self, count: int) -> float | None:
        """A count as percentage of all reports, mentioned or not; None where there are none."""
        return 100 * count / self.total if self.total else None


@dataclass(frozen=True, slots=True, eq=False)
class CoOccurrence:
    """Which labels are positive together.

    Attributes:
        counts: (labels, labels) int64, symmetric. Off the diagonal: rows on which both labels are
            positive. On it: rows on which this label is positive and none of the others is.
        totals: (labels,) int64: rows on which the label is positive, alone or not.
    Source: the form of Wang et al., CVPR 2017 (ChestX-ray8), and of the ChestX-ray14 release.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    totals: NDArray[np.int64]


def label_frequencies(table: LabelPatterns) -> tuple[LabelFrequency, ...]:
    """Count the values of each label of a table, in a stream.

    Percentages are of all reports, as in the label tables of MIMIC-CXR-JPG (Johnson et al., 2019).

    Raises:
        BadTable: a value is none of 1, 0, -1 and empty.
    """
    values = (POSITIVE, NEGATIVE, UNCERTAIN)
    sums = np.zeros((len(values), len(table.names)), np.int64)
    for patterns, counts in table.patterns():
        sums += [counts @ (patterns == value) for value in values]
    return tuple(
        LabelFrequency(name, positive, negative, uncertain, table.rows)
        for name, (positive, negative, uncertain) in zip(table.names, _ints(sums.T), strict=True)
    )


def cooccurrence(table: LabelPatterns) -> CoOccurrence:
    """Count which labels are positive together, in a stream; uncertain is not positive.

    "Alone" is among the labels that the table was opened with.

    Raises:
        BadTable: a value is none of 1, 0, -1 and empty.
    """
    size = len(table.names)
    together = np.zeros((size, size), np.int64)
    alone = np.zeros(size, np.int64)
    for patterns, counts in table.patterns():
        positive = (patterns == POSITIVE).astype(np.int64)
        together += positive.T @ (positive * counts[:, np.newaxis])
        single = positive.sum(axis=1) == 1
        alone += counts[single] @ positive[single]
    totals = together.diagonal().copy()
    np.fill_diagonal(together, alone)
    return CoOccurrence(table.names, together, totals)


def _ints(rows: NDArray[np.int64]) -> Iterable[list[int]]:
    return (row.tolist() for row in rows)
