"""`check-orders`, `hang`: whole studies, as they were ordered and as they are read."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from plainfilm.cli.console import (
    ArchivePath,
    AsJson,
    Where,
    errors_to,
    exit_for,
    print_json,
    results_to,
    show,
)

if TYPE_CHECKING:
    from plainfilm.studies import CheckRow, HungFilm, OrderCheck, Orders

__all__ = ["add_to"]

_LISTED: Final = 50
_NO_PROBLEM: Final = frozenset({"matched", "cancelled", "other_modality"})


def add_to(app: typer.Typer) -> None:
    app.command("check-orders")(check)
    app.command("hang")(hang_study)


def check(
    archive: ArchivePath,
    orders: Annotated[
        Path | None,
        typer.Argument(
            metavar="ORDERS",
            help="CSV with `accession_number` or `study_instance_uid`, `procedure` or `code`,"
            " optional `laterality, views, modality, status`; or HL7 v2 messages (ORM, OMI, OMG), a"
            " file or a folder. The default is what the films' own tags say was requested.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="TABLE.csv", help="Write all rows there.")
    ] = None,
    procedures: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="What procedures ask for, where it differs from the bundled table:"
            " `part, views, procedure, laterality, films`.",
        ),
    ] = None,
    where: Where = None,
    retake_minutes: Annotated[
        float, typer.Option(min=0, help="The same part, view and side within them is a retake.")
    ] = 30,
    repeat_hours: Annotated[
        float, typer.Option(min=0, help="The same exam again within them is told; 0 for never.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Compare what was ordered with what was made: missing, extra, wrong part or side, repeated.

    Films are taken for what `plainfilm categorize` decided; a film that it did not decide counts
    as `undecided` and never as wrong. `--where` chooses studies. The rows show texts of orders.

    Example: `plainfilm check-orders films orders.csv --out checked.csv`
    """
    from plainfilm.archive import Archive
    from plainfilm.studies import Orders, check_orders, load_procedures, read_orders, write_check

    table = load_procedures(procedures)
    given = read_orders(orders) if orders is not None else None
    with Archive.open(archive) as opened:
        found = check_orders(
            opened,
            None if given is None else given.orders,
            where=where,
            procedures=table,
            retake_minutes=retake_minutes,
            repeat_hours=repeat_hours,
        )
    facts = _facts(found, given or Orders(()))
    if out is not None:
        write_check(found, out)
        facts["written"] = str(out)
    elif as_json:
        facts["rows"] = [asdict(row) for row in found.rows]
    show("Orders checked", facts, as_json=as_json)
    if out is None and not as_json:
        _list_problems(found)
    by_result = found.counts("order")
    unusable = by_result.get("unreadable_order", 0) + by_result.get("ambiguous_order", 0)
    exit_for(done=sum(by_result.values()) - unusable, rejected=unusable)


def _facts(found: "OrderCheck", given: "Orders") -> dict[str, object]:
    return {
        "orders": found.counts("order"),
        "views": found.counts("view"),
        "films": found.counts("film"),
        "studies": found.counts("study"),
        "orders_read_again": given.repeated,
        "orders_left_out": found.left_out,
        "other_messages": given.other_messages,
    }


def _list_problems(found: "OrderCheck") -> None:
    """Print what a person has to look at."""
    problems = [row for row in found.rows if row.result not in _NO_PROBLEM]
    if not problems:
        return
    table = Table(title="To look at", title_justify="left", box=None, pad_edge=False)
    for heading in ("about", "result", "accession number", "expected", "found", "why"):
        table.add_column(heading, overflow="fold")
    for row in problems[:_LISTED]:
        table.add_row(*map(Text, _cells(row)))
    console = results_to()
    console.print(table)
    if len(problems) > _LISTED:
        console.print(f"… {len(problems) - _LISTED:,} more; --out or --json gives all")


def _cells(row: "CheckRow") -> tuple[str, ...]:
    return (
        row.about,
        row.result.value,
        row.accession_number,
        row.expected,
        row.found,
        row.why,
    )


def hang_study(
    archive: ArchivePath,
    study: Annotated[
        str, typer.Argument(metavar="STUDY_UID", help="The study's Study Instance UID.")
    ],
    priors: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Earlier studies at most; the default is 2."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="Rules of your own; what it leaves out is as bundled."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a study's films and its priors in reading order, and say how to turn and flip each.

    Row 0 is the study, row 1 its first prior: the same part before a related one before another,
    then the newest first. Turn first, then flip, then invert.

    Example: `plainfilm hang films 1.2.826.0.1.3680043.8.498.1 --json`
    """
    from plainfilm.archive import Archive
    from plainfilm.studies import hang, load_hanging_rules

    chosen = load_hanging_rules(rules)
    with Archive.open(archive) as opened:
        # A UID that a shell took from a CSV ends with a carriage return.
        hanging = hang(opened, study.strip(), priors=priors, rules=chosen)
    if as_json:
        print_json([asdict(film) for film in hanging.films])
    else:
        _print_hung(hanging.films)
    if hanging.undated:
        errors_to().print(f"{hanging.undated} other studies have no date to be priors by")


def _print_hung(films: "tuple[HungFilm, ...]") -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("row", "place", "film", "category", "side", "do", "relevance", "why", "path"):
        table.add_column(heading, overflow="fold")
    for film in films:
        cells = (
            film.row,
            film.position,
            film.film_id,
            film.category or "(undecided)",
            film.laterality,
            _to_do(film),
            film.relevance,
            ", ".join(film.why),
            film.path if film.member is None else f"{film.path}!{film.member}",
        )
        table.add_row(*(Text(str(cell)) for cell in cells))
    results_to().print(table)


def _to_do(film: "HungFilm") -> str:
    done = [f"turn {film.rotate_degrees_clockwise}°"] if film.rotate_degrees_clockwise else []
    done += ["flip"] if film.flip_horizontal else []
    done += ["invert"] if film.invert else []
    return ", ".join(done)
