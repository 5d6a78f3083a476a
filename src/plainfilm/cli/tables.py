"""`frequencies`, `cooccurrence`, `evaluate`: the tables that dataset papers print."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from plainfilm.cli.console import AsJson, errors_to, is_archive, progress
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.evaluate import LabelFrequency, LabelPair, LabelTable
    from plainfilm.evaluate.tables import Cell, Grid

__all__ = ["add_to"]

_LISTED: Final = 10
_DEFAULT_SET: Final = "chexpert"

AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, with plain numbers.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print the table in Markdown.")]
Labels = Annotated[
    str | None,
    typer.Option(
        metavar="SET|A,B,…",
        help="A label set (`chexpert`, `nih`), or labels with commas between them."
        " The default is every label of the table.",
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(metavar="LABEL", help="Leave out this label or column; may be given again."),
]
IdColumn = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="COLUMN",
        help="The column of the ids. The default is `id`, or `Image Index` beside"
        " `Finding Labels`.",
    ),
]

_evaluate = typer.Typer(
    help="Score predictions against the truth, with intervals.\n\n"
    "Example: `plainfilm evaluate labels predicted.csv truth.csv`",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def add_to(app: typer.Typer) -> None:
    app.command()(frequencies)
    app.command()(cooccurrence)
    _evaluate.command("labels")(evaluate_labels)
    app.add_typer(_evaluate, name="evaluate")


def frequencies(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A table of labels, or an archive.")
    ],
    labels: Labels = None,
    without: Without = None,
    id_column: IdColumn = None,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Count how often each label is positive, negative, uncertain and not mentioned.

    Percentages are of all reports. A table has a column per label with 1, 0, -1 or nothing, as
    `label` writes it, or the column `Finding Labels` of ChestX-ray14; .csv or .csv.gz. An
    archive's labels are those of `--labels chexpert` or `nih`.

    Example: `plainfilm frequencies labels.csv --markdown`
    """
    from plainfilm.evaluate import label_frequencies, tables

    if is_archive(source):
        if id_column is not None:
            raise SettingsError("--id names a column of a table; an archive has none")
        counted = _of_archive(source, labels or _DEFAULT_SET, without or ())
    else:
        counted = label_frequencies(_open(source, labels, without, id_column))
    records = tables.frequency_records(counted)
    facts = {"reports": counted[0].total, "labels": records}
    _print(
        [tables.frequency_grid(counted)], records, facts,
        as_csv=as_csv, as_markdown=as_markdown, as_json=as_json,
    )  # fmt: skip


