"""What a structured report says, as who reads it by its codes finds it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from highdicom.sr import CodedConcept
from pydicom.sr._concepts_dict import concepts

from plainfilm.dicom import Dataset
from plainfilm.dicom_results import Finding, Kind, Model, Reading, codes, make_objects

from .conftest import CLASSIFIER

FINDING = "121071"
CERTAINTY = "111012"
ALGORITHM_NAME, ALGORITHM_VERSION = "111001", "111003"
MEASUREMENTS = "126010"


def report(film: Dataset, reading: Reading) -> Dataset:
    return make_objects(film, reading, (Kind.SR,))[Kind.SR]


def items(container: Dataset, code: str) -> list[Dataset]:
    found = []
    for item in container.ContentSequence:
        if item.ConceptNameCodeSequence[0].CodeValue == code:
            found.append(item)
    return found


def groups(made: Dataset) -> Iterator[Dataset]:
    yield from items(made, MEASUREMENTS)[0].ContentSequence


def said(group: Dataset) -> dict[str, Any]:
    """What one measurement group says."""
    code = items(group, FINDING)[0].ConceptCodeSequence[0]
    region = [item for item in group.ContentSequence if item.ValueType == "SCOORD"]
    return {
        "finding": (code.CodingSchemeDesignator, code.CodeValue),
        "certainty": float(items(group, CERTAINTY)[0].MeasuredValueSequence[0].NumericValue),
        "model": (
            items(group, ALGORITHM_NAME)[0].TextValue,
            items(group, ALGORITHM_VERSION)[0].TextValue,
        ),
        "region": (region[0].GraphicType, list(region[0].GraphicData)) if region else None,
    }


def comments(made: Dataset) -> list[str]:
    return [item.TextValue for item in items(made, "121106")]


def test_each_present_finding_and_each_place_is_a_group_with_certainty_and_model(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    detector = Model("tiny-detector", "3")
    found = [said(group) for group in groups(report(film, make_reading(locator=detector)))]
    classifier = (CLASSIFIER.name, CLASSIFIER.version)
    corners = [20.5, 50, 60, 50, 60, 80, 20.5, 80, 20.5, 50]
    cardiomegaly, effusion = ("SCT", "8186001"), ("SCT", "60046008")
    assert found == [
        {"finding": cardiomegaly, "certainty": 91, "model": classifier, "region": None},
        {"finding": effusion, "certainty": 62, "model": classifier, "region": None},
        {"finding": cardiomegaly, "certainty": 91, "model": ("tiny-detector", "3"),
         "region": ("POLYLINE", corners)},
        {"finding": effusion, "certainty": 40, "model": ("tiny-detector", "3"),
         "region": ("POINT", [10, 90])},
    ]  # fmt: skip


def test_findings_that_are_not_present_are_told_and_not_coded(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    made = report(film, make_reading(joined=0.255))
    told = comments(made)
    assert "Below what is called present: Mass 10.0%." in told
    assert "Without a threshold: Hernia 20.0%." in told
    assert "Abnormal, by classifier and detector joined: 25.5%." in told
    assert "4147007" not in str(made)  # the code of a mass


def test_a_box_of_a_finding_that_is_not_present_is_told_as_such(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    findings = (Finding("Cardiomegaly", 0.2, False, CLASSIFIER),)
    made = report(film, make_reading(findings=findings))
    assert (
        "Marked, though not reported of the film as a whole: Cardiomegaly, Effusion."
        in comments(made)
    )


def test_a_film_without_findings_has_a_report_that_says_so(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    findings = (Finding("Mass", 0.1, False, CLASSIFIER),)
    made = report(film, make_reading(findings=findings, boxes=(), points=()))
    (group,) = groups(made)
    summary = items(group, "111017")[0].ConceptCodeSequence[0]
    assert (summary.CodeValue, summary.CodingSchemeDesignator) == ("111241", "DCM")
    assert items(group, FINDING) == []
    assert items(group, ALGORITHM_NAME)[0].TextValue == "tiny-findings"


@pytest.mark.parametrize(
    "name", [name for name in codes.__all__ if isinstance(getattr(codes, name), CodedConcept)]
)
def test_a_code_of_the_standards_means_what_it_is_taken_for(name: str) -> None:
    """By the tables that pydicom makes of PS3.16, where a code's own words are looked up."""
    concept = getattr(codes, name)
    found = [
        meanings[concept.value][0]
        for meanings in concepts[concept.scheme_designator].values()
        if concept.value in meanings
    ]
    assert concept.meaning in found


@pytest.mark.parametrize(
    ("label", "code", "site"),
    [
        ("Effusion", ("SCT", "60046008"), None),
        ("pleural thickening", ("RADLEX", "RID28509"), ("SCT", "3120008")),
        ("disc space narrowing", ("RADLEX", "RID5088"), None),
        ("abnormal", ("SCT", "263654008"), ("SCT", "421060004")),
        ("Own thing", ("99PLAINFILM", "OWN_THING"), None),
        ("Ösophagus", ("99PLAINFILM", "SOPHAGUS"), None),
        ("漢", ("99PLAINFILM", "FC9F0D61DD80076A"), None),
    ],
)
def test_a_finding_has_a_code_and_where_that_lacks_it_a_site(
    film: Dataset,
    make_reading: Callable[..., Reading],
    label: str,
    code: tuple[str, str],
    site: tuple[str, str] | None,
) -> None:
    findings = (Finding(label, 0.9, True, CLASSIFIER),)
    (group,) = groups(report(film, make_reading(findings=findings, boxes=(), points=())))
    assert said(group)["finding"] == code
    found = [item.ConceptCodeSequence[0] for item in items(group, "363698007")]
    sites = [(one.CodingSchemeDesignator, one.CodeValue) for one in found]
    assert sites == ([] if site is None else [site])


def test_a_report_is_complete_preliminary_and_unverified(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    made = report(film, make_reading())
    assert (made.CompletionFlag, made.PreliminaryFlag, made.VerificationFlag) == (
        "COMPLETE", "PRELIMINARY", "UNVERIFIED",
    )  # fmt: skip
    evidence = made.CurrentRequestedProcedureEvidenceSequence[0]
    referred = evidence.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert referred.ReferencedSOPInstanceUID == film.SOPInstanceUID
