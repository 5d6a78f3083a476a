"""Everything that the sample claims to hold is really in the files that were written."""

import csv
import hashlib
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from plainfilm.demo import SampleSource, build_sample_source
from plainfilm.demo._tables import TRANSFER_SYNTAXES
from plainfilm.demo._wrap import bundled_frame
from plainfilm.dicom import Dataset, decode_film, read_dataset, read_header, render_display
from plainfilm.errors import InputError, Reason, UnreadableDicom
from plainfilm.records import Location


@pytest.fixture(scope="module")
def datasets(sample: SampleSource) -> dict[str, Dataset]:
    """Each good film as it reads back, by the name of its bundled JPEG."""
    return {film.film: read_dataset(location) for location, film in sample.films}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_building_twice_gives_the_same_bytes_within_ten_seconds(sample, tmp_path):
    start = time.perf_counter()
    build_sample_source(tmp_path)
    assert time.perf_counter() - start < 10
    assert digests(tmp_path) == digests(sample.folder.parent)


def test_building_over_an_earlier_sample_changes_nothing(tmp_path):
    build_sample_source(tmp_path)
    before = digests(tmp_path)
    build_sample_source(tmp_path)
    assert digests(tmp_path) == before


def test_the_export_holds_the_films_and_the_planted_files_and_nothing_else(sample):
    written = {path for path in sample.folder.rglob("*") if path.is_file()}
    films = {location.path for location, _ in sample.films}
    others = {*sample.duplicates, *(location for location, _ in sample.rejections)}
    assert written == films | {location.path for location in others}


def test_counts_are_those_of_the_scenario(sample):
    assert len(sample.films) == 24
    assert (sample.patients, sample.studies, sample.report_count) == (17, 23, 24)
    assert len(sample.duplicates) == 1
    assert Counter(reason for _, reason in sample.rejections) == {
        Reason.NOT_DICOM: 3,
        Reason.EMPTY_FILE: 1,
        Reason.TRUNCATED_HEADER: 1,
        Reason.TRUNCATED_PIXELS: 1,
        Reason.STRUCTURED_REPORT: 1,
        Reason.UID_CONFLICT: 1,
    }
    assert len(sample.burned_in) == 4
    assert len(sample.wrong_body_part) == 3
    assert len(sample.without_view) == 3
    assert len(sample.unlinked_reports) == 1


def test_the_header_reader_agrees_on_every_film(sample, datasets):
    for location, film in sample.films:
        header, dataset = read_header(location), datasets[film.film]
        assert header.pixels_complete
        assert header.transfer_syntax_uid == film.transfer_syntax_uid
        assert header.tags["PatientName"] == str(dataset.PatientName)
        assert header.tags["AccessionNumber"] == dataset.AccessionNumber
        assert header.tags["SOPInstanceUID"] == dataset.SOPInstanceUID


def test_headers_have_the_catalog_counts(sample, datasets):
    assert len({dataset.PatientID for dataset in datasets.values()}) == sample.patients
    assert len({dataset.StudyInstanceUID for dataset in datasets.values()}) == sample.studies
    assert len({dataset.SOPInstanceUID for dataset in datasets.values()}) == len(sample.films)


def test_films_of_one_study_share_their_patient_and_accession_number(datasets):
    owners = {(ds.StudyInstanceUID, ds.PatientID, ds.AccessionNumber) for ds in datasets.values()}
    assert len(owners) == len({study for study, _, _ in owners})


def test_headers_are_as_rich_as_real_ones(datasets):
    for dataset in datasets.values():
        assert len(dataset) >= 80
        assert sum(element.VR == "SQ" for element in dataset) >= 5
        assert sum(element.tag.is_private for element in dataset) >= 5
        for keyword in ("RequestAttributesSequence", "ProcedureCodeSequence"):
            assert dataset[keyword].value


