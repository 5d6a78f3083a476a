"""`label`: what radiology reports say of the findings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plainfilm.cli.console import Again, AsJson, Workers, run_step, show
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.reports import LabelReports

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(label)


def label(
    reports: Annotated[
        Path,
        typer.Argument(
            metavar="REPORTS",
            help="An archive; or a CSV with `id,text`, JSON Lines, or a folder of .txt or .xml.",
        ),
    ],
    labels: Annotated[str, typer.Option(help="Label set: `chexpert` or `nih`.")] = "chexpert",
    sections: Annotated[
        str,
        typer.Option(
            help="Sections that count: `impression` (else the findings, else the last section) or"
            " `findings+impression`."
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
    again: Again = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Label findings in reports: 1 positive, 0 negative, -1 uncertain, empty not mentioned.

    The labels of an archive's reports go into the archive.

    Example: `plainfilm label reports.csv --labels chexpert --out labels.csv`
    """
    from plainfilm.reports import LabelReports

    if (reports / "plainfilm.toml").is_file():
        if out is not None or evidence is not None:
            raise SettingsError("an archive's labels go into the archive; leave out --out")
        facts = _label_archive(reports, LabelReports(labels, sections), again, workers, as_json)
    else:
        if out is None:
            raise SettingsError("--out OUT.csv is needed: it names the table to write")
        facts = _label_files(reports, out, labels, sections, evidence)
    show("Reports labelled", facts, as_json=as_json)


def _label_files(
    reports: Path, out: Path, labels: str, sections: str, evidence: Path | None
) -> dict[str, object]:
    from plainfilm.reports import label_files

    summary = label_files(reports, out, labels, sections, evidence)
    return {
        "reports": summary.reports,
        "unlabelled": summary.unlabelled,
        "positive": {finding: counts.positive for finding, counts in summary.findings.items()},
        "written": str(out),
    }


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
