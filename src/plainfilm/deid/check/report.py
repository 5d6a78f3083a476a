"""What a check found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plainfilm.deid.audit.meanings import describe_element
from plainfilm.deid.check.scores import CHECK_TEXT, REASONS, Check, Finding, Score
from plainfilm.errors import Reason
from plainfilm.records import Rejection

__all__ = ["CheckReport", "describe_finding"]

LISTED = 1_000
"""Files that a report names one by one; the others are counted."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Scores over all films of a folder.

    Attributes:
        films: that could be read.
        matched: of these, how many were compared with their originals; None when none were given.
        failures: how often each failed, leaks first, then the most frequent; never with a value.
        unexamined: why files could not be read, or films not be decoded.
        rejections: the first of them.
    """

    films: int
    matched: int | None
    scores: Mapping[Check, Score]
    failures: Mapping[Finding, int]
    unexamined: Counter[Reason] = field(default_factory=Counter)
    rejections: Sequence[Rejection] = ()

    @property
    def leaks(self) -> int:
        """How many failures may let somebody be found."""
        return sum(count for finding, count in self.failures.items() if finding.is_leak)

    @property
    def unmatched(self) -> int:
        """Films without an original, where originals were given."""
        return 0 if self.matched is None else self.films - self.matched

    @property
    def total(self) -> Score:
        """All actions together, as MIDI-B ranks by."""
        passed = sum(score.passed for score in self.scores.values())
        return Score(passed, sum(score.failed for score in self.scores.values()))

    def facts(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        facts: dict[str, Any] = {
            "films": self.films,
            "leaks": self.leaks,
            "score_percent": self.total.percent,
            "scores": {check.value: _facts_of(score) for check, score in self.scores.items()},
            "failures": [
                describe_finding(finding) | {"count": count}
                for finding, count in self.failures.items()
            ],
            "unexamined": {reason.value: count for reason, count in self.unexamined.items()},
        }
        if self.matched is not None:
            facts |= {"matched": self.matched, "unmatched": self.unmatched}
        return facts


def _facts_of(score: Score) -> dict[str, Any]:
    return {"passed": score.passed, "failed": score.failed, "percent": score.percent}


def describe_finding(finding: Finding) -> dict[str, Any]:
    """A failure in words; elements with their keyword where it is known."""
    return {
        "action": finding.check.value,
        "leak": finding.is_leak,
        "path": finding.path,
        "keyword": describe_element(finding.path)[1] if finding.path else "",
        "reason": finding.reason,
        "in_words": REASONS[finding.reason],
        "expected": CHECK_TEXT[finding.check],
    }
