"""Which source wins, and what is kept of the ones that lose."""

from dataclasses import replace
from pathlib import Path

import pytest

from plainfilm.categories import CategoryFromText, category_from_text
from plainfilm.errors import BadTable
from plainfilm.records import Film, Location
from plainfilm.steps import parameters
from plainfilm.vocabulary import CATEGORIES


def film(**tags: object) -> Film:
    return Film(7, "1.2.3", Location(Path("a.dcm")), tags)  # type: ignore[arg-type]


def test_wrong_body_part_examined_is_recorded_as_a_disagreement() -> None:
    result = category_from_text({"SeriesDescription": "CHEST PA", "BodyPartExamined": "ABDOMEN"})
    assert result.category == "chest_pa_ap"
    (against,) = result.disagreement
    assert (against.source, against.says, against.value) == (
        "BodyPartExamined",
        "body_part",
        "abdomen",
    )


def test_view_position_against_the_series_is_recorded() -> None:
    result = category_from_text({"SeriesDescription": "KNEE LAT", "ViewPosition": "AP"})
    assert result.category == "knee_lateral"
    assert [item.source for item in result.disagreement] == ["ViewPosition"]


@pytest.mark.parametrize(
    "texts",
    [
        {"SeriesDescription": "CHEST PA", "BodyPartExamined": "CHEST"},
        {"SeriesDescription": "CHEST PA", "ViewPosition": "AP"},  # both frontal
        {"SeriesDescription": "PATELLA AXIAL", "BodyPartExamined": "KNEE"},  # lies in it
        {"StudyDescription": "PELVIS AND HIP", "SeriesDescription": "PELVIS AP"},
    ],
)
def test_sources_that_can_both_be_right_do_not_disagree(texts: dict[str, str]) -> None:
    assert category_from_text(texts).disagreement == ()


def test_image_text_wins_over_protocol_over_study_over_tag() -> None:
    texts = {
        "BodyPartExamined": "KNEE",
        "StudyDescription": "WRIST",
        "ProtocolName": "ELBOW",
        "SeriesDescription": "ANKLE",
    }
    parts = []
    for keyword in reversed(list(texts)):
        parts.append(category_from_text(texts).body_part)
        del texts[keyword]
    assert parts == ["ankle", "elbow", "wrist", "knee"]


def test_a_view_is_not_borrowed_from_a_text_about_another_part() -> None:
    result = category_from_text({"SeriesDescription": "KNEE", "StudyDescription": "CHEST PA"})
    assert (result.category, result.body_part, result.view) == ("", "knee", "")


def test_evidence_names_source_and_word_but_not_the_whole_text() -> None:
    result = category_from_text({"SeriesDescription": "CHEST PA SMITH"})
    assert [str(item) for item in result.evidence] == [
        "SeriesDescription 'chest': body_part chest",
        "SeriesDescription 'pa': view pa",
    ]


def test_laterality_comes_from_text_before_tags() -> None:
    texts = {"SeriesDescription": "KNEE AP", "ImageLaterality": "R"}
    assert category_from_text(texts).laterality == "right"
    texts["SeriesDescription"] = "KNEE AP LEFT"
    assert category_from_text(texts).laterality == "left"


@pytest.mark.parametrize(
    ("study", "series", "against"),
    [
        ("Thorax lateral", "AP", ["StudyDescription 'lateral': view lateral"]),
        ("KNEE AP", "KNEE LATERAL", ["StudyDescription 'ap': view ap"]),
        ("CHEST PA", "AP", []),
        ("CHEST PA AND LATERAL", "AP", []),
        ("CHEST 2 VIEWS", "AP", []),
        ("KNEE WITH SUNRISE", "KNEE AP", []),
        ("SHOULDER OUTLET", "SHOULDER LATERAL", []),
        ("KNEE LATERAL", "CHEST AP", ["StudyDescription 'knee': body_part knee"]),
    ],
)
def test_a_film_unlike_the_view_that_its_study_is_named_after_is_doubted(
    study: str, series: str, against: list[str]
) -> None:
    result = category_from_text({"StudyDescription": study, "SeriesDescription": series})
    assert [str(item) for item in result.disagreement] == against


@pytest.mark.parametrize(
    ("study", "side"),
    [
        ("Left knee and right hand", ""),
        ("Left knee", ""),
        ("Left hand and wrist", ""),
        ("Left hand and finger", "left"),
        ("Left hand", "left"),
        ("Hands bilateral", "both"),
    ],
)
def test_a_studys_side_is_that_of_its_own_parts(study: str, side: str) -> None:
    texts = {"SeriesDescription": "HAND PA", "StudyDescription": study}
    assert category_from_text(texts).laterality == side


def test_a_user_can_add_a_category_without_code() -> None:
    hip = replace(CATEGORIES[0], name="hip_ap", body_part="hip", view="ap")
    result = category_from_text({"SeriesDescription": "HIP AP"}, (*CATEGORIES, hip))
    assert result.category == "hip_ap"
    assert category_from_text({"SeriesDescription": "HIP AP"}).category == "other"


def test_step_gives_one_prediction_per_film_with_json_ready_details() -> None:
    step = CategoryFromText()
    knee = film(SeriesDescription="KNEE LAT LT", BodyPartExamined="CHEST", ViewPosition=None)
    blank = film(StudyDescription=["", "XR"], SeriesDescription=b"\x00")
    first, second = step.process([knee, blank])
    assert (first.film_id, first.task, first.value) == (7, "category_text", "knee_lateral")
    assert first.details["laterality"] == "left"
    assert first.details["disagreement"] == [
        {"source": "BodyPartExamined", "says": "body_part", "value": "chest", "term": "chest"}
    ]
    assert (second.value, second.details["body_part"]) == ("", "")


def test_step_reads_the_tags_it_names() -> None:
    assert set(CategoryFromText.keywords) >= {
        "SeriesDescription",
        "ProtocolName",
        "StudyDescription",
        "ImageComments",
        "AcquisitionDeviceProcessingDescription",
        "BodyPartExamined",
        "ViewPosition",
        "Laterality",
        "ImageLaterality",
    }


def test_step_takes_a_table_of_categories(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "name,title,body_part,view,body_part_examined,view_position,region_code,region_meaning,"
        "view_code,view_meaning,source\nhip_ap,Hip AP,hip,ap,HIP,AP,,,,,mine\n"
    )
    step = CategoryFromText(table)
    assert step.process([film(SeriesDescription="HIP AP")])[0].value == "hip_ap"
    assert parameters(step) == {"categories": str(table)}


def test_step_with_a_missing_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match=r"gone\.csv"):
        CategoryFromText(tmp_path / "gone.csv").process([film()])
