"""The step that labels reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from plainfilm.errors import Reason
from plainfilm.records import Label, Rejection, Report
from plainfilm.reports._labeler import label_text
from plainfilm.reports._sections import check_choice
from plainfilm.vocabulary import label_set as names_of


@dataclass(frozen=True)
class LabelReports:
    """Labels each report with the findings of a label set.

    Attributes:
        label_set: `chexpert` or `nih`.
        sections: `impression` (else findings, else the final section) or `findings+impression`.
    Raises:
        SettingsError: no such label set or choice of sections.
    """

    label_set: str = "chexpert"
    sections: str = "impression"

    name: ClassVar[str] = "label_reports"
    version: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        names_of(self.label_set)
        check_choice(self.sections)

    def process(self, batch: Sequence[Report]) -> list[Label | Rejection]:
        """The labels of every report; a report that says nothing becomes a Rejection."""
        results: list[Label | Rejection] = []
        for report in batch:
            labels = label_text(
                report.text, self.label_set, self.sections, report_id=report.report_id
            )
            results.extend(labels or [_rejection(report)])
        return results


def _rejection(report: Report) -> Rejection:
    if report.text.strip():
        detail = "no section that labels may come from, or nothing found but devices"
        return Rejection(None, Reason.BAD_REPORT, detail, report.report_id)
    return Rejection(None, Reason.EMPTY_REPORT, item_id=report.report_id)
