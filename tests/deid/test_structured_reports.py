"""Structured reports: nothing of a person left in any item, nothing of medicine lost, valid."""

import struct
import subprocess
from pathlib import Path

import pytest

from plainfilm.deid import (
    DEFAULT_OPTIONS,
    Deidentify,
    KeyedHash,
    Option,
    clean_file,
    report_options,
)
from plainfilm.deid.check import check_folder
from plainfilm.deid.content_items import content_rule
from plainfilm.deid.identity import source_kinds
from plainfilm.deid.profile import data_rows
from plainfilm.dicom import Dataset, read_dataset, write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.errors import InputError, Reason, SettingsError
from plainfilm.records import CleanFilm, Film, Location, Rejection
from structured_reports import (
    PLANTED,
    SENTENCE,
    SR_CLASSES,
    code,
    content,
    make_report,
    number,
    reference,
)

OPTIONS = report_options(DEFAULT_OPTIONS)


@pytest.fixture
def cleaned(tmp_path, keyed):
    """Reports as they come out, read again."""

    def clean(report, options=OPTIONS):
        write_dataset(report, tmp_path / "report.dcm")
        data = (tmp_path / "report.dcm").read_bytes()
        return read_dataset(clean_file(data, keyed, options, reports=True).content)

    return clean


def by_code(report):
    """The first item of each concept."""
    found = {}
    for item in report.ContentSequence:
        for concept in item.get("ConceptNameCodeSequence") or ():
            found.setdefault(concept.CodeValue, item)
    return found


@pytest.mark.parametrize("kind", SR_CLASSES)
def test_planted_identity_is_gone_from_every_class(tmp_path, keyed, kind):
    write_dataset(make_report(kind), tmp_path / "report.dcm")
    data = (tmp_path / "report.dcm").read_bytes()
    content = clean_file(data, keyed, OPTIONS, reports=True).content.lower()
    assert [word for word in PLANTED if word.lower().encode() in content] == []


@pytest.mark.parametrize("kind", SR_CLASSES)
def test_a_clean_report_is_as_valid_as_it_was(dciodvfy, tmp_path, keyed, kind):
    def errors(name: str, content: bytes) -> set[str]:
        path = tmp_path / name
        path.write_bytes(content)
        ran = subprocess.run([dciodvfy, path], capture_output=True, text=True, check=False)
        return {line for line in ran.stderr.splitlines() if line.startswith("Error")}

    write_dataset(make_report(kind), tmp_path / "report.dcm")
    before = (tmp_path / "report.dcm").read_bytes()
    after = clean_file(before, keyed, OPTIONS, reports=True).content
    assert errors("after.dcm", after) <= errors("before.dcm", before)


def test_medicine_stays(cleaned):
    items = by_code(cleaned(make_report()))
    assert items["81827009"].MeasuredValueSequence[0].NumericValue == 3.5
    assert items["X1"].TextValue.endswith(f"{SENTENCE} Dr. ___ was told on ___.")
    assert items["121071"].TextValue.startswith(SENTENCE)
    assert items["121072"].ConceptCodeSequence[0].CodeValue == "Z7"
    assert items["121072"].ConceptCodeSequence[0].CodeMeaning == "No mass, seen by ___"
    assert items["111030"].GraphicData == [10.0, 20.0]


def test_dates_and_uids_go_with_the_films(cleaned, keyed):
    report = cleaned(make_report())
    items = by_code(report)
    assert items["X2"].Date == report.StudyDate
    assert items["X4"].DateTime[:8] == report.StudyDate
    new = keyed.uid("1.2.3.4.1")
    assert new == items["X5"].UID


def test_a_reference_to_an_item_follows_it(cleaned):
    # Item 2, the accession number, goes: what was item 4 is the third now.
    nodule = cleaned(make_report()).ContentSequence[-1]
    assert nodule.ContentSequence[0].ReferencedContentItemIdentifier == [1, 3]


def test_a_reference_to_an_item_that_goes_goes_too(cleaned):
    report = make_report()
    report.ContentSequence[-1].ContentSequence[0].ReferencedContentItemIdentifier = [1, 2]
    assert "ContentSequence" not in cleaned(report).ContentSequence[-1]


def test_an_id_that_only_an_item_states_is_found_elsewhere(cleaned):
    text = by_code(cleaned(make_report()))["X1"].TextValue
    assert "SUBJ778812" not in text


