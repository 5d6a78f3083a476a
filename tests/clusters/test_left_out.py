"""Which tags are never features."""

import csv
from importlib.resources import files

import pytest

from plainfilm.clusters.left_out import keyword_of, rule_of
from plainfilm.deid.profile import profile_rules
from plainfilm.dicom import keyword_vr, standard_keywords

KEPT_ON_PURPOSE = {
    # What tells kinds of film apart, and is no one's name in the Standard.
    "StationName", "SourceManufacturer", "LensSpecification", "ContrastBolusAgent",
    "RequestedContrastAgent", "AcquisitionFieldOfViewLabel", "TreatmentSite", "TreatmentSites",
    "AcquisitionDeviceProcessingDescription", "PositionAcquisitionTemplateName",
    # Codes of the Standard, and channels of curves.
    "ReasonForTheAttributeModification", "InstanceOriginStatus", "MontageChannelLabel",
}  # fmt: skip


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
        elif row["kind"] == "word":
            assert row["name"] == row["name"].lower()
            assert row["name"].isascii()
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
        ("DoseIndex", None),
        ("StationAETitle", "identity"),  # by its VR
        ("Radiologist", "identity"),
        ("Patient", "identity"),
        ("Operator", "identity"),
        ("Referring Physician", "identity"),
        ("Name", "identity"),
        ("MRN", "identity"),
        ("insurance_no", "identity"),
        ("patientname", "identity"),
        ("Ärztin", "identity"),
        ("Geburtsdatum", "date"),
        ("Kommentar", "free_text"),
        ("(0011,1010)", "structure"),
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
        ("Operator's Name", "OperatorsName"),
        ("Operators' Name", "OperatorsName"),
        ("Referring Physician\u2019s Name", "ReferringPhysicianName"),
        ("(0010,0010)", "PatientName"),
        ("00100010", "PatientName"),
        ("0018,0060", "KVP"),
        ("(0011,1010)", "(0011,1010)"),
    ],
)
def test_columns_are_known_by_keyword_and_by_name(name: str, keyword: str) -> None:
    assert keyword_of(name) == keyword


def test_whatever_the_confidentiality_profile_removes_is_left_out_or_kept_on_purpose() -> None:
    gone = {
        rule.keyword
        for rule in profile_rules()
        if rule.keyword and set(rule.basic.split("/")) & {"X", "Z", "D"}
    }
    assert len(gone) > 500
    assert {keyword for keyword in gone if rule_of(keyword) is None} == KEPT_ON_PURPOSE
