"""The README of a published dataset: what it holds, how it was made, how to check it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from importlib.metadata import version

from plainfilm.errors import REASON_TEXT
from plainfilm.publish.export import ExportJpeg
from plainfilm.publish.selection import StepUse
from plainfilm.publish.summary import LabelCounts, PublishSummary, SplitCounts
from plainfilm.records import Rejection
from plainfilm.steps import parameters_hash

__all__ = ["datasheet"]


def datasheet(
    name: str, summary: PublishSummary, step: ExportJpeg, lineage: Sequence[StepUse]
) -> str:
    """The README.md of a dataset, in Markdown. It carries no time, so equal datasets are equal."""
    own = StepUse(step.name, step.version, parameters_hash(step), summary.films)
    template = resources.files("plainfilm.publish").joinpath("datasheet.md").read_text("utf-8")
    return template.format(
        name=name,
        films=summary.films,
        patients=summary.patients,
        studies=summary.studies,
        reported=summary.reported_studies,
        splits=_split_table(summary.splits.items()),
        labels=_label_table(summary.labels),
        label_set=summary.label_set,
        quality=step.quality,
        rejections=_rejection_table(summary.rejections),
        version=version("plainfilm"),
        lineage=_table(
            ("step", "version", "parameters", "items"),
            ((use.step, use.version, f"`{use.parameters}`", use.items) for use in (*lineage, own)),
        ),
    )


def _split_table(splits: Iterable[tuple[str, SplitCounts]]) -> str:
    return _table(
        ("split", "films", "studies", "patients"),
        ((name, counts.films, counts.studies, counts.patients) for name, counts in splits),
    )


def _label_table(labels: Iterable[LabelCounts]) -> str:
    return _table(
        ("finding", "positive", "negative", "uncertain", "unmentioned"),
        (
            (counts.finding, *(_with_share(count, counts.total) for count in counts.values))
            for counts in labels
        ),
    )


def _with_share(count: int, total: int) -> str:
    return f"{count:,} ({count / total:.1%})" if total else "0"


def _rejection_table(rejections: Sequence[Rejection]) -> str:
    if not rejections:
        return "Every de-identified film of the archive is in the dataset."
    counts = Counter(rejection.reason for rejection in rejections)
    rows = ((count, REASON_TEXT[reason]) for reason, count in counts.most_common())
    return _table(("films", "why"), rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers are set to the right."""
    body = [list(row) for row in rows]
    numbers = [bool(body) and isinstance(cell, int) for cell in (body[0] if body else columns)]
    lines = [columns, ["---:" if number else "---" for number in numbers], *body]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
