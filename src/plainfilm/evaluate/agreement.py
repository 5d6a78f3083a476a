"""Predicted labels against true ones: precision, recall and F1, with bootstrap intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import SettingsError
from plainfilm.evaluate.intervals import Bootstrap, Estimate, percentile
from plainfilm.evaluate.label_tables import NEGATIVE, POSITIVE, UNCERTAIN
from plainfilm.evaluate.sums import MEASURES, Sums, estimates_of, precision_recall_f1

__all__ = ["TASKS", "LabelScore", "MacroScore", "TaskAgreement", "label_agreement"]

TASKS: Final[dict[str, tuple[int, ...]]] = {
    "mention": (POSITIVE, NEGATIVE, UNCERTAIN),
    "negation": (NEGATIVE,),
    "uncertainty": (UNCERTAIN,),
    "positive": (POSITIVE,),
}
"""The values that count as positive in each task; every other value, and none, as negative.

The first three are those of Johnson et al., MIMIC-CXR-JPG, 2019: whether a label is assigned at
all, whether it is negated, whether it is uncertain. The last is how ChestX-ray8 was evaluated (Wang
et al., CVPR 2017): whether the finding is there.
"""


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How well one label, or all of them pooled (`micro`), was found.

    Attributes:
        precision: tp / (tp + fp); undefined where nothing was predicted.
        recall: tp / (tp + fn); undefined where there was nothing to find.
        f1: 2 tp / (2 tp + fp + fn); undefined only where both of them are.
    """

    label: str
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class MacroScore:
    """The mean of the labels' own figures; undefined ones have no part in it.

    Attributes:
        labels: how many labels' precision, recall and F1 the means are of.
    """

    labels: tuple[int, int, int]
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class TaskAgreement:
    """One task's scores: per label, pooled, and on average.

    Attributes:
        task: one of `TASKS`.
    """

    task: str
    labels: tuple[LabelScore, ...]
    micro: LabelScore
    macro: MacroScore


def label_agreement(
    predicted: NDArray[np.int8],
    truth: NDArray[np.int8],
    names: Sequence[str],
    *,
    tasks: Sequence[str] = tuple(TASKS),
    bootstrap: Bootstrap | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[TaskAgreement, ...]:
    """Score predicted labels against true ones.

    Args:
        predicted, truth: (reports, labels) int8, rows and columns alike; values as in
            `LabelMatrix`.
        names: of the labels.
        bootstrap: gives every figure an interval by drawing reports, all labels of one together;
            without it there are none.
        progress: called with the number of resamples just done.
    Raises:
        SettingsError: shapes or names do not fit one another, there are no reports, or there is
            no such task.
    Source: definitions of Johnson et al., MIMIC-CXR-JPG, 2019 (see `TASKS`).
    """
    if predicted.shape != truth.shape or predicted.shape[1:] != (len(names),):
        raise SettingsError(
            f"labels of shape {predicted.shape}, truth of shape {truth.shape} and {len(names)}"
            " names do not fit one another"
        )
    if not len(truth):
        raise SettingsError("there are no reports to score")
    if unknown := [task for task in tasks if task not in TASKS]:
        known = ", ".join(TASKS)
        raise SettingsError(f"there is no task {', '.join(unknown)}; known: {known}")
    # Reports whose labels are all alike count the same; a few thousand kinds stand for all.
    kinds, counts = np.unique(np.hstack([predicted, truth]), axis=0, return_counts=True)
    indicators = _indicators(kinds[:, : len(names)], kinds[:, len(names) :], tasks)
    shape = (len(tasks), len(MEASURES), len(names))

    def figures_of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return precision_recall_f1((weights @ indicators).reshape(*weights.shape[:-1], *shape))

    sums = (counts @ indicators).reshape(shape)
    values = precision_recall_f1(sums)
    estimates = estimates_of(values, None)
    if bootstrap is not None:
        replicates = bootstrap.replicates(figures_of, counts, progress=progress)
        estimates = estimates_of(values, percentile(replicates, bootstrap.confidence))
    return tuple(
        _task(task, names, len(truth), sums[place], estimates[place])
        for place, task in enumerate(tasks)
    )


def _indicators(
    predicted: NDArray[np.int8], truth: NDArray[np.int8], tasks: Sequence[str]
) -> NDArray[np.float64]:
    """(reports, tasks x 3 x labels): what each report adds to the sums."""
    columns: list[NDArray[np.bool_]] = []
    for task in tasks:
        said, true = np.isin(predicted, TASKS[task]), np.isin(truth, TASKS[task])
        columns += [said & true, said, true]
    return np.hstack(columns).astype(np.float64)


def _task(
    task: str, names: Sequence[str], reports: int, sums: Sums, estimates: NDArray[np.object_]
) -> TaskAgreement:
    def score(label: str, place: int, of_all: Sums, decisions: int) -> LabelScore:
        hits, said, true = (int(count) for count in of_all)
        return LabelScore(
            label, hits, said - hits, true - hits, decisions - said - true + hits,
            *estimates[:, place],
        )  # fmt: skip

    labels = tuple(score(name, place, sums[:, place], reports) for place, name in enumerate(names))
    micro = score("micro", len(names), sums.sum(axis=1), reports * len(names))
    averaged = [
        sum(getattr(each, measure).value is not None for each in labels) for measure in MEASURES
    ]
    precision, recall, f1 = averaged
    return TaskAgreement(
        task, labels, micro, MacroScore((precision, recall, f1), *estimates[:, len(names) + 1])
    )
