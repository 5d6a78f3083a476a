"""`categorize`, `map-descriptions`: what each film shows."""

from pathlib import Path
from typing import Annotated

import typer

from plainfilm.cli.console import Again, ArchivePath, AsJson, Where, Workers, run_step, show

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(categorize)
    app.command("map-descriptions")(map_table)


def categorize(
    archive: ArchivePath,
    where: Where = None,
    again: Again = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Name each film's category from its texts: descriptions, BodyPartExamined, ViewPosition.

    The category stays empty where no text tells the view. Where BodyPartExamined contradicts a
    description, the description decides and the disagreement is recorded.

    Example: `plainfilm categorize films`
    """
    from plainfilm.archive import Archive
    from plainfilm.categories import CategoryFromText

    with Archive.open(archive) as opened:
        step = CategoryFromText()
        summary = run_step(
            opened, step, "Naming films", where=where, again=again, workers=workers, quiet=as_json
        )
        found = opened.rows(
            "SELECT value, count(*) AS n,"
            " count(*) FILTER (json_extract(details, '$.disagreement') NOT IN ('null', '[]', '{}'))"
            " AS disagreeing FROM prediction WHERE task = 'category_text'"
            " GROUP BY value ORDER BY n DESC, value"
        )
    facts = {
        "done": summary.done,
        "skipped": summary.skipped,
        "categories": {row["value"] or "(not said)": row["n"] for row in found},
        "disagreeing": sum(row["disagreeing"] for row in found),
    }
    show("Categories from text", facts, as_json=as_json)


def map_table(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE.csv",
            help="Columns `study_description, series_description, body_part_examined`;"
            " optional `view_position, protocol_name, laterality`.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="OUT.csv", help="The table to write.")],
    as_json: AsJson = False,
) -> None:
    """Add `category, body_part, view, laterality, evidence` to a table of descriptions.

    `category` stays empty where the text does not say.

    Example: `plainfilm map-descriptions exams.csv --out mapped.csv`
    """
    from plainfilm.categories import map_descriptions

    summary = map_descriptions(table, out)
    facts = {
        "rows": summary.rows,
        "undecided": summary.undecided,
        "disagreeing": summary.disagreeing,
        "categories": summary.categories,
        "written": str(out),
    }
    show("Descriptions mapped", facts, as_json=as_json)
