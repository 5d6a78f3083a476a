"""`deidentify` from the command line: its options, what it refuses, and going on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import Dataset, read_dataset, write_dataset
from structured_reports import make_report

Run = Callable[..., Any]
ONE = ("--workers", 1)
HEADERS = ("--headers-only", *ONE)


def film(number: int, **tags: object) -> Dataset:
    """A film of an invented patient."""
    return make_film(
        {
            "SOPInstanceUID": f"1.2.826.0.1.3680043.8.498.{number}.1",
            "StudyInstanceUID": f"1.2.826.0.1.3680043.8.498.{number}.2",
            "SeriesInstanceUID": f"1.2.826.0.1.3680043.8.498.{number}.3",
            "PatientName": "Davidson^Douglas",
            "PatientID": f"NGH00381{number:02d}",
            "PatientSex": "M",
            "StudyDate": "20210302",
            "StationName": "DX-2",
            "StudyDescription": "XR CHEST AP PORTABLE for Douglas Davidson",
            **tags,
        }
    )


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    write_dataset(film(1), folder / "1.dcm")
    write_dataset(film(2), folder / "2.dcm")
    return folder


def clean_films(out: Path) -> list[Dataset]:
    return [read_dataset(path) for path in sorted(out.rglob("*.dcm"))]


def test_films_come_out_clean_and_the_audit_beside_them(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    ran = plainfilm("deidentify", films, "--out", tmp_path / "out", *ONE)
    assert ran.code == 0
    assert "made the secret key" in ran.err
    assert str(tmp_path / "plainfilm.key") in ran.err
    one, two = clean_films(tmp_path / "out")
    assert one.StudyDescription == "XR CHEST AP PORTABLE"
    assert one.BurnedInAnnotation == "NO"
    assert one.PatientID != two.PatientID  # two patients of one name
    audit = tmp_path / "out.audit"
    assert (audit / "audit.html").is_file()
    assert pq.read_table(audit / "films.parquet").num_rows == 2
    assert (
        "made the secret key"
        not in plainfilm("deidentify", films, "--out", tmp_path / "out", *ONE).err
    )


@pytest.mark.parametrize(
    ("arguments", "keyword", "value"),
    [
        (("--retain", "device", "--retain", "uids"), "StationName", "DX-2"),
        (
            ("--retain", "uids"),
            "StudyInstanceUID",
            "1.2.826.0.1.3680043.8.498.1.2",
        ),
        (("--retain", "patient-characteristics"), "PatientSex", "M"),
        (("--dates", "full"), "StudyDate", "20210302"),
        (("--dates", "removed"), "StudyDate", ""),
        (("--remove-descriptions",), "StudyDescription", None),
    ],
)
def test_options_keep_what_they_name(
    plainfilm: Run, tmp_path: Path, arguments: tuple[str, ...], keyword: str, value: str | None
) -> None:
    write_dataset(film(1), tmp_path / "1.dcm")
    ran = plainfilm(
        "deidentify", tmp_path / "1.dcm", "--out", tmp_path / "out", *arguments, *HEADERS
    )
    assert ran.code == 0
    (clean,) = clean_films(tmp_path / "out")
    assert clean.get(keyword) == value
    assert "BurnedInAnnotation" not in clean


def test_rules_of_ones_own(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\ntag = "StationName"\naction = "keep"\n')
    command = ("deidentify", films, "--out", tmp_path / "out", "--rules", rules, *HEADERS)
    ran = plainfilm(*command)
    assert ran.code == 1
    assert "rule 1 (StationName)" in ran.err
    assert "i_know = true" in ran.err
    assert not (tmp_path / "plainfilm.key").exists()
    rules.write_text('[[rule]]\ntag = "StationName"\naction = "keep"\ni_know = true\n')
    assert plainfilm(*command).code == 0
    assert clean_films(tmp_path / "out")[0].StationName == "DX-2"


def test_running_again_adds_new_films(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    plainfilm("deidentify", films, "--out", tmp_path / "out", *HEADERS)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm")}
    write_dataset(film(3), films / "3.dcm")
    assert plainfilm("deidentify", films, "--out", tmp_path / "out", *HEADERS).code == 0
    after = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.dcm")}
    assert len(after) == 3
    assert before.items() <= after.items()


def test_folder_that_is_not_empty_is_refused(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")
    ran = plainfilm("deidentify", films, "--out", tmp_path / "out", *HEADERS)
    assert ran.code == 1
    assert "not empty" in ran.err
    assert not (tmp_path / "plainfilm.key").exists()


def test_another_key_for_the_same_output_is_refused(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    plainfilm("deidentify", films, "--out", tmp_path / "out", *HEADERS)
    ran = plainfilm(
        "deidentify", films, "--out", tmp_path / "out", "--key", tmp_path / "other.key", *HEADERS
    )
    assert ran.code == 1
    assert "another key" in ran.err


def test_key_that_others_can_read_is_refused(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    plainfilm("deidentify", films, "--out", tmp_path / "out", *HEADERS)
    (tmp_path / "plainfilm.key").chmod(0o644)
    ran = plainfilm("deidentify", films, "--out", tmp_path / "out", *HEADERS)
    assert ran.code == 1
    assert "chmod 600" in ran.err


def test_source_inside_the_output_is_refused(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    ran = plainfilm("deidentify", films, "--out", tmp_path, *HEADERS)
    assert ran.code == 1
    assert "lies inside --out" in ran.err


def test_report_and_document_are_refused(plainfilm: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, sop_class in enumerate(
        ("1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.104.1")
    ):
        document = film(number + 1, SOPClassUID=sop_class)
        del document.PixelData
        write_dataset(document, folder / f"{number}.dcm")
    ran = plainfilm("deidentify", folder, "--out", tmp_path / "out", *HEADERS, "--json")
    assert ran.code == 1
    assert ran.facts["reasons"] == {"structured_report": 1, "encapsulated_document": 1}
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_film_without_patient_id_becomes_a_patient_of_its_own(
    plainfilm: Run, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        write_dataset(film(number, PatientID=None), tmp_path / "in" / f"{number}.dcm")
    assert plainfilm("deidentify", tmp_path / "in", "--out", tmp_path / "out", *HEADERS).code == 0
    one, two = clean_films(tmp_path / "out")
    assert one.PatientID
    assert one.PatientID != two.PatientID


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name SOURCE and --out"),
        (("--against", "x", "--out", "o", "films"), "go with --check"),
        (("--check", "c", "--out", "o"), "neither SOURCE nor --out"),
        (("films", "--out", "o", "--clean", "graphics", "--headers-only"), "headers alone"),
    ],
)
def test_contradictions_are_refused(
    plainfilm: Run, arguments: tuple[str, ...], message: str
) -> None:
    ran = plainfilm("deidentify", *arguments)
    assert ran.code == 1
    assert message in ran.err


def test_our_own_output_passes_the_check(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    plainfilm("deidentify", films, "--out", tmp_path / "out", *HEADERS)
    ran = plainfilm("deidentify", "--check", tmp_path / "out", "--against", films, *ONE)
    assert ran.code in (0, 3), ran.out + ran.err


@pytest.fixture
def reports(films: Path) -> Path:
    """Films and two structured reports of one study."""
    for kind in ("basic_text", "xray_dose"):
        write_dataset(make_report(kind), films / f"{kind}.dcm")
    return films


REPORTS = ("--include", "structured-reports", *HEADERS)


def test_reports_are_taken_where_they_are_asked_for(
    plainfilm: Run, reports: Path, tmp_path: Path
) -> None:
    document = make_report(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", SOPInstanceUID="1.2.3.9")
    write_dataset(document, reports / "document.dcm")
    out = tmp_path / "out"
    ran = plainfilm("deidentify", reports, "--out", out, *REPORTS, "--json")
    assert (ran.code, ran.facts["clean"], ran.facts["structured_reports"]) == (3, 4, 2)
    assert ran.facts["reasons"] == {"encapsulated_document": 1}
    assert [item["reason"] for item in ran.facts["rejections"]] == ["encapsulated_document"]
    assert len(clean_films(out)) == 4
    audit = pq.read_table(tmp_path / "out.audit" / "films.parquet")
    assert audit["outcome"].to_pylist() == ["released"] * 4
    for arguments in ((), ("--against", reports, "--key", tmp_path / "plainfilm.key")):
        checked = plainfilm("deidentify", "--check", out, *arguments, *ONE, "--json")
        assert checked.facts["leaks"] == 0
        assert checked.facts["films"] == 4


def test_reports_of_an_archive_are_done_once_and_lose_their_copy_when_they_change(
    plainfilm: Run, reports: Path, tmp_path: Path
) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    plainfilm("init", archive)
    plainfilm("ingest", archive, reports, *ONE)
    command = ("deidentify", archive, "--out", out, *REPORTS, "--json")
    assert plainfilm(*command).facts["structured_reports"] == 2
    again = plainfilm(*command)
    assert (again.code, again.facts["clean"], again.facts["skipped"]) == (0, 0, 4)
    against = ("--against", archive, "--key", tmp_path / "plainfilm.key")
    ran = plainfilm("deidentify", "--check", out, *against, *ONE, "--json")
    assert ran.facts["unmatched"] == 0
    write_dataset(make_report("xray_dose", SOPInstanceUID="1.2.3.9"), reports / "xray_dose.dcm")
    before = {path.name for path in out.rglob("*.dcm")}
    plainfilm("ingest", archive, reports, *ONE)
    assert len(before - {path.name for path in out.rglob("*.dcm")}) == 1
    assert plainfilm(*command).facts["structured_reports"] == 1


def test_one_report_twice_is_one_and_two_of_one_uid_are_not(
    plainfilm: Run, reports: Path, tmp_path: Path
) -> None:
    write_dataset(make_report("basic_text"), reports / "same.dcm")
    write_dataset(make_report("basic_text", StudyTime="101010"), reports / "zz.dcm")
    ran = plainfilm("deidentify", reports, "--out", tmp_path / "out", *REPORTS, "--json")
    assert ran.facts["structured_reports"] == 2
    assert ran.facts["reasons"] == {"uid_conflict": 1}
    assert Path(ran.facts["rejections"][0]["file"]).name == "zz.dcm"


def test_a_report_does_not_take_the_place_of_a_film(
    plainfilm: Run, reports: Path, tmp_path: Path
) -> None:
    same = ("SOPInstanceUID", "StudyInstanceUID", "PatientID")
    other = make_report("basic_text", **{keyword: film(1)[keyword].value for keyword in same})
    write_dataset(other, reports / "other.dcm")
    out = tmp_path / "out"
    ran = plainfilm("deidentify", reports, "--out", out, *REPORTS, "--json")
    assert ran.facts["reasons"] == {"uid_conflict": 1}
    assert sum("PixelData" in clean for clean in clean_films(out)) == 2


def test_no_key_is_made_for_what_is_refused(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    plainfilm("init", tmp_path / "archive")
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\ntag = "OverlayData"\naction = "keep"\ni_know = true\n')
    for source, *arguments in (
        (films, "--rules", rules),
        (films, "--include", "structured-reports", "--remove-descriptions"),
        (films, "--where", "Modality = 'DX'"),
        (tmp_path / "archive", "--where", "NoSuchColumn = 1"),
        (tmp_path / "archive", "--where", "Modality = 'DX'", "--include", "structured-reports"),
        (tmp_path / "nowhere",),
    ):
        ran = plainfilm("deidentify", source, "--out", tmp_path / "out", *arguments, *HEADERS)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("plainfilm: ")
        assert not (tmp_path / "plainfilm.key").exists()
        assert not (tmp_path / "out.audit").exists()
