"""An evaluation of clusters as a folder: tables in CSV, a page in Markdown, pictures."""

from collections.abc import Callable
from pathlib import Path

from plainfilm.evaluate.clusters_evaluation import ClusterEvaluation
from plainfilm.evaluate.clusters_pictures import draw_curves, draw_looks, draw_scores
from plainfilm.evaluate.report_folder import write_report

__all__ = ["write_cluster_report"]


def write_cluster_report(
    evaluation: ClusterEvaluation, folder: Path, *, pictures: str = "png"
) -> tuple[Path, ...]:
    """Write every table as CSV, all of them as `evaluation.md`, and the pictures.

    Files of an earlier report in the same folder are replaced.

    Args:
        folder: made when it is not there.
        pictures: their format, one of `FORMATS`.
    Returns:
        The files written.
    Raises:
        SettingsError: there is no such format.
        ArchiveError: the folder cannot be written.
    """
    drawings: dict[str, Callable[[Path], None]] = {
        "scores_by_k": lambda path: draw_scores(evaluation, path)
    }
    if evaluation.curves:
        drawings["elbow"] = lambda path: draw_curves(evaluation, path)
    visual = evaluation.visual
    if visual is not None:
        drawings["looks"] = lambda path: draw_looks(visual, path)
    return write_report(
        folder,
        "Clusters judged by tags",
        evaluation.methods(),
        grids=evaluation.grids(),
        records=evaluation.records(),
        drawings=drawings,
        pictures=pictures,
    )
