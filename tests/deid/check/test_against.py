"""With the originals: what leaked, what was lost, and what became of ids, dates and pixels."""

import numpy as np
import pytest

from plainfilm.deid import Deidentify, KeyedHash
from plainfilm.deid.check import check_folder
from plainfilm.dicom import Dataset, write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.errors import BadSource, BadTable
from plainfilm.records import Film, Location

KEY = b"k" * 32


def mapping_of(tmp_path, *pairs):
    path = tmp_path / "mapping.csv"
    path.write_text("id_old,id_new\n" + "".join(f"{old},{new}\n" for old, new in pairs))
    return path


@pytest.fixture
def against(check, film, clean_film, tmp_path):
    """Check one clean film against its original, paired by a table."""

    def run(clean=None, original=None, **changes):
        original = film() if original is None else original
        clean = clean_film(**changes) if clean is None else clean
        mapping = mapping_of(tmp_path, (original.SOPInstanceUID, clean.SOPInstanceUID))
        return check(clean, originals=(original,), mapping=mapping)

    return run


def test_film_of_a_good_tool_has_no_failure(against):
    report = against()
    assert not report.failures
    assert report.matched == 1


def test_films_of_plainfilm_have_no_failure(tmp_path, film, folder_of):
    originals = folder_of("originals", film(), film(SOPInstanceUID="1.2.3.4.2", ViewPosition="PA"))
    step = Deidentify(tmp_path / "out", KEY)
    for path in sorted(originals.iterdir()):
        uid = "1.2.3.4.1" if path.name == "0.dcm" else "1.2.3.4.2"
        step.process([Film(1, uid, Location(path))])
    report = check_folder(tmp_path / "out", engine=LocalEngine(1), source=originals, key=KEY)
    assert not report.failures
    assert (report.films, report.matched) == (2, 2)


def test_originals_against_themselves_fail_loudly(check, film, kinds):
    report = check(film(), originals=(film(),))
    found = kinds(report)
    assert report.matched == 1
    assert ("text_removed", "00100010", "unchanged") in found
    assert ("text_removed", "00100020", "unchanged") in found
    assert ("uid_changed", "00080018", "unchanged") in found
    assert ("date_shifted", "00080020", "unchanged") in found


# One leak each in a clean film, which only the original tells of.
LEAKS = [
    ("Manufacturer", "Kestrel for davidson", "text_removed", "00080070", "identity"),
    ("Manufacturer", "ngh0038126", "text_removed", "00080070", "identity"),
    ("ManufacturerModelName", "Northgate", "text_removed", "00081090", "identity"),
    ("InstitutionName", "Northgate", "text_removed", "00080080", "identity"),
    ("PatientName", "Davidson^D", "text_removed", "00100010", "identity"),
    ("PatientName", "Davidson^Douglas", "text_removed", "00100010", "unchanged"),
    ("PatientID", "NGH0038126", "text_removed", "00100020", "unchanged"),
    ("StudyID", "77", "text_removed", "00200010", "unchanged"),
    ("StudyDate", "20210302", "date_shifted", "00080020", "unchanged"),
    ("StudyInstanceUID", "1.2.3.4", "uid_changed", "0020000D", "unchanged"),
]


@pytest.mark.parametrize(("keyword", "value", "action", "path", "reason"), LEAKS)
def test_a_leak_is_found(against, kinds, keyword, value, action, path, reason):
    report = against(**{keyword: value})
    assert (action, path, reason) in kinds(report)
    assert report.leaks


def test_invented_name_is_no_leak(against):
    assert against(PatientName="Whitfield^Mary").leaks == 0


def test_identity_in_a_file_name_is_a_leak(film, clean_film, folder_of, tmp_path, kinds):
    folder = folder_of("clean", clean_film())
    (folder / "0.dcm").rename(folder / "Davidson Douglas.dcm")
    report = check_folder(
        folder,
        engine=LocalEngine(1),
        source=folder_of("originals", film()),
        mapping=mapping_of(tmp_path, ("1.2.3.4.1", "2.25.1")),
    )
    assert ("text_removed", "file name", "identity") in kinds(report)


# What was lost.
@pytest.mark.parametrize(
    ("changes", "action", "path", "reason"),
    [
        ({"BodyPartExamined": None}, "tag_retained", "00180015", "missing"),
        ({"ViewPosition": "PA"}, "text_retained", "00185101", "changed"),
        ({"StudyDescription": "XR CHEST"}, "text_retained", "00081030", "words_lost"),
        ({"StudyDescription": None}, "tag_retained", "00081030", "missing"),
        ({"Modality": None}, "text_notnull", "00080060", "missing"),
    ],
)
def test_what_is_lost_is_a_failure_but_no_leak(against, kinds, changes, action, path, reason):
    report = against(**changes)
    assert (action, path, reason) in kinds(report)
    assert report.leaks == 0


def test_filled_boxes_are_no_change_of_pixels(against, film):
    frame = np.frombuffer(film().PixelData, np.uint8).reshape(64, 64).copy()
    frame[10:20, 5:40] = 0
    frame[15:30, 30:60] = 7  # another box, over the first one
    assert not against(PixelData=frame.tobytes()).failures


