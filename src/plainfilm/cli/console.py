"""What the commands share at the terminal: progress, summary tables, JSON, exit codes."""

import json
import math
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from plainfilm.archive.settings import SETTINGS_FILE
from plainfilm.errors import REASON_TEXT, Reason, SettingsError
from plainfilm.records import Rejection
from plainfilm.steps import Step

if TYPE_CHECKING:
    from plainfilm.archive import Archive, RunSummary
    from plainfilm.evaluate.tables import Cell, Grid

__all__ = [
    "DONE_WITH_REJECTIONS",
    "Again",
    "ArchivePath",
    "AsCsv",
    "AsJson",
    "AsLatex",
    "AsMarkdown",
    "Where",
    "Workers",
    "errors_to",
    "exit_for",
    "is_archive",
    "list_rejections",
    "print_grids",
    "print_json",
    "progress",
    "reasons",
    "results_to",
    "run_step",
    "show",
    "stages",
    "warn",
]

NOTHING_USABLE: Final = 1
DONE_WITH_REJECTIONS: Final = 3
_LISTED: Final = 10
_UNCUT: Final = 1_000_000  # columns, for output that a program or a file takes

ArchivePath = Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The archive's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, for machines.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, with plain numbers.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print the table in Markdown.")]
AsLatex = Annotated[bool, typer.Option("--latex", help="Print the tables in LaTeX (booktabs).")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Worker processes; the default is one for each core."),
]


Again = Annotated[bool, typer.Option("--again", help="Compute also what is done.")]
Where = Annotated[
    str | None,
    typer.Option(
        metavar="SQL", help="Only films that meet this condition, such as `Modality = 'DX'`."
    ),
]


def is_archive(path: Path) -> bool:
    """Whether a command's source is an archive, and not a table or a folder of films."""
    return (path / SETTINGS_FILE).is_file()


def errors_to() -> Console:
    """Where messages go that are not the command's result."""
    return Console(stderr=True, soft_wrap=True)


def warn(message: str) -> None:
    """Say on stderr what a finished command should not leave unsaid."""
    errors_to().print(f"plainfilm: {message}", style="yellow", markup=False, highlight=False)


def results_to() -> Console:
    """Where results go: wrapped for a terminal, a line for each row for a file or a pipe."""
    return Console() if sys.stdout.isatty() else Console(width=_UNCUT)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="cyan")


@contextmanager
def progress(title: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar with a rate on stderr; yields what to call with the number settled."""
    with _bar(quiet=quiet) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)


def _bar(*, quiet: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    console = errors_to()
    hidden = quiet or not console.is_terminal
    return Progress(*columns, console=console, disable=hidden, transient=True)


@contextmanager
def stages(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar for work in stages; yields what to call with stage, done and total."""
    with _bar(quiet=quiet) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(title: str, done: int, total: int) -> None:
            if title not in tasks:
                tasks[title] = bar.add_task(title, total=total)
            bar.update(tasks[title], completed=done)

        yield advance


def run_step(
    archive: "Archive",
    step: Step[Any, Any],
    title: str,
    *,
    where: str | None,
    again: bool,
    workers: int | None,
    quiet: bool,
    only: Collection[int] | None = None,
) -> "RunSummary":
    """Run a step over an archive on this machine, with a progress bar."""
    from plainfilm.engine import LocalEngine

    total = archive.to_do(step, where=where, only=only, again=again)
    with (
        LocalEngine(workers) as engine,
        progress(title, total, quiet=quiet) as advance,
    ):
        return archive.run(
            step, engine=engine, where=where, only=only, again=again, progress=advance
        )


def show(title: str, facts: Mapping[str, object], *, as_json: bool) -> None:
    """Print a summary: a two-column table, or one JSON object."""
    if as_json:
        print_json(facts)
        return
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right", overflow="fold")
    for name, value in facts.items():
        for label, text in _lines(name, value):
            table.add_row(Text(label), Text(text))
    results_to().print(table)


def print_json(found: object) -> None:
    """Print one line of strict JSON: numbers that JSON lacks, NaN and infinities, become null."""
    sys.stdout.write(json.dumps(_finite(found), default=str, allow_nan=False) + "\n")


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def _lines(name: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        inner = [line for key, item in value.items() for line in _inner_lines(key, item)]
        return [(name.replace("_", " "), ""), *inner] if inner else []
    return [(name.replace("_", " "), _plain(value))]


def _inner_lines(key: object, value: object) -> list[tuple[str, str]]:
    """Codes and names of the user's own keep their underscores."""
    if not isinstance(value, Mapping):
        return [(f"  {key}", _plain(value))]
    inner = [line for name, item in value.items() for line in _inner_lines(name, item)]
    return [(f"  {key}", ""), *((f"  {label}", text) for label, text in inner)] if inner else []


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def print_grids(
    grids: "Sequence[Grid]",
    records: "Sequence[dict[str, Cell]]",
    facts: Mapping[str, object],
    *,
    as_csv: bool,
    as_markdown: bool,
    as_json: bool,
    as_latex: bool = False,
) -> None:
    """Print tables in the one way that was asked for.

    Args:
        grids: for people, at the terminal, in Markdown and in LaTeX.
        records: what CSV holds.
        facts: what JSON holds.
    Raises:
        SettingsError: several ways were asked for.
    """
    from plainfilm.evaluate import tables

    if as_csv + as_markdown + as_json + as_latex > 1:
        raise SettingsError(
            "--csv, --markdown, --latex and --json are different ways to print; choose one"
        )
    if as_json:
        print_json(facts)
    elif as_csv:
        sys.stdout.write(tables.to_csv(records))
    elif as_markdown:
        sys.stdout.write("\n".join(tables.to_markdown(grid) for grid in grids))
    elif as_latex:
        sys.stdout.write("\n".join(tables.to_latex(grid) for grid in grids))
    else:
        for grid in grids:
            results_to().print(_terminal_table(grid))


def _terminal_table(grid: "Grid") -> Table:
    table = Table(title=Text(grid.title), title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(grid.columns):
        table.add_column(Text(name), justify="right" if place else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*map(Text, row))
    return table


def list_rejections(
    rejections: Sequence[Rejection], counts: Mapping[Reason, int], *, at_most: int = _LISTED
) -> None:
    """Print the first rejections on stderr, with what each reason means."""
    console = errors_to()
    for item in rejections[:at_most]:
        why = REASON_TEXT[item.reason]
        line = Text(f"rejected {item.location or ''}: ")
        line.append(f"{item.reason.value}", style="yellow")
        line.append(f" ({item.detail or why})")
        console.print(line)
    rest = sum(counts.values()) - min(len(rejections), at_most)
    if rest > 0:
        console.print(f"… and {rest:,} more; the run's manifest and `plainfilm query` list them")


def exit_for(*, done: int, rejected: int) -> None:
    """Leave with the exit code of a finished command: 3 with rejections, 1 if nothing else came."""
    if rejected:
        raise typer.Exit(DONE_WITH_REJECTIONS if done else NOTHING_USABLE)


def reasons(counts: Mapping[Reason, int]) -> dict[str, Any]:
    """Counts by reason code, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {reason.value: count for reason, count in ordered}
