"""One header, element by element: what goes, what stays, what changes."""

import copy
import datetime

import pytest
from pydicom.datadict import dictionary_VR

from plainfilm.deid import KeyedHash, Option, clean_dataset
from plainfilm.deid.method import mark_deidentified
from plainfilm.dicom import DataElement, Dataset, read_dataset, write_dataset
from plainfilm.errors import Reason, SettingsError, UnreadableDicom

DATES = "%Y%m%d"


def test_identity_becomes_new_ids(film, keyed):
    clean = clean_dataset(film(), keyed)
    dataset = clean.dataset
    assert dataset.PatientID == str(dataset.PatientName) == clean.patient
    assert dataset.StudyID == clean.study
    assert dataset.SOPInstanceUID == clean.uid == keyed.uid("1.2.3.4.1")
    assert dataset.StudyInstanceUID == keyed.uid("1.2.3.4")
    assert dataset.AccessionNumber == keyed.accession_number("NG21-0010344")
    assert dataset.PatientBirthDate == dataset.PatientSex == ""
    assert str(dataset.ReferringPhysicianName) == ""
    assert "InstitutionName" not in dataset


def test_medicine_stays(film, keyed):
    dataset = clean_dataset(film(KVP="125.0", ExposureTime="5"), keyed).dataset
    assert dataset.StudyDescription == "XR CHEST AP PORTABLE"
    assert (dataset.BodyPartExamined, dataset.ViewPosition, dataset.Modality) == (
        "CHEST",
        "AP",
        "CR",
    )
    assert (dataset.KVP, dataset.ExposureTime) == (125.0, 5)
    assert dataset.Manufacturer == "Kestrel Imaging"
    assert dataset.PixelData == film().PixelData


def test_dates_move_together_and_times_stay(film, keyed):
    source = film(SeriesDate="20210305", AcquisitionDateTime="20210302112400.5+0100")
    source.add(DataElement("ContentDate", "DA", "2021.03.02", already_converted=True))
    offset = keyed.patient("NGH0038126", "", "").offset
    dataset = clean_dataset(source, keyed).dataset
    study = datetime.date(2021, 3, 2) + offset
    assert dataset.StudyDate == dataset.ContentDate == study.strftime(DATES)
    assert dataset.SeriesDate == (study + datetime.timedelta(days=3)).strftime(DATES)
    assert dataset.AcquisitionDateTime == study.strftime(DATES) + "112400.5+0100"
    assert dataset.StudyTime == "112359"


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("StudyDate", "20210302-20210305", ""),  # type 2: emptied
        ("StudyDate", "DOE", ""),
        ("SeriesDate", "2021", None),  # type 3: removed
        ("StudyTime", "Davidson", ""),
        ("AcquisitionDateTime", "2021", None),
        ("TimezoneOffsetFromUTC", "+0100", "+0100"),
        ("TimezoneOffsetFromUTC", "Northgate", None),
    ],
)
def test_malformed_dates_do_not_get_through(film, keyed, keyword, value, expected):
    source = film(**{keyword: None})
    source.add(DataElement(keyword, dictionary_VR(keyword), value, already_converted=True))
    clean = clean_dataset(source, keyed).dataset
    assert clean.get(keyword) == expected


def test_private_overlay_curve_and_unknown_elements_are_removed_at_every_depth(film, keyed):
    source, item = film(), Dataset()
    for dataset in (source, item):
        dataset.add_new(0x00090010, "LO", "KESTREL")
        dataset.add_new(0x00091001, "LO", "Davidson^Douglas")
        dataset.add_new(0x60000022, "LO", "Davidson")
        dataset.add_new(0x60003000, "OW", b"\0\0")
        dataset.add_new(0x50000030, "SH", "Davidson")
        dataset.add_new(0x00185555, "LO", "Davidson")
        dataset.add_new(0x00080000, "UL", 4)
        dataset.add_new(0x00041130, "CS", "NORTHGATE")  # of a DICOMDIR
    item.CodeMeaning = "Chest"
    source.AnatomicRegionSequence = [item]
    clean = clean_dataset(source, keyed).dataset
    assert list(clean.AnatomicRegionSequence[0].dir()) == ["CodeMeaning"]
    assert not [element for element in clean if element.tag.is_private]
    assert {element.tag.group for element in clean} <= {0x08, 0x10, 0x18, 0x20, 0x28, 0x7FE0}
    assert 0x00185555 not in clean