def cooccurrence(
    table: Annotated[Path, typer.Argument(metavar="LABELS.csv", help="A table of labels.")],
    labels: Labels = None,
    without: Without = None,
    id_column: IdColumn = None,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Count on how many films two labels are positive together, and on how many one is alone.

    Films with one label alone are on the diagonal, as for ChestX-ray14; below are all films with
    the label. Tables are read as by `frequencies`; uncertain is not positive.

    Example: `plainfilm cooccurrence Data_Entry_2017_v2020.csv.gz --without "No Finding"`
    """
    from plainfilm.evaluate import cooccurrence as count
    from plainfilm.evaluate import tables

    opened = _open(table, labels, without, id_column)
    found = count(opened)
    facts = {
        "films": opened.rows,
        "labels": found.labels,
        "matrix": found.counts.tolist(),
        "totals": found.totals.tolist(),
    }
    _print(
        [tables.cooccurrence_grid(found)], tables.cooccurrence_records(found), facts,
        as_csv=as_csv, as_markdown=as_markdown, as_json=as_json,
    )  # fmt: skip


def evaluate_labels(
    predicted: Annotated[Path, typer.Argument(metavar="PREDICTED.csv", help="Labels to score.")],
    truth: Annotated[Path, typer.Argument(metavar="TRUTH.csv", help="Labels that are right.")],
    labels: Labels = None,
    without: Without = None,
    id_column: IdColumn = None,
    truth_id: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column of the ids in TRUTH, where it differs."),
    ] = None,
    common: Annotated[
        bool,
        typer.Option("--common", help="Compare the ids and labels that both have; list the rest."),
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK",
            help="`mention`, `negation`, `uncertainty` or `positive`; may be given again."
            " The default is all four.",
        ),
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples of the reports; 0 for no intervals.")
    ] = 10_000,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same intervals.")] = 20,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Score labels of reports: precision, recall and F1 per label, pooled (micro), mean (macro).

    As for MIMIC-CXR, each task asks one question of each cell. Mention: is there any value?
    Negation: is it 0? Uncertainty: is it -1? And as for ChestX-ray8, positive: is it 1? A figure
    that is 0/0 is shown as such and is no part of the mean. Tables are read as by `frequencies`.

    Example: `plainfilm evaluate labels predicted.csv truth.csv`
    """
    from plainfilm.evaluate import TASKS, Bootstrap, label_agreement, pair_labels, tables

    pair = pair_labels(
        _open(predicted, labels, without, id_column),
        _open(truth, labels, without, truth_id or id_column),
        common=common,
    )
    bootstrap = Bootstrap(resamples, confidence, seed) if resamples else None
    with progress("Resampling", resamples, quiet=as_json) as advance:
        agreements = label_agreement(
            pair.predicted, pair.truth, pair.names,
            tasks=tuple(dict.fromkeys(task or TASKS)), bootstrap=bootstrap, progress=advance,
        )  # fmt: skip
    records = [record for each in agreements for record in tables.agreement_records(each)]
    facts: dict[str, object] = {"reports": len(pair.truth), "labels": pair.names}
    facts |= {"resamples": resamples, "confidence": confidence, "seed": seed}
    facts |= _lone(pair)
    _list_lone(pair)
    _print(
        [tables.agreement_grid(each) for each in agreements], records, {**facts, "scores": records},
        as_csv=as_csv, as_markdown=as_markdown, as_json=as_json,
    )  # fmt: skip


def _open(
    path: Path, labels: str | None, without: Sequence[str] | None, id_column: str | None
) -> "LabelTable":
    from plainfilm.evaluate import LabelTable
    from plainfilm.vocabulary import LABEL_SETS, label_set

    if labels is None:
        chosen = None
    elif labels in LABEL_SETS:
        chosen = label_set(labels)
    else:
        chosen = tuple(name.strip() for name in labels.split(",") if name.strip())
    return LabelTable(
        path,
        id_column=id_column,
        labels=chosen,
        without=tuple(without or ()),
        order=label_set("nih"),  # the order that tables of ChestX-ray14 are printed in
    )


_LABELLED: Final = """
SELECT count(*) AS reports
FROM step_result
JOIN run ON run.run_id = step_result.run_id
WHERE step_result.item_kind = 'report' AND run.parameters ->> 'label_set' = $label_set
"""

_COUNTS: Final = """
SELECT finding,
       count(*) FILTER (WHERE value = 1) AS positive,
       count(*) FILTER (WHERE value = 0) AS negative,
       count(*) FILTER (WHERE value = -1) AS uncertain
FROM label
WHERE label_set = $label_set
GROUP BY finding
"""


def _of_archive(path: Path, name: str, without: Sequence[str]) -> "tuple[LabelFrequency, ...]":
    """Counts over every report that was labelled, those without any label among them."""
    from plainfilm.archive import Archive
    from plainfilm.evaluate import LabelFrequency
    from plainfilm.vocabulary import LABEL_SETS, label_set

    with Archive.open(path) as archive:
        total = archive.rows(_LABELLED, label_set=name)[0]["reports"]
        counts = {row.pop("finding"): row for row in archive.rows(_COUNTS, label_set=name)}
    every = label_set(name) if name in LABEL_SETS else sorted(counts)
    names = [label for label in every if label not in without]
    if not total or not names:
        raise SettingsError(f"{path}: no labels of the set {name}; run `plainfilm label` first")
    none: dict[str, Any] = {"positive": 0, "negative": 0, "uncertain": 0}
    return tuple(
        LabelFrequency(label=label, total=total, **counts.get(label, none)) for label in names
    )


def _lone(pair: "LabelPair") -> dict[str, tuple[str, ...]]:
    return {
        "ids_only_predicted": pair.only_predicted,
        "ids_only_true": pair.only_true,
        "labels_only_predicted": pair.labels_only_predicted,
        "labels_only_true": pair.labels_only_true,
    }


def _list_lone(pair: "LabelPair") -> None:
    """Say on stderr what was not compared."""
    for kind, names in _lone(pair).items():
        if names:
            more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
            line = f"not compared, {kind.replace('_', ' ')}: {', '.join(names[:_LISTED])}{more}"
            errors_to().print(line, markup=False, highlight=False, soft_wrap=True)


def _print(
    grids: "Sequence[Grid]",
    records: "Sequence[dict[str, Cell]]",
    facts: Mapping[str, object],
    *,
    as_csv: bool,
    as_markdown: bool,
    as_json: bool,
) -> None:
    from plainfilm.evaluate import tables

    if as_csv + as_markdown + as_json > 1:
        raise SettingsError("--csv, --markdown and --json are different ways to print; choose one")
    if as_json:
        sys.stdout.write(json.dumps(facts) + "\n")
    elif as_csv:
        sys.stdout.write(tables.to_csv(records))
    elif as_markdown:
        sys.stdout.write("\n".join(tables.to_markdown(grid) for grid in grids))
    else:
        for grid in grids:
            Console().print(_terminal_table(grid))


def _terminal_table(grid: "Grid") -> Table:
    table = Table(title=Text(grid.title), title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(grid.columns):
        table.add_column(Text(name), justify="right" if place else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*map(Text, row))
    return table
