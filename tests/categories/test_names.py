"""Surnames that are words for body parts do not name what the film shows."""

import pytest

from plainfilm.categories import category_from_text
from plainfilm.categories._rules import bundled_rules


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Hand, Mary CHEST PA", "chest"),
        ("CHEST PA Hand, Mary", "chest"),
        ("John Foot KNEE AP", "knee"),
        ("KNEE AP Chest Robert", "knee"),
        ("FOOT^MICHAEL KNEE AP", "knee"),
        ("Frau Brust Knie ap", "knee"),
        ("Frau Maria Hand Thorax ap", "chest"),
        ("Dr. Beck LWS seitl.", "lumbar_spine"),
        ("Sra. Mano RODILLA AP", "knee"),
        ("Thorax face M. Pied", "chest"),
        ("CHEST PA REF BY DR FOOT", "chest"),
        ("Smith, John KNEE AP", "knee"),  # the surname is Smith
        ("SMITH JOHN KNEE AP", "knee"),
        ("ST JOHN HAND CLINIC HAND PA", "hand"),  # a hospital
        ("KNEE^STANDING AP", "knee"),  # no name, though a caret
    ],
)
def test_the_part_is_not_the_surname(text: str, part: str) -> None:
    assert category_from_text({"SeriesDescription": text}).body_part == part


def test_a_name_that_is_all_a_series_says_gives_way_to_the_study() -> None:
    texts = {"SeriesDescription": "Hand, Mary", "StudyDescription": "CHEST PA"}
    assert category_from_text(texts).category == "chest_pa_ap"


def test_a_surname_that_is_a_view_leaves_the_view_open_beside_another() -> None:
    assert category_from_text({"SeriesDescription": "KNEE MERCHANT"}).category == "patella_axial"
    assert category_from_text({"SeriesDescription": "MERCHANT KNEE AP"}).category == ""
    assert category_from_text({"SeriesDescription": "SHOULDER NEER LAT"}).category == (
        "shoulder_outlet"
    )


def test_no_given_name_is_a_word_for_a_part_a_view_or_a_side() -> None:
    rules = bundled_rules()
    tables = (rules.part_words, rules.tag_view_words, rules.side_words, rules.counts)
    assert not [name for name in rules.given_names if any(table.has(name) for table in tables)]
