"""The page's section on what labels rest on: the lexicon's words, never the report's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from plainfilm.publish import write_report_page
from plainfilm.publish.page import evidence
from plainfilm.records import Label, Mention, Report

if TYPE_CHECKING:
    from conftest import Sample


def mention(
    phrase: str, cue: str, value: int, section: str = "impression", start: int = 0
) -> Mention:
    return Mention(start, start + len(phrase), section, phrase, cue, value)


# What a labeler may have found; the middle of the long cue is the report's own text.
EDEMA = Label(
    0,
    "nih",
    "Edema",
    -1,
    (
        mention("edema", "may", -1),
        mention("edema", "no quillfeather ottoline to suggest", 0, "findings", 90),
    ),
)
MASS = Label(
    0, "nih", "Mass", 1, (mention("mass", "", 1, ""), mention("nodular mass", "", 1, start=40))
)


@dataclass(frozen=True)
class FindMentions:
    """Finds the same in every report."""

    label_set: str = "nih"

    name: ClassVar[str] = "label_reports"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[Report]) -> list[Label]:
        return [
            Label(report.report_id, "nih", label.finding, label.value, label.mentions)
            for report in batch
            for label in (EDEMA, MASS)
        ]


def shown(sample: "Sample", path: Path) -> str:
    """The section's text, blanks made single; empty where there is no section."""
    write_report_page(sample.archive, path)
    _, _, after = path.read_text(encoding="utf-8").partition('<section id="evidence"')
    text = after.partition("</section>")[0]
    while "<" in text:
        before, _, rest = text.partition("<")
        text = f"{before} {rest.partition('>')[2]}"
    return " ".join(text.split())


@pytest.fixture
def labelled(own_sample: "Sample") -> "Sample":
    """Four reports, each with the same two labels."""
    own_sample.archive.run(FindMentions(), engine=own_sample.engine)
    return own_sample


def test_each_decision_has_its_phrases_cues_and_sections(
    labelled: "Sample", tmp_path: Path
) -> None:
    text = shown(labelled, tmp_path / "page.html")
    assert "Edema uncertain 4 edema 4 may 4 impression 4" in text
    assert "Mass positive 8 mass 4 nodular mass 4 impression 4" in text


def test_of_a_cue_only_the_ends_are_shown(labelled: "Sample", tmp_path: Path) -> None:
    text = shown(labelled, tmp_path / "page.html")
    assert "Edema negative 4 edema 4 no … suggest 4 findings 4" in text
    assert "quillfeather" not in (tmp_path / "page.html").read_text(encoding="utf-8").lower()


def test_some_reports_are_shown_with_their_mentions(labelled: "Sample", tmp_path: Path) -> None:
    text = shown(labelled, tmp_path / "page.html")
    assert "3 reports with many labels" in text
    assert (
        "1 Edema uncertain edema uncertain by may , impression"
        " edema negative by no … suggest , findings"
        " 1 Mass positive mass positive nodular mass positive , impression"
    ) in text


def test_rare_phrases_are_counted(
    labelled: "Sample", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "_PHRASES_SHOWN", 1)
    text = shown(labelled, tmp_path / "page.html")
    assert "Mass positive 8 mass 4 and 1 more" in text


def test_labels_without_mentions_have_no_such_section(sample: "Sample", tmp_path: Path) -> None:
    assert shown(sample, tmp_path / "page.html") == ""