def test_icon_is_removed(film, keyed):
    icon = Dataset()
    icon.PixelData = b"\0\0"
    assert "IconImageSequence" not in clean_dataset(film(IconImageSequence=[icon]), keyed).dataset


def test_file_meta_and_preamble_say_nothing(film, keyed):
    source = film()
    source.preamble = b"Davidson".ljust(128, b" ")
    source.file_meta.SourceApplicationEntityTitle = "NGH-DX-02"
    source.file_meta.PrivateInformationCreatorUID = "1.2.3"
    clean = clean_dataset(source, keyed).dataset
    assert clean.preamble == bytes(128)
    assert list(clean.file_meta.dir()) == ["TransferSyntaxUID"]


def test_references_are_remapped_and_classes_stay(film, keyed):
    reference, step = Dataset(), Dataset()
    step.ReferencedSOPClassUID = reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    step.ReferencedSOPInstanceUID = reference.ReferencedSOPInstanceUID = "1.2.3.4.9"
    clean = clean_dataset(
        film(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1",  # DX, where the step is of type 1C
            ReferencedPerformedProcedureStepSequence=[step],
            StudiesContainingOtherReferencedInstancesSequence=[reference],
        ),
        keyed,
    ).dataset
    for keyword in (
        "ReferencedPerformedProcedureStepSequence",
        "StudiesContainingOtherReferencedInstancesSequence",
    ):
        item = clean[keyword].value[0]
        assert item.ReferencedSOPInstanceUID == keyed.uid("1.2.3.4.9")
        assert item.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.1"


def test_descriptions_in_cleaned_sequences_are_cleaned(film, keyed):
    request, code = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "CXR1", "99NORTHGATE"
    code.CodeMeaning = "Chest for Whoever Smith"
    request.ScheduledProcedureStepDescription = "CHEST PA Davidson"
    request.RequestedProcedureID = "RP77"
    request.ScheduledProtocolCodeSequence = [code]
    clean = clean_dataset(film(RequestAttributesSequence=[request]), keyed).dataset
    (item,) = clean.RequestAttributesSequence
    assert item.ScheduledProcedureStepDescription == "CHEST PA"
    assert "RequestedProcedureID" not in item
    assert item.ScheduledProtocolCodeSequence[0].CodeMeaning == "Chest"
    assert item.ScheduledProtocolCodeSequence[0].CodingSchemeDesignator == "99ANON"


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("Manufacturer", "Kestrel for Davidson", "Kestrel for"),
        ("SoftwareVersions", ["4.2", "NGH0038126"], ["4.2", ""]),
        ("FilterType", "DAVIDSON", ""),  # not in the table
        ("KVP", "125", 125),
        ("SeriesNumber", "3", 3),
    ],
)
def test_known_identity_is_cut_out_of_what_the_profile_keeps(film, keyed, keyword, value, expected):
    assert clean_dataset(film(**{keyword: value}), keyed).dataset.get(keyword) == expected


def test_code_of_a_body_part_stays_for_a_patient_of_that_name(film, keyed):
    dataset = clean_dataset(film(PatientName="Hand^Peter", BodyPartExamined="HAND"), keyed).dataset
    assert dataset.BodyPartExamined == "HAND"


def test_binary_value_that_holds_a_name_is_removed_and_a_table_is_not(film, keyed):
    table = bytes(range(256)) * 8
    source = film(RedPaletteColorLookupTableData=table)
    source.GreenPaletteColorLookupTableData = table + "Davidson".encode("utf-16-le")
    clean = clean_dataset(source, keyed).dataset
    assert clean.RedPaletteColorLookupTableData == table
    assert "GreenPaletteColorLookupTableData" not in clean


def test_value_that_broke_its_vr_is_removed(film, keyed, tmp_path):
    write_dataset(film(ExposureTime="12345678"), tmp_path / "film.dcm")
    broken = (tmp_path / "film.dcm").read_bytes().replace(b"12345678", b"Davidson")
    assert "ExposureTime" not in clean_dataset(read_dataset(broken), keyed).dataset


def test_original_stays_as_it_is(film, keyed):
    item = Dataset()
    item.CodeMeaning = "Chest of Davidson"
    source = film(AnatomicRegionSequence=[item], SoftwareVersions=["1", "Davidson"])
    before = copy.deepcopy(source)
    clean = clean_dataset(source, keyed).dataset
    mark_deidentified(clean, frozenset(), pixels_searched=True)
    assert source == before
    assert source.file_meta == before.file_meta


