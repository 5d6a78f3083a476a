"""An evaluation of detectors as a folder: tables in CSV and LaTeX, a page, pictures."""

from pathlib import Path

from plainfilm.evaluate.detection_evaluation import DetectionEvaluation
from plainfilm.evaluate.detection_pictures import draw_froc, draw_precision
from plainfilm.evaluate.report_folder import write_report

__all__ = ["write_detection_report"]


def write_detection_report(
    evaluation: DetectionEvaluation, folder: Path, *, pictures: str = "png"
) -> tuple[Path, ...]:
    """Write every table as CSV, all of them as `evaluation.md` and `.tex`, and the pictures.

    Args, Returns, Raises: as `write_report`.
    """
    return write_report(
        folder,
        "Predicted boxes against true ones",
        evaluation.methods(),
        grids=evaluation.grids(),
        records=evaluation.records(),
        drawings={
            "precision": lambda path: draw_precision(evaluation, path),
            "froc": lambda path: draw_froc(evaluation, path),
        },
        pictures=pictures,
    )
