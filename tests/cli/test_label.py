"""`label`, as a user runs it."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

TABLE = """Study,Body
r1,"INDICATION: effusion?
FINDINGS: No effusion, but a small nodule. Possible pneumonia.
IMPRESSION: Nodule [1]."
r2,Clear.
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "reports.csv"
    path.write_text(TABLE)
    return path


COLUMNS = ("--id-column", "study", "--text-column", "body")


def test_table_is_written_from_columns_that_are_named(plainfilm: Run, table: Path) -> None:
    out = table.with_name("labels.csv")
    ran = plainfilm("label", table, *COLUMNS, "--labels", "nih", "--out", out, "--json")
    assert ran.code == 0
    assert ran.facts["reports"] == 2
    with out.open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["id"], row["Nodule"]) for row in rows] == [("r1", "1"), ("r2", "")]


def test_missing_columns_name_those_found(plainfilm: Run, table: Path) -> None:
    ran = plainfilm("label", table, "--out", table.with_name("labels.csv"))
    assert ran.code == 1
    assert "missing columns id, text; found study, body" in ran.err


def test_explain_shows_the_report_with_its_evidence(plainfilm: Run, table: Path) -> None:
    arguments = ("--labels", "nih", "--sections", "findings+impression")
    ran = plainfilm("label", table, *COLUMNS, *arguments, "--explain", "r1")
    assert ran.code == 0
    assert "No effusion, but a small nodule." in ran.out
    assert "Nodule [1]." in ran.out
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["Effusion", "negative", "effusion", "no", "findings", "35-43"] in rows
    assert ["Pneumonia", "uncertain", "pneumonia", "possible", "findings", "74-83"] in rows
    assert not table.with_name("labels.csv").exists()


def test_explained_mentions_are_coloured_at_a_terminal(
    plainfilm: Run, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    ran = plainfilm("label", table, *COLUMNS, "--sections", "all", "--explain", "r1")
    assert "\x1b[1;4;32meffusion\x1b[0m" in ran.out  # green: negative
    assert "\x1b[1;4;31mnodule\x1b[0m" in ran.out  # red: positive
    assert "\x1b[1;4;33mpneumonia\x1b[0m" in ran.out  # yellow: uncertain


def test_explain_for_machines_has_spans(plainfilm: Run, table: Path) -> None:
    ran = plainfilm("label", table, *COLUMNS, "--labels", "nih", "--explain", "r1", "--json")
    (nodule,) = ran.facts["labels"]
    (mention,) = nodule["mentions"]
    assert ran.facts["text"][mention["start"] : mention["end"]] == "Nodule"
    assert mention["section"] == "impression"


def test_explain_never_sends_control_characters_to_the_terminal(
    plainfilm: Run, tmp_path: Path
) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "A nodule.\x1b[2J\x07"}))
    assert "\x1b" not in plainfilm("label", path, "--explain", "a").out


def test_explain_of_an_unknown_id_is_refused(plainfilm: Run, table: Path) -> None:
    ran = plainfilm("label", table, *COLUMNS, "--explain", "r9")
    assert ran.code == 1
    assert "there is no report 'r9'" in ran.err


def test_explain_and_out_contradict_each_other(plainfilm: Run, table: Path) -> None:
    ran = plainfilm("label", table, "--explain", "r1", "--out", "x.csv")
    assert ran.code == 1
    assert "leave out --out" in ran.err


def test_report_of_an_archive_is_explained(plainfilm: Run, archive: Path) -> None:
    (row,) = plainfilm(
        "query", archive, "SELECT name FROM report ORDER BY name LIMIT 1", "--json"
    ).facts
    ran = plainfilm("label", archive, "--explain", row["name"], "--json")
    assert ran.code == 0
    assert ran.facts["id"] == row["name"]
    assert ran.facts["labels"]
    assert "there is no report" in plainfilm("label", archive, "--explain", "none").err


def test_users_lexicon_adds_a_column(plainfilm: Run, table: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lexicon"
    folder.mkdir()
    (folder / "clear.toml").write_text(
        'source = "ours"\nnew_labels = true\nlabels = { nih = ["Clear"] }\nphrases = ["clear"]\n'
    )
    out = tmp_path / "labels.csv"
    arguments = ("--labels", "nih", "--lexicon", folder, "--out", out)
    assert plainfilm("label", table, *COLUMNS, *arguments).code == 0
    with out.open() as stream:
        assert [row["Clear"] for row in csv.DictReader(stream)] == ["", "1"]


def test_wrong_lexicon_is_named_with_its_line(plainfilm: Run, table: Path, tmp_path: Path) -> None:
    (tmp_path / "nodule.toml").write_text('phrases = [\n  "Spot",\n]\n')
    ran = plainfilm("label", table, *COLUMNS, "--lexicon", tmp_path, "--out", tmp_path / "o.csv")
    assert ran.code == 1
    assert "nodule.toml, line 2" in " ".join(ran.err.split())


def test_spanish_reports_are_labelled(plainfilm: Run, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id,text\na,Sin derrame pleural. Posible neumonía.\n", encoding="latin-1")
    ran = plainfilm(
        "label", path, "--labels", "nih", "--language", "es", "--explain", "a", "--json"
    )
    values = {label["finding"]: label["value"] for label in ran.facts["labels"]}
    assert values == {"Effusion": 0, "Pneumonia": -1}
