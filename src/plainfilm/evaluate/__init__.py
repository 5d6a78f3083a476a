"""How often, how well, how sure: frequencies, agreement and intervals. Numbers in, numbers out.

`LabelTable` reads tables of labels, `label_frequencies` and `cooccurrence` count them,
`pair_labels` brings predicted and true ones together and `label_agreement` scores them.
`pair_categories` and `evaluate_categories` do the same for categories of films;
`write_category_report` writes that down, with pictures. `Bootstrap`, `wilson` and `wald` give
intervals, and `tables` turns results into CSV and Markdown.
"""

from typing import TYPE_CHECKING

from plainfilm.evaluate import tables
from plainfilm.evaluate.agreement import (
    TASKS,
    LabelScore,
    MacroScore,
    TaskAgreement,
    label_agreement,
)
from plainfilm.evaluate.categories import CategoryEvaluation, evaluate_categories
from plainfilm.evaluate.categories_pairing import UNDECIDED, CategoryPair, pair_categories
from plainfilm.evaluate.categories_probability import (
    Kept,
    MeanProbability,
    ProbabilityBin,
    ProbabilityScores,
    WelchTest,
    accuracy_against_threshold,
    auroc,
    expected_calibration_error,
    probability_bins,
    score_probabilities,
)
from plainfilm.evaluate.categories_scores import CategoryScore, CategoryScores, score_categories
from plainfilm.evaluate.csv_tables import CsvTable
from plainfilm.evaluate.frequencies import (
    CoOccurrence,
    LabelFrequency,
    cooccurrence,
    label_frequencies,
)
from plainfilm.evaluate.intervals import Bootstrap, Estimate, percentile, wald, wilson
from plainfilm.evaluate.label_tables import (
    NEGATIVE,
    NOT_MENTIONED,
    POSITIVE,
    UNCERTAIN,
    LabelMatrix,
    LabelTable,
)
from plainfilm.evaluate.pairing import LabelPair, pair_labels
from plainfilm.evaluate.proportions import INTERVALS, Proportion, ProportionInterval
from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.evaluate.categories_report import write_category_report

__all__ = [
    "INTERVALS",
    "NEGATIVE",
    "NOT_MENTIONED",
    "POSITIVE",
    "TASKS",
    "UNCERTAIN",
    "UNDECIDED",
    "Bootstrap",
    "CategoryEvaluation",
    "CategoryPair",
    "CategoryScore",
    "CategoryScores",
    "CoOccurrence",
    "CsvTable",
    "Estimate",
    "Kept",
    "LabelFrequency",
    "LabelMatrix",
    "LabelPair",
    "LabelScore",
    "LabelTable",
    "MacroScore",
    "MeanProbability",
    "ProbabilityBin",
    "ProbabilityScores",
    "Proportion",
    "ProportionInterval",
    "TaskAgreement",
    "WelchTest",
    "accuracy_against_threshold",
    "auroc",
    "cooccurrence",
    "evaluate_categories",
    "expected_calibration_error",
    "label_agreement",
    "label_frequencies",
    "pair_categories",
    "pair_labels",
    "percentile",
    "probability_bins",
    "score_categories",
    "score_probabilities",
    "tables",
    "wald",
    "wilson",
    "write_category_report",
]

# It draws, and matplotlib takes long to import.
__getattr__ = lazy_exports(__name__, {"write_category_report": "categories_report"})
