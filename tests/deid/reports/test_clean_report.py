"""What goes from a report and what stays: two tables, and what is known of a report's people."""

import csv
from pathlib import Path

import pytest

from plainfilm.deid.reports import Kind, clean_report, known_from_dataset, known_from_values
from plainfilm.demo import make_film

_HERE = Path(__file__).parent


def _rows(name: str) -> list[dict[str, str]]:
    lines = (_HERE / name).read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return [{key: value.replace("|", "\n") for key, value in row.items()} for row in rows]


@pytest.mark.parametrize("row", _rows("removed.csv"), ids=lambda row: row["shows"])
def test_what_identifies_goes(row: dict[str, str]) -> None:
    assert clean_report(row["text"]).text == row["clean"]


@pytest.mark.parametrize("row", _rows("kept.csv"), ids=lambda row: row["shows"])
def test_what_is_medicine_stays(row: dict[str, str]) -> None:
    assert clean_report(row["text"]).text == row["text"]


KNOWN = known_from_values(
    names=["Davidson^Douglas^J", "Li^Wei", "Small^Mary", "Doe^Jane"], ids=["AB-4711"]
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("douglas davidson has cough", "___ has cough"),
        ("Film of DAVIDSON, DOUGLAS J", "Film of ___"),
        ("Film of J. Davidson", "Film of ___"),
        ("Davidson's film", "___'s film"),
        ("Davidsen is better", "___ is better"),  # one slip of the pen
        ("Wei Li is better", "___ is better"),
        ("D.J. is better", "___ is better"),
        ("number ab4711", "number ___"),
        ("Doe has a nodule", "___ has a nodule"),
        ("DOE HAS A NODULE", "___ HAS A NODULE"),
        # The name is a word too: it goes where its place tells that it is the name.
        ("Small effusion. A small nodule.", "Small effusion. A small nodule."),
        ("SMALL EFFUSION", "SMALL EFFUSION"),
        ("Told Small of it. Small, Mary came.", "Told ___ of it. ___ came."),
        ("Li-Fraumeni syndrome", "Li-Fraumeni syndrome"),
    ],
)
def test_what_is_known_goes_in_every_spelling(text: str, clean: str) -> None:
    assert clean_report(text, KNOWN).text == clean


@pytest.mark.parametrize(
    ("name", "text", "clean"),
    [
        ("Porta^Maria", "Film of M A R I A  P O R T A", "Film of ___"),
        ("Porta^Maria", "Film of M.A.R.I.A", "Film of ___"),
        ("Li^Na", "Li is stable. Na is low.", "___ is stable. Na is low."),
        ("Иванов^Пётр", "Film of Иванов Пётр Сергеевич", "Film of ___"),
        ("Иванов^Пётр", "Film of Иванова", "Film of ___"),
    ],
)
def test_known_names_go_however_they_are_set(name: str, text: str, clean: str) -> None:
    assert clean_report(text, known_from_values(names=[name])).text == clean


def test_ages_in_words_follow_the_same_limit() -> None:
    text = "sixty-five-year-old, mother aged ninety-two"
    assert clean_report(text, keep_ages=True).text == "sixty-five-year-old, mother aged ___"


def test_a_films_header_tells_who_is_in_its_report() -> None:
    film = make_film(
        {
            "PatientName": "Okonkwo^Adaeze",
            "PatientID": "PAT-0099",
            "ReferringPhysicianName": "Quillfeather^Tom",
        }
    )
    clean = clean_report("okonkwo, id pat0099, sent by quillfeather", known_from_dataset(film))
    assert clean.text == "___, id ___, sent by ___"


def test_ages_up_to_89_stay_where_that_is_asked_for() -> None:
    text = "65-year-old man, his mother 93 years old"
    assert clean_report(text, keep_ages=True).text == "65-year-old man, his mother ___ years old"


def test_spans_stand_at_their_masks_and_say_what_was_there() -> None:
    clean = clean_report("Dr. Hargreaves called on 3/4/2019.\nMRN 4482913")
    assert [clean.text[span.start : span.end] for span in clean.spans] == ["___"] * 3
    assert [(span.kind, span.old) for span in clean.spans] == [
        (Kind.NAME, "Hargreaves"),
        (Kind.DATE, "3/4/2019"),
        (Kind.ID, "4482913"),
    ]


def test_what_was_removed_is_not_shown_when_a_report_is_printed() -> None:
    assert "Hargreaves" not in repr(clean_report("Dr. Hargreaves"))


@pytest.mark.parametrize("text", ["", "\n", "___", "Dr.", "Dr. ", "I,", "MRN:", "Patient:\n", "J."])
def test_texts_with_nothing_to_remove_stay(text: str) -> None:
    assert clean_report(text, KNOWN).text == text
