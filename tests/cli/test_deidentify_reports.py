"""`deidentify-reports`, as a user runs it."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

Run = Callable[..., Any]

TABLE = """id,text,patient_name,patient_id,study_instance_uid
R1,"Douglas Davidson, MRN 4482913. Small effusion. Dr. Hand on 3/4/2019.",Davidson^Douglas,77,1.2.3
R2,"Clear lungs. small was told",Small^Mary,78,1.2.4
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "reports.csv"
    path.write_text(TABLE)
    return path


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "reports.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_table_comes_out_clean_under_new_ids(plainfilm: Run, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "clean"
    ran = plainfilm(
        "deidentify-reports", table, "--known", "patient_name,patient_id", "--out", out, "--json"
    )
    assert (ran.code, ran.facts["clean"]) == (0, 2)
    first, second = rows(out)
    assert first["text"] == "___, MRN ___. Small effusion. Dr. ___ on ___."
    assert second["text"] == "Clear lungs. small was told"
    assert first["id"] not in TABLE
    assert first["patient_id"].startswith("p")
    assert first["study_id"].startswith("s")


def test_the_audit_lists_masks_and_no_old_values(
    plainfilm: Run, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "clean"
    plainfilm("deidentify-reports", table, "--known", "patient_name", "--out", out)
    texts = {row["id"]: row["text"] for row in rows(out)}
    audit = pq.read_table(tmp_path / "clean.audit" / "reports.parquet").to_pylist()
    assert [row["kind"] for row in audit] == ["name", "id", "name", "date"]
    assert all(texts[row["report"]][row["start"] : row["end"]] == "___" for row in audit)
    assert all(len(row["old"]) == 8 for row in audit)


def test_the_same_key_gives_the_same_ids(plainfilm: Run, table: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        plainfilm("deidentify-reports", table, "--out", tmp_path / name, "--workers", 2)
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def test_an_archives_reports_lie_under_their_films_new_ids(
    plainfilm: Run, archive: Path, tmp_path: Path
) -> None:
    out, films = tmp_path / "reports", tmp_path / "films"
    plainfilm("deidentify", archive, "--out", films, "--workers", 1)
    ran = plainfilm("deidentify-reports", archive, "--out", out, "--workers", 1, "--json")
    assert (ran.code, ran.facts["clean"]) == (0, 24)
    assert len(list((out / "unlinked").glob("*.txt"))) == 1
    studies = {path.relative_to(out).parent for path in out.glob("p*/s*/*.txt")}
    assert {path.relative_to(films) for path in films.glob("p*/s*")} <= studies
    text = "".join(path.read_text("utf-8") for path in out.rglob("*.txt"))
    assert not [name for name in ("Okonkwo", "okonkwo", "Adaeze", "12/04/1986") if name in text]


def test_messages_tell_who_is_in_them(plainfilm: Run, tmp_path: Path) -> None:
    source = tmp_path / "report.hl7"
    source.write_text(
        "MSH|^~\\&|RIS|H|X|Y|20190304||ORU^R01|1|P|2.5\r"
        "PID|1||4711^^^H||Quillfeather^Tom||19610101|M\r"
        "OBR|1||ACC1|CXR||||||||||||0042^Umbridge^Ann\r"
        "OBX|1|TX|IMP||quillfeather is better, says umbridge\r"
    )
    plainfilm("deidentify-reports", source, "--out", tmp_path / "clean")
    assert rows(tmp_path / "clean")[0]["text"].endswith("___ is better, says ___")


def test_an_empty_report_is_rejected_and_the_others_done(plainfilm: Run, tmp_path: Path) -> None:
    source = tmp_path / "reports.jsonl"
    source.write_text('{"id": "a", "text": " "}\n{"id": "b", "text": "Dr. Hand"}\n')
    ran = plainfilm("deidentify-reports", source, "--out", tmp_path / "clean", "--json")
    assert (ran.code, ran.facts["reasons"]) == (3, {"empty_report": 1})
    assert [row["text"] for row in rows(tmp_path / "clean")] == ["Dr. ___"]


def test_a_report_whose_film_is_gone_is_withheld(
    plainfilm: Run, archive: Path, tmp_path: Path
) -> None:
    from plainfilm.archive import Archive  # noqa: PLC0415
    from plainfilm.deid.reports import CleanReports, clean_all  # noqa: PLC0415
    from plainfilm.engine import LocalEngine  # noqa: PLC0415
    from plainfilm.records import LinkedReport, Location, Rejection  # noqa: PLC0415

    gone = (Location(tmp_path / "gone.dcm"),)
    with Archive.open(archive) as opened:
        linked = next(report for report in opened.reports() if report.films)
    report = LinkedReport(linked.name, linked.text, "", linked.study_instance_uid, gone)
    (result,) = clean_all([report], CleanReports(b"k" * 32), LocalEngine(1))
    assert isinstance(result, Rejection)
    assert linked.name not in result.detail


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--known", "nobody"], "missing columns nobody"),
        (["--text-column", "body"], "missing columns body"),
    ],
)
def test_columns_that_are_not_there_are_told(
    plainfilm: Run, table: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    ran = plainfilm("deidentify-reports", table, "--out", tmp_path / "clean", *arguments)
    assert ran.code == 1
    assert told in ran.err
    assert not (tmp_path / "plainfilm.key").exists()


def test_an_output_folder_with_files_in_it_is_refused(
    plainfilm: Run, table: Path, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").touch()
    ran = plainfilm("deidentify-reports", table, "--out", tmp_path / "full")
    assert ran.code == 1
    assert "not an empty folder" in ran.err


def test_an_output_folder_inside_the_source_is_refused(plainfilm: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Dr. Hand")
    ran = plainfilm("deidentify-reports", tmp_path, "--out", tmp_path / "clean")
    assert ran.code == 1
    assert "inside SOURCE" in ran.err


def test_no_message_shows_a_reports_text(plainfilm: Run, table: Path, tmp_path: Path) -> None:
    ran = plainfilm("deidentify-reports", table, "--out", tmp_path / "clean")
    assert not any(word in ran.out + ran.err for word in ("Davidson", "4482913", "Hand"))
