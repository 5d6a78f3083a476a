"""`findings`: what the films of an archive show, told by the models that they go to."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plainfilm.cli.classify import workers_for
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
    warn,
)
from plainfilm.errors import Reason

if TYPE_CHECKING:
    from plainfilm.archive import Archive, RunSummary
    from plainfilm.findings import ReadChest, ReadSpine

__all__ = ["Provider", "add_to"]

Provider = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="What computes: `cpu` (ONNX Runtime), or `openvino` where that is installed"
        " (`plainfilm[openvino]`).",
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command("findings")(findings)


def findings(
    archive: ArchivePath,
    rules: Annotated[
        Path | None,
        typer.Argument(
            metavar="RULES.toml",
            help="The router's rules, see `plainfilm route`; the default is the bundled file.",
        ),
    ] = None,
    chest_model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="A model of findings, for films that go to `chest-model`. The default is the"
            " bundled one.",
        ),
    ] = None,
    spine_model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="A classifier with the label `abnormal`, for films that go to `spine-model`.",
        ),
    ] = None,
    detector: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH", help="A detector of lesions, for films that go to `spine-model`."
        ),
    ] = None,
    where: Where = None,
    again: Again = False,
    provider: Provider = "cpu",
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Read the films that the router sends to a model: findings with probability and place.

    `categorize` has to run before. Films that the rules send to `chest-model` are read by the chest
    model, those sent to `spine-model` by classifier and detector, joined. A film of a category
    that its model was not made for, such as a lateral chest film, is refused with the reason. Each
    answer becomes a row of `prediction` (task `chest:Effusion`) that names its model, each place a
    row of `box`. What is done is skipped, so that a stopped run goes on.

    Research use only; not a medical device.

    Example: `plainfilm findings films`
    """
    from plainfilm.engine import import_ahead

    import_ahead("plainfilm.findings.read_chest", workers)
    from plainfilm.archive import Archive
    from plainfilm.models import NOTICE
    from plainfilm.route import CHEST_MODEL, SPINE_MODEL, load_rules, sent_to

    found = load_rules(rules)
    with Archive.open(archive) as opened:
        sent, elsewhere = sent_to(opened, found, (CHEST_MODEL, SPINE_MODEL), where=where)
        chest = _chest_step(chest_model, provider) if sent[CHEST_MODEL] or chest_model else None
        spine = _spine_step(spine_model, detector, provider)
        steps = (("chest", chest, sent[CHEST_MODEL]), ("spine", spine, sent[SPINE_MODEL]))
        summaries = {
            kind: _read(opened, step, films, where, again, workers, quiet=as_json)
            for kind, step, films in steps
            if step is not None
        }
        facts: dict[str, Any] = {
            kind: _facts(opened, step, summaries[kind], len(films))
            if step is not None
            else {"sent": len(films), "read": 0}
            for kind, step, films in steps
        }
    facts |= {"elsewhere": elsewhere, "notice": NOTICE}
    show("Findings", facts, as_json=as_json)
    if spine is None and sent[SPINE_MODEL]:
        warn(
            f"{len(sent[SPINE_MODEL]):,} spine films were not read: no model of the spine ships"
            " with plainfilm; name yours with --spine-model and --detector"
        )
    rejected = sum((Counter(summary.rejected) for summary in summaries.values()), Counter[Reason]())
    if not as_json:
        listed = [item for summary in summaries.values() for item in summary.rejections]
        list_rejections(listed, rejected)
    usable = sum(summary.done + summary.skipped for summary in summaries.values())
    exit_for(done=usable - rejected.total(), rejected=rejected.total())


def _chest_step(name: str | None, provider: str) -> "ReadChest":
    from plainfilm.findings import ReadChest
    from plainfilm.models import DEFAULT_CHEST, find_finding_model

    return ReadChest.of(find_finding_model(name or DEFAULT_CHEST), provider=provider)


def _spine_step(classifier: str | None, detector: str | None, provider: str) -> "ReadSpine | None":
    from plainfilm.findings import ReadSpine
    from plainfilm.models import find_detector, find_finding_model

    if classifier is None and detector is None:
        return None
    return ReadSpine.of(
        None if classifier is None else find_finding_model(classifier),
        None if detector is None else find_detector(detector),
        provider=provider,
    )


def _read(
    archive: "Archive",
    step: "ReadChest | ReadSpine",
    films: Collection[int],
    where: str | None,
    again: bool,
    workers: int | None,
    *,
    quiet: bool,
) -> "RunSummary":
    """Run one step over the films that were sent to it, and over those that it read before: of one
    whose category has changed since, the answers must go."""
    before = archive.rows("SELECT item_id FROM step_result WHERE step = $step", step=step.name)
    only = {*films, *(row["item_id"] for row in before)}
    return run_step(
        archive,
        step,
        "Reading",
        where=where,
        only=only,
        again=again,
        workers=workers_for(workers, len(only)),
        quiet=quiet,
    )


def _facts(
    archive: "Archive", step: "ReadChest | ReadSpine", summary: "RunSummary", sent: int
) -> dict[str, Any]:
    rejected = sum(summary.rejected.values())
    present = archive.rows(
        "SELECT task, count(*) AS n FROM prediction JOIN run USING (run_id)"
        " WHERE value = 'present' AND step = $step GROUP BY task ORDER BY n DESC, task",
        step=step.name,
    )
    boxes = archive.rows(
        "SELECT count(*) AS n FROM box JOIN run USING (run_id) WHERE step = $step", step=step.name
    )
    return {
        "sent": sent,
        "read": summary.done - rejected,
        "done_before": summary.skipped,
        "rejected": rejected,
        "reasons": reasons(summary.rejected),
        "boxes": boxes[0]["n"],
        "present": {row["task"]: row["n"] for row in present},
    }
