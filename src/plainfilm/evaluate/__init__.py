"""How often, how well, how sure: frequencies, agreement and intervals. Numbers in, numbers out.

`LabelTable` reads tables of labels, `label_frequencies` and `cooccurrence` count them,
`pair_labels` brings predicted and true ones together and `label_agreement` scores them.
`pair_categories` and `evaluate_categories` do the same for categories of films;
`write_category_report` writes that down, with pictures. `pair_clusters`, `evaluate_clusters` and
`write_cluster_report` judge clusters by tags, `compare_paired` tests whether paired figures
differ. `pair_findings`, `evaluate_findings` and `write_finding_report` judge probabilities of
findings, `roc_auc`, `delong_test` and `youden_threshold` are the figures behind them;
`pair_detections`, `evaluate_detection` and `write_detection_report` judge boxes, by
`average_precision`, `coco_ap`, `froc` and `localization`. `Bootstrap`, `wilson` and `wald` give
intervals, and `tables` turns results into CSV, Markdown and LaTeX.
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
from plainfilm.evaluate.roc import (
    DelongTest,
    RocCurve,
    auroc,
    delong_test,
    roc_auc,
    roc_curve,
    youden_threshold,
)
from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.evaluate.box_localization import (
        LocalizationScore,
        PointingScore,
        localization,
        pointing_game,
    )
    from plainfilm.evaluate.box_precision import AveragePrecision, average_precision, coco_ap
    from plainfilm.evaluate.boxes import BoxPair, ImageBoxes, iobb, iou, pair_boxes
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
    from plainfilm.evaluate.detection_evaluation import DetectionEvaluation, evaluate_detection
    from plainfilm.evaluate.detection_pairing import DetectionPair, pair_detections, score_points
    from plainfilm.evaluate.detection_report import write_detection_report
    from plainfilm.evaluate.detection_scores import (
        DetectionScore,
        DetectionScores,
        score_detections,
    )
    from plainfilm.evaluate.findings_evaluation import FindingEvaluation, evaluate_findings
    from plainfilm.evaluate.findings_pairing import FindingPair, pair_findings
    from plainfilm.evaluate.findings_report import write_finding_report
    from plainfilm.evaluate.findings_scores import (
        UNKNOWN,
        FindingScore,
        FindingScores,
        score_findings,
    )
    from plainfilm.evaluate.froc_curve import FrocCurve, froc

__all__ = [
    "INTERVALS",
    "NEGATIVE",
    "NOT_MENTIONED",
    "PAPER_KS",
    "POSITIVE",
    "TASKS",
    "UNCERTAIN",
    "UNDECIDED",
    "UNKNOWN",
    "AveragePrecision",
    "Bootstrap",
    "BoxPair",
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
    "DelongTest",
    "DetectionEvaluation",
    "DetectionPair",
    "DetectionScore",
    "DetectionScores",
    "Estimate",
    "FindingEvaluation",
    "FindingPair",
    "FindingScore",
    "FindingScores",
    "FrocCurve",
    "ImageBoxes",
    "Kept",
    "LabelFrequency",
    "LabelMatrix",
    "LabelPair",
    "LabelPatterns",
    "LabelScore",
    "LabelTable",
    "LocalizationScore",
    "MacroScore",
    "MeanProbability",
    "PairedComparison",
    "PointingScore",
    "ProbabilityBin",
    "ProbabilityScores",
    "Proportion",
    "ProportionInterval",
    "RocCurve",
    "TaskAgreement",
    "WelchTest",
    "accuracy_against_threshold",
    "auroc",
    "average_precision",
    "coco_ap",
    "compare_paired",
    "cooccurrence",
    "delong_test",
    "elbow",
    "evaluate_categories",
    "evaluate_clusters",
    "evaluate_detection",
    "evaluate_findings",
    "expected_calibration_error",
    "froc",
    "homogeneity",
    "iobb",
    "iou",
    "label_agreement",
    "label_frequencies",
    "localization",
    "nmi_arithmetic",
    "nmi_geometric",
    "nmi_paper",
    "pair_boxes",
    "pair_categories",
    "pair_clusters",
    "pair_detections",
    "pair_findings",
    "pair_labels",
    "percentile",
    "pointing_game",
    "probability_bins",
    "roc_auc",
    "roc_curve",
    "score_categories",
    "score_clusters",
    "score_detections",
    "score_findings",
    "score_points",
    "score_probabilities",
    "sum_of_squares",
    "tables",
    "wald",
    "wilson",
    "write_category_report",
    "write_cluster_report",
    "write_detection_report",
    "write_finding_report",
    "youden_threshold",
]

# Reports draw, clusters are tested by scipy.stats: either takes long to import.
__getattr__ = lazy_exports(
    __name__,
    {
        "DetectionEvaluation": "detection_evaluation",
        "evaluate_detection": "detection_evaluation",
        "DetectionPair": "detection_pairing",
        "pair_detections": "detection_pairing",
        "score_points": "detection_pairing",
        "write_detection_report": "detection_report",
        "FindingEvaluation": "findings_evaluation",
        "evaluate_findings": "findings_evaluation",
        "FindingPair": "findings_pairing",
        "pair_findings": "findings_pairing",
        "write_finding_report": "findings_report",
        "UNKNOWN": "findings_scores",
        "AveragePrecision": "box_precision",
        "average_precision": "box_precision",
        "coco_ap": "box_precision",
        "BoxPair": "boxes",
        "ImageBoxes": "boxes",
        "iobb": "boxes",
        "iou": "boxes",
        "pair_boxes": "boxes",
        "DetectionScore": "detection_scores",
        "DetectionScores": "detection_scores",
        "score_detections": "detection_scores",
        "FindingScore": "findings_scores",
        "FindingScores": "findings_scores",
        "score_findings": "findings_scores",
        "FrocCurve": "froc_curve",
        "froc": "froc_curve",
        "LocalizationScore": "box_localization",
        "PointingScore": "box_localization",
        "localization": "box_localization",
        "pointing_game": "box_localization",
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
