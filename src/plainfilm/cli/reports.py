"""`label`: what radiology reports say of the findings."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from plainfilm.cli.console import Again, AsJson, Workers, is_archive, run_step, show
from plainfilm.errors import BadSource, SettingsError
from plainfilm.records import Label

if TYPE_CHECKING:
    from plainfilm.reports import LabelReports

__all__ = ["add_to"]


_DECISIONS: Final = {1: ("positive", "red"), -1: ("uncertain", "yellow"), 0: ("negative", "green")}
"""What a value means, and the colour it is shown in."""


def add_to(app: typer.Typer) -> None:
    app.command()(label)


def label(
    reports: Annotated[
        Path,
        typer.Argument(
            metavar="REPORTS",
            help="An archive; or a CSV with `id,text`, JSON Lines, HL7 messages, a DICOM structured"
            " report, or a folder of .txt, .xml, .hl7 or .dcm.",
        ),
    ],
    labels: Annotated[
        str, typer.Option(help="Label set: `chexpert`, `nih`, or one that --lexicon adds.")
    ] = "chexpert",
    sections: Annotated[
        str,
        typer.Option(
            help="Sections that count: `impression` (else the findings, else the last section),"
            " `findings`, `findings+impression`, or `all` but indication, history and comparison."
        ),
    ] = "impression",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="OUT.csv", help="The table to write; not for an archive."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="OUT.jsonl", help="Write the spans behind each label as well."),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Show this report's text with its mentions coloured; write nothing."
        ),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the reports: `en` or `es`.")] = "en",
    lexicon: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A folder of .toml files that add findings or phrases."),
    ] = None,
    id_column: Annotated[str, typer.Option(help="The table's column of ids.")] = "id",
    text_column: Annotated[str, typer.Option(help="The table's column of texts.")] = "text",
    again: Again = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Label findings in reports: 1 positive, 0 negative, -1 uncertain, empty not mentioned.

    The labels of an archive's reports go into the archive.

    Example: `plainfilm label reports.csv --labels chexpert --out labels.csv`
    """
    from plainfilm.reports import LabelReports, label_files

    from_archive = is_archive(reports)
    if from_archive and (out is not None or evidence is not None):
        raise SettingsError("an archive's labels go into the archive; leave out --out")
    if explain is not None:
        if out is not None or evidence is not None:
            raise SettingsError("--explain shows one report; leave out --out and --evidence")
        step = LabelReports(labels, sections, language, lexicon)
        text = (
            _text_in_archive(reports, explain)
            if from_archive
            else _text_in_source(reports, explain, id_column, text_column)
        )
        _explain(explain, text, step, as_json=as_json)
        return
    if from_archive:
        step = LabelReports(labels, sections, language, lexicon)
        facts = _label_archive(reports, step, again, workers, as_json)
    else:
        if out is None:
            raise SettingsError("--out OUT.csv is needed: it names the table to write")
        summary = label_files(
            reports,
            out,
            labels,
            sections,
            evidence,
            language=language,
            lexicon=lexicon,
            id_column=id_column,
            text_column=text_column,
        )
        facts = {
            "reports": summary.reports,
            "unlabelled": summary.unlabelled,
            "positive": {name: counts.positive for name, counts in summary.findings.items()},
            "written": str(out),
        }
    show("Reports labelled", facts, as_json=as_json)


def _label_archive(
    archive: Path, step: "LabelReports", again: bool, workers: int | None, quiet: bool
) -> dict[str, object]:
    from plainfilm.archive import Archive

    with Archive.open(archive) as opened:
        summary = run_step(
            opened, step, "Reading reports", where=None, again=again, workers=workers, quiet=quiet
        )
        positive = opened.rows(
            "SELECT finding, count(*) FILTER (value = 1) AS n FROM label"
            " WHERE label_set = $labels GROUP BY finding ORDER BY finding",
            labels=step.label_set,
        )
    return {
        "done": summary.done,
        "skipped": summary.skipped,
        "positive": {row["finding"]: row["n"] for row in positive},
    }


def _text_in_archive(archive: Path, name: str) -> str:
    from plainfilm.archive import Archive

    with Archive.open(archive) as opened:
        for row in opened.rows("SELECT text FROM report WHERE name = $name", name=name):
            return str(row["text"])
    raise BadSource(f"{archive}: there is no report '{name}'")


def _text_in_source(source: Path, name: str, id_column: str, text_column: str) -> str:
    from plainfilm.reports import read_reports

    for report in read_reports(source, id_column=id_column, text_column=text_column):
        if report.name == name:
            return report.text
    raise BadSource(f"{source}: there is no report '{name}'")


def _explain(name: str, text: str, step: "LabelReports", *, as_json: bool) -> None:
    """Show what a report says of the findings, and where."""
    labels = step.explain(text)
    if as_json:
        found = [
            {"finding": label.finding, "value": label.value, "mentions": _spans(label)}
            for label in labels
        ]
        facts = {"id": name, "label_set": step.label_set, "text": text, "labels": found}
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        return
    console = Console()
    console.print(_painted(text, labels))
    console.print()
    legend = Text.assemble(*(part for pair in _DECISIONS.values() for part in (pair, "  ")))
    console.print(legend)
    console.print(_table(text, labels))


def _spans(label: Label) -> list[dict[str, object]]:
    return [asdict(mention) for mention in label.mentions]


def _painted(text: str, labels: Sequence[Label]) -> Text:
    """The report with every mention in the colour of its decision."""
    shown = Text("".join(c if c.isprintable() or c in "\n\t" else " " for c in text))
    for label in labels:
        for mention in label.mentions:
            colour = _DECISIONS[mention.value][1]
            shown.stylize(f"bold {colour} underline", mention.start, mention.end)
    return shown


def _table(text: str, labels: Sequence[Label]) -> Table:
    """One row for each mention behind each label, in the order of the text."""
    table = Table(box=None, pad_edge=False, title_justify="left")
    for title in ("label", "decision", "mention", "cue", "section", "at"):
        table.add_column(title, overflow="fold")
    rows = [(mention, label) for label in labels for mention in label.mentions]
    for mention, label in sorted(rows, key=lambda row: (row[0].start, row[1].finding)):
        word, colour = _DECISIONS[mention.value]
        spoken = " ".join(text[mention.start : mention.end].split())
        cells = (label.finding, Text(word, style=colour), Text(spoken), Text(mention.cue))
        table.add_row(*cells, mention.section, f"{mention.start}-{mention.end}")
    for label in labels:
        if not label.mentions:  # No Finding
            word, colour = _DECISIONS[label.value]
            table.add_row(label.finding, Text(word, style=colour))
    return table
