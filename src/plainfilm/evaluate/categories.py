"""Predicted categories against true ones: everything that a paper prints of them, in one call."""

from dataclasses import dataclass

from plainfilm.evaluate import categories_tables as tables
from plainfilm.evaluate.categories_pairing import UNDECIDED, CategoryPair
from plainfilm.evaluate.categories_probability import (
    BINS,
    ProbabilityScores,
    score_probabilities,
)
from plainfilm.evaluate.categories_scores import CategoryScores, score_categories
from plainfilm.evaluate.intervals import Bootstrap
from plainfilm.evaluate.proportions import WILSON_95, ProportionInterval
from plainfilm.evaluate.tables import Cell, Grid

__all__ = ["CategoryEvaluation", "evaluate_categories"]


@dataclass(frozen=True, slots=True, eq=False)
class CategoryEvaluation:
    """Predictions, their scores, and how the intervals were made.

    Attributes:
        probabilities: None where the predictions have no probabilities.
        bootstrap: of F1 and of means over categories; None where they have no intervals.
    """

    pair: CategoryPair
    scores: CategoryScores
    probabilities: ProbabilityScores | None
    interval: ProportionInterval
    bootstrap: Bootstrap | None

    def grids(self) -> list[Grid]:
        """Tables for people; the confusion matrix is not among them, for its width."""
        found = [tables.summary_grid(self.scores), tables.category_grid(self.scores)]
        if self.scores.by_decision:
            found.append(tables.decision_grid(self.scores))
        if self.probabilities is not None:
            found += [
                tables.probability_grid(self.probabilities),
                tables.threshold_grid(self.probabilities),
                tables.calibration_grid(self.probabilities),
            ]
        return found

    def records(self) -> dict[str, list[dict[str, Cell]]]:
        """Tables for programs, by name; figures in [0, 1], None where undefined."""
        found = {
            "summary": tables.summary_records(self.scores),
            "categories": tables.category_records(self.scores),
            "confusion": tables.confusion_records(self.scores),
            "wrong": tables.wrong_records(self.pair),
        }
        if self.scores.by_decision:
            found["decisions"] = tables.decision_records(self.scores)
        if self.probabilities is not None:
            found["probability"] = [tables.probability_record(self.probabilities)]
            found["thresholds"] = tables.threshold_records(self.probabilities.curve)
            found["calibration"] = tables.calibration_records(self.probabilities)
        return found

    def methods(self) -> str:
        """How the intervals were made, in a paragraph that a paper can take over."""
        percent = f"{100 * self.interval.confidence:g} %"
        words = [f"Intervals of proportions: {self.interval.method.capitalize()}, {percent}."]
        if self.bootstrap is not None:
            words.append(
                "Intervals of F1 and of means over categories: percentile bootstrap of"
                f" {self.bootstrap.resamples:,} resamples of films, {percent}."
            )
        undecided = int((self.pair.predicted == UNDECIDED).sum())
        if undecided:
            words.append(f"{undecided:,} films without prediction count as not right.")
        if self.probabilities is not None:
            words.append(
                f"Interval of the AUROC: DeLong on the logit scale, {percent}. Calibration:"
                f" {len(self.probabilities.bins)} bins of equal width on the probability of the"
                " predicted category."
            )
        return " ".join(words)


def evaluate_categories(
    pair: CategoryPair,
    *,
    interval: ProportionInterval = WILSON_95,
    bootstrap: Bootstrap | None = None,
    bins: int = BINS,
) -> CategoryEvaluation:
    """Score predicted categories and, where there are any, their probabilities.

    Raises:
        SettingsError: `bins` < 1.
    """
    scores = score_categories(pair, interval=interval, bootstrap=bootstrap)
    probabilities = None
    if pair.probability is not None:
        right = pair.predicted == pair.truth
        probabilities = score_probabilities(pair.probability, right, interval=interval, bins=bins)
    return CategoryEvaluation(pair, scores, probabilities, interval, bootstrap)
