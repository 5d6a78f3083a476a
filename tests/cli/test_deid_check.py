"""`deidentify --check`, and the audit that `deidentify` leaves, as a user meets them."""

import csv
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

import generated_films
from plainfilm.cli import main
from plainfilm.dicom import read_dataset, write_dataset

FILMS = 6


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    generated_films.write_films(folder, FILMS)
    return folder


@pytest.fixture(scope="module")
def deidentified(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `deidentify` wrote: the films in `clean`, their audit and the key."""
    folder = tmp_path_factory.mktemp("deidentified")
    with pytest.MonkeyPatch.context() as patch:
        command = ("plainfilm", "deidentify", originals, "--out", folder / "clean", "--workers", 1)
        patch.setattr(sys, "argv", [str(word) for word in command])
        with pytest.raises(SystemExit) as left:
            main()
    assert not left.value.code
    return folder


@pytest.fixture
def clean(deidentified: Path, tmp_path: Path) -> Path:
    """The films as `deidentify` wrote them, for a test to change; audit and key lie beside."""
    shutil.copytree(deidentified, tmp_path, dirs_exist_ok=True)
    return tmp_path / "clean"


def leak(folder: Path) -> None:
    """Put a name back into one film."""
    path = min(folder.rglob("*.dcm"))
    dataset = read_dataset(path)
    dataset.PatientName = "Davidson^Douglas"
    write_dataset(dataset, path)


def test_clean_folder_passes(plainfilm, clean):
    ran = plainfilm("deidentify", "--check", clean, "--workers", 1)
    assert ran.code == 0, ran.out + ran.err
    assert "text_removed" in ran.out
    assert "100.00 %" in ran.out


def test_clean_folder_passes_against_its_originals(plainfilm, clean, originals, tmp_path):
    key = tmp_path / "plainfilm.key"
    ran = plainfilm(
        "deidentify", "--check", clean, "--against", originals, "--key", key,
        "--workers", 1, "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.out + ran.err
    assert (ran.facts["films"], ran.facts["matched"], ran.facts["leaks"]) == (FILMS, FILMS, 0)
    assert ran.facts["scores"]["text_retained"]["percent"] == 100


def test_archive_can_be_the_originals(plainfilm, clean, originals, tmp_path):
    plainfilm("init", tmp_path / "archive")
    plainfilm("ingest", tmp_path / "archive", originals, "--workers", 1)
    ran = plainfilm(
        "deidentify", "--check", clean, "--against", tmp_path / "archive",
        "--workers", 1, "--json",
    )  # fmt: skip
    assert ran.facts["matched"] == FILMS


def test_leak_ends_with_1_and_names_no_value(plainfilm, clean):
    leak(clean)
    ran = plainfilm("deidentify", "--check", clean, "--workers", 1)
    assert ran.code == 1
    assert "PatientName" in ran.out
    assert "must not be given away" in ran.err
    assert "davidson" not in (ran.out + ran.err).casefold()


def test_untouched_folder_ends_with_1(plainfilm, originals):
    ran = plainfilm("deidentify", "--check", originals, "--workers", 1, "--json")
    assert ran.code == 1
    assert ran.facts["leaks"] > 10 * FILMS


def test_file_that_is_no_film_ends_with_3(plainfilm, clean):
    (clean / "patients.csv").write_text("old,new\n")
    ran = plainfilm("deidentify", "--check", clean, "--workers", 1, "--json")
    assert ran.code == 3
    assert ran.facts["unexamined"] == {"not_dicom": 1}


def test_film_without_its_original_ends_with_3(plainfilm, clean, originals, tmp_path):
    some = tmp_path / "some"
    shutil.copytree(originals, some)
    min(some.rglob("*.dcm")).unlink()
    ran = plainfilm(
        "deidentify", "--check", clean, "--against", some,
        "--key", tmp_path / "plainfilm.key", "--workers", 1, "--json",
    )  # fmt: skip
    assert ran.code == 3
    assert ran.facts["unmatched"] == 1


def test_folder_without_a_film_ends_with_1(plainfilm, tmp_path):
    (tmp_path / "empty").mkdir()
    assert plainfilm("deidentify", "--check", tmp_path / "empty", "--workers", 1).code == 1


def test_reports_are_written(plainfilm, clean, tmp_path):
    leak(clean)
    for name in ("report.csv", "report.html"):
        plainfilm("deidentify", "--check", clean, "--report", tmp_path / name, "--workers", 1)
    with (tmp_path / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["keyword"] for row in rows if row["leak"] == "1"} == {"PatientName"}
    assert not Path(rows[0]["file"]).is_absolute()
    page = (tmp_path / "report.html").read_text()
    assert "looks like a person&#x27;s name" in page
    assert "davidson" not in page.casefold()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--mapping", "table.csv"),
        ("--key", "secret.key"),
        ("--report", "report.txt"),
        ("--against", "nowhere"),
    ],
)
def test_options_that_make_no_sense_are_refused(plainfilm, clean, tmp_path, arguments):
    name, value = arguments
    ran = plainfilm("deidentify", "--check", clean, name, tmp_path / value, "--workers", 1)
    assert ran.code == 1
    assert ran.err.startswith("plainfilm: ")
    assert not (tmp_path / "secret.key").exists()


def test_audit_tells_of_every_film_and_survives_a_second_run(plainfilm, clean, originals):
    folder = clean.with_name("clean.audit")
    sql = f"SELECT count(*), count(DISTINCT film) FROM '{folder}/audit.parquet'"
    (first,) = duckdb.sql(sql).fetchall()
    assert first[1] == FILMS
    assert first[0] > 40 * FILMS
    assert (folder / "audit.html").stat().st_size < 200_000
    ran = plainfilm("deidentify", originals, "--out", clean, "--workers", 1, "--json")
    assert ran.code == 0, ran.err
    assert duckdb.sql(sql).fetchall() == [first]
    assert not (folder / "parts").exists()