def test_changed_pixels_are_found(against, film, kinds):
    frame = np.frombuffer(film().PixelData, np.uint8).reshape(64, 64) + 1
    report = against(PixelData=frame.astype(np.uint8).tobytes())
    assert ("pixels_retained", "7FE00010", "changed") in kinds(report)


# Two films of one patient in two studies, and what became of their ids and dates.
@pytest.mark.parametrize(
    ("second", "action", "reason"),
    [
        ({"PatientID": "p2", "PatientName": "p2"}, "patid_consistent", "patient_became_two"),
        ({"StudyDate": "20130701"}, "date_consistent", "offsets_differ"),
        ({"StudyInstanceUID": "2.25.2"}, "uid_consistent", "two_uids_became_one"),
    ],
)
def test_ids_and_dates_have_to_agree(
    check, film, clean_film, tmp_path, kinds, second, action, reason
):
    other = {"SOPInstanceUID": "1.2.3.5.1", "StudyInstanceUID": "1.2.3.5"}
    originals = (film(), film(**other, SeriesInstanceUID="1.2.3.5.0", StudyDate="20210402"))
    good = {
        "SOPInstanceUID": "2.25.11",
        "StudyInstanceUID": "2.25.12",
        "SeriesInstanceUID": "2.25.13",
        "StudyDate": "20130601",
    }
    mapping = mapping_of(tmp_path, ("1.2.3.4.1", "2.25.1"), ("1.2.3.5.1", "2.25.11"))
    report = check(
        clean_film(), clean_film(**(good | second)), originals=originals, mapping=mapping
    )
    assert (action, reason) in {(found[0], found[2]) for found in kinds(report)}


def test_two_patients_that_became_one_are_found(check, film, clean_film, tmp_path, kinds):
    other = film(
        SOPInstanceUID="1.2.3.5.1",
        StudyInstanceUID="1.2.3.5",
        SeriesInstanceUID="1.2.3.5.0",
        PatientID="NGH0099999",
    )
    clean = clean_film(
        SOPInstanceUID="2.25.11", StudyInstanceUID="2.25.12", SeriesInstanceUID="2.25.13"
    )
    mapping = mapping_of(tmp_path, ("1.2.3.4.1", "2.25.1"), ("1.2.3.5.1", "2.25.11"))
    report = check(clean_film(), clean, originals=(film(), other), mapping=mapping)
    assert ("patid_consistent", "00100020", "two_patients_became_one") in kinds(report)


# How originals are found.
def test_original_is_found_by_the_key(check, film, clean_film):
    clean = clean_film(SOPInstanceUID=KeyedHash(KEY).uid("1.2.3.4.1"))
    assert check(clean, originals=(film(),), key=KEY).matched == 1


def test_original_is_found_by_its_pixels(check, film, clean_film):
    assert check(clean_film(), originals=(film(),)).matched == 1


def test_two_originals_with_the_same_pixels_are_not_guessed_between(check, film, clean_film):
    report = check(clean_film(), originals=(film(), film(SOPInstanceUID="1.2.3.4.2")))
    assert (report.matched, report.unmatched) == (0, 1)


def test_of_two_files_with_one_uid_the_one_with_equal_pixels_is_the_original(
    check, film, clean_film, tmp_path
):
    other = np.zeros((64, 64), np.uint8)
    mapping = mapping_of(tmp_path, ("1.2.3.4.1", "2.25.1"))
    originals = (film(PixelData=other.tobytes(), ViewPosition="LL"), film())
    report = check(clean_film(), originals=originals, mapping=mapping)
    assert report.matched == 1
    assert not report.failures


@pytest.mark.parametrize(
    "text", ["old,new\n1,2\n", "id_old,id_new\n1.2,2.25.1\n1.3,2.25.1\n", "\xff"]
)
def test_mapping_that_cannot_be_used_is_refused(check, clean_film, film, tmp_path, text):
    path = tmp_path / "mapping.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(BadTable):
        check(clean_film(), originals=(film(),), mapping=path)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(BadSource):
        check_folder(tmp_path / "nowhere", engine=LocalEngine(1))


def test_workers_find_what_one_process_finds(clean_film, folder_of):
    films = [clean_film(SOPInstanceUID=f"2.25.{n}", Manufacturer="Doe^Jane") for n in (21, 22)]
    folder = folder_of("clean", *films)
    alone = check_folder(folder, engine=LocalEngine(1))
    with LocalEngine(2) as engine:
        assert check_folder(folder, engine=engine).facts() == alone.facts()


def test_sequence_that_the_profile_keeps_is_compared_item_by_item(against, film, kinds):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "36554-4", "LN", "XR Chest"
    original = film(ViewCodeSequence=[item])
    assert ("tag_retained", "00540220", "missing") in kinds(against(original=original))


def test_undecodable_original_does_not_stop_the_check(folder_of, film, clean_film, tmp_path):
    originals = folder_of("originals")
    write_dataset(film(PixelData=b"\0\0"), originals / "0.dcm")
    report = check_folder(
        folder_of("clean", clean_film()),
        engine=LocalEngine(1),
        source=originals,
        mapping=mapping_of(tmp_path, ("1.2.3.4.1", "2.25.1")),
    )
    assert report.matched == 1
