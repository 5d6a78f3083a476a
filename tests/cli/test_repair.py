"""`repair` from end to end: the table, the copies, the way back, and what is refused."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from archive_steps import Decide
from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.demo import stable_uid
from plainfilm.dicom import read_header
from plainfilm.engine import LocalEngine
from plainfilm.records import Outcome

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest
ONE = ("--workers", 1)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with a knee film called a chest film, one that is right, and one in conflict."""
    for number, part in enumerate(("CHEST", "KNEE", "CHEST")):
        tags = {"BodyPartExamined": part, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}
        write_film(tmp_path / "films" / f"{number}.dcm", number, **tags)
    return tmp_path / "films"


@pytest.fixture
def decided(plainfilm: Run, films: Path, tmp_path: Path) -> Path:
    """An archive of the films, decided."""
    plainfilm("init", tmp_path / "archive")
    plainfilm("ingest", tmp_path / "archive", films, *ONE)
    repair = (Outcome.REPAIR, "knee_ap", 0.98)
    decisions = {
        stable_uid("film", 0): repair,
        stable_uid("film", 1): repair,
        stable_uid("film", 2): (Outcome.CONFLICT, "", None),
    }
    with Archive.open(tmp_path / "archive") as archive, LocalEngine(workers=1) as engine:
        archive.run(Decide(decisions), engine=engine)
    return tmp_path / "archive"


def test_the_table_of_proposals(plainfilm: Run, decided: Path, tmp_path: Path) -> None:
    ran = plainfilm("repair", decided, "--out", tmp_path / "table.csv", "--json")
    assert ran.code == 0
    assert (ran.facts["decided"], ran.facts["films"], ran.facts["proposals"]) == (2, 2, 3)
    assert ran.facts["by_keyword"] == {"AnatomicRegionSequence": 2, "BodyPartExamined": 1}
    assert ran.facts["by_why"] == {"missing": 2, "contradicts": 1}
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["keyword"], row["present"], row["proposed"]) for row in rows[:2]] == [
        ("BodyPartExamined", "CHEST", "KNEE"),
        ("AnatomicRegionSequence", "", "SCT 72696002 (Knee)"),
    ]


def test_without_apply_only_the_summary(plainfilm: Run, decided: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*.dcm"))
    ran = plainfilm("repair", decided, "--where", "BodyPartExamined = 'CHEST'")
    assert (ran.code, sorted(tmp_path.rglob("*.dcm"))) == (0, before)
    assert "CHEST" not in ran.out + ran.err


def test_apply_and_undo(plainfilm: Run, decided: Path, films: Path, tmp_path: Path) -> None:
    out, back = tmp_path / "out", tmp_path / "back"
    ran = plainfilm("repair", decided, "--apply", "--into", out, *ONE, "--json")
    assert (ran.code, ran.facts["repaired"], ran.facts["rejected"]) == (0, 2, 0)
    copies = {path.stem: path for path in out.rglob("*.dcm")}
    assert read_header(copies[stable_uid("film", 0)]).tags["BodyPartExamined"] == "KNEE"
    again = plainfilm("repair", decided, "--apply", "--into", out, *ONE, "--json")
    assert (again.facts["repaired"], again.facts["skipped"]) == (0, 2)
    ran = plainfilm("repair", "--undo", out, "--out", back, *ONE, "--json")
    assert (ran.code, ran.facts["restored"], ran.facts["unchanged"]) == (0, 2, 0)
    restored = {path.stem: path.read_bytes() for path in back.rglob("*.dcm")}
    assert restored[stable_uid("film", 0)] == (films / "0.dcm").read_bytes()


def test_a_film_that_went_is_a_rejection(
    plainfilm: Run, decided: Path, films: Path, tmp_path: Path
) -> None:
    (films / "0.dcm").unlink()
    ran = plainfilm("repair", decided, "--apply", "--into", tmp_path / "out", *ONE)
    assert ran.code == 3
    assert "file_vanished" in ran.err
    (films / "1.dcm").unlink()
    assert plainfilm("repair", decided, "--apply", "--into", tmp_path / "no", *ONE).code == 1


def test_undo_of_what_is_no_film_is_a_rejection(plainfilm: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("text")
    ran = plainfilm("repair", "--undo", tmp_path / "in", "--out", tmp_path / "back", *ONE)
    assert ran.code == 1
    assert "not_dicom" in ran.err


# Options that contradict one another, and a word of the message.
REFUSED = {
    "apply without a folder": (["--apply"], "go together"),
    "a folder without apply": (["--into", "x"], "go together"),
    "undo without a folder": (["--undo"], "--out DIR"),
    "undo and apply": (["--undo", "--out", "x", "--apply", "--into", "y"], "--out DIR"),
    "undo and where": (["--undo", "--out", "x", "--where", "true"], "--out DIR"),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_contradicting_options(
    plainfilm: Run, decided: Path, options: list[str], said: str
) -> None:
    ran = plainfilm("repair", decided, *options)
    assert ran.code == 1
    assert said in ran.err


def test_an_archive_without_decisions_says_what_to_run(plainfilm: Run, tmp_path: Path) -> None:
    plainfilm("init", tmp_path / "a")
    ran = plainfilm("repair", tmp_path / "a")
    assert ran.code == 1
    assert "plainfilm categorize" in ran.err


def test_a_folder_among_the_originals_is_refused(
    plainfilm: Run, decided: Path, films: Path
) -> None:
    ran = plainfilm("repair", decided, "--apply", "--into", films / "out", *ONE)
    assert ran.code == 1
    assert not (films / "out").exists()
