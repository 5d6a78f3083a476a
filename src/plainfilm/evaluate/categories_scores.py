"""Predicted categories against true ones: each category's figures, and those of all together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate.categories_pairing import UNDECIDED, CategoryPair
from plainfilm.evaluate.intervals import Bootstrap, Estimate, percentile
from plainfilm.evaluate.proportions import WILSON_95, Proportion, ProportionInterval
from plainfilm.evaluate.sums import MEASURES, estimates_of, precision_recall_f1

__all__ = ["CategoryScore", "CategoryScores", "score_categories"]


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """How well one category was told from all others.

    Attributes:
        films: how many truly are of the category.
        sensitivity: of the films of the category, those predicted so.
        specificity: of the other films, those not predicted so.
        ppv: of the films predicted so, those that are of the category.
        npv: of the films not predicted so, those that are not of the category.
        f1: the harmonic mean of sensitivity and positive predictive value.
    """

    category: str
    films: int
    sensitivity: Proportion
    specificity: Proportion
    ppv: Proportion
    npv: Proportion
    f1: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class CategoryScores:
    """Predictions of categories, scored.

    A film without prediction counts as one that was not got right, except in `accuracy_decided`.

    Attributes:
        categories: those that are true or predicted of some film, in the order of the table.
        confusion: (categories, categories + 1) int64: films by true and predicted category; in
            the last column those that stayed undecided.
        accuracy: of all films, those whose category was predicted.
        accuracy_decided: of the films with a prediction.
        accuracy_named: of the films that are not truly `other`.
        other_kept_out: of the films that truly are `other`, those not given a category.
        top_two: of all films, those whose category is the predicted one or the runner-up; None
            where the predictions name no runner-up.
        balanced_accuracy: the mean sensitivity of the categories that have films.
        macro_f1: the mean F1 of `categories`.
        by_decision: what was decided → of the films so decided, those got right.
    """

    categories: tuple[CategoryScore, ...]
    confusion: NDArray[np.int64]
    accuracy: Proportion
    accuracy_decided: Proportion
    accuracy_named: Proportion
    other_kept_out: Proportion
    top_two: Proportion | None
    balanced_accuracy: Estimate
    macro_f1: Estimate
    by_decision: dict[str, Proportion]


def score_categories(
    pair: CategoryPair,
    *,
    interval: ProportionInterval = WILSON_95,
    bootstrap: Bootstrap | None = None,
) -> CategoryScores:
    """Score predicted categories.

    Args:
        interval: of proportions.
        bootstrap: gives F1 and the means over categories an interval, by drawing films; without
            it there is none.
    Source: sensitivity to negative predictive value as in Altman and Bland, BMJ 1994; 308: 1552
        and 309: 102; macro averages over categories as in Sokolova and Lapalme, Inf Process
        Manag 2009, of what is defined.
    """
    there = np.union1d(pair.truth, pair.predicted[pair.predicted != UNDECIDED])
    names = tuple(pair.names[place] for place in there)
    confusion = _confusion(pair, there)
    figures = _figures(confusion, bootstrap)
    right = pair.predicted == pair.truth
    decided = pair.predicted != UNDECIDED
    other = pair.truth == pair.names.index(pair.other)
    named = decided & (pair.predicted != pair.names.index(pair.other))

    def share(met: NDArray[np.bool_], among: NDArray[np.bool_]) -> Proportion:
        return interval.of(int((met & among).sum()), int(among.sum()))

    everything = np.ones(len(right), np.bool_)
    return CategoryScores(
        categories=tuple(
            _score(name, confusion, place, figures[2, place], interval)
            for place, name in enumerate(names)
        ),
        confusion=confusion,
        accuracy=share(right, everything),
        accuracy_decided=share(right, decided),
        accuracy_named=share(right, ~other),
        other_kept_out=share(~named, other),
        top_two=None
        if pair.second is None
        else share(right | (pair.second == pair.truth), everything),
        balanced_accuracy=figures[MEASURES.index("recall"), -1],
        macro_f1=figures[MEASURES.index("f1"), -1],
        by_decision=_by_decision(pair, right, interval),
    )


def _confusion(pair: CategoryPair, there: NDArray[np.int16]) -> NDArray[np.int64]:
    size = len(there)
    true = np.searchsorted(there, pair.truth)
    said = np.where(pair.predicted == UNDECIDED, size, np.searchsorted(there, pair.predicted))
    counts = np.bincount(true * (size + 1) + said, minlength=size * (size + 1))
    return counts.reshape(size, size + 1)


def _figures(confusion: NDArray[np.int64], bootstrap: Bootstrap | None) -> NDArray[np.object_]:
    """(3 measures, categories + 2) estimates: each category's, pooled, and on average."""
    size = len(confusion)
    # Films of one true and one predicted category are all alike: cells that have any stand for all.
    true, said = np.nonzero(confusion)
    counts = confusion[true, said]
    is_true = np.eye(size)[true]
    is_said = np.eye(size + 1)[said][:, :-1]
    indicators = np.hstack([is_true * is_said, is_said, is_true])

    def figures_of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = (weights @ indicators).reshape(*weights.shape[:-1], len(MEASURES), size)
        return precision_recall_f1(sums)

    values = figures_of(counts.astype(np.float64))
    if bootstrap is None:
        return estimates_of(values, None)
    replicates = bootstrap.replicates(figures_of, counts)
    return estimates_of(values, percentile(replicates, bootstrap.confidence))


def _score(
    name: str,
    confusion: NDArray[np.int64],
    place: int,
    f1: Estimate,
    interval: ProportionInterval,
) -> CategoryScore:
    total = int(confusion.sum())
    hits = int(confusion[place, place])
    true, said = int(confusion[place].sum()), int(confusion[:, place].sum())
    correct_rejections = total - true - said + hits
    return CategoryScore(
        category=name,
        films=true,
        sensitivity=interval.of(hits, true),
        specificity=interval.of(correct_rejections, total - true),
        ppv=interval.of(hits, said),
        npv=interval.of(correct_rejections, total - said),
        f1=f1,
    )


def _by_decision(
    pair: CategoryPair, right: NDArray[np.bool_], interval: ProportionInterval
) -> dict[str, Proportion]:
    if pair.decision is None:
        return {}
    kinds, kind_of = np.unique(pair.decision, return_inverse=True)
    films = np.bincount(kind_of, minlength=len(kinds))
    hits = np.bincount(kind_of, right, len(kinds))
    return {
        str(kind): interval.of(int(hit), int(of))
        for kind, hit, of in zip(kinds, hits, films, strict=True)
    }
