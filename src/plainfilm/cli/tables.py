"""`frequencies`, `cooccurrence`: the tables that dataset papers print."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from plainfilm.cli.console import AsCsv, AsJson, AsMarkdown, is_archive, print_grids
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.evaluate import LabelFrequency, LabelTable

__all__ = ["IdColumn", "Labels", "Without", "add_to", "open_labels"]

_DEFAULT_SET: Final = "chexpert"

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


def add_to(app: typer.Typer) -> None:
    app.command()(frequencies)
    app.command()(cooccurrence)


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
        counted = label_frequencies(open_labels(source, labels, without, id_column))
    records = tables.frequency_records(counted)
    facts = {"reports": counted[0].total, "labels": records}
    print_grids(
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

    opened = open_labels(table, labels, without, id_column)
    found = count(opened)
    facts = {
        "films": opened.rows,
        "labels": found.labels,
        "matrix": found.counts.tolist(),
        "totals": found.totals.tolist(),
    }
    print_grids(
        [tables.cooccurrence_grid(found)], tables.cooccurrence_records(found), facts,
        as_csv=as_csv, as_markdown=as_markdown, as_json=as_json,
    )  # fmt: skip


def open_labels(
    path: Path, labels: str | None, without: Sequence[str] | None, id_column: str | None
) -> "LabelTable":
    """The table of labels that the options `Labels`, `Without` and `IdColumn` ask for."""
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
