"""What the commands of `evaluate` share: options, names of models, and what was not compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Protocol

import typer
from rich.text import Text

from plainfilm.cli.console import errors_to, print_grids, results_to
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.evaluate.tables import Cell, Grid

__all__ = [
    "Against",
    "ByName",
    "CommonFilms",
    "Confidence",
    "FilmId",
    "OutFolder",
    "Pictures",
    "Seed",
    "TruthId",
    "list_lone",
    "named_by_stem",
    "print_evaluation",
]

_LISTED: Final = 10

OutFolder = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Write all tables (CSV, Markdown, LaTeX) and pictures there."
    ),
]
Pictures = Annotated[str, typer.Option("--pictures", help="The pictures' format: `png` or `svg`.")]
FilmId = Annotated[
    str | None,
    typer.Option(
        "--id", metavar="COLUMN", help="The column of the ids; the default is `file`, or `id`."
    ),
]
TruthId = Annotated[
    str | None,
    typer.Option(
        "--truth-id", metavar="COLUMN",
        help="The column of the ids in TRUTH, where it differs.",
    ),
]  # fmt: skip
ByName = Annotated[
    bool, typer.Option("--by-name", help="Compare files by name, whatever their folders.")
]
CommonFilms = Annotated[
    bool, typer.Option("--common", help="Compare the films that both have; list the rest.")
]
Against = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Another model's predictions of the same films, to compare with; may be given again.",
    ),
]
Confidence = Annotated[float, typer.Option(help="Of the intervals.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed, the same intervals.")]


def named_by_stem(paths: Sequence[Path]) -> dict[str, Path]:
    """Each model's file, by its name without folders and ending.

    Raises:
        SettingsError: two have one name.
    """
    named = {path.name.removesuffix(".gz").rsplit(".", maxsplit=1)[0]: path for path in paths}
    if len(named) < len(paths):
        raise SettingsError(
            "models are called by their files' names, and two of them have the same one"
        )
    return named


def list_lone(lone: Mapping[str, Sequence[str]]) -> None:
    """Say on stderr what was not compared."""
    for kind, names in lone.items():
        if names:
            more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
            line = f"not compared, {kind.replace('_', ' ')}: {', '.join(names[:_LISTED])}{more}"
            errors_to().print(line, markup=False, highlight=False, soft_wrap=True)


class _Evaluation(Protocol):
    def grids(self) -> "list[Grid]": ...
    def records(self) -> "dict[str, list[dict[str, Cell]]]": ...
    def methods(self) -> str: ...


def print_evaluation(
    evaluation: _Evaluation,
    table: str,
    facts: Mapping[str, object],
    lone: Mapping[str, Sequence[str]],
    written: Sequence[Path],
    **form: bool,
) -> None:
    """Print an evaluation in the one way that was asked for, and what was not compared.

    Args:
        table: which of the evaluation's records CSV holds.
        facts: what JSON holds before the records, or in place of one.
        lone: as `list_lone`, and a part of JSON.
        form: `as_csv` and so on, as `print_grids`.
    """
    list_lone(lone)
    records = evaluation.records()
    files = [str(path) for path in written]
    every = {**facts, **lone, "written": files, **records, **facts}  # facts stay first, and win
    print_grids(evaluation.grids(), records[table], every, **form)
    if not any(on for name, on in form.items() if name != "as_markdown"):
        results_to().print(Text(f"\n{evaluation.methods()}"))