def test_films_are_in_the_transfer_syntax_of_the_table(sample, datasets):
    for _, film in sample.films:
        dataset = datasets[film.film]
        assert dataset.file_meta.TransferSyntaxUID == TRANSFER_SYNTAXES[film.transfer_syntax]
        assert dataset.PhotometricInterpretation == film.photometric
        assert dataset.BitsStored == film.bits_stored
        assert dataset.Modality == film.modality


def test_every_film_is_shown_as_it_was_bundled(sample):
    burned = {film.location: film.box for film in sample.burned_in}
    for location, film in sample.films:
        shown, expected = render_display(location).astype(int), bundled_frame(film.film).astype(int)
        assert shown.shape == expected.shape
        if location in burned:
            top, left, height, width = burned[location]
            shown[top : top + height, left : left + width] = 0
            expected[top : top + height, left : left + width] = 0
        if film.voi == "none":  # the display range is the renderer's choice
            assert np.corrcoef(shown.ravel(), expected.ravel())[0, 1] > 0.98
        else:
            assert np.abs(shown - expected).max() <= 2


def test_monochrome1_films_store_bright_as_low(sample):
    for location, film in sample.films:
        stored = decode_film(location).frame.astype(float)
        correlation = np.corrcoef(stored.ravel(), bundled_frame(film.film).ravel())[0, 1]
        assert (correlation < 0) == (film.photometric == "MONOCHROME1")


def test_burned_in_fields_are_text_and_the_film_beneath_is_gone(sample):
    films = dict(sample.films)
    for burned in sample.burned_in:
        top, left, height, width = burned.box
        field = render_display(burned.location)[top : top + height, left : left + width]
        ink_and_ground = (field < 40) | (field > 215)
        assert ink_and_ground.mean() > 0.99
        assert 0.05 < min((field < 128).mean(), (field >= 128).mean()) < 0.3
        dataset = read_dataset(burned.location)
        assert dataset.PatientID in burned.lines[1]
        assert str(dataset.PatientName.family_name) in burned.lines[0]
        assert films[burned.location].burned_in in ("corner", "box")


def test_the_burned_in_tag_tells_the_truth_on_one_film_only(sample):
    tags = [read_dataset(film.location).get("BurnedInAnnotation") for film in sample.burned_in]
    assert Counter(tags) == {None: 2, "NO": 1, "YES": 1}


def test_wrong_body_parts_contradict_the_series_description(sample):
    found = [read_dataset(location, pixels=False) for location in sample.wrong_body_part]
    assert sorted(ds.BodyPartExamined for ds in found) == ["ABDOMEN", "HAND", "KNEE"]
    assert all("CHEST" in ds.SeriesDescription for ds in found)


def test_films_without_a_view_tell_it_nowhere(sample):
    for location in sample.without_view:
        dataset = read_dataset(location, pixels=False)
        assert not dataset.ViewPosition
        assert "ViewCodeSequence" not in dataset
        texts = (dataset.StudyDescription, dataset.SeriesDescription, dataset.ProtocolName)
        words = {word.upper() for text in texts for word in str(text).split()}
        assert not words & {"PA", "AP", "LAT", "LATERAL"}


def test_one_study_description_names_the_patient(datasets):
    naming = {
        ds.StudyInstanceUID
        for ds in datasets.values()
        if str(ds.PatientName.family_name) in ds.StudyDescription
    }
    assert len(naming) == 1


def test_descriptions_come_in_three_languages(datasets):
    descriptions = {dataset.StudyDescription for dataset in datasets.values()}
    assert {"Thorax p.a. stehend", "TORAX AP PORTATIL", "XR CHEST PORTABLE"} <= descriptions