def test_a_report_of_nothing_but_identity_stays_valid(cleaned):
    item = content("TEXT", code("121022", "DCM", "Accession Number"), TextValue="NG21-0010344")
    assert "ContentSequence" not in cleaned(make_report(ContentSequence=[item]))


def test_pixels_in_a_report_are_removed(cleaned):
    report = make_report(Rows=1, Columns=2, PixelData=b"\1\2")
    report["PixelData"].VR = "OB"
    assert "PixelData" not in cleaned(report)


def test_a_report_in_a_language_that_is_not_read_is_withheld(cleaned):
    text = "Пневмоторакс не обнаружен. Пациент Иванов осмотрен."
    item = content("TEXT", code("121071", "DCM", "Finding"), TextValue=text)
    with pytest.raises(InputError) as raised:
        cleaned(make_report(SpecificCharacterSet="ISO_IR 192", ContentSequence=[item]))
    assert raised.value.reason is Reason.UNREAD_LANGUAGE


def test_one_text_that_is_not_read_is_not_outvoted_by_the_others(cleaned):
    finding = code("121071", "DCM", "Finding")
    read = [content("TEXT", finding, TextValue=f"{SENTENCE} The heart is normal.")] * 4
    foreign = content("TEXT", finding, TextValue="Пациент Иванов осмотрен.")
    with pytest.raises(InputError) as raised:
        cleaned(make_report(SpecificCharacterSet="ISO_IR 192", ContentSequence=[*read, foreign]))
    assert raised.value.reason is Reason.UNREAD_LANGUAGE


def test_a_reference_to_no_item_at_all_is_removed(cleaned):
    report = make_report()
    hidden = list(struct.unpack("<2I", b"Davidson"))
    report.ContentSequence[-1].ContentSequence[0].ReferencedContentItemIdentifier = hidden
    item = cleaned(report).ContentSequence[-1].ContentSequence[0]
    assert "ReferencedContentItemIdentifier" not in item


def test_references_in_a_long_chain_go_with_the_item_at_its_end(cleaned):
    items = [
        content("TEXT", code("121071", "DCM", "Finding"), TextValue="No pneumothorax.",
                ReferencedContentItemIdentifier=[1, number + 2])
        for number in range(500)
    ]  # fmt: skip
    accession = content("TEXT", code("121022", "DCM", "Accession Number"), TextValue="NG21")
    assert "ContentSequence" not in cleaned(make_report(ContentSequence=[*items, accession]))


def test_an_age_of_ninety_goes_where_ages_are_kept(cleaned):
    options = OPTIONS | {Option.RETAIN_PATIENT_CHARACTERISTICS}
    age = code("121033", "DCM", "Subject Age")
    ages = (("89", "a"), ("90", "a"), ("1079", "mo"), ("1080", "mo"), ("9", "century"))
    items = [number(age, value, unit, "HAS OBS CONTEXT") for value, unit in ages]
    kept = cleaned(make_report(ContentSequence=items), options).ContentSequence
    assert [item.MeasuredValueSequence[0].NumericValue for item in kept] == [89, 1079]


def test_what_the_table_says_of_a_concept_depends_on_the_type_of_value(cleaned):
    source = code("121112", "DCM", "Source of Measurement")
    items = [
        content("IMAGE", source, ReferencedSOPSequence=[reference()]),
        content("WAVEFORM", source, ReferencedSOPSequence=[reference()]),
        content("SCOORD", source, GraphicType="POINT", GraphicData=[10.0, 20.0]),
    ]
    kept = cleaned(make_report(ContentSequence=items)).ContentSequence
    assert [item.ValueType for item in kept] == ["IMAGE", "SCOORD"]


@pytest.mark.parametrize(
    ("sop_class", "reports", "reason"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.33", False, Reason.STRUCTURED_REPORT),
        ("1.2.840.10008.5.1.4.1.1.104.1", True, Reason.ENCAPSULATED_DOCUMENT),
    ],
)
def test_what_was_not_asked_for_is_refused(tmp_path, keyed, sop_class, reports, reason):
    write_dataset(make_report(SOPClassUID=sop_class), tmp_path / "report.dcm")
    with pytest.raises(InputError) as raised:
        clean_file((tmp_path / "report.dcm").read_bytes(), keyed, OPTIONS, reports=reports)
    assert raised.value.reason is reason


