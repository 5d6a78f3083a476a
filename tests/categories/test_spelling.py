"""Typing errors are mended in long words, and in no others."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.categories import category_from_text
from plainfilm.categories._rules import bundled_rules
from plainfilm.categories._spelling import Speller

SPELLER = Speller(
    {"lateral": "lateral", "shoulder": "shoulder", "panoramica": "panoramic", "abdominal": "belly"},
    known={"literal"},
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("latral", "lateral"),  # a letter missing
        ("latteral", "lateral"),  # one too many
        ("leteral", "lateral"),  # one wrong
        ("latreal", "lateral"),  # two swapped
        ("shoudler", "shoulder"),
        ("panaromica", "panoramica"),  # two edits in ten letters
        ("letaral", None),  # two edits in seven letters
        ("lateral", None),  # right as it stands
        ("literal", None),  # a word of its own
        ("bilateral", None),  # the first letter is another
        ("pan", None),
        ("", None),
    ],
)
def test_one_edit_in_seven_letters_and_two_in_ten(written: str, meant: str | None) -> None:
    assert SPELLER.mend(written) == meant


def test_nothing_is_mended_between_words_of_different_meaning() -> None:
    speller = Speller({"cervicala": "neck", "cervicalo": "nape"}, known=())
    assert speller.mend("cervicale") is None
    assert Speller({"oblicua": "oblique", "oblicuo": "oblique"}, ()).mend("oblicue") is not None


@given(st.text(alphabet=string.ascii_lowercase, max_size=5))
def test_short_words_are_left_alone(word: str) -> None:
    assert bundled_rules().speller.mend(word) is None


def test_no_word_of_the_tables_is_taken_for_another() -> None:
    rules = bundled_rules()
    assert [word for word in rules.vocabulary | rules.plain_words if rules.speller.mend(word)] == []


@pytest.mark.parametrize(
    "surname", ["Schulte", "Schuster", "Padilla", "Castilla", "Kriegel", "Richter", "Schneider"]
)
def test_surnames_that_resemble_a_word_are_not_mended(surname: str) -> None:
    result = category_from_text({"SeriesDescription": f"{surname} Knie seitl."})
    assert (result.category, result.body_part) == ("knee_lateral", "knee")


def test_a_part_and_a_view_written_as_one_word_are_two() -> None:
    assert category_from_text({"SeriesDescription": "KNEELAT"}).category == "knee_lateral"
    assert category_from_text({"SeriesDescription": "Daumengrundgelenk ap"}).body_part == "finger"
