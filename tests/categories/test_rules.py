"""The rule tables are whole, and the engine reads them as their comments say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.categories import category_from_text
from plainfilm.categories._decide import judge_once
from plainfilm.categories._reading import read_text
from plainfilm.categories._rules import bundled_rules
from plainfilm.categories._sources import KEYWORDS
from plainfilm.categories._tokens import tokens
from plainfilm.vocabulary import CATEGORIES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thorax a.p.", "thorax ap"),
        ("Thorax a. p. liegend", "thorax ap liegend"),
        ("KNEE_AP/LAT", "knee ap | lat"),
        ("A-P CHEST", "ap chest"),
        ("T L-SPINE", "t lspine"),
        ("T-L SPINE", "t l spine"),
        ("XR KNEE 2VIEWS", "xr knee 2 views"),
        ("CHEST 2V", "chest 2v"),
        ("Fuß schräg", "fuss schrag"),
        ("Muñeca", "muneca"),
        ("DOE^JANE Chest", "doe ^ jane chest"),
        ("épaule de l'enfant", "epaule de enfant"),
        ("KNEE,A->P", "knee , ap"),
        ("LWS a.-p.", "lws ap"),
        ("3.5 cm", "3 5 cm"),
        ("", ""),
    ],
)
def test_descriptions_are_cut_into_plain_words(text: str, expected: str) -> None:
    assert tokens(text) == tuple(expected.split())


def test_every_part_of_the_category_table_has_words() -> None:
    rules = bundled_rules()
    assert {category.body_part for category in CATEGORIES} <= rules.parts.keys()


def test_every_wider_part_is_a_part() -> None:
    rules = bundled_rules()
    named = {wide for part in rules.parts.values() for wide in part.within}
    assert named <= rules.parts.keys()


def test_every_dicom_body_part_term_of_the_table_names_its_own_part() -> None:
    for category in CATEGORIES:
        found = category_from_text({"BodyPartExamined": category.body_part_examined})
        assert found.body_part == category.body_part


def test_every_category_is_found_from_its_own_dicom_tags_or_left_open() -> None:
    for category in CATEGORIES:
        texts = {
            "BodyPartExamined": category.body_part_examined,
            "ViewPosition": category.view_position,
        }
        assert category_from_text(texts).category in {category.name, ""}


@given(st.dictionaries(st.sampled_from(KEYWORDS), st.text(max_size=60)))
def test_any_text_is_answered(texts: dict[str, str]) -> None:
    result = category_from_text(texts)
    assert result.category in {"", "other", *(category.name for category in CATEGORIES)}


@given(st.sampled_from(["CHEST PA", "Knie seitl. li", "HIP FROG LEG", "RODILLA AP DER"]))
def test_upper_and_lower_case_say_the_same(text: str) -> None:
    upper = category_from_text({"SeriesDescription": text.upper()})
    lower = category_from_text({"SeriesDescription": text.lower()})
    assert (upper.category, upper.laterality) == (lower.category, lower.laterality)


def test_texts_that_differ_in_names_and_numbers_are_judged_once() -> None:
    judge_once.cache_clear()
    for number in range(300):
        category_from_text({"SeriesDescription": f"KNEE LAT SMITH{'AB' * (number % 3)} {number}71"})
    assert judge_once.cache_info().misses == 1


@pytest.mark.parametrize("text", ["KNEE AP ", "a.", "dr ", "^", "Aa"])
def test_a_text_of_a_megabyte_is_read_as_far_as_a_description_goes(text: str) -> None:
    assert read_text(text * 300_000) == read_text((text * 300_000)[:1024])
