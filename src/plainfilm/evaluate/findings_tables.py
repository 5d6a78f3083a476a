"""The figures of findings as tables: for people, and as records for programs."""

from collections.abc import Mapping
from typing import Final

from plainfilm.evaluate.categories_probability import (
    ProbabilityBin,
    expected_calibration_error,
)
from plainfilm.evaluate.findings_scores import FINDING_MEASURES, FindingScore, FindingScores
from plainfilm.evaluate.roc import DelongTest
from plainfilm.evaluate.tables import UNDEFINED, Cell, Grid, flat, with_interval

__all__ = [
    "calibration_records",
    "finding_grid",
    "model_grid",
    "score_records",
    "test_grid",
    "test_records",
]

_WORDS: Final = ("AUROC", "Sensitivity", "Specificity", "F1")
_SMALLEST_P: Final = 0.001


def finding_grid(model: str, scores: FindingScores) -> Grid:
    """A row for each finding, and their mean where there are several."""
    rows = [
        (
            score.finding,
            f"{score.positives:,}",
            f"{score.negatives:,}",
            UNDEFINED if score.threshold is None else f"{score.threshold:.3f}",
            *_figures(score),
        )
        for score in scores.findings
    ]
    if len(scores.findings) > 1:
        rows.append((f"mean{_of_which(scores)}", "", "", "", *_figures(scores.mean)))
    columns = ("Finding", "Positive", "Negative", "Threshold", *_WORDS)
    return Grid(model, columns, tuple(rows))


def model_grid(models: Mapping[str, FindingScores], findings: tuple[str, ...]) -> Grid:
    """A row for each model, as classifiers are compared in papers: of the one finding, or means."""
    first = next(iter(models.values()))
    mean = f"mean of {len(findings)} findings{_of_which(first)}"
    what = findings[0] if len(findings) == 1 else mean
    rows = tuple(
        (name, *_figures(scores.findings[0] if len(findings) == 1 else scores.mean))
        for name, scores in models.items()
    )
    return Grid(f"Models compared, {what}", ("Model", *_WORDS), rows)


def test_grid(tests: Mapping[str, Mapping[str, DelongTest]]) -> Grid:
    """A row for each model and finding: by how much its AUROC differs from the first model's."""
    rows = tuple(
        (model, finding, with_interval(test.difference), _p(test.p))
        for model, findings in tests.items()
        for finding, test in findings.items()
    )
    columns = ("Model", "Finding", "Difference of AUROC", "p")
    return Grid("Against the first model, DeLong's test", columns, rows)


def score_records(models: Mapping[str, FindingScores]) -> list[dict[str, Cell]]:
    """One record for each model and finding, then the model's mean."""
    return [
        {
            "model": model,
            "finding": score.finding,
            "positives": score.positives,
            "negatives": score.negatives,
            "threshold": score.threshold,
            **flat(**{name: getattr(score, name) for name in FINDING_MEASURES}),
        }
        for model, scores in models.items()
        for score in (*scores.findings, scores.mean)
    ]


def test_records(tests: Mapping[str, Mapping[str, DelongTest]]) -> list[dict[str, Cell]]:
    """One record for each model and finding; None where undefined."""
    return [
        {
            "model": model,
            "finding": finding,
            "auroc_first": test.first,
            "auroc": test.second,
            "difference": test.difference.value,
            "difference_low": test.difference.low,
            "difference_high": test.difference.high,
            "z": test.z,
            "p": test.p,
        }
        for model, findings in tests.items()
        for finding, test in findings.items()
    ]


def calibration_records(
    calibration: Mapping[str, Mapping[str, tuple[ProbabilityBin, ...]]],
) -> list[dict[str, Cell]]:
    """One record for each model, finding and bin, with the finding's calibration error."""
    return [
        {
            "model": model,
            "finding": finding,
            "low": each.low,
            "high": each.high,
            "films": each.accuracy.of,
            "mean_probability": each.mean,
            "positive": each.accuracy.estimate.value,
            "positive_low": each.accuracy.estimate.low,
            "positive_high": each.accuracy.estimate.high,
            "calibration_error": error,
        }
        for model, findings in calibration.items()
        for finding, bins in findings.items()
        for error in [expected_calibration_error(bins)]
        for each in bins
    ]


def _of_which(scores: FindingScores) -> str:
    """Words behind a mean that not all findings have a part in."""
    return (
        "" if all(score.auroc.value is not None for score in scores.findings) else ", where defined"
    )


def _figures(score: FindingScore) -> list[str]:
    return [with_interval(getattr(score, name)) for name in FINDING_MEASURES]


def _p(p: float | None) -> str:
    if p is None:
        return UNDEFINED
    return f"< {_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.3f}"
