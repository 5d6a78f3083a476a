"""`demo`: the whole way on the bundled sample films."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plainfilm.cli.console import AsJson, Workers, errors_to, reasons, show

if TYPE_CHECKING:
    from plainfilm.demo.run import DemoSummary

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder for the demo's archive and dataset.")
    ] = Path("plainfilm-demo"),
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Build an archive from the bundled sample films, go the whole way, and write a report page.

    Example: `plainfilm demo plainfilm-demo`
    """
    from plainfilm.demo.run import run_demo
    from plainfilm.engine import LocalEngine

    console = errors_to()

    def tell(stage: str) -> None:
        if not as_json:
            console.print(f"• {stage}", highlight=False)

    with LocalEngine(workers) as engine:
        summary = run_demo(folder, engine=engine, tell=tell)
    show("What became of the sample films", _facts(summary), as_json=as_json)


def _facts(summary: "DemoSummary") -> dict[str, object]:
    return {
        "files_found": summary.ingested.files,
        "films": summary.ingested.films,
        "duplicates": summary.ingested.duplicates,
        "rejected": reasons(summary.ingested.rejected),
        "reports": summary.reports.new,
        "reports_without_study": summary.reports.unlinked,
        "films_named": summary.categories.done,
        "films_read_for_findings": summary.findings.done - summary.findings.rejected.total(),
        "reports_labelled": summary.labels.done,
        "films_de-identified": summary.clean.done - summary.clean.rejected.total(),
        "films_withheld": reasons(summary.clean.rejected),
        "films_with_burned_in_text": len(summary.source.burned_in),
        "places_blacked_out": summary.audit.boxes - summary.audit.doubtful,
        "reports_de-identified": summary.clean_reports.clean,
        "removed_from_reports": dict(summary.clean_reports.removed.most_common()),
        "films_checked": summary.checked.matched,
        "identity_left": summary.checked.leaks,
        "published_films": summary.published.films,
        "published_patients": {
            name: counts.patients for name, counts in summary.published.splits.items()
        },
        "dataset": str(summary.dataset),
        "audit": str(summary.audit.page),
        "report_page": str(summary.page),
    }
