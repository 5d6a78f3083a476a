"""Without the originals: each kind of leak is found, and a good film has none."""

import numpy as np
import pytest

from plainfilm.deid import Option
from plainfilm.deid.check import check_folder
from plainfilm.dicom import DataElement, Dataset
from plainfilm.engine import LocalEngine


def test_film_of_a_good_tool_has_no_failure(check, clean_film):
    report = check(clean_film())
    assert report.leaks == 0
    assert not report.failures
    assert report.total.percent == 100
    assert report.films == 1


def test_untouched_film_fails_loudly(check, film, kinds):
    report = check(film())
    assert report.leaks > 5
    found = kinds(report)
    assert ("text_removed", "00100010", "name_remains") in found
    assert ("text_removed", "00080080", "value_remains") in found
    assert ("text_removed", "00081030", "free_text") in found
    assert ("date_shifted", "00100030", "date_remains") in found
    assert ("marks_set", "00120062", "not_said") in found


# One leak each: what is changed in a good film, and what has to be found.
LEAKS = [
    # element, value, action, path, reason
    ("PatientName", "Davidson^Douglas", "text_removed", "00100010", "name_remains"),
    ("OperatorsName", "Mbeki^Thandi", "text_removed", "00081070", "name_remains"),
    ("PatientAddress", "12 Fern Street", "text_removed", "00101040", "value_remains"),
    ("InstitutionName", "Northgate General", "text_removed", "00080080", "value_remains"),
    ("AccessionNumber", "NG21-0010344", "text_removed", "00080050", "value_remains"),
    ("StudyID", "77", "text_removed", "00200010", "value_remains"),
    ("PatientBirthDate", "19601103", "date_shifted", "00100030", "date_remains"),
    ("StudyDescription", "CHEST Davidson", "text_removed", "00081030", "free_text"),
    ("Manufacturer", "for Dr. Miller", "text_removed", "00080070", "name_in_text"),
    ("Manufacturer", "Doe^Jane", "text_removed", "00080070", "name_in_text"),
    ("Manufacturer", "made 03.04.1956", "text_removed", "00080070", "date_in_text"),
    ("Manufacturer", "call 555-123-4567", "text_removed", "00080070", "phone_in_text"),
    ("Manufacturer", "jane@example.org", "text_removed", "00080070", "email_in_text"),
    ("BurnedInAnnotation", "YES", "pixels_hidden", "00280301", "said_burned_in"),
]


@pytest.mark.parametrize(("keyword", "value", "action", "path", "reason"), LEAKS)
def test_a_leak_is_found(check, clean_film, kinds, keyword, value, action, path, reason):
    report = check(clean_film(**{keyword: value}))
    assert (action, path, reason) in kinds(report)
    assert report.leaks >= 1


def test_no_value_is_in_the_report(check, clean_film):
    report = check(clean_film(PatientName="Davidson^Douglas", PatientAddress="12 Fern Street"))
    shown = str(report.facts()).casefold()
    assert "davidson" not in shown
    assert "fern" not in shown


def test_leak_inside_a_sequence_is_found_at_its_path(check, clean_film, kinds):
    item = Dataset()
    item.PerformingPhysicianName = "Mbeki^Thandi"
    report = check(clean_film(RequestAttributesSequence=[item]))
    paths = {path for _, path, _ in kinds(report)}
    assert paths & {"00400275/00081050", "00400275"}


@pytest.mark.parametrize(
    ("tag", "vr", "value", "reason"),
    [
        (0x00091001, "LO", "Davidson", "private"),
        (0x60003000, "OW", b"\1\0", "overlay"),
        (0x50003000, "OW", b"\1\0", "curve"),
        (0x00090010, "LO", "KESTREL", "private"),
    ],
)
def test_what_is_in_no_clean_film_is_found(check, clean_film, kinds, tag, vr, value, reason):
    dataset = clean_film()
    dataset.add(DataElement(tag, vr, value))
    report = check(dataset)
    assert ("text_removed", f"{tag:08X}", reason) in kinds(report)


def test_preamble_and_file_meta_are_looked_at(check, clean_film, folder_of, kinds):
    folder = folder_of("marked", clean_film())
    path = folder / "0.dcm"
    path.write_bytes(b"DAVIDSON".ljust(128, b"\0") + path.read_bytes()[128:])
    report = check_folder(folder, engine=LocalEngine(1))
    assert ("text_removed", "preamble", "preamble") in kinds(report)


def test_text_in_the_pixels_is_found(check, clean_film, burn, kinds):
    frame = burn(np.full((256, 512), 90, np.uint8), "DOE^JANE 1956-03-04", 20, 100, scale=3)
    report = check(clean_film(Rows=256, Columns=512, PixelData=frame.tobytes()))
    assert ("pixels_hidden", "7FE00010", "text_in_pixels") in kinds(report)


