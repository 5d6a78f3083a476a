"""`classify`: what films in folders show, told from their pixels."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from plainfilm.cli.console import (
    AsJson,
    Workers,
    exit_for,
    list_rejections,
    progress,
    reasons,
    results_to,
    show,
)
from plainfilm.errors import BadSource, SettingsError
from plainfilm.records import Location, Rejection

if TYPE_CHECKING:
    from plainfilm.categories import ClassifiedFile, PixelCategory
    from plainfilm.models import StoredModel

__all__ = ["ModelChoice", "add_to", "found_films", "workers_for"]

_FEW: Final = 16  # films that one process has classified before another has started
_ZIP_MAX_GIB: Final = 64.0  # as an archive takes in by default

ModelChoice = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|PATH",
        help="A model of the store (`plainfilm models list`), or its folder. The default is the"
        " bundled one.",
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command()(classify)


def classify(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE_OR_DIR…",
            help="DICOM, PNG or JPEG files, folders, zip files or DICOMDIRs of them.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="OUT.csv", help="The table to write; else it is printed."),
    ] = None,
    model: ModelChoice = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.png", help="Of one film, draw where its category was seen (PNG)."
        ),
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Name films from their pixels, with probabilities and what to do with each.

    `decision`: `straight`, the film may go on by itself; `review`, the category stands and someone
    should look at it later; `person`, a person has to name the film. The model's card has the
    thresholds. `turn` says by how many degrees clockwise to turn the film upright; `mirrored`
    (where the anatomy tells), `inverted` and `collage` are probabilities. What is no single
    radiograph is rejected with a reason.

    Example: `plainfilm classify films/ --out classified.csv`
    """
    from plainfilm.models import find_model

    chosen = find_model(model)
    found, rejections = found_films(sources, out, explain)
    if explain is not None:
        _explain(found, chosen, explain)
    files = _classified(found, chosen, workers_for(workers, len(found)), quiet=as_json)
    named = _namer(sources)
    if out is not None:
        from plainfilm.categories import write_classified

        files = write_classified(files, out, named)
    tally = _Tally(keep=out is None)
    for file in files:
        tally.add(named(file.location), file)
    _report(tally, rejections, out, explain, as_json=as_json)


class _Tally:
    """What is told at the end; the films themselves only where they go into no table."""

    def __init__(self, *, keep: bool) -> None:
        self.rows: list[tuple[str, PixelCategory]] | None = [] if keep else None
        self.categories: Counter[str] = Counter()
        self.decisions: Counter[str] = Counter()
        self.rejections: list[Rejection] = []

    def add(self, name: str, file: "ClassifiedFile") -> None:
        if isinstance(file.outcome, Rejection):
            self.rejections.append(file.outcome)
            return
        self.categories[file.outcome.category] += 1
        self.decisions[file.outcome.decision] += 1
        if self.rows is not None:
            self.rows.append((name, file.outcome))


def found_films(
    sources: Iterable[str], *written: Path | None
) -> tuple[list[Location], list[Rejection]]:
    """The files in sources that may be films.

    Args:
        written: what the command will write; None for what it will not.
    Raises:
        BadSource: there are none.
        SettingsError: what will be written is one of them.
    """
    from plainfilm.archive.sources import find_files

    nowhere = Path(os.devnull)  # there is no archive to leave out
    locations: list[Location] = []
    rejections: list[Rejection] = []
    for file in find_files(sources, leave_out=nowhere, zip_max_gib=_ZIP_MAX_GIB):
        if isinstance(file, Rejection):
            rejections.append(file)
        else:
            locations.append(file.location)
    if not locations and not rejections:
        raise BadSource(f"there are no files in {', '.join(sources)}")
    _spare(locations, *written)
    return locations, rejections


def _classified(
    locations: list[Location], model: "StoredModel", workers: int | None, *, quiet: bool
) -> Iterator["ClassifiedFile"]:
    from plainfilm.categories import classify_files
    from plainfilm.engine import LocalEngine

    with (
        LocalEngine(workers) as engine,
        progress("Classifying", len(locations), quiet=quiet) as advance,
    ):
        for file in classify_files(locations, model, engine):
            advance(1)
            yield file


def workers_for(wanted: int | None, files: int) -> int | None:
    """One process for few films: a second takes longer to start than they take."""
    return 1 if wanted is None and files <= _FEW else wanted


def _explain(locations: list[Location], model: "StoredModel", out: Path) -> None:
    from plainfilm.categories import explain

    if len(locations) != 1:
        raise SettingsError(f"--explain draws one film; {len(locations):,} files were given")
    explain(locations[0], model, out)


def _spare(locations: Iterable[Location], *written: Path | None) -> None:
    """Refuse to write over a film."""
    chosen = {path.resolve() for path in written if path is not None}
    for location in locations:
        if location.path.resolve() in chosen:
            raise SettingsError(f"{location.path} is one of the films; write to another file")


def _namer(sources: Iterable[str]) -> Callable[[Location], str]:
    """What to call a file in the table: as the user named its source, not by its absolute path."""
    bases = [(Path(os.path.abspath(source)), Path(source)) for source in sources]  # noqa: PTH100

    def name(location: Location) -> str:
        for base, given in bases:
            if location.path.is_relative_to(base):
                return str(Location(given / location.path.relative_to(base), location.member))
        return str(location)

    return name


def _report(
    tally: _Tally,
    unread: list[Rejection],
    out: Path | None,
    explained: Path | None,
    *,
    as_json: bool,
) -> None:
    rejected = unread + tally.rejections
    counts = Counter(item.reason for item in rejected)
    done = tally.categories.total()
    facts: dict[str, Any] = {
        "films": done,
        "categories": dict(tally.categories.most_common()),
        "decisions": dict(tally.decisions.most_common()),
        "rejected": len(rejected),
        "reasons": reasons(counts),
    }
    facts |= {"written": str(out)} if out is not None else {}
    facts |= {"explained": str(explained)} if explained is not None else {}
    if as_json and tally.rows is not None:
        facts["rows"] = [_record(name, said) for name, said in tally.rows]
    elif tally.rows:
        results_to().print(_films_table(tally.rows))
    list_rejections(rejected, counts, at_most=len(rejected))
    show("Films classified", facts, as_json=as_json)
    exit_for(done=done, rejected=len(rejected))


def _record(name: str, said: "PixelCategory") -> dict[str, object]:
    from plainfilm.categories import CLASSIFIED_COLUMNS, row_of

    return dict(zip(CLASSIFIED_COLUMNS, row_of(name, said), strict=True))


def _films_table(rows: "list[tuple[str, PixelCategory]]") -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("file", "category", "probability", "decision", "then"):
        table.add_column(column, overflow="fold")
    for name, said in rows:
        then = ", ".join(f"{other} {probability:.2f}" for other, probability in said.ranked[1:])
        texts = (name, said.category, f"{said.probability:.2f}", said.decision, then)
        table.add_row(*map(Text, texts))
    return table
