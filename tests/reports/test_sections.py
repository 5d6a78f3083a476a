"""Which sections a report has, and which of them labels come from."""

import time

import pytest

from plainfilm.errors import SettingsError
from plainfilm.reports import label_text, load_lexicon
from plainfilm.reports._sections import find_sections

REPORT = """EXAM: Chest PA and lateral
INDICATION: Rule out pneumonia.
COMPARISON: Prior film with a large effusion.

FINDINGS: Small pneumothorax on the left.

IMPRESSION:
Mild edema.
"""


def found(text: str, sections: str = "impression") -> dict[str, int]:
    return {label.finding: label.value for label in label_text(text, "nih", sections)}


def test_impression_alone_counts_unless_asked_otherwise() -> None:
    assert found(REPORT) == {"Edema": 1}


def test_findings_count_too_when_asked_for() -> None:
    assert found(REPORT, "findings+impression") == {"Edema": 1, "Pneumothorax": 1}


def test_findings_alone_can_be_asked_for() -> None:
    assert found(REPORT, "findings") == {"Pneumothorax": 1}


def test_all_sections_count_but_those_that_never_do() -> None:
    added = REPORT + "ADDENDUM: Small nodule.\n"
    assert found(added, "all") == {"Edema": 1, "Pneumothorax": 1, "Nodule": 1}


def test_findings_count_where_there_is_no_impression() -> None:
    assert found(REPORT.split("IMPRESSION", maxsplit=1)[0]) == {"Pneumothorax": 1}


def test_indication_history_and_comparison_never_count() -> None:
    assert found(REPORT.split("FINDINGS", maxsplit=1)[0]) == {}
    assert found("HISTORY: Pneumonia. Effusion.") == {}


def test_final_untitled_section_counts_where_there_is_nothing_else() -> None:
    assert found("Small effusion.\nHISTORY: pneumonia") == {"Effusion": 1}


def test_report_without_titles_counts_whole() -> None:
    assert found("Chest film. There is a small effusion.") == {"Effusion": 1}


def test_removing_the_impression_keeps_what_the_findings_state() -> None:
    both = found(REPORT, "findings+impression")
    alone = found(REPORT.split("IMPRESSION", maxsplit=1)[0], "findings+impression")
    assert alone.items() <= both.items()


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("FINDINGS: a\nIMPRESSION: b", ["findings", "impression"]),
        ("Findings : a. Impression : b", ["findings", "impression"]),
        ("**FINDINGS:** a\n\n**IMPRESSION:** b", ["findings", "impression"]),
        ("FINDINGS\na\n\nCONCLUSION\nb", ["findings", "impression"]),
        ("Clinical History: a\r\nFindings: b\r\nOpinion: c", ["history", "findings", "impression"]),
        ("Reason for exam: a   Findings: b", ["indication", "findings"]),
        ("The  findings:  are these", [""]),
        ("findings\na1\nImpression\nb", ["findings", "impression"]),
        ("We compare the\nfindings\nof today.", [""]),
        ("findings\na.\nImpression\nb", ["findings", "impression"]),
        ("EXAM: chest\nFINDINGS\na.", ["technique", "findings"]),
        ("EXAM: chest\nHEART: a\nLUNGS: b", ["technique", "findings"]),
        ("IMPRESSION: a\nLUNGS: b", ["impression"]),
        ("HISTORY: a\nADDENDUM: b\n", ["history", "addendum"]),
        ("FINDINGS AND IMPRESSION: a", ["findings"]),
        ("The findings: are these", [""]),
        ("IMPRESSION: 1. a\n2. b\nADDENDUM: c", ["impression", "addendum"]),
    ],
)
def test_titles_are_found_in_their_many_spellings(text: str, titles: list[str]) -> None:
    assert [s.title for s in find_sections(text, load_lexicon().titles)] == titles


def test_section_spans_hold_the_text_without_its_title() -> None:
    text = "FINDINGS: clear\nIMPRESSION: normal"
    found = find_sections(text, load_lexicon().titles)
    assert [text[s.start : s.end].strip() for s in found] == ["clear", "normal"]


def test_unknown_choice_of_sections_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"findings\+impression"):
        label_text("a", "nih", "some")


@pytest.mark.parametrize(
    "piece",
    [
        "No effusion. ",
        "no edema may effusion ",
        " ",
        "FINDINGS ",
        "a: ",
        ":",
        "\n",
        ".",
        "#*",
        "\n ",
    ],
)
def test_work_grows_no_faster_than_the_text(piece: str) -> None:
    def seconds(characters: int) -> float:
        text = piece * (characters // len(piece))
        rounds = []
        for _ in range(3):  # the best of them: a busy machine slows some
            started = time.process_time()
            label_text(text, "chexpert", "findings+impression")
            rounds.append(time.process_time() - started)
        return min(rounds)

    seconds(1000)
    short, long = seconds(20_000), seconds(160_000)
    assert long < 40 * short + 0.2  # 8 times the text; quadratic work would take 64 times