def test_same_key_gives_the_same_film_and_another_key_another(film, keyed):
    first, second = clean_dataset(film(), keyed), clean_dataset(film(), keyed)
    assert first.dataset == second.dataset
    assert first.actions == second.actions
    other = clean_dataset(film(), KeyedHash(b"other" * 8))
    for keyword in ("PatientID", "StudyID", "SOPInstanceUID", "AccessionNumber", "StudyDate"):
        assert other.dataset[keyword].value != first.dataset[keyword].value


def test_film_without_patient_id_gets_one_of_its_study(film, keyed):
    one = clean_dataset(film(PatientID=None), keyed)
    same = clean_dataset(film(PatientID=None, SOPInstanceUID="1.2.9"), keyed)
    other = clean_dataset(film(PatientID=None, StudyInstanceUID="1.2.8"), keyed)
    assert one.patient == same.patient != other.patient
    assert one.dataset.PatientID == one.patient


def test_two_patients_with_one_name_stay_two(film, keyed):
    one = clean_dataset(film(PatientID="A100"), keyed)
    other = clean_dataset(film(PatientID="A200"), keyed)
    assert one.patient != other.patient


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.parametrize("value", [None, ""])
def test_film_without_its_uids_is_refused(film, keyed, keyword, value):
    with pytest.raises(UnreadableDicom) as caught:
        clean_dataset(film(**{keyword: value}), keyed)
    assert caught.value.reason is Reason.MISSING_UID


def test_actions_are_counted_by_code(film, keyed):
    actions = clean_dataset(film(InstitutionAddress="14 Foundry Lane"), keyed).actions
    assert set(actions) <= set("DZXKCU")
    assert actions["U"] == 3
    assert sum(actions.values()) == len(film()) + 1


@pytest.mark.parametrize(
    ("options", "keyword", "value"),
    [
        ({Option.RETAIN_UIDS}, "SOPInstanceUID", "1.2.3.4.1"),
        ({Option.RETAIN_FULL_DATES}, "StudyDate", "20210302"),
        (
            {Option.RETAIN_INSTITUTION_IDENTITY},
            "InstitutionName",
            "Northgate General Hospital",
        ),
        ({Option.RETAIN_PATIENT_CHARACTERISTICS}, "PatientSex", "M"),
        ({Option.RETAIN_PATIENT_CHARACTERISTICS}, "PatientAge", "090Y"),
        ({Option.RETAIN_DEVICE_IDENTITY}, "DeviceSerialNumber", "KI30482"),
        (set(), "StudyDescription", None),
        (set(), "StudyDate", ""),
        (set(), "PatientAge", None),
    ],
)
def test_options_keep_what_they_name(film, keyed, options, keyword, value):
    source = film(PatientAge="093Y", DeviceSerialNumber="KI30482")
    assert clean_dataset(source, keyed, frozenset(options)).dataset.get(keyword) == value


def test_options_that_contradict_are_refused(film, keyed):
    both = frozenset({Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES})
    with pytest.raises(SettingsError):
        clean_dataset(film(), keyed, both)


@pytest.mark.parametrize(
    ("options", "codes", "dates"),
    [
        (set(), ["113100"], "REMOVED"),
        (
            {Option.CLEAN_DESCRIPTORS, Option.RETAIN_MODIFIED_DATES},
            ["113100", "113105", "113107"],
            "MODIFIED",
        ),
        (
            {Option.RETAIN_FULL_DATES, Option.RETAIN_UIDS},
            ["113100", "113106", "113110"],
            "UNMODIFIED",
        ),
        (
            {
                Option.RETAIN_PATIENT_CHARACTERISTICS,
                Option.RETAIN_DEVICE_IDENTITY,
                Option.RETAIN_INSTITUTION_IDENTITY,
            },
            ["113100", "113108", "113109", "113112"],
            "REMOVED",
        ),
    ],
)
def test_method_is_stated(options, codes, dates):
    dataset = Dataset()
    mark_deidentified(dataset, frozenset(options), pixels_searched=False)
    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.DeidentificationMethod
    assert [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence] == codes
    assert {item.CodingSchemeDesignator for item in dataset.DeidentificationMethodCodeSequence} == {
        "DCM"
    }
    assert dataset.LongitudinalTemporalInformationModified == dates
    assert "BurnedInAnnotation" not in dataset
