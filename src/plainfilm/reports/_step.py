"""The step that labels reports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from plainfilm.errors import Reason
from plainfilm.records import Label, Rejection, Report
from plainfilm.reports._labeler import Labeler
from plainfilm.reports._lexicon import lexicon_digest, load_lexicon

__all__ = ["LabelReports"]


@dataclass(frozen=True)
class LabelReports:
    """Labels each report with the findings of a label set.

    Attributes:
        label_set: `chexpert`, `nih`, or one that the lexicon adds.
        sections: one of SECTION_CHOICES.
        language: `en` or `es`.
        lexicon: a folder with additions to the lexicon of that language.
        lexicon_digest: what those files held when the step was made, so that changed files give
            new results.
    Raises:
        SettingsError: no such label set, choice of sections or language.
        BadSource, BadTable: the folder cannot be used; the message has the file and the line.
    """

    label_set: str = "chexpert"
    sections: str = "impression"
    language: str = "en"
    lexicon: Path | None = None
    lexicon_digest: str = field(init=False, default="")

    name: ClassVar[str] = "label_reports"
    version: ClassVar[str] = "2"

    def __post_init__(self) -> None:
        object.__setattr__(self, "lexicon_digest", lexicon_digest(self.lexicon))
        _labeler(self)

    def process(self, batch: Sequence[Report]) -> list[Label | Rejection]:
        """The labels of every report; a report that says nothing becomes a Rejection."""
        labeler = _labeler(self)
        results: list[Label | Rejection] = []
        for report in batch:
            results.extend(labeler.label(report.text, report.report_id) or [_rejection(report)])
        return results

    def explain(self, text: str) -> list[Label]:
        """The labels of a text that no catalog knows, with their mentions."""
        return _labeler(self).label(text)


@lru_cache(maxsize=4)
def _labeler(step: LabelReports) -> Labeler:
    """One labeler for a step in each process: it remembers sentences."""
    return Labeler(step.label_set, step.sections, load_lexicon(step.language, step.lexicon))


def _rejection(report: Report) -> Rejection:
    if report.text.strip():
        detail = "no section that labels may come from, or nothing found but devices"
        return Rejection(None, Reason.BAD_REPORT, detail, report.report_id)
    return Rejection(None, Reason.EMPTY_REPORT, item_id=report.report_id)
