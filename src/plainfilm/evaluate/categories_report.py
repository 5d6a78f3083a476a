"""An evaluation of categories as a folder: tables in CSV, a page in Markdown, pictures."""

from collections.abc import Callable
from pathlib import Path

from plainfilm.evaluate.categories import CategoryEvaluation
from plainfilm.evaluate.categories_pictures import (
    draw_calibration,
    draw_confusion,
    draw_probabilities,
    draw_thresholds,
)
from plainfilm.evaluate.categories_tables import WRONG_COLUMNS, confusion_grid
from plainfilm.evaluate.report_folder import write_report

__all__ = ["write_category_report"]


def write_category_report(
    evaluation: CategoryEvaluation, folder: Path, *, pictures: str = "png"
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
    return write_report(
        folder,
        "Predicted categories against true ones",
        evaluation.methods(),
        grids=[*evaluation.grids(), confusion_grid(evaluation.scores)],
        records=evaluation.records(),
        drawings=_drawings(evaluation),
        pictures=pictures,
        columns=WRONG_COLUMNS,  # only the table of films that were not got right may be empty
    )


def _drawings(evaluation: CategoryEvaluation) -> dict[str, Callable[[Path], None]]:
    scores, pair = evaluation.probabilities, evaluation.pair
    drawings: dict[str, Callable[[Path], None]] = {
        "confusion": lambda path: draw_confusion(evaluation.scores, path)
    }
    if scores is not None and pair.probability is not None:
        probability, right = pair.probability, pair.predicted == pair.truth
        drawings |= {
            "thresholds": lambda path: draw_thresholds(scores, path),
            "calibration": lambda path: draw_calibration(scores, path),
            "probabilities": lambda path: draw_probabilities(probability, right, path),
        }
    return drawings
