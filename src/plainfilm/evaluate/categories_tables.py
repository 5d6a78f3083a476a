"""The figures of predicted categories as tables: for people, and as records for programs."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from plainfilm.evaluate.categories_pairing import UNDECIDED, CategoryPair
from plainfilm.evaluate.categories_probability import Kept, MeanProbability, ProbabilityScores
from plainfilm.evaluate.categories_scores import CategoryScores
from plainfilm.evaluate.intervals import Estimate
from plainfilm.evaluate.proportions import Proportion
from plainfilm.evaluate.tables import UNDEFINED, Cell, Grid

__all__ = [
    "WRONG_COLUMNS",
    "calibration_grid",
    "calibration_records",
    "category_grid",
    "category_records",
    "confusion_grid",
    "confusion_records",
    "decision_grid",
    "decision_records",
    "probability_grid",
    "probability_record",
    "summary_grid",
    "summary_records",
    "threshold_grid",
    "threshold_records",
    "wrong_records",
]

WRONG_COLUMNS: Final = ("film", "true", "predicted", "probability", "second")

_MEASURES: Final = ("sensitivity", "specificity", "ppv", "npv")
_SHOWN_THRESHOLDS: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_TO: Final = "\N{EN DASH}"
_SMALLEST_P: Final = 0.001


def category_grid(scores: CategoryScores) -> Grid:
    """A row for each category: films, and four figures in percent with their intervals."""
    rows = tuple(
        (
            score.category,
            f"{score.films:,}",
            *(_percent(getattr(score, name).estimate) for name in _MEASURES),
            _percent(score.f1),
        )
        for score in scores.categories
    )
    columns = ("Category", "n", "Sensitivity, %", "Specificity, %", "PPV, %", "NPV, %", "F1, %")
    return Grid("Each category against all others", columns, rows)


def category_records(scores: CategoryScores) -> list[dict[str, Cell]]:
    """One record for each category, figures in [0, 1]; None where undefined."""
    records: list[dict[str, Cell]] = []
    for score in scores.categories:
        record: dict[str, Cell] = {"category": score.category, "films": score.films}
        for name in _MEASURES:
            record |= _proportion(name, getattr(score, name))
        records.append(record | _estimate("f1", score.f1))
    return records


def _overall(scores: CategoryScores) -> dict[str, tuple[str, Proportion | Estimate | None]]:
    """Key → words for people, and the figure."""
    return {
        "accuracy": ("Accuracy", scores.accuracy),
        "accuracy_named": ("Accuracy without `other`", scores.accuracy_named),
        "accuracy_decided": ("Accuracy of what was decided", scores.accuracy_decided),
        "other_kept_out": ("`other` kept out", scores.other_kept_out),
        "top_two": ("Among the first two", scores.top_two),
        "balanced_accuracy": ("Balanced accuracy", scores.balanced_accuracy),
        "macro_f1": ("Macro F1", scores.macro_f1),
    }


def summary_grid(scores: CategoryScores) -> Grid:
    """The figures over all categories, in percent."""
    rows: list[tuple[str, ...]] = []
    for words, found in _overall(scores).values():
        if found is scores.accuracy_decided and found == scores.accuracy:
            continue  # everything was decided
        if isinstance(found, Proportion):
            rows.append((words, f"{found.count:,} / {found.of:,}", _percent(found.estimate)))
        elif found is not None:
            rows.append((words, "", _percent(found)))
    title = f"All categories together, n = {scores.accuracy.of:,}"
    return Grid(title, ("Figure", "Films", "%"), tuple(rows))


def summary_records(scores: CategoryScores) -> list[dict[str, Cell]]:
    """One record for each figure over all categories, in [0, 1]."""
    records: list[dict[str, Cell]] = []
    for key, (_, found) in _overall(scores).items():
        if isinstance(found, Proportion):
            counts: dict[str, Cell] = {"count": found.count, "of": found.of}
            records.append({"figure": key, **counts, **_estimate("value", found.estimate)})
        elif found is not None:
            records.append({"figure": key, "count": None, "of": None, **_estimate("value", found)})
    return records


def decision_grid(scores: CategoryScores) -> Grid:
    """How many films were decided each way, and how many of them were right."""
    rows = tuple(
        (kind or "(none)", f"{found.of:,}", _percent(found.estimate))
        for kind, found in scores.by_decision.items()
    )
    return Grid("By decision", ("Decision", "n", "Accuracy, %"), rows)


def decision_records(scores: CategoryScores) -> list[dict[str, Cell]]:
    """One record for each decision."""
    return [
        {
            "decision": kind,
            "films": found.of,
            "right": found.count,
            **_estimate("accuracy", found.estimate),
        }
        for kind, found in scores.by_decision.items()
    ]


def confusion_grid(scores: CategoryScores) -> Grid:
    """Films by true category (rows) and predicted one (columns); nothing stands for none."""
    rows = tuple(
        (score.category, *(f"{count:,}" if count else "" for count in counts))
        for score, counts in zip(scores.categories, scores.confusion.tolist(), strict=True)
    )
    return Grid("Films by true (rows) and predicted category", ("", *_predicted(scores)), rows)


def confusion_records(scores: CategoryScores) -> list[dict[str, Cell]]:
    """One record for each true category, a key for each predicted one."""
    return [
        {"true": score.category, **dict(zip(_predicted(scores), counts, strict=True))}
        for score, counts in zip(scores.categories, scores.confusion.tolist(), strict=True)
    ]


def _predicted(scores: CategoryScores) -> tuple[str, ...]:
    return (*(score.category for score in scores.categories), "(undecided)")


def probability_grid(scores: ProbabilityScores) -> Grid:
    """Mean probabilities of right and wrong predictions, and how far they are apart."""
    rows = [
        ("Probability where right", f"{scores.right.films:,}", _mean(scores.right)),
        ("Probability where wrong", f"{scores.wrong.films:,}", _mean(scores.wrong)),
    ]
    if scores.welch is not None:
        test = scores.welch
        p = f"p < {_SMALLEST_P}" if test.p < _SMALLEST_P else f"p = {test.p:.3f}"
        found = f"t({test.degrees_of_freedom:.1f}) = {test.t:.2f}, {p}"
        rows.append(("Welch's t-test", "", found))
    if scores.cohens_d is not None:
        rows.append(("Cohen's d", "", f"{scores.cohens_d:.2f}"))
    rows.append(("AUROC, right against wrong", "", _fraction(scores.auroc)))
    error = UNDEFINED if scores.calibration_error is None else f"{scores.calibration_error:.4f}"
    rows.append((f"Expected calibration error, {len(scores.bins)} bins", "", error))
    return Grid("What the probability is worth", ("Figure", "n", "Value"), tuple(rows))


def probability_record(scores: ProbabilityScores) -> dict[str, Cell]:
    """All of `probability_grid` in one record; what is undefined is None."""
    test = scores.welch
    return {
        **_moments("right", scores.right),
        **_moments("wrong", scores.wrong),
        "welch_t": None if test is None else test.t,
        "welch_degrees_of_freedom": None if test is None else test.degrees_of_freedom,
        "welch_p": None if test is None else test.p,
        "cohens_d": scores.cohens_d,
        **_estimate("auroc", scores.auroc),
        "calibration_error": scores.calibration_error,
        "calibration_bins": len(scores.bins),
        "largest_gap": scores.largest_gap,
    }


def threshold_grid(scores: ProbabilityScores) -> Grid:
    """Accuracy and films kept at the thresholds that people ask for."""
    rows = tuple(
        (
            f"{kept.threshold:.2f}",
            f"{kept.share.count:,}",
            _percent(kept.share.estimate, interval=False),
            _percent(kept.accuracy.estimate),
        )
        for kept in scores.curve
        if kept.threshold in _SHOWN_THRESHOLDS
    )
    columns = ("Probability at least", "Films kept", "Kept, %", "Accuracy, %")
    return Grid("Accuracy against threshold", columns, rows)


def threshold_records(curve: Sequence[Kept]) -> list[dict[str, Cell]]:
    """One record for each threshold."""
    return [
        {
            "threshold": kept.threshold,
            "kept": kept.share.count,
            "right": kept.accuracy.count,
            **_estimate("share_kept", kept.share.estimate),
            **_estimate("accuracy", kept.accuracy.estimate),
        }
        for kept in curve
    ]


def calibration_grid(scores: ProbabilityScores) -> Grid:
    """A row for each bin that has films."""
    rows = tuple(
        (
            f"({each.low:.3f}, {each.high:.3f}]",
            f"{each.accuracy.of:,}",
            f"{100 * each.mean:.1f}",
            _percent(each.accuracy.estimate),
        )
        for each in scores.bins
        if each.mean is not None
    )
    columns = ("Probability", "n", "Mean probability, %", "Accuracy, %")
    return Grid(f"Calibration, {len(scores.bins)} bins of equal width", columns, rows)


def calibration_records(scores: ProbabilityScores) -> list[dict[str, Cell]]:
    """One record for each bin."""
    return [
        {
            "low": each.low,
            "high": each.high,
            "films": each.accuracy.of,
            "mean_probability": each.mean,
            **_estimate("accuracy", each.accuracy.estimate),
        }
        for each in scores.bins
    ]


def wrong_records(pair: CategoryPair) -> list[dict[str, Cell]]:
    """One record for each film whose category was not got right, with `WRONG_COLUMNS`."""
    name_of: Mapping[int, str] = {UNDECIDED: "", **dict(enumerate(pair.names))}
    none = np.full(len(pair.films), np.nan)
    probability = none if pair.probability is None else pair.probability
    second = np.full(len(pair.films), UNDECIDED) if pair.second is None else pair.second
    records: list[dict[str, Cell]] = []
    for place in np.flatnonzero(pair.predicted != pair.truth).tolist():
        value = float(probability[place])
        cells: tuple[Cell, ...] = (
            pair.films[place],
            name_of[int(pair.truth[place])],
            name_of[int(pair.predicted[place])],
            None if np.isnan(value) else value,
            name_of[int(second[place])],
        )
        records.append(dict(zip(WRONG_COLUMNS, cells, strict=True)))
    return records


def _proportion(name: str, found: Proportion) -> dict[str, Cell]:
    counts: dict[str, Cell] = {f"{name}_count": found.count, f"{name}_of": found.of}
    return counts | _estimate(name, found.estimate)


def _estimate(name: str, found: Estimate) -> dict[str, Cell]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _percent(found: Estimate, *, interval: bool = True) -> str:
    """`89.0 (82.9-95.1)`, as papers print it."""
    if found.value is None:
        return UNDEFINED
    if not interval or found.low is None or found.high is None:
        return f"{100 * found.value:.1f}"
    return f"{100 * found.value:.1f} ({100 * found.low:.1f}{_TO}{100 * found.high:.1f})"


def _fraction(found: Estimate) -> str:
    if found.value is None:
        return UNDEFINED
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} ({found.low:.3f}{_TO}{found.high:.3f})"


def _mean(found: MeanProbability) -> str:
    if found.mean is None:
        return UNDEFINED
    if found.deviation is None:
        return f"{found.mean:.3f}"
    return f"{found.mean:.3f} \N{PLUS-MINUS SIGN} {found.deviation:.3f}"


def _moments(name: str, found: MeanProbability) -> dict[str, Cell]:
    values: tuple[Cell, ...] = (found.films, found.mean, found.deviation)
    return dict(zip((f"{name}_films", f"{name}_mean", f"{name}_deviation"), values, strict=True))
