"""An evaluation of categories as a folder: tables in CSV, a page in Markdown, pictures."""

from collections.abc import Callable, Iterator
from pathlib import Path

from plainfilm.errors import ArchiveError, SettingsError
from plainfilm.evaluate.categories import CategoryEvaluation
from plainfilm.evaluate.categories_pictures import (
    FORMATS,
    draw_calibration,
    draw_confusion,
    draw_probabilities,
    draw_thresholds,
)
from plainfilm.evaluate.categories_tables import WRONG_COLUMNS, confusion_grid
from plainfilm.evaluate.tables import to_csv, to_markdown

__all__ = ["write_category_report"]

_PAGE = "evaluation.md"


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
    if pictures not in FORMATS:
        raise SettingsError(f"pictures cannot be {pictures}; known: {', '.join(FORMATS)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = list(_write_tables(evaluation, folder))
        drawn = list(_draw(evaluation, folder, pictures))
        page = folder / _PAGE
        page.write_text(_page(evaluation, drawn), encoding="utf-8")
    except OSError as error:
        raise ArchiveError(f"cannot write into {folder}: {error.strerror}") from error
    return (page, *written, *drawn)


def _write_tables(evaluation: CategoryEvaluation, folder: Path) -> Iterator[Path]:
    for name, records in evaluation.records().items():
        # Only the table of films that were not got right may be empty.
        path = folder / f"{name}.csv"
        path.write_text(to_csv(records, WRONG_COLUMNS), encoding="utf-8")
        yield path


def _draw(evaluation: CategoryEvaluation, folder: Path, kind: str) -> Iterator[Path]:
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
    for name, draw in drawings.items():
        path = folder / f"{name}.{kind}"
        draw(path)
        yield path


def _page(evaluation: CategoryEvaluation, drawn: list[Path]) -> str:
    grids = [*evaluation.grids(), confusion_grid(evaluation.scores)]
    parts = ["# Predicted categories against true ones\n", f"{evaluation.methods()}\n"]
    parts += [to_markdown(grid) for grid in grids]
    parts += [f"![{path.stem}]({path.name})\n" for path in drawn]
    return "\n".join(parts)
