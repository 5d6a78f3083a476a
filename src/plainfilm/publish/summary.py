"""What a publication came to: the counts that papers print."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plainfilm.records import Rejection

__all__ = ["LabelCounts", "PublishSummary", "SplitCounts", "count_labels"]


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """How much a split holds."""

    films: int
    studies: int
    patients: int


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """In how many studies with a report a finding is positive, negative, uncertain, unmentioned."""

    finding: str
    positive: int
    negative: int
    uncertain: int
    unmentioned: int

    @property
    def values(self) -> tuple[int, int, int, int]:
        return self.positive, self.negative, self.uncertain, self.unmentioned

    @property
    def total(self) -> int:
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class PublishSummary:
    """What was published and what was not.

    Attributes:
        path: the dataset's folder.
        splits: `train`, `validate` and `test`, and `all` of them together.
        labels: one entry per finding of the label set.
        reported_studies: published studies that have a labelled report.
        boxes: around findings, on the published images.
        near_duplicates: pairs of near-duplicate images in two splits that were found.
        real_dates: films whose dates are the real ones.
        unsearched_pixels: films whose pixels were not searched for text.
        changes: since the version before, by kind.
        rejections: films that could not be exported.
        seconds: wall time.
    """

    path: Path
    splits: Mapping[str, SplitCounts]
    labels: Sequence[LabelCounts]
    label_set: str
    reported_studies: int
    boxes: int
    near_duplicates: int
    real_dates: int
    unsearched_pixels: int
    rejections: tuple[Rejection, ...]
    seconds: float
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def films(self) -> int:
        return self.splits["all"].films

    @property
    def studies(self) -> int:
        return self.splits["all"].studies

    @property
    def patients(self) -> int:
        return self.splits["all"].patients


def count_labels(
    findings: Sequence[str], studies: Iterable[Mapping[str, int]]
) -> tuple[LabelCounts, ...]:
    """Count, for each finding, what the studies' labels say; a missing one is unmentioned."""
    counts: Counter[tuple[str, int]] = Counter()
    total = 0
    for labels in studies:
        total += 1
        counts.update(labels.items())
    return tuple(
        LabelCounts(
            finding,
            positive=counts[finding, 1],
            negative=counts[finding, 0],
            uncertain=counts[finding, -1],
            unmentioned=total - sum(counts[finding, value] for value in (1, 0, -1)),
        )
        for finding in findings
    )
