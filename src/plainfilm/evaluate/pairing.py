"""Bringing two tables of labels together: the same reports and labels, in the same order."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable
from plainfilm.evaluate.csv_tables import listed
from plainfilm.evaluate.label_tables import LabelMatrix, LabelTable

__all__ = ["LabelPair", "in_both", "pair_labels", "refuse_lone"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelPair:
    """Predicted and true labels of the same reports.

    Attributes:
        names: of the labels compared, in the order of the truth.
        predicted, truth: (reports, labels) int8, as in `LabelMatrix`.
        only_predicted, only_true: ids that one table alone has; not compared.
        labels_only_predicted, labels_only_true: labels that one table alone has; not compared.
    """

    names: tuple[str, ...]
    predicted: NDArray[np.int8]
    truth: NDArray[np.int8]
    only_predicted: tuple[str, ...]
    only_true: tuple[str, ...]
    labels_only_predicted: tuple[str, ...]
    labels_only_true: tuple[str, ...]


def pair_labels(predicted: LabelTable, truth: LabelTable, *, common: bool = False) -> LabelPair:
    """Read two tables into memory and bring them together by ids and labels.

    Args:
        common: compare what both tables have, and list the rest; else a rest is an error.
    Raises:
        BadTable: an id or a label is in one table only (the message names them), or none is in
            both; or a value is none of 1, 0, -1 and empty.
    """
    said, true = predicted.load(), truth.load()
    paths = predicted.path, truth.path
    names, lone_names = in_both(said.names, true.names)
    ids, lone_ids = in_both(said.ids, true.ids)
    for kind, lone, both in (("labels", lone_names, names), ("ids", lone_ids, ids)):
        if not both:
            raise BadTable(f"{paths[0]} and {paths[1]} have no {kind} in common")
        if not common:
            refuse_lone(kind, paths, lone)
    return LabelPair(
        names, _select(said, ids, names), _select(true, ids, names), *lone_ids, *lone_names
    )


def in_both(
    predicted: tuple[str, ...], truth: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]:
    """What both have, in the order of the truth; and what each has alone."""
    in_predicted, in_truth = set(predicted), set(truth)
    both = tuple(name for name in truth if name in in_predicted)
    only_predicted = tuple(name for name in predicted if name not in in_truth)
    return both, (only_predicted, tuple(name for name in truth if name not in in_predicted))


def refuse_lone(
    kind: str, paths: tuple[Path, Path], lone: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    """Raise BadTable that names what one of two tables has alone, if there is anything."""
    parts = [
        f"{path} alone has {len(names):,} {kind}: {listed(names)}"
        for path, names in zip(paths, lone, strict=True)
        if names
    ]
    if parts:
        raise BadTable("; ".join(parts))


def _select(matrix: LabelMatrix, ids: tuple[str, ...], names: tuple[str, ...]) -> NDArray[np.int8]:
    row_of = {name: row for row, name in enumerate(matrix.ids)}
    rows = np.array([row_of[name] for name in ids], np.intp)
    columns = np.array([matrix.names.index(name) for name in names], np.intp)
    return matrix.values[np.ix_(rows, columns)]
