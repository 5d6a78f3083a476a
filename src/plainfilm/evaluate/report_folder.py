"""An evaluation as a folder: tables in CSV and LaTeX, a page in Markdown, pictures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from plainfilm.errors import ArchiveError, SettingsError
from plainfilm.evaluate.pictures import FORMATS
from plainfilm.evaluate.tables import Cell, Grid, escape_latex, to_csv, to_latex, to_markdown

__all__ = ["write_report"]

_PAGE: Final = "evaluation.md"
_LATEX: Final = "evaluation.tex"


def write_report(
    folder: Path,
    title: str,
    methods: str,
    *,
    grids: Sequence[Grid],
    records: Mapping[str, Sequence[dict[str, Cell]]],
    drawings: Mapping[str, Callable[[Path], None]],
    pictures: str,
    columns: Sequence[str] = (),
) -> tuple[Path, ...]:
    """Write every table as CSV, all of them as `evaluation.md` and `.tex`, and the pictures.

    Files of an earlier report in the same folder are replaced.

    Args:
        folder: made when it is not there.
        methods: a paragraph on how the figures were made.
        records: the tables' names and rows.
        drawings: the pictures' names, and what draws each into a file.
        pictures: their format, one of `FORMATS`.
        columns: of a table without rows.
    Returns:
        The files written.
    Raises:
        SettingsError: there is no such format.
        ArchiveError: the folder cannot be written.
    """
    if pictures not in FORMATS:
        raise SettingsError(f"pictures cannot be {pictures}; known: {', '.join(FORMATS)}")
    drawn = {folder / f"{name}.{pictures}": draw for name, draw in drawings.items()}
    tables = {folder / f"{name}.csv": to_csv(rows, columns) for name, rows in records.items()}
    parts = [f"# {title}\n", f"{methods}\n", *map(to_markdown, grids)]
    parts += [f"![{path.stem}]({path.name})\n" for path in drawn]
    texts = {folder / _PAGE: "\n".join(parts), **tables}
    texts[folder / _LATEX] = "\n".join([f"{escape_latex(methods)}\n", *map(to_latex, grids)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ArchiveError(f"cannot write into {folder}: {error.strerror}") from error
    for path, draw in drawn.items():
        draw(path)
    return (*texts, *drawn)
