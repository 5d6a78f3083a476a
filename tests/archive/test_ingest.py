"""Taking films in: each file ends as a film, a duplicate or a rejection, once."""

import os
import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest

from films_on_disk import write_film, write_films
from plainfilm.archive import Archive
from plainfilm.demo import stable_uid
from plainfilm.engine import LocalEngine
from plainfilm.errors import BadSource, Reason, UnreadableDicom
from plainfilm.records import SourceReport


def _outcomes(archive: Archive) -> dict[str, str]:
    rows = archive.rows("SELECT path, member, outcome, reason FROM source_file")
    return {
        Path(row["path"]).name + (f"!{row['member']}" if row["member"] else ""): row["reason"]
        or row["outcome"]
        for row in rows
    }


def test_a_folder_of_films_becomes_patients_studies_series_and_films(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    summary = archive.ingest([write_films(tmp_path / "in", 8)], engine=engine)
    assert (summary.films, summary.rejected.total()) == (8, 0)
    counts = archive.counts()
    assert [counts[k] for k in ("patient", "study", "series", "film")] == [2, 4, 8, 8]


def test_ingest_again_takes_nothing_twice(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 4)
    (folder / "note.txt").write_text("not a film")
    archive.ingest([folder], engine=engine)
    again = archive.ingest([folder], engine=engine)
    assert (again.films, again.known, again.rejected.total()) == (0, 5, 0)
    assert archive.counts()["film"] == 4


def test_the_same_source_named_twice_is_one(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 3)
    summary = archive.ingest([folder, folder / "001.dcm"], engine=engine)
    assert (summary.films, summary.duplicates, summary.rejected.total()) == (3, 0, 0)


def test_same_film_twice_is_one_film(archive: Archive, engine: LocalEngine, tmp_path: Path) -> None:
    folder = write_films(tmp_path / "in", 2)
    shutil.copy(folder / "000.dcm", folder / "copy.dcm")
    summary = archive.ingest([folder], engine=engine)
    assert (summary.films, summary.duplicates) == (2, 1)
    later = write_films(tmp_path / "later", 1)
    assert archive.ingest([later], engine=engine).duplicates == 1
    assert archive.counts()["film"] == 2


@pytest.mark.parametrize("together", [True, False], ids=["in one ingest", "in two"])
def test_same_uid_with_other_content_is_rejected_naming_both_paths(
    archive: Archive, engine: LocalEngine, tmp_path: Path, together: bool
) -> None:
    first = write_film(tmp_path / "in" / "a.dcm", 1)
    if not together:
        archive.ingest([first], engine=engine)
    second = write_film(tmp_path / "in" / "b.dcm", 1, StudyDescription="CHEST")
    summary = archive.ingest([tmp_path / "in"], engine=engine)
    (rejection,) = summary.rejections
    assert rejection.reason is Reason.UID_CONFLICT
    assert rejection.location is not None
    assert rejection.location.path == second
    assert str(first) in rejection.detail
    assert archive.counts()["film"] == 1


def test_a_film_that_moved_is_found_at_its_new_place(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    first = write_film(tmp_path / "in" / "a.dcm", 1)
    archive.ingest([first], engine=engine)
    first.rename(tmp_path / "b.dcm")
    assert archive.ingest([tmp_path / "b.dcm"], engine=engine).films == 1
    (row,) = archive.rows("SELECT path FROM film")
    assert row["path"] == str(tmp_path / "b.dcm")


def test_a_file_that_changed_is_read_again(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    path = write_film(tmp_path / "a.dcm", 1, StudyDescription="CHEST")
    archive.ingest([path], engine=engine)
    write_film(path, 1, StudyDescription="CHEST PA AND LATERAL")
    assert archive.ingest([path], engine=engine).films == 1
    rows = archive.rows("SELECT StudyDescription FROM tags")
    assert rows == [{"StudyDescription": "CHEST PA AND LATERAL"}]
    path.write_bytes(b"")
    summary = archive.ingest([path], engine=engine)
    assert summary.rejected == {Reason.EMPTY_FILE: 1}
    assert archive.counts()["film"] == 0


def test_bad_files_are_rejections_with_their_reason(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    whole = write_film(folder / "good.dcm", 1).read_bytes()
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "text.dcm").write_text("Dear colleague, " * 100)
    (folder / "cut_in_header.dcm").write_bytes(whole[:400])
    (folder / "cut_in_pixels.dcm").write_bytes(whole[:-50])
    without_uid = pydicom.dcmread(write_film(folder / "no_uid.dcm", 2))
    del without_uid.SOPInstanceUID
    without_uid.save_as(folder / "no_uid.dcm", enforce_file_format=False)
    os.mkfifo(folder / "pipe.dcm")
    archive.ingest([folder], engine=engine)
    assert _outcomes(archive) == {
        "good.dcm": "film",
        "empty.dcm": "empty_file",
        "text.dcm": "not_dicom",
        "cut_in_header.dcm": "truncated_header",
        "cut_in_pixels.dcm": "truncated_pixels",
        "no_uid.dcm": "missing_uid",
        "pipe.dcm": "file_unreadable",
    }


def test_a_file_name_that_is_no_text_is_a_rejection(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    path = write_film(tmp_path / "in" / "a.dcm", 1)
    path.rename(path.parent / "\udcff.dcm")  # the byte FF, which is no UTF-8
    summary = archive.ingest([tmp_path / "in"], engine=engine)
    assert summary.rejected == {Reason.FILE_UNREADABLE: 1}


def test_a_file_that_vanishes_before_it_is_read_is_a_rejection(
    archive: Archive, engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_films(tmp_path / "in", 3)

    class VanishingEngine(LocalEngine):
        def run(self, step, batches):  # type: ignore[no-untyped-def]
            for batch in batches:
                (folder / "001.dcm").unlink()
                yield from super().run(step, [batch])

    summary = archive.ingest([folder], engine=VanishingEngine(workers=1))
    assert summary.films == 2
    assert summary.rejected == {Reason.FILE_VANISHED: 1}


def test_a_film_without_patient_id_is_its_studys_own_patient(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    for number in (0, 1, 2):
        write_film(tmp_path / "in" / f"{number}.dcm", number, PatientID=None)
    archive.ingest([tmp_path / "in"], engine=engine)
    assert archive.counts()["patient"] == 2


def test_a_source_that_does_not_exist_is_an_error(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    with pytest.raises(BadSource, match="does not exist"):
        archive.ingest([tmp_path / "nowhere"], engine=engine)


def test_the_archive_itself_is_passed_over(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    write_films(tmp_path / "in", 2)
    archive.ingest([tmp_path / "in"], engine=engine, copy=True)
    assert archive.ingest([tmp_path], engine=engine).known == 2


def test_a_circle_of_linked_folders_ends(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 2)
    (folder / "again").symlink_to(folder)
    assert archive.ingest([folder], engine=engine).films == 2


def test_copied_films_stand_in_objects_and_outlive_their_source(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 2)
    content = (folder / "000.dcm").read_bytes()
    archive.ingest([folder], engine=engine, copy=True)
    shutil.rmtree(folder)
    (row,) = archive.rows(
        "SELECT path FROM film WHERE sop_instance_uid = $uid", uid=stable_uid("film", 0)
    )
    assert (archive.path / row["path"]).read_bytes() == content


def test_zip_members_are_films_where_they_are(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 2)
    with zipfile.ZipFile(tmp_path / "films.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(folder / "000.dcm", "sub/a.dcm")
        zipped.write(folder / "001.dcm", "../climbs.dcm")
        zipped.writestr("note.txt", "hello")
    archive.ingest([tmp_path / "films.zip"], engine=engine)
    assert _outcomes(archive) == {
        "films.zip!sub/a.dcm": "film",
        "films.zip!../climbs.dcm": "unsafe_zip_path",
        "films.zip!note.txt": "not_dicom",
    }
    assert archive.ingest([tmp_path / "films.zip"], engine=engine).known == 2


def test_a_zip_that_would_expand_too_far_is_refused_unopened(
    tmp_path: Path, engine: LocalEngine
) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("zeros.dcm", bytes(3 << 20))
    with Archive.create(tmp_path / "archive"):
        pass
    settings = tmp_path / "archive" / "plainfilm.toml"
    settings.write_text(settings.read_text().replace("zip_max_gib = 64.0", "zip_max_gib = 0.002"))
    with Archive.open(tmp_path / "archive") as archive:
        summary = archive.ingest([tmp_path / "bomb.zip"], engine=engine)
    assert summary.rejected == {Reason.ZIP_TOO_LARGE: 1}


def test_a_damaged_zip_is_a_rejection(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    summary = archive.ingest([tmp_path / "broken.zip"], engine=engine)
    assert summary.rejected == {Reason.BAD_ZIP: 1}


def test_workers_and_one_process_give_the_same_archive(tmp_path: Path) -> None:
    folder = write_films(tmp_path / "in", 9)
    found = []
    for workers in (1, 2):
        with (
            Archive.create(tmp_path / f"archive{workers}") as archive,
            LocalEngine(workers) as engine,
        ):
            archive.ingest([folder], engine=engine)
            found.append(archive.rows("SELECT * FROM tags ORDER BY SOPInstanceUID"))
    for row in found[0] + found[1]:
        row.pop("film_id")
    assert found[0] == found[1]


DICOMDIR_TREE = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"


@pytest.mark.parametrize("source", [".", "DICOMDIR"])
def test_a_dicomdir_leads_to_its_films_and_is_none_itself(
    archive: Archive, engine: LocalEngine, tmp_path: Path, source: str
) -> None:
    medium = tmp_path / "medium"
    names = ["DICOMDIR", "77654033", "98892001", "98892003"]
    for name in names:
        copy = shutil.copytree if (DICOMDIR_TREE / name).is_dir() else shutil.copy
        medium.mkdir(exist_ok=True)
        copy(DICOMDIR_TREE / name, medium / name)
    summary = archive.ingest([medium / source], engine=engine)
    assert (summary.films, summary.rejected.total()) == (31, 0)


def test_what_a_dicomdir_lists_and_its_folder_lacks_is_rejected(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    shutil.copy(DICOMDIR_TREE / "DICOMDIR", tmp_path / "DICOMDIR")
    summary = archive.ingest([tmp_path / "DICOMDIR"], engine=engine)
    assert summary.rejected == {Reason.LISTED_FILE_MISSING: 31}


def test_a_file_that_could_not_be_opened_is_tried_again(
    archive: Archive, engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_films(tmp_path / "in", 2)

    def refused(*_: object, **__: object) -> None:
        raise UnreadableDicom("not now", Reason.FILE_UNREADABLE)

    with monkeypatch.context() as patch:
        patch.setattr("plainfilm.archive.read_files.read_header", refused)
        assert archive.ingest([folder], engine=engine).rejected == {Reason.FILE_UNREADABLE: 2}
    assert archive.ingest([folder], engine=engine).films == 2
    assert archive.counts()["rejected"] == 0


def test_a_duplicate_takes_the_place_of_its_film(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    """In the same ingest where the film went bad; and where its file is gone."""
    film = write_film(tmp_path / "in" / "b" / "film.dcm", 1)
    archive.ingest([film], engine=engine)
    (tmp_path / "in" / "a").mkdir()
    copy = Path(shutil.copy(film, tmp_path / "in" / "a" / "copy.dcm"))
    assert archive.ingest([copy], engine=engine).duplicates == 1
    film.write_bytes(b"")
    summary = archive.ingest([tmp_path / "in"], engine=engine)
    assert (summary.films, summary.rejected) == (1, {Reason.EMPTY_FILE: 1})
    assert archive.rows("SELECT path FROM film") == [{"path": str(copy)}]

    shutil.copy(copy, film)
    assert archive.ingest([film], engine=engine).duplicates == 1
    copy.unlink()
    assert archive.ingest([tmp_path / "in"], engine=engine).films == 1
    assert archive.rows("SELECT path FROM film") == [{"path": str(film)}]


def test_a_duplicate_that_changes_leaves_its_film_alone(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "in" / "a.dcm", 1)
    copy = Path(shutil.copy(film, tmp_path / "in" / "b.dcm"))
    archive.ingest([tmp_path / "in"], engine=engine)
    before = archive.rows("SELECT film_id FROM film")
    copy.write_bytes(b"")
    archive.ingest([tmp_path / "in"], engine=engine)
    assert archive.rows("SELECT film_id FROM film") == before


def test_a_conflict_is_judged_anew_when_the_other_film_goes(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    first = write_film(tmp_path / "in" / "a.dcm", 1)
    write_film(tmp_path / "in" / "b.dcm", 1, StudyDescription="CHEST")
    archive.ingest([tmp_path / "in"], engine=engine)
    first.write_bytes(b"")
    summary = archive.ingest([tmp_path / "in"], engine=engine)
    assert (summary.films, summary.rejected) == (1, {Reason.EMPTY_FILE: 1})


def test_a_corrected_patient_id_reaches_the_catalog(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    path = write_film(tmp_path / "a.dcm", 1, PatientID="OLD", AccessionNumber="OLD")
    archive.ingest_reports([SourceReport("r", "text", accession_number="NEW-NUMBER")])
    archive.ingest([path], engine=engine)
    write_film(path, 1, PatientID="CORRECTED", AccessionNumber="NEW-NUMBER")
    assert archive.ingest([path], engine=engine).linked_reports == 1
    assert archive.rows("SELECT patient_id FROM patient") == [{"patient_id": "CORRECTED"}]
    assert archive.counts()["study"] == 1


def test_a_file_that_could_not_be_looked_at_is_forgotten_once_it_can(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 1)
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    archive.ingest([folder], engine=engine)
    assert archive.counts()["rejected"] == 1
    (folder / "broken.zip").unlink()
    archive.ingest([folder], engine=engine)
    assert archive.counts()["rejected"] == 0
