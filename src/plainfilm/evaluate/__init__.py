"""How often, how well, how sure: frequencies, agreement and intervals. Numbers in, numbers out.

`LabelTable` reads tables of labels, `label_frequencies` and `cooccurrence` count them,
`pair_labels` brings predicted and true ones together and `label_agreement` scores them.
`pair_categories` and `evaluate_categories` do the same for categories of films;
`write_category_report` writes that down, with pictures. `pair_clusters`, `evaluate_clusters` and
`write_cluster_report` judge clusters by tags, `compare_paired` tests whether paired figures
differ. `Bootstrap`, `wilson` and `wald` give intervals, and `tables` turns results into CSV and
Markdown.
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
    LabelPatterns,
    LabelTable,
)
from plainfilm.evaluate.pairing import LabelPair, pair_labels
from plainfilm.evaluate.proportions import INTERVALS, Proportion, ProportionInterval
from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.evaluate.categories_report import write_category_report
    from plainfilm.evaluate.clusters import (
        PAPER_KS,
        ClusterScore,
        PairedComparison,
        compare_paired,
        elbow,
        homogeneity,
        nmi_arithmetic,
        nmi_geometric,
        nmi_paper,
        score_clusters,
        sum_of_squares,
    )
    from plainfilm.evaluate.clusters_evaluation import (
        ClusterEvaluation,
        ClusterRun,
        Curve,
        evaluate_clusters,
    )
    from plainfilm.evaluate.clusters_pairing import ClusterPair, pair_clusters
    from plainfilm.evaluate.clusters_report import write_cluster_report

__all__ = [
    "INTERVALS",
    "NEGATIVE",
    "NOT_MENTIONED",
    "PAPER_KS",
    "POSITIVE",
    "TASKS",
    "UNCERTAIN",
    "UNDECIDED",
    "Bootstrap",
    "CategoryEvaluation",
    "CategoryPair",
    "CategoryScore",
    "CategoryScores",
    "ClusterEvaluation",
    "ClusterPair",
    "ClusterRun",
    "ClusterScore",
    "CoOccurrence",
    "CsvTable",
    "Curve",
    "Estimate",
    "Kept",
    "LabelFrequency",
    "LabelMatrix",
    "LabelPair",
    "LabelPatterns",
    "LabelScore",
    "LabelTable",
    "MacroScore",
    "MeanProbability",
    "PairedComparison",
    "ProbabilityBin",
    "ProbabilityScores",
    "Proportion",
    "ProportionInterval",
    "TaskAgreement",
    "WelchTest",
    "accuracy_against_threshold",
    "auroc",
    "compare_paired",
    "cooccurrence",
    "elbow",
    "evaluate_categories",
    "evaluate_clusters",
    "expected_calibration_error",
    "homogeneity",
    "label_agreement",
    "label_frequencies",
    "nmi_arithmetic",
    "nmi_geometric",
    "nmi_paper",
    "pair_categories",
    "pair_clusters",
    "pair_labels",
    "percentile",
    "probability_bins",
    "score_categories",
    "score_clusters",
    "score_probabilities",
    "sum_of_squares",
    "tables",
    "wald",
    "wilson",
    "write_category_report",
    "write_cluster_report",
]

# Reports draw, clusters are tested by scipy.stats: either takes long to import.
__getattr__ = lazy_exports(
    __name__,
    {
        "write_category_report": "categories_report",
        "PAPER_KS": "clusters",
        "ClusterScore": "clusters",
        "PairedComparison": "clusters",
        "compare_paired": "clusters",
        "elbow": "clusters",
        "homogeneity": "clusters",
        "nmi_arithmetic": "clusters",
        "nmi_geometric": "clusters",
        "nmi_paper": "clusters",
        "score_clusters": "clusters",
        "sum_of_squares": "clusters",
        "ClusterEvaluation": "clusters_evaluation",
        "ClusterRun": "clusters_evaluation",
        "Curve": "clusters_evaluation",
        "evaluate_clusters": "clusters_evaluation",
        "ClusterPair": "clusters_pairing",
        "pair_clusters": "clusters_pairing",
        "write_cluster_report": "clusters_report",
    },
)
