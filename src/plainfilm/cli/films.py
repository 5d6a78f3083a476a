"""`categorize`, `map-descriptions`: what each film shows."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from plainfilm.cli.classify import ModelChoice
from plainfilm.cli.console import (
    Again,
    ArchivePath,
    AsJson,
    Where,
    Workers,
    exit_for,
    list_rejections,
    reasons,
    run_step,
    show,
)
from plainfilm.errors import Reason
from plainfilm.steps import Step

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(categorize)
    app.command("map-descriptions")(map_table)


def categorize(
    archive: ArchivePath,
    where: Where = None,
    model: ModelChoice = None,
    text_only: Annotated[
        bool, typer.Option("--text-only", help="Leave the pixels out; far quicker.")
    ] = False,
    again: Again = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Name each film's category from its texts and its pixels, and say how far they agree.

    `agree`: both name it, or one does and the other allows it. `repair`: the pixels are sure and
    the tags are wrong or say nothing; see `plainfilm repair`. `conflict`: a description and sure
    pixels disagree, and a person has to look. `unknown`: neither is sure. The table `decision`
    holds outcome, category and probability of each film, and the evidence in `details`.

    Example: `plainfilm categorize films`
    """
    from plainfilm.archive import Archive
    from plainfilm.categories import (
        CategoryFromPixels,
        CategoryFromText,
        DecideCategory,
        silent_on,
    )

    uncovered: tuple[str, ...] = ()
    steps: list[tuple[str, Step[Any, Any]]] = [("Reading texts", CategoryFromText())]
    if not text_only:
        from plainfilm.models import find_model

        chosen = find_model(model)
        uncovered = silent_on(chosen.card)
        steps.append(("Looking at films", CategoryFromPixels.of(chosen)))
    steps.append(("Deciding", DecideCategory(uncovered, pixels=not text_only)))
    with Archive.open(archive) as opened:
        summaries = [
            run_step(opened, step, title, where=where, again=again, workers=workers, quiet=as_json)
            for title, step in steps
        ]
        outcomes = opened.rows(
            "SELECT outcome, count(*) AS n FROM decision GROUP BY outcome ORDER BY n DESC, outcome"
        )
        found = opened.rows(
            "SELECT category, count(*) AS n FROM decision"
            " GROUP BY category ORDER BY n DESC, category"
        )
    decided = summaries[-1]
    rejected = [rejection for summary in summaries for rejection in summary.rejections]
    counts: Counter[Reason] = sum((Counter(summary.rejected) for summary in summaries), Counter())
    facts = {
        "done": decided.done,
        "skipped": decided.skipped,
        "outcomes": {row["outcome"]: row["n"] for row in outcomes},
        "categories": {row["category"] or "(undecided)": row["n"] for row in found},
        "not classified": reasons(counts),
    }
    show("Categories", facts, as_json=as_json)
    if not as_json:
        list_rejections(rejected, counts)
    exit_for(done=decided.done + decided.skipped, rejected=sum(counts.values()))


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
