"""An evaluation of findings as a folder: tables in CSV and LaTeX, a page, pictures."""

from pathlib import Path

from plainfilm.evaluate.findings_evaluation import FindingEvaluation
from plainfilm.evaluate.findings_pictures import draw_reliability, draw_roc
from plainfilm.evaluate.report_folder import write_report

__all__ = ["write_finding_report"]


def write_finding_report(
    evaluation: FindingEvaluation, folder: Path, *, pictures: str = "png"
) -> tuple[Path, ...]:
    """Write every table as CSV, all of them as `evaluation.md` and `.tex`, and the pictures.

    Args, Returns, Raises: as `write_report`.
    """
    notes = "".join(f" {note}." for note in evaluation.undefined())
    return write_report(
        folder,
        "Findings against the truth",
        evaluation.methods() + notes,
        grids=evaluation.grids(),
        records=evaluation.records(),
        drawings={
            "roc": lambda path: draw_roc(evaluation, path),
            "reliability": lambda path: draw_reliability(evaluation, path),
        },
        pictures=pictures,
    )
