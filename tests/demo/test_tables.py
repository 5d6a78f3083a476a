"""The tables of the scenario hold together, and the bundled files are all there."""

import re

from plainfilm.demo._planting import PLANTERS
from plainfilm.demo._tables import TRANSFER_SYNTAXES, bundled, load_scenario
from plainfilm.errors import Reason

FILMS = load_scenario().films


def test_every_bundled_film_is_in_the_table_once():
    bundled_films = {
        entry.name for entry in bundled("films").iterdir() if entry.name.endswith(".jpg")
    }
    assert sorted(film.film for film in FILMS) == sorted(bundled_films)
    assert len(FILMS) == 24


def test_bundled_films_stay_within_a_megabyte():
    assert sum(len(bundled("films", film.film).read_bytes()) for film in FILMS) < 1_000_000


def test_films_are_named_by_their_image_index_in_the_release():
    assert all(re.fullmatch(r"\d{8}_\d{3}\.jpg", film.film) for film in FILMS)


def test_the_attribution_links_the_release_and_cites_the_paper():
    text = bundled("films", "ATTRIBUTION.md").read_text("utf-8")
    assert "https://nihcc.app.box.com/v/ChestXray-NIHCC" in text
    assert "NIH Clinical Center" in text
    assert "CVPR 2017" in text


def test_no_identity_repeats_the_release():
    # The release numbers its patients by the first eight digits of a film's name.
    for film in FILMS:
        number = film.film[:8].lstrip("0")
        patient = film.study.patient
        assert number not in (patient.patient_id, patient.other_id)
        assert not patient.patient_id.endswith(film.film[:8])


def test_each_invented_patient_is_one_patient_of_the_release():
    pairs = {(film.film[:8], film.study.patient.patient) for film in FILMS}
    assert len(pairs) == len({patient for _, patient in pairs}) == len({nih for nih, _ in pairs})


def test_some_patients_have_several_films_and_one_study_has_two():
    per_patient = [film.study.patient.patient for film in FILMS]
    assert sum(per_patient.count(patient) > 1 for patient in set(per_patient)) >= 5
    per_study = [film.study.study for film in FILMS]
    assert sorted(per_study.count(study) for study in set(per_study))[-1] == 2


def test_every_transfer_syntax_and_both_photometric_interpretations_are_used():
    assert {film.transfer_syntax for film in FILMS} == set(TRANSFER_SYNTAXES)
    assert {film.photometric for film in FILMS} == {"MONOCHROME1", "MONOCHROME2"}
    assert {film.modality for film in FILMS} == {"CR", "DX"}
    assert {film.bits_stored for film in FILMS} == {8, 10, 12, 14}


def test_paths_are_unique():
    films = [(film.path, film.member) for film in FILMS]
    planted = [(planted.path, "") for planted in load_scenario().planted]
    assert len(set(films + planted)) == len(films + planted)


def test_no_path_carries_a_name():
    # Paths appear in messages and on the report page.
    names = {part.lower() for film in FILMS for part in re.findall(r"\w{4,}", patient_text(film))}
    for film in FILMS:
        assert not names & set(re.findall(r"\w{4,}", f"{film.path}/{film.member}".lower()))


def patient_text(film) -> str:
    return f"{film.study.patient.name} {film.study.patient.patient_id}"


def test_every_planted_kind_has_its_maker():
    assert [planted.kind for planted in load_scenario().planted] == list(PLANTERS)


def test_only_the_duplicate_has_no_reason():
    for planted in load_scenario().planted:
        assert (planted.outcome == "duplicate") == (planted.reason is None)
    reasons = [planted.reason for planted in load_scenario().planted if planted.reason]
    assert reasons.count(Reason.NOT_DICOM) == 3


def test_every_study_has_one_report_and_one_report_has_no_study():
    accessions = {film.study.accession_number for film in FILMS}
    reported = [report.accession_number for report in load_scenario().reports]
    assert len(set(reported)) == len(reported)
    assert accessions < set(reported)
    assert len(reported) == len(accessions) + 1


def test_reports_have_sections_and_some_name_the_patient():
    reports = load_scenario().reports
    assert all(re.search(r"^(IMPRESSION|CONCLUSION):", r.text, re.MULTILINE) for r in reports)
    families = {
        film.study.accession_number: film.study.patient.name.split("^")[0] for film in FILMS
    }
    naming = [r for r in reports if families.get(r.accession_number, "?") in r.text]
    assert 5 <= len(naming) < len(reports)


def test_short_strings_fit_their_value_representation():
    # PS3.5 table 6.2-1: SH holds 16 characters, LO 64.
    for film in FILMS:
        study = film.study
        for value in (study.accession_number, study.procedure_code, study.patient.phone):
            assert len(value) <= 16
        assert len(study.description) <= 64
