"""Probabilities of findings against the truth: everything that a paper prints, in one call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from plainfilm.errors import SettingsError
from plainfilm.evaluate import findings_tables as tables
from plainfilm.evaluate.categories_probability import ProbabilityBin, probability_bins
from plainfilm.evaluate.findings_pairing import FindingPair
from plainfilm.evaluate.findings_scores import UNKNOWN, FindingScores, score_findings
from plainfilm.evaluate.intervals import Bootstrap
from plainfilm.evaluate.proportions import ProportionInterval
from plainfilm.evaluate.roc import DelongTest, delong_test, youden_threshold
from plainfilm.evaluate.tables import Cell, Grid

__all__ = ["FindingEvaluation", "evaluate_findings"]

BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class FindingEvaluation:
    """One or more models on the same films.

    Attributes:
        models: name → its scores.
        tests: model → finding → DeLong's test of it against the first model; of the others only.
        calibration: model → finding → bins of the reliability curve, over the films whose truth is
            known.
        chosen_on: where thresholds come from: `given`, `validation` or `these films`.
        bootstrap: None where figures have no intervals.
    """

    pair: FindingPair
    models: Mapping[str, FindingScores]
    tests: Mapping[str, Mapping[str, DelongTest]]
    calibration: Mapping[str, Mapping[str, tuple[ProbabilityBin, ...]]]
    chosen_on: str
    bootstrap: Bootstrap | None
    confidence: float

    def grids(self) -> list[Grid]:
        """Tables for people."""
        found = [tables.finding_grid(name, scores) for name, scores in self.models.items()]
        if self.tests:
            found = [
                tables.model_grid(self.models, self.pair.findings),
                *found,
                tables.test_grid(self.tests),
            ]
        return found

    def records(self) -> dict[str, list[dict[str, Cell]]]:
        """Tables for programs, by name; figures in [0, 1], None where undefined."""
        found = {
            "scores": tables.score_records(self.models),
            "calibration": tables.calibration_records(self.calibration),
        }
        if self.tests:
            found["tests"] = tables.test_records(self.tests)
        return found

    def undefined(self) -> tuple[str, ...]:
        """Findings that have no AUROC, each with why, in words."""
        scores = next(iter(self.models.values()))
        return tuple(
            f"{score.finding}: AUROC is undefined, as {_one_kind(score.positives, score.negatives)}"
            for score in scores.findings
            if not score.positives or not score.negatives
        )

    def methods(self) -> str:
        """How the figures were made, in a paragraph that a paper can take over."""
        words = [_THRESHOLDS[self.chosen_on]]
        percent = f"{100 * self.confidence:g} %"
        if self.bootstrap is not None:
            words.append(
                f"Intervals: percentile bootstrap of {self.bootstrap.resamples:,} resamples of"
                f" films, not stratified, {percent}."
            )
        unknown = int((self.pair.truth == UNKNOWN).sum())
        if unknown:
            words.append(
                f"{unknown:,} cells of the truth are uncertain or empty and have no part in their"
                " finding's figures."
            )
        if self.tests:
            words.append(f"Models are compared by DeLong's test, two-sided, {percent} intervals.")
        bins = next(iter(next(iter(self.calibration.values())).values()))
        words.append(f"Reliability: {len(bins)} bins of equal width.")
        return " ".join(words)


_THRESHOLDS = {
    "given": "A film is called positive at the given threshold or above.",
    "validation": "Thresholds maximise Youden's index on the validation films.",
    "these films": (
        "Thresholds maximise Youden's index on these very films, so that sensitivity, specificity"
        " and F1 are too good."
    ),
}


def evaluate_findings(
    pair: FindingPair,
    *,
    threshold: float | None = None,
    validation: FindingPair | None = None,
    bootstrap: Bootstrap | None = None,
    confidence: float = 0.95,
    bins: int = BINS,
    progress: Callable[[int], None] | None = None,
) -> FindingEvaluation:
    """Score one or more models' probabilities of findings.

    Args:
        threshold: for all findings, from 0 to 1. Where neither it nor `validation` is given,
            thresholds are chosen on the films that are judged, which makes what depends on them
            too good.
        validation: films to choose each model's thresholds on, by Youden's index.
        bootstrap: for intervals of everything but DeLong's.
        bins: of the reliability curve.
        progress: called with the number of resamples just done, for each model anew.
    Raises:
        SettingsError: both a threshold and validation films are given, or another threshold; the
            validation lacks a model or a finding, or has films of one kind only; or `bins` < 1.
    """
    if threshold is not None and validation is not None:
        raise SettingsError("a threshold is either given or chosen on validation films, not both")
    if threshold is not None and not 0 <= threshold <= 1:  # NaN is neither
        raise SettingsError(f"the threshold ({threshold}) must lie between 0 and 1")
    models: dict[str, FindingScores] = {}
    for name, probability in pair.models.items():
        chosen = threshold if validation is None else _chosen(validation, name, pair.findings)
        models[name] = score_findings(
            pair.truth, probability, pair.findings,
            thresholds=chosen, bootstrap=bootstrap, progress=progress,
        )  # fmt: skip
    source = "these films" if threshold is None else "given"
    return FindingEvaluation(
        pair,
        models,
        _tests(pair, confidence),
        {name: _calibration(pair, name, bins, confidence) for name in pair.models},
        source if validation is None else "validation",
        bootstrap,
        confidence,
    )


def _chosen(validation: FindingPair, model: str, findings: tuple[str, ...]) -> dict[str, float]:
    if model not in validation.models:
        raise SettingsError(f"the validation films have no probabilities of the model {model}")
    chosen: dict[str, float] = {}
    for name in findings:
        if name not in validation.findings:
            raise SettingsError(f"the validation films have no column {name} to choose from")
        place = validation.findings.index(name)
        known = validation.truth[:, place] != UNKNOWN
        best = youden_threshold(
            validation.truth[known, place], validation.models[model][known, place]
        )
        if best is None:
            raise SettingsError(
                f"{name}: all validation films are of one kind, so that no threshold can be chosen"
            )
        chosen[name] = best
    return chosen


def _tests(pair: FindingPair, confidence: float) -> dict[str, dict[str, DelongTest]]:
    first, *others = pair.models
    tests: dict[str, dict[str, DelongTest]] = {}
    for other in others:
        tests[other] = {}
        for place, name in enumerate(pair.findings):
            known = pair.truth[:, place] != UNKNOWN
            tests[other][name] = delong_test(
                pair.truth[known, place],
                pair.models[first][known, place],
                pair.models[other][known, place],
                confidence=confidence,
            )
    return tests


def _calibration(
    pair: FindingPair, model: str, bins: int, confidence: float
) -> dict[str, tuple[ProbabilityBin, ...]]:
    interval = ProportionInterval(confidence=confidence)
    found: dict[str, tuple[ProbabilityBin, ...]] = {}
    for place, name in enumerate(pair.findings):
        known = pair.truth[:, place] != UNKNOWN
        probability = np.asarray(pair.models[model][known, place])
        found[name] = probability_bins(
            probability, pair.truth[known, place] == 1, bins=bins, interval=interval
        )
    return found


def _one_kind(positives: int, negatives: int) -> str:
    if not positives + negatives:
        return "the truth of no film is known"
    kind = "positive" if positives else "negative"
    return f"all {positives + negatives:,} films are {kind}"
