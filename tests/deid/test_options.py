"""The options beyond the default ones: what each keeps, and that identity goes all the same."""

import itertools

import pytest

from plainfilm.deid import DEFAULT_OPTIONS, Option, clean_dataset, clean_file
from plainfilm.deid.method import mark_deidentified
from plainfilm.deid.profile import check_options, data_rows
from plainfilm.deid.safe_private import safe_private_vr
from plainfilm.dicom import DataElement, Dataset, read_dataset, write_dataset
from plainfilm.errors import SettingsError


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def content(kind, concept, **value):
    item = Dataset()
    item.ValueType = kind
    item.ConceptNameCodeSequence = [concept]
    for keyword, given in value.items():
        setattr(item, keyword, given)
    return item


def test_safe_private_elements_stay_with_their_creator_and_others_go(film, keyed):
    source = film()
    source.add_new(0x00190010, "LO", "GEMS_ACQU_01")
    source.add_new(0x00191023, "DS", "39.37")  # table speed: safe
    source.add_new(0x00191024, "LO", "for Davidson")  # safe, but holds the patient's name
    source.add_new(0x001910FE, "LO", "anything")
    source.add_new(0x00210010, "LO", "NOBODY KNOWS")
    source.add_new(0x00211023, "DS", "1")
    clean = clean_dataset(source, keyed, frozenset({Option.RETAIN_SAFE_PRIVATE})).dataset
    private = {int(element.tag): element.value for element in clean if element.tag.is_private}
    assert private == {0x00190010: "GEMS_ACQU_01", 0x00191023: 39.37, 0x00191024: "for"}
    assert not any(element.tag.is_private for element in clean_dataset(source, keyed).dataset)


def test_safe_private_table_is_whole():
    rows = data_rows("safe_private_attributes.csv")
    assert len(rows) == 485
    assert all(int(row["group"], 16) % 2 and len(row["element"]) == 2 for row in rows)
    assert safe_private_vr(0x70531100, "Philips PET Private Group") == "DS"
    assert safe_private_vr(0x70531100, "Somebody else") is None


def test_structured_content_is_cleaned_by_concept(film, keyed):
    items = [
        content("TEXT", code("121022", "DCM", "Accession Number"), TextValue="NG21-0010344"),  # X
        content("PNAME", code("121008", "DCM", "Person Observer Name"), PersonName="Who^Ever"),
        content("TEXT", code("X1", "99L", "Finding"), TextValue="CHEST PA of Douglas Davidson"),
        content("DATE", code("X2", "99L", "Day"), Date="20210302"),
        content("UIDREF", code("X3", "99L", "Object"), UID="1.2.3.4.1"),
    ]
    source = film(ContentSequence=items)
    options = DEFAULT_OPTIONS | {Option.CLEAN_STRUCTURED_CONTENT}
    clean = clean_dataset(source, keyed, options).dataset
    kept = {str(item.ConceptNameCodeSequence[0].CodeValue): item for item in clean.ContentSequence}
    assert "121022" not in kept
    assert str(kept["121008"].PersonName) == "ANON"
    assert kept["X1"].TextValue == "CHEST PA"
    assert kept["X2"].Date == clean.StudyDate
    assert clean.SOPInstanceUID == kept["X3"].UID
    assert "Davidson" not in str(clean_dataset(source, keyed).dataset)


def test_content_item_table_is_whole():
    rows = data_rows("content_items.csv")
    assert len(rows) == 214
    assert {row["basic_profile"] for row in rows} == {"X", "D", "X/D"}


def test_graphics_stay_when_they_are_cleaned(film, keyed):
    source = film()
    source.add_new(0x60000010, "US", 1)
    source.add_new(0x60000022, "LO", "CHEST for Davidson")
    source.add_new(0x60003000, "OW", b"\0\1")
    clean = clean_dataset(source, keyed, DEFAULT_OPTIONS | {Option.CLEAN_GRAPHICS}).dataset
    assert clean[0x60000010].value == 1
    assert clean[0x60000022].value == "CHEST"
    assert clean[0x60003000].value == b"\0\1"
    assert not [e for e in clean_dataset(source, keyed).dataset if e.tag.group == 0x6000]


