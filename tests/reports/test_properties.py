"""What holds for every report: the properties that a curator counts on."""

import re
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.reports import SECTION_CHOICES, Labeler, label_text, load_lexicon
from plainfilm.reports._words import fold

SENTENCES = [
    "The heart is mildly enlarged.",
    "Heart size is normal.",
    "No focal consolidation, effusion or pneumothorax.",
    "There is a small left pleural effusion, unchanged.",
    "Cannot exclude pneumonia.",
    "No effusion seen, small nodule in the right lung.",
    "Possible infiltrate versus atelectasis.",
    "Lungs are clear, but there is a mass.",
    "History of pneumothorax.",
    "Right PICC in place.",
    "Old rib fracture.",
    "Probable mild edema.",
    "The effusion has resolved; emphysema remains.",
    "Findings are stable.",
    "2.5 cm nodule (image 3).",
]
# Finding of the nih set → how a denial names it.
DENIED = {
    "Atelectasis": "atelectasis",
    "Cardiomegaly": "cardiomegaly",
    "Effusion": "pleural effusion",
    "Infiltration": "infiltrate",
    "Mass": "mass",
    "Nodule": "nodule",
    "Pneumonia": "pneumonia",
    "Pneumothorax": "pneumothorax",
    "Consolidation": "consolidation",
    "Edema": "edema",
    "Emphysema": "emphysema",
    "Fibrosis": "fibrosis",
    "Pleural_Thickening": "pleural thickening",
    "Hernia": "hiatal hernia",
}
BODY = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5).map(" ".join)
REPORT = st.builds("INDICATION: Rule out mass.\nFINDINGS: {}\n\nIMPRESSION: {}".format, BODY, BODY)
CHOICE = st.sampled_from(SECTION_CHOICES)


def values(text: str, label_set: str = "nih", sections: str = "findings+impression") -> object:
    return {label.finding: label.value for label in label_text(text, label_set, sections)}


@given(REPORT, CHOICE, st.sampled_from(["chexpert", "nih"]))
def test_values_and_evidence_agree(text: str, sections: str, label_set: str) -> None:
    labels = label_text(text, label_set, sections)
    assert Labeler(label_set, sections).values(text) == {x.finding: x.value for x in labels}
    for label in labels:
        said = {mention.value for mention in label.mentions}
        expected = 1 if 1 in said else min(said, default=1)
        assert label.value == expected


@given(REPORT, st.sampled_from(sorted(DENIED)), st.booleans())
def test_denying_a_finding_never_makes_it_positive(text: str, finding: str, at_end: bool) -> None:
    before = label_text(text, "nih", "findings+impression")
    value = next((label.value for label in before if label.finding == finding), None)
    denial = f"No evidence of {DENIED[finding]}."
    added = f"{text} {denial}" if at_end else text.replace("FINDINGS:", f"FINDINGS: {denial}")
    after = Labeler("nih", "findings+impression").values(added)
    assert after[finding] == (0 if value is None else value)


@given(REPORT)
def test_removing_the_impression_removes_no_finding_of_the_findings(text: str) -> None:
    alone = text.partition("IMPRESSION")[0]
    both = Labeler("nih", "findings+impression").values(text)
    for finding, value in Labeler("nih", "findings+impression").values(alone).items():
        if finding != "No Finding":
            assert both[finding] in {0: {0, 1, -1}, -1: {1, -1}, 1: {1}}[value]


@given(REPORT, CHOICE, st.randoms(use_true_random=False))
def test_case_line_breaks_and_double_spaces_change_nothing(
    text: str, sections: str, random: object
) -> None:
    before = values(text, "chexpert", sections)
    assert values(text.upper(), "chexpert", sections) == before
    assert values(text.lower(), "chexpert", sections) == before
    assert values(text.replace(" ", "  "), "chexpert", sections) == before
    broken = re.sub(" ", lambda _: random.choice([" ", "\n", " \r\n", "  "]), text)  # type: ignore[attr-defined]
    assert values(broken, "chexpert", sections) == before


@given(REPORT, CHOICE)
def test_every_span_holds_its_phrase_in_its_section(text: str, sections: str) -> None:
    for label in label_text(text, "chexpert", sections):
        for mention in label.mentions:
            spoken = re.findall(r"[^\W_]+", fold(text[mention.start : mention.end]))
            words = iter(spoken)
            assert all(word in words for word in mention.phrase.split())
            assert spoken[0] == mention.phrase.split()[0]
            assert mention.section in {"findings", "impression"}
            title = text.rfind(mention.section.upper(), 0, mention.start)
            assert title >= 0


def test_mentions_of_a_sentence_without_end_stand_where_they_stand() -> None:
    text = "FINDINGS: " + "there is a patient's nodule, no effusion, " * 200
    labels = {label.finding: label for label in label_text(text, "nih")}
    for finding, word, value in (("Nodule", "nodule", 1), ("Effusion", "effusion", 0)):
        mentions = labels[finding].mentions
        assert len(mentions) == 200
        assert {text[m.start : m.end] for m in mentions} == {word}
        assert [m.value for m in mentions].count(value) > 190


@given(st.text(max_size=400), CHOICE)
def test_any_text_is_labelled(text: str, sections: str) -> None:
    for label in label_text(text, "chexpert", sections):
        assert all(0 <= m.start < m.end <= len(text) for m in label.mentions)


LONG = [
    "No pneumothorax but a small effusion may be present. ",
    "no edema may effusion without possible mass ",  # a sentence without an end
    "x" * 50 + " ",
    "effusion, seen,",
    "heart heart enlarged ",
    "FINDINGS: IMPRESSION: ",
    ":\n",
]


@pytest.mark.parametrize("piece", LONG)
def test_report_of_five_megabytes_takes_seconds(piece: str) -> None:
    text = "FINDINGS: " + piece * (5_000_000 // len(piece))
    labeler = Labeler("chexpert", "findings+impression")
    started = time.process_time()
    labeler.values(text)
    assert time.process_time() - started < 10  # on a slow machine; see the benchmark


def test_report_of_five_megabytes_takes_bounded_memory() -> None:
    text = "FINDINGS: " + LONG[0] * 20_000
    labeler = Labeler("chexpert", "findings+impression")
    tracemalloc.start()
    labeler.values(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * len(text)


def test_memory_does_not_grow_with_the_number_of_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plainfilm.reports._labeler._REMEMBERED", 200_000)
    monkeypatch.setattr("plainfilm.reports._phrases._REMEMBERED", 50_000)
    labeler = Labeler("nih", "findings+impression", load_lexicon("en"))

    def run(first: int, last: int) -> None:
        for number in range(first, last):
            labeler.values(f"FINDINGS: Nodule of {number} mm. Word{number} effusion {'x' * 100}.")

    tracemalloc.start()
    run(0, 1_000)
    before, _ = tracemalloc.get_traced_memory()
    run(1_000, 4_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after < before + 1_000_000
