"""`route`: where each film goes, by rules."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from plainfilm.cli.console import (
    ArchivePath,
    AsJson,
    Where,
    exit_for,
    list_rejections,
    print_json,
    progress,
    reasons,
    results_to,
    warn,
)

if TYPE_CHECKING:
    from plainfilm.route import RouteSummary

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command("route")(route)


def _print_rules(wanted: bool) -> None:
    if wanted:
        from plainfilm.route import default_rules_text

        sys.stdout.write(default_rules_text())
        raise typer.Exit


def route(
    archive: ArchivePath,
    rules: Annotated[
        Path | None,
        typer.Argument(metavar="RULES.toml", help="The rules; the default is the bundled file."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show how many films would go where.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE.csv",
            help="Write `film_id, sop_instance_uid, path, destination, rule` for every film.",
        ),
    ] = None,
    link: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Make a folder for each destination in this new folder, with links to its films;"
            " members of zip files are copied.",
        ),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="With `--link`: copy every film, link none.")
    ] = False,
    where: Where = None,
    categories: Annotated[
        Path | None,
        typer.Option(metavar="TABLE.csv", help="A table of categories of your own."),
    ] = None,
    print_rules: Annotated[
        bool,
        typer.Option(
            "--print-rules", is_eager=True, callback=_print_rules,
            help="Print the bundled rules, to start your own from, and exit.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say where each film goes: to a model, to a person, by rules on category and tags.

    Nothing is sent: the result is the table of `--out`, and with `--link` a folder of films for
    each destination, as they are, identity included. The first rule whose conditions all hold
    decides; `categorize` has to run before. Rules are TOML, and nothing in them is executed.

    Example: `plainfilm route films rules.toml --dry-run`
    """
    from plainfilm.archive import Archive
    from plainfilm.route import load_rules, route_archive
    from plainfilm.vocabulary import CATEGORIES, load_categories

    if dry_run == bool(out or link):
        raise typer.BadParameter("choose --dry-run, or where the result goes: --out, --link")
    if copy and link is None:
        raise typer.BadParameter("--copy belongs to --link")
    table = CATEGORIES if categories is None else load_categories(categories)
    found = load_rules(rules, categories=table)
    with Archive.open(archive) as opened:
        total = None if where else opened.counts()["film"]
        with progress("Routing", total, quiet=as_json) as advance:
            summary = route_archive(
                opened, found, table=out, folders=link, copy=copy, where=where, progress=advance
            )
    _warn(summary)
    rejected = Counter(item.reason for item in summary.rejections)
    films = summary.counts.total()
    if as_json:
        print_json(_facts(summary) | {"reasons": reasons(rejected), "dry_run": dry_run})
    else:
        _print_counts(summary, dry_run)
        list_rejections(summary.rejections, rejected)
    exit_for(done=films - len(summary.rejections), rejected=len(summary.rejections))


def _facts(summary: "RouteSummary") -> dict[str, Any]:
    return {
        "films": summary.counts.total(),
        "destinations": dict(_by_destination(summary)),
        "rules": [
            {"rule": route.rule, "destination": route.destination, "films": count}
            for route, count in summary.counts.items()
        ],
        "not_categorized": summary.not_categorized,
        "absent_keywords": summary.absent_keywords,
        "rejected": len(summary.rejections),
    }


def _by_destination(summary: "RouteSummary") -> Counter[str]:
    films: Counter[str] = Counter()
    for route, count in summary.counts.items():
        films[route.destination] += count
    return films


def _print_counts(summary: "RouteSummary", dry_run: bool) -> None:
    title = "Where films would go" if dry_run else "Where films go"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("Destination", style="bold")
    table.add_column("Rule", overflow="fold")
    table.add_column("Films", justify="right")
    for destination, films in _by_destination(summary).items():
        table.add_row(Text(destination), "", f"{films:,}")
        for route, count in summary.counts.items():
            if route.destination == destination:
                table.add_row("", Text(route.rule), f"{count:,}")
    table.add_row("all", "", f"{summary.counts.total():,}")
    results_to().print(table)


def _warn(summary: "RouteSummary") -> None:
    if summary.not_categorized:
        warn(
            f"{summary.not_categorized:,} films were not categorized, and meet no condition on"
            " category, outcome or probability; run `plainfilm categorize` first"
        )
    if summary.absent_keywords:
        warn(f"no film has the tags {', '.join(summary.absent_keywords)}, which rules ask for")