def test_graphics_need_the_pixels_to_be_searched():
    with pytest.raises(SettingsError, match="headers alone"):
        check_options({Option.CLEAN_GRAPHICS})


def test_full_dates_keep_dates_only(film, keyed):
    source = film(ContentDate="20210302")
    source.add(DataElement("SeriesDate", "DA", "Davidson", already_converted=True))
    clean = clean_dataset(source, keyed, frozenset({Option.RETAIN_FULL_DATES})).dataset
    assert (clean.StudyDate, clean.ContentDate) == ("20210302", "20210302")
    assert "SeriesDate" not in clean
    assert clean.PatientBirthDate == ""


CODES = {
    Option.CLEAN_PIXEL_DATA: "113101",
    Option.CLEAN_GRAPHICS: "113103",
    Option.CLEAN_STRUCTURED_CONTENT: "113104",
    Option.CLEAN_DESCRIPTORS: "113105",
    Option.RETAIN_FULL_DATES: "113106",
    Option.RETAIN_MODIFIED_DATES: "113107",
    Option.RETAIN_PATIENT_CHARACTERISTICS: "113108",
    Option.RETAIN_DEVICE_IDENTITY: "113109",
    Option.RETAIN_UIDS: "113110",
    Option.RETAIN_SAFE_PRIVATE: "113111",
    Option.RETAIN_INSTITUTION_IDENTITY: "113112",
}


def test_every_combination_of_options_names_its_codes():
    for size in range(4):
        for options in itertools.combinations(CODES, size):
            dataset = Dataset()
            mark_deidentified(dataset, frozenset(options), pixels_searched=True)
            named = [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence]
            assert named == ["113100", *sorted(CODES[option] for option in options)]
            assert dataset.BurnedInAnnotation == "NO"


def test_pixels_that_were_not_searched_are_not_said_to_be_clean():
    dataset = Dataset()
    mark_deidentified(dataset, DEFAULT_OPTIONS, pixels_searched=False)
    named = [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence]
    assert named == ["113100", "113105", "113107"]
    assert "BurnedInAnnotation" not in dataset


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]
)
def test_bytes_and_dataset_are_cleaned_alike(film, keyed, tmp_path, syntax):
    inner = Dataset()
    inner.CodeMeaning = "Chest of Davidson"
    source = film(AnatomicRegionSequence=[inner], KVP="81", StudyComments="tel 555 0142")
    source.file_meta.TransferSyntaxUID = syntax
    write_dataset(source, tmp_path / "film.dcm")
    clean = clean_file((tmp_path / "film.dcm").read_bytes(), keyed, frozenset())
    by_bytes = read_dataset(clean.content)
    by_dataset = clean_dataset(source, keyed, frozenset()).dataset
    mark_deidentified(by_dataset, frozenset(), pixels_searched=False)
    assert {e.tag: str(e.value) for e in by_bytes} == {e.tag: str(e.value) for e in by_dataset}
    assert clean.transfer_syntax_uid == syntax
    assert clean.is_final is (syntax != "1.2.840.10008.1.2.2")


def test_treatments_tell_of_every_element_and_no_value(film, keyed):
    request = Dataset()
    request.ScheduledProcedureStepDescription = "CHEST PA Davidson"
    clean = clean_dataset(film(RequestAttributesSequence=[request]), keyed)
    by_path = {treatment.path: treatment for treatment in clean.treatments}
    assert by_path["00100010"].action == "Z"
    assert by_path["00100020"].rule == "pseudonym"
    assert by_path["00081030"].rule == "option:clean_descriptors"
    assert by_path["00400275[0]/00400007"].action == "C"
    assert by_path["00080060"] == ("00080060", "K", "unlisted", b"")
    old = {len(treatment.old) for treatment in clean.treatments}
    assert old == {0, 8}
    assert by_path["00100010"].old == keyed.audit_hash("Davidson^Douglas")
