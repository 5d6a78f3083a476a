"""The tables of codes hold what pydicom's own tables of the context groups hold."""

import pytest
from pydicom.sr import _cid_dict, _concepts_dict, _snomed_dict

from plainfilm.dicom import keyword_vr
from plainfilm.vocabulary import (
    CATEGORIES,
    EPONYMOUS_CODES,
    VIEW_CODES,
    Edges,
    _tables,
    code_views,
    film_attributes,
    region_parts,
    upright_edges,
    view_agreement,
    view_code_group,
)

DX_VIEW, DX_ANATOMY, COMMON_ANATOMY, EPONYMOUS = 4010, 4009, 4031, 4012
EARLIER_REGIONS = {"113345001", "51185008", "12921003"}  # replaced in PS3.16 2020


def context_group(number: int) -> dict[str, str]:
    """SNOMED CT code → meaning, of one context group of PS3.16, as pydicom has it."""
    return {
        code: meaning
        for name in _cid_dict.cid_concepts[number]["SCT"]
        for code, (meaning, groups) in _concepts_dict.concepts["SCT"][name].items()
        if number in groups
    }


def table(name: str) -> list[dict[str, str]]:
    return [row for _, row in _tables.rows(_tables.bundled_text(name), ["sct_code"], name)]


def test_regions_are_those_of_the_context_group() -> None:
    ours = {row["sct_code"]: row["meaning"] for row in table("region_codes.csv")}
    earlier = {code: ours.pop(code) for code in EARLIER_REGIONS}
    assert ours == context_group(COMMON_ANATOMY)
    assert set(earlier.values()) == {"Abdomen", "Chest", "Pelvis"}


def test_views_are_those_of_the_context_groups() -> None:
    rows = table("view_codes.csv")
    ours = {row["sct_code"]: row["meaning"] for row in rows if row["context_group"] == VIEW_CODES}
    eponymous = {
        row["sct_code"]: row["meaning"] for row in rows if row["context_group"] == EPONYMOUS_CODES
    }
    assert ours == context_group(DX_VIEW)
    assert eponymous.items() <= context_group(EPONYMOUS).items()


@pytest.mark.parametrize("name", ["region_codes.csv", "view_codes.csv"])
def test_codes_of_old_films_are_pydicoms_translation(name: str) -> None:
    for row in table(name):
        assert row["srt_code"] == _snomed_dict.mapping["SCT"].get(row["sct_code"], "")


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_every_category_has_codes_of_the_right_groups(category: object) -> None:
    assert isinstance(category, type(CATEGORIES[0]))
    assert category.region is not None
    regions = context_group(DX_ANATOMY) | context_group(COMMON_ANATOMY)
    assert regions[category.region.value] == category.region.meaning
    if category.view_code is not None:
        group = view_code_group(category.view_code.value)
        assert context_group(int(group))[category.view_code.value] == category.view_code.meaning


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_every_categorys_own_codes_agree_with_it(category: object) -> None:
    assert isinstance(category, type(CATEGORIES[0]))
    assert category.region is not None
    assert category.body_part in region_parts()["SCT", category.region.value]
    if category.view_code is not None:
        agreeing = view_agreement(category.view).agreeing
        assert agreeing & code_views()["SCT", category.view_code.value]


def test_a_view_of_a_users_own_agrees_with_itself_only() -> None:
    assert view_agreement("my_view").agreeing == {"my_view"}


def test_every_category_says_what_lies_at_its_edges() -> None:
    edges = upright_edges()
    assert edges.keys() == {category.name for category in CATEGORIES}
    assert (edges["chest_pa_ap"], edges["hand_ap"]) == (Edges("F", "L"), Edges("H", ""))


def test_objects_hold_attributes_that_the_standard_knows() -> None:
    for held in film_attributes().values():
        assert all(keyword_vr(keyword) for keyword in held)
