"""Which tags are never features."""

import csv
from importlib.resources import files

import pytest

from plainfilm.clusters.left_out import keyword_of, rule_of
from plainfilm.dicom import keyword_vr, standard_keywords


def _rows() -> list[dict[str, str]]:
    text = files("plainfilm.clusters").joinpath("left_out.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def test_every_rule_names_a_tag_of_the_standard_and_says_why() -> None:
    words = standard_keywords()
    representations = {vr for vr, _ in filter(None, map(keyword_vr, words))}
    rows = _rows()
    assert len({(row["kind"], row["name"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["reason"]
        assert row["because"]
        assert row["source"]
        if row["kind"] == "vr":
            assert row["name"] in representations
        elif row["name"].endswith("*"):
            assert any(word.startswith(row["name"][:-1]) for word in words)
        else:
            assert row["name"] in {*words, "film_id", "Other"}


@pytest.mark.parametrize(
    ("keyword", "reason"),
    [
        ("PatientName", "identity"),
        ("PatientID", "identity"),
        ("PatientAge", "identity"),  # by its VR
        ("ClinicalTrialSubjectID", "identity"),  # by how it begins
        ("SOPInstanceUID", "uid"),
        ("StudyDate", "date"),
        ("AcquisitionTime", "date"),
        ("ImageComments", "free_text"),
        ("StudyDescription", "description"),
        ("ViewCodeSequence", "coded"),  # before the rule for all sequences
        ("ReferencedStudySequence", "structure"),
        ("LargestImagePixelValue", "pixel_derived"),
        ("InstanceNumber", "counter"),
        ("PixelData", "binary"),
        ("BodyPartExamined", None),
        ("KVP", None),
        ("PatientOrientation", None),
        ("PatientPosition", None),
        ("a column of their own", None),
    ],
)
def test_a_tag_is_left_out_for_a_reason(keyword: str, reason: str | None) -> None:
    rule = rule_of(keyword)
    assert (rule and rule.reason) == reason


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        ("BodyPartExamined", "BodyPartExamined"),
        ("Body Part Examined", "BodyPartExamined"),
        ("body_part_examined", "BodyPartExamined"),
        ("Patient's Birth Date", "PatientBirthDate"),
        ("Focal Spot(s)", "FocalSpots"),
        ("reader_two", "reader_two"),
    ],
)
def test_columns_are_known_by_keyword_and_by_name(name: str, keyword: str) -> None:
    assert keyword_of(name) == keyword
