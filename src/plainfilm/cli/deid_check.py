"""`deidentify --check`: how well a folder of DICOM is de-identified, whoever made it."""

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import typer
from rich.table import Table
from rich.text import Text

from plainfilm.archive.settings import SETTINGS_FILE
from plainfilm.cli.console import (
    DONE_WITH_REJECTIONS,
    NOTHING_USABLE,
    errors_to,
    is_archive,
    list_rejections,
    print_json,
    progress,
    reasons,
    results_to,
    show,
)
from plainfilm.errors import ArchiveError, SettingsError
from plainfilm.records import Location

if TYPE_CHECKING:
    from plainfilm.deid.check import CheckReport, Finding
    from plainfilm.deid.profile import Option

__all__ = ["run_check"]

_SHOWN: Final = 25
_COLUMNS: Final = ("file", "action", "leak", "path", "keyword", "reason", "in_words", "count")

Told = Callable[[Location, Mapping["Finding", int]], None]


def run_check(
    folder: Path,
    *,
    against: Path | None = None,
    options: "frozenset[Option] | None" = None,
    key: Path | None = None,
    mapping: Path | None = None,
    report: Path | None = None,
    as_json: bool = False,
    workers: int | None = None,
) -> None:
    """Check a folder, print its scores, and leave with 1 on a leak, 3 where not all was examined.

    Args:
        against: the originals, an archive or a folder.
        key: key file of plainfilm's own ids; only read, and only where there are originals.
        report: `.csv` with each film's failures, or `.html` with all kinds of failures.
    """
    from plainfilm.deid import load_or_create_key
    from plainfilm.deid.check import check_folder, write_check_page
    from plainfilm.engine import LocalEngine

    if against is None and (key is not None or mapping is not None):
        raise SettingsError("--key and --mapping find the originals; name these with --against")
    if report is not None and report.suffix not in (".csv", ".html"):
        raise SettingsError(f"--report ({report}) must end in .csv or .html")
    if key is not None and not key.exists():
        raise SettingsError(f"--key ({key}) is not there")
    secret = None if key is None else load_or_create_key(key)
    with (
        _details(report, folder) as told,
        LocalEngine(workers) as engine,
        progress("Checking", _count(folder), quiet=as_json) as advance,
    ):
        found = check_folder(
            folder,
            engine=engine,
            source=_originals(against),
            options=options,
            key=secret,
            mapping=mapping,
            progress=advance,
            told=told,
        )
    if report is not None and report.suffix == ".html":
        write_check_page(found, report)
    _print(found, as_json=as_json)
    _leave(found)


def _originals(against: Path | None) -> list[Location] | None:
    """Where the originals are: an archive knows their places, a folder may hold zips."""
    from plainfilm.archive import Archive
    from plainfilm.archive.settings import Settings
    from plainfilm.archive.sources import SourceFile, find_files

    if against is None:
        return None
    if is_archive(against):
        with Archive.open(against) as archive:
            rows = archive.rows(_ORIGINALS)
        return [Location(against / row["path"], row["member"] or None) for row in rows]
    limit = Settings("").zip_max_gib
    found = find_files([against], leave_out=against / SETTINGS_FILE, zip_max_gib=limit)
    return [item.location for item in found if isinstance(item, SourceFile)]


_ORIGINALS: Final = """
SELECT path, member FROM film
UNION ALL
SELECT path, member FROM clean_structured_report WHERE clean_path IS NOT NULL
ORDER BY path, member
"""


def _count(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


@contextmanager
def _details(report: Path | None, folder: Path) -> Iterator[Told]:
    """What hears of each film's failures: it writes them down where a CSV was asked for."""
    if report is None or report.suffix != ".csv":
        yield lambda _, __: None
        return
    try:
        with report.open("w", encoding="utf-8", newline="") as file:
            yield _writer(file, folder.absolute())
    except OSError as exc:
        raise ArchiveError(f"cannot write {report}: {exc.strerror}") from exc


def _writer(file: TextIO, folder: Path) -> Told:
    from plainfilm.deid.check.report import describe_finding

    table = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
    table.writeheader()

    def told(location: Location, failed: "Mapping[Finding, int]") -> None:
        name = str(location.path.relative_to(folder))
        for finding, count in sorted(failed.items()):
            table.writerow(
                describe_finding(finding)
                | {"file": name, "count": count, "leak": int(finding.is_leak)}
            )

    return told


def _print(found: "CheckReport", *, as_json: bool) -> None:
    if as_json:
        print_json(found.facts())
        return
    facts: dict[str, Any] = {"films": found.films, "leaks": found.leaks}
    if found.matched is not None:
        facts |= {"compared with the original": found.matched, "without one": found.unmatched}
    if found.unexamined:
        facts["not_examined"] = reasons(found.unexamined)
    show("Checked", facts, as_json=False)
    results_to().print(_scores(found))
    if found.failures:
        results_to().print(_failures(found))
    list_rejections(found.rejections, found.unexamined)
    if found.leaks:
        line = f"plainfilm: {found.leaks:,} leaks: this folder must not be given away"
        errors_to().print(line, style="red", markup=False, highlight=False)


def _scores(found: "CheckReport") -> Table:
    from plainfilm.deid.check import CHECK_TEXT

    table = Table(title="Scores by action", title_justify="left", box=None, pad_edge=False)
    for name in ("action", "right", "wrong", "score", ""):
        table.add_column(name, justify="right" if name in ("right", "wrong", "score") else "left")
    rows = [(check.value, score, CHECK_TEXT[check]) for check, score in found.scores.items()]
    for action, score, means in (*rows, ("all", found.total, "")):
        percent = "" if score.percent is None else f"{score.percent:.2f} %"
        table.add_row(action, f"{score.passed:,}", f"{score.failed:,}", percent, means)
    return table


def _failures(found: "CheckReport") -> Table:
    from plainfilm.deid.check.report import describe_finding

    title = "Failures by element"
    if len(found.failures) > _SHOWN:
        title += f", the first {_SHOWN} of {len(found.failures):,} kinds"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("times", "action", "path", "keyword", "what is wrong"):
        table.add_column(name, justify="right" if name == "times" else "left", overflow="fold")
    for finding, count in list(found.failures.items())[:_SHOWN]:
        said = describe_finding(finding)
        row = (said["action"], said["path"], said["keyword"], said["in_words"])
        style = "red" if said["leak"] else None
        table.add_row(f"{count:,}", *map(Text, row), style=style)
    return table


def _leave(found: "CheckReport") -> None:
    if found.leaks or not found.films:
        raise typer.Exit(NOTHING_USABLE)
    if found.unexamined or found.unmatched:
        raise typer.Exit(DONE_WITH_REJECTIONS)
