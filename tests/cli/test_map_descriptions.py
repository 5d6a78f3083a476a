"""`plainfilm map-descriptions`: what it refuses, and what it prints."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_a_table_without_the_columns_is_refused_by_name(plainfilm: Run, tmp_path: Path) -> None:
    table, out = tmp_path / "exams.csv", tmp_path / "out.csv"
    table.write_text("id,study_description\n1,CHEST PA\n")
    ran = plainfilm("map-descriptions", table, "--out", out)
    assert ran.code == 1
    assert "series_description, body_part_examined" in ran.err
    assert "found id, study_description" in ran.err
    assert "CHEST" not in ran.err  # columns are named, values are not
    assert not out.exists()
    assert list(tmp_path.iterdir()) == [table]


def test_an_empty_file_and_an_image_are_refused(plainfilm: Run, tmp_path: Path) -> None:
    for content in (b"", b"\x89PNG\r\n\x1a\n\x00\x00"):
        table = tmp_path / "exams.csv"
        table.write_bytes(content)
        assert plainfilm("map-descriptions", table, "--out", tmp_path / "out.csv").code == 1


def test_evidence_tells_the_words_of_the_rules_and_no_names(plainfilm: Run, tmp_path: Path) -> None:
    table, out = tmp_path / "exams.csv", tmp_path / "out.csv"
    table.write_text(
        "study_description,series_description,body_part_examined\n"
        "XR KNEE 2 VIEWS,Frau Schulte Kniegelnek seitl. re 4711,CHEST\n"
    )
    assert plainfilm("map-descriptions", table, "--out", out).code == 0
    with out.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["category"], row["laterality"]) == ("knee_lateral", "right")
    assert "'kniegelenk'" in row["evidence"]
    assert "schulte" not in row["evidence"].lower()
    assert "4711" not in row["evidence"]