def test_a_document_is_refused_whatever_pads_its_class(tmp_path, keyed):
    write_dataset(make_report(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1"), tmp_path / "a.dcm")
    data = (tmp_path / "a.dcm").read_bytes().replace(b"1.2.840.10008.5.1.4.1.1.104.1\0",
                                                     b" 1.2.840.10008.5.1.4.1.1.104.1")  # fmt: skip
    with pytest.raises(InputError) as raised:
        clean_file(data, keyed, OPTIONS, reports=True)
    assert raised.value.reason is Reason.ENCAPSULATED_DOCUMENT


def test_the_id_of_a_document_elsewhere_goes(cleaned):
    document = reference()
    document.HL7InstanceIdentifier = "1.2.840.113619.2.55^Q7788123"
    (kept,) = cleaned(
        make_report(HL7StructuredDocumentReferenceSequence=[document])
    ).HL7StructuredDocumentReferenceSequence
    assert kept.HL7InstanceIdentifier == ""


def test_free_text_cannot_be_removed_from_reports(tmp_path):
    with pytest.raises(SettingsError, match="free text"):
        report_options(frozenset({Option.RETAIN_MODIFIED_DATES}))
    with pytest.raises(SettingsError, match="structured reports"):
        Deidentify(tmp_path, b"k" * 32, reports=True)


def test_step_writes_reports_beside_films_and_the_check_passes(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    films = []
    for film_id, kind in enumerate(("basic_text", "xray_dose")):
        report = make_report(kind)
        write_dataset(report, folder / f"{kind}.dcm")
        films.append(Film(film_id, report.SOPInstanceUID, Location(folder / f"{kind}.dcm")))
    step = Deidentify(tmp_path / "out", b"k" * 32, OPTIONS, reports=True)
    one, two = step.process(films)
    assert isinstance(one, CleanFilm)
    assert one.path.parent == two.path.parent  # of one study
    (refused,) = Deidentify(tmp_path / "out", b"k" * 32).process(films[:1])
    assert isinstance(refused, Rejection)
    for originals in (None, folder):
        found = check_folder(
            tmp_path / "out", engine=LocalEngine(1), source=originals, key=b"k" * 32
        )
        assert (found.films, found.leaks, dict(found.failures)) == (2, 0, {})
        assert not found.unexamined


def test_a_leak_in_a_content_item_is_found(tmp_path, cleaned):
    report = cleaned(make_report())
    by_code(report)["121071"].TextValue = "Seen with Dr. Wolniak on 2021-03-02"
    (tmp_path / "out").mkdir()
    write_dataset(report, tmp_path / "out" / "a.dcm")
    found = check_folder(tmp_path / "out", engine=LocalEngine(1))
    assert {failure.path for failure in found.failures} == {"0040A730/0040A160"}


def test_texts_in_a_table_are_cleaned_and_checked_as_those_of_a_report(tmp_path, cleaned):
    table = content("TABLE", code("T1", "99LOCAL", "Nodules"))
    cells, values = Dataset(), Dataset()
    values.SelectorLOValue = "Not seen before by Dr. Wolniak"
    values.SelectorPNValue = "Wolniak^Ada"
    values.SelectorDAValue = "20210302"
    cells.CellValuesSequence = [values]
    table.TabulatedValuesSequence = [cells]
    report = cleaned(make_report(ContentSequence=[table]))
    (values,) = report.ContentSequence[0].TabulatedValuesSequence[0].CellValuesSequence
    assert values.SelectorLOValue == "Not seen before by Dr. ___"
    assert (values.SelectorPNValue, values.SelectorDAValue) == ("ANON", report.StudyDate)
    (tmp_path / "out").mkdir()
    write_dataset(report, tmp_path / "out" / "a.dcm")
    assert check_folder(tmp_path / "out", engine=LocalEngine(1)).leaks == 0
    values.SelectorLOValue = "Not seen before by Dr. Wolniak"
    write_dataset(report, tmp_path / "out" / "a.dcm")
    assert check_folder(tmp_path / "out", engine=LocalEngine(1)).leaks == 1


def test_table_of_identifying_concepts_is_of_the_profiles_own():
    kinds = set(source_kinds().values()) | {"person"}
    for row in data_rows("content_identity.csv"):
        assert content_rule(row["code"], row["scheme"], "TEXT", frozenset()) is not None
        assert row["kind"] in kinds


def test_clean_text_of_a_report_is_the_same_in_every_run(tmp_path: Path, keyed: KeyedHash) -> None:
    write_dataset(make_report(), tmp_path / "report.dcm")
    data = (tmp_path / "report.dcm").read_bytes()
    first, second = (clean_file(data, keyed, OPTIONS, reports=True).content for _ in range(2))
    assert first == second