@pytest.mark.parametrize(
    ("film", "character_set", "name"),
    [
        ("00003426_008.jpg", "ISO_IR 100", "Müller^Jürgen"),
        ("00002484_003.jpg", "ISO_IR 100", "García Peña^María José"),
        ("00010531_058.jpg", "ISO_IR 192", "Dvořáková^Zuzana"),
        ("00004976_000.jpg", ["", "ISO 2022 IR 87"], "Yamada^Tomoko=山田^朋子=やまだ^ともこ"),
    ],
)
def test_names_read_back_in_their_character_set(datasets, film, character_set, name):
    assert datasets[film].SpecificCharacterSet == character_set
    assert datasets[film].PatientName == name


def test_ages_follow_from_the_invented_dates(datasets):
    for dataset in datasets.values():
        days = int(dataset.StudyDate) - int(dataset.PatientBirthDate)
        assert dataset.PatientAge == f"{days // 10000:03d}Y"


def test_the_zip_file_holds_two_films(sample):
    members = [location for location, _ in sample.films if location.member]
    assert len(members) == 2
    with zipfile.ZipFile(members[0].path) as archive:
        assert sorted(archive.namelist()) == sorted(str(location.member) for location in members)


def test_the_duplicate_is_a_good_film_byte_for_byte(sample):
    (duplicate,) = sample.duplicates
    twins = [
        location
        for location, _ in sample.films
        if location.member is None and location.path.read_bytes() == duplicate.path.read_bytes()
    ]
    assert len(twins) == 1


def test_the_conflict_has_a_good_films_uid_and_other_pixels(sample, datasets, paths_by_kind):
    conflict = read_dataset(paths_by_kind["uid_conflict"])
    (twin,) = [ds for ds in datasets.values() if ds.SOPInstanceUID == conflict.SOPInstanceUID]
    assert not np.array_equal(decode_film(conflict).frame, decode_film(twin).frame)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("cut_in_pixels", Reason.TRUNCATED_PIXELS),
        ("cut_in_header", Reason.TRUNCATED_HEADER),
        ("empty", Reason.EMPTY_FILE),
        ("text_named_dcm", Reason.NOT_DICOM),
        ("text_file", Reason.NOT_DICOM),
        ("pdf_like", Reason.NOT_DICOM),
    ],
)
def test_broken_files_are_refused_for_the_planted_reason(sample, paths_by_kind, kind, reason):
    path = paths_by_kind[kind]
    assert (Location(path), reason) in sample.rejections
    with pytest.raises(InputError) as caught:
        read_dataset(path)
    assert caught.value.reason == reason


def test_the_cut_film_has_a_whole_header_and_a_uid_of_its_own(datasets, paths_by_kind):
    cut = read_header(paths_by_kind["cut_in_pixels"])
    assert cut.tags["Rows"] == 512
    assert not cut.pixels_complete
    assert cut.tags["SOPInstanceUID"] not in {ds.SOPInstanceUID for ds in datasets.values()}


def test_the_file_cut_in_its_header_is_dicom_up_to_there(paths_by_kind):
    data = paths_by_kind["cut_in_header"].read_bytes()
    assert data[128:132] == b"DICM"
    with pytest.raises(UnreadableDicom) as caught:
        read_header(data)
    assert caught.value.reason == Reason.TRUNCATED_HEADER


def test_the_structured_report_is_whole_but_has_no_pixels(datasets, paths_by_kind):
    path = paths_by_kind["no_pixels"]
    assert read_header(path).pixel_offset is None
    report = read_dataset(path)
    assert report.Modality == "SR"
    assert "PixelData" not in report
    assert report.StudyInstanceUID in {dataset.StudyInstanceUID for dataset in datasets.values()}


def test_reports_link_to_studies_by_accession_number(sample, datasets):
    with sample.reports.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "text", "accession_number"]
    accessions = {dataset.AccessionNumber for dataset in datasets.values()}
    unlinked = [row["id"] for row in rows if row["accession_number"] not in accessions]
    assert unlinked == list(sample.unlinked_reports)
    assert len(rows) == sample.report_count
    assert all("FINDINGS:" in row["text"] or "REPORT:" in row["text"] for row in rows)