@pytest.mark.parametrize("said", ["REMOVED", "", None])
def test_a_date_is_believed_only_where_it_is_said_to_be_moved(check, clean_film, kinds, said):
    dataset = clean_film(
        LongitudinalTemporalInformationModified=said, DeidentificationMethodCodeSequence=None
    )
    reason = "said_removed" if said == "REMOVED" else "date_remains"
    assert ("date_shifted", "00080020", reason) in kinds(check(dataset))


def test_options_that_were_asked_for_outdo_those_that_are_claimed(check, clean_film, kinds):
    report = check(clean_film(), options=frozenset({Option.CLEAN_DESCRIPTORS}))
    assert ("date_shifted", "00080020", "date_remains") in kinds(report)


def test_dummies_of_other_tools_are_no_leak(check, clean_film):
    report = check(
        clean_film(PatientName="ANONYMIZED", InstitutionName="Removed", PatientBirthDate="00010101")
    )
    assert report.leaks == 0


# What has to be there, and what has to agree.
@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize(
    ("changes", "action", "path", "reason"),
    [
        ({"PatientSex": None}, "tag_retained", "00100040", "missing"),
        ({"Modality": ""}, "text_notnull", "00080060", "empty"),
        ({"PatientID": None}, "patid_consistent", "00100020", "no_patient_id"),
        ({"SeriesInstanceUID": "1.02.3"}, "uid_consistent", "0020000E", "invalid_uid"),
        ({"AcquisitionDate": "20130401"}, "date_consistent", "00080020", "wrong_order"),
        ({"PatientIdentityRemoved": None}, "marks_set", "00120062", "not_said"),
        ({"BurnedInAnnotation": None}, "marks_set", "00280301", "not_said"),
        ({"PixelData": b"\0\0"}, "pixels_retained", "7FE00010", "cannot_be_decoded"),
    ],
)
def test_what_spoils_a_film_is_a_failure_but_no_leak(
    check, clean_film, kinds, changes, action, path, reason
):
    report = check(clean_film(**changes))
    assert (action, path, reason) in kinds(report)
    assert report.leaks == 0


# Two films: what the second one says, and what is wrong then.
@pytest.mark.parametrize(
    ("second", "action", "reason"),
    [
        ({}, "uid_consistent", "uid_used_twice"),
        (
            {"SOPInstanceUID": "2.25.9", "PatientID": "p2", "PatientName": "p2"},
            "uid_consistent",
            "study_of_two_patients",
        ),
        (
            {"SOPInstanceUID": "2.25.9", "StudyInstanceUID": "2.25.8"},
            "uid_consistent",
            "series_in_two_studies",
        ),
        (
            {"SOPInstanceUID": "2.25.9", "StudyDate": "20130502"},
            "date_consistent",
            "two_study_dates",
        ),
        (
            {"SOPInstanceUID": "2.25.9", "PatientName": "p000000000000000002"},
            "patid_consistent",
            "two_names",
        ),
    ],
)
def test_films_that_disagree_are_found(check, clean_film, kinds, second, action, reason):
    report = check(clean_film(), clean_film(**second))
    assert (action, reason) in {(found[0], found[2]) for found in kinds(report)}


def test_reference_to_a_film_of_another_patient_is_found(check, clean_film, kinds):
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    item.ReferencedSOPInstanceUID = "2.25.9"
    other = clean_film(
        SOPInstanceUID="2.25.9",
        StudyInstanceUID="2.25.8",
        SeriesInstanceUID="2.25.7",
        PatientID="p2",
        PatientName="p2",
    )
    report = check(clean_film(SourceImageSequence=[item]), other)
    assert ("uid_consistent", "00081155", "other_patients_film") in kinds(report)


def test_file_that_is_no_dicom_is_not_examined(check, clean_film, folder_of):
    folder = folder_of("mixed", clean_film())
    (folder / "patients.csv").write_text("old,new\n")
    report = check_folder(folder, engine=LocalEngine(1))
    assert report.unexamined == {"not_dicom": 1}
    assert report.films == 1


def test_text_that_only_a_colour_shows_is_found(check, clean_film, burn, kinds):
    field = np.full((256, 512), 45, np.uint8)
    ink = burn(np.zeros_like(field), "DOE^JANE 1956-03-04", 20, 100, scale=3) > 0
    # Blue on green, of one luminance.
    rgb = np.stack([np.zeros_like(field), np.where(ink, 0, field), np.where(ink, 232, 0)], axis=-1)
    pixels = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    report = check(
        clean_film(Rows=256, Columns=512, PixelData=rgb.astype(np.uint8).tobytes(), **pixels)
    )
    assert ("pixels_hidden", "7FE00010", "text_in_pixels") in kinds(report)
