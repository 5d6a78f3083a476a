"""The report of a check as a page."""

from pathlib import Path
from typing import Final

from plainfilm.deid.check.report import CheckReport, describe_finding
from plainfilm.deid.check.scores import CHECK_TEXT, Score
from plainfilm.errors import REASON_TEXT
from plainfilm.pages import (
    Column,
    Section,
    counted,
    element,
    page,
    paragraph,
    table,
    tiles,
    write_page,
)

__all__ = ["write_check_page"]

_FAILURES_SHOWN: Final = 500
_TITLE: Final = "Check of de-identified films"
_FOOTER: Final = (
    "The page shows attributes and reasons, never a value. It says what was looked for and not "
    "found; it cannot say that nobody will be found by other means."
)


def write_check_page(report: CheckReport, path: Path) -> None:
    """Write one self-contained HTML file with the scores and all kinds of failures.

    Raises:
        ArchiveError: the page cannot be written.
    """
    facts = tiles(
        (
            ("films", report.films),
            ("leaks", report.leaks),
            ("of all actions right", _percent(report.total)),
            ("not examined", report.unexamined.total()),
        )
    )
    sections = (_scores(report), _failures(report), _unexamined(report))
    write_page(page(_TITLE, sections, tiles=facts, footer=_FOOTER), path)


def _scores(report: CheckReport) -> Section:
    compared = (
        "Judged without the originals."
        if report.matched is None
        else f"{counted(report.matched, 'film')} compared with the original."
    )
    body = (
        paragraph(compared),
        table(
            "Scores by action category, as MIDI-B names them",
            (
                Column("Action"),
                Column("What it means"),
                Column("Right", number=True),
                Column("Wrong", number=True),
                Column("Score", number=True),
            ),
            (
                (
                    check.value,
                    CHECK_TEXT[check],
                    score.passed,
                    score.failed,
                    _percent(score),
                )
                for check, score in report.scores.items()
            ),
        ),
    )
    notice = counted(report.leaks, "leak") if report.leaks else ""
    return Section("scores", "Scores", body, notice)


def _failures(report: CheckReport) -> Section:
    rows = []
    for finding, count in list(report.failures.items())[:_FAILURES_SHOWN]:
        said = describe_finding(finding)
        leak = element("span", "leak", class_="badge") if finding.is_leak else ""
        rows.append((said["action"], leak, said["keyword"], said["path"], said["in_words"], count))
    left = len(report.failures) - len(rows)
    columns = (
        Column("Action"),
        Column(""),
        Column("Attribute"),
        Column("Path"),
        Column("What is wrong"),
        Column("Times", number=True),
    )
    rest = paragraph(f"and {left:,} more kinds", class_="more") if left else None
    body = (
        table("Failures by element and reason", columns, rows, rest)
        if rows
        else paragraph("Nothing failed.")
    )
    return Section("failures", "What is wrong", body)


def _unexamined(report: CheckReport) -> Section:
    rows = [
        (reason.value, REASON_TEXT[reason], count) for reason, count in report.unexamined.items()
    ]
    columns = (Column("Reason"), Column("Meaning"), Column("Files", number=True))
    body = (
        table("Files that could not be examined, or not in full", columns, rows)
        if rows
        else paragraph("Every file was examined.")
    )
    notice = f"{counted(report.unexamined.total(), 'file')} not examined" if rows else ""
    return Section("unexamined", "Not examined", body, notice)


def _percent(score: Score) -> str:
    return "" if score.percent is None else f"{score.percent:.2f} %"
