"""`repair`: tags made to say what films show, and made what they were."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plainfilm.cli.console import (
    AsJson,
    Where,
    Workers,
    exit_for,
    list_rejections,
    progress,
    reasons,
    show,
)
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    from plainfilm.archive import Archive
    from plainfilm.repair import FilmProposals, ProposalCounts

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(repair)


def repair(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="ARCHIVE", help="The archive's folder; with `--undo` a film, or a folder."
        ),
    ],
    where: Where = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE.csv",
            help="The table of proposals to write; with `--undo` the folder of restored films.",
        ),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write repaired copies.")] = False,
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With `--apply`: the copies' folder.")
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Restore films from their repaired copies.")
    ] = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Propose tags that agree with what each film was decided to be; apply them, undo them.

    Proposes BodyPartExamined, AnatomicRegionSequence, ViewPosition, ViewCodeSequence,
    ProjectionEponymousNameCodeSequence, PatientOrientation and ImageLaterality, where they are
    missing or contradict the decision of `plainfilm categorize`. Without `--apply` nothing but the
    table is written. The table shows what the tags hold.

    `--apply --into DIR` writes changed copies, under the same UIDs, with the earlier values in
    OriginalAttributesSequence; the originals stay. `--undo` reads such copies and writes the films
    as they were, byte for byte.

    Example: `plainfilm repair films --out proposals.csv`
    """
    if apply != (into is not None):
        raise SettingsError("--apply and --into DIR go together")
    if undo:
        if out is None or apply or where is not None:
            raise SettingsError("--undo takes a film or a folder, and --out DIR, and nothing else")
        _undo(source, out, workers=workers, as_json=as_json)
        return
    _propose(source, where, out, into, workers=workers, as_json=as_json)


def _propose(
    source: Path,
    where: str | None,
    table: Path | None,
    into: Path | None,
    *,
    workers: int | None,
    as_json: bool,
) -> None:
    from plainfilm.archive import Archive
    from plainfilm.repair import ProposalCounts, film_proposals, write_proposals

    counts = ProposalCounts()
    with Archive.open(source) as archive:
        if not archive.rows("SELECT count(*) AS n FROM decision")[0]["n"]:
            message = "no film of the archive has a decision"
            raise SettingsError(f"{message}; run `plainfilm categorize {source}` first")
        found = film_proposals(archive, where=where, counts=counts)
        if table is not None:
            write_proposals(found, table)
        else:
            _exhaust(found)
        facts: dict[str, object] = {
            "decided": counts.decided,
            "films": counts.films,
            "proposals": counts.proposals,
            "by_keyword": dict(counts.by_keyword.most_common()),
            "by_why": dict(counts.by_why.most_common()),
        }
        if table is not None:
            facts["table"] = str(table)
        if into is None:
            show("Proposed repairs", facts, as_json=as_json)
            return
        _apply(archive, where, into, counts, facts, workers=workers, as_json=as_json)


def _exhaust(found: "Iterator[FilmProposals]") -> None:
    for _ in found:
        pass


def _apply(
    archive: "Archive",
    where: str | None,
    into: Path,
    counts: "ProposalCounts",
    facts: dict[str, object],
    *,
    workers: int | None,
    as_json: bool,
) -> None:
    from plainfilm.engine import LocalEngine
    from plainfilm.repair import apply_proposals

    with (
        LocalEngine(workers) as engine,
        progress("Repairing", counts.films, quiet=as_json) as advance,
    ):
        summary = apply_proposals(archive, into, engine=engine, where=where, progress=advance)
    rejected = summary.rejected
    facts |= {
        "repaired": summary.repaired,
        "skipped": summary.skipped,
        "withdrawn": summary.withdrawn,
        "rejected": rejected.total(),
        "reasons": reasons(rejected),
        "into": str(into),
    }
    show("Repaired", facts, as_json=as_json)
    if not as_json:
        # No run of the archive: nothing else lists them.
        list_rejections(summary.rejections, rejected, at_most=len(summary.rejections))
    exit_for(done=summary.repaired + summary.skipped, rejected=rejected.total())


def _undo(source: Path, out: Path, *, workers: int | None, as_json: bool) -> None:
    from plainfilm.engine import LocalEngine
    from plainfilm.repair import undo_repairs

    with LocalEngine(workers) as engine, progress("Restoring", None, quiet=as_json) as advance:
        summary = undo_repairs(source, out, engine=engine, progress=advance)
    rejected = summary.rejected
    facts: dict[str, object] = {
        "restored": summary.restored,
        "unchanged": summary.unchanged,
        "rejected": rejected.total(),
        "reasons": reasons(rejected),
        "out": str(out),
    }
    show("Restored", facts, as_json=as_json)
    if not as_json:
        list_rejections(summary.rejections, rejected, at_most=len(summary.rejections))
    exit_for(done=summary.restored + summary.unchanged, rejected=rejected.total())
