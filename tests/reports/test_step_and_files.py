"""The step over reports, and the table that `label` writes."""

import csv
import json
from pathlib import Path

import pytest

from plainfilm.errors import BadSource, BadTable, Reason, SettingsError
from plainfilm.records import Label, Rejection, Report
from plainfilm.reports import LabelReports, label_files
from plainfilm.steps import parameters
from plainfilm.vocabulary import label_set

SOURCE = "id,text\na,No effusion. Mild edema.\nb,\nc,HISTORY: cough\nd,Possible effusion.\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "reports.csv"
    path.write_text(SOURCE)
    return path


def test_step_labels_each_report_under_its_id() -> None:
    step = LabelReports("nih", "findings+impression")
    labels = step.process([Report(3, "a", "No effusion."), Report(4, "b", "Edema.")])
    assert [
        (label.report_id, label.finding, label.value)
        for label in labels
        if isinstance(label, Label)
    ] == [
        (3, "Effusion", 0),
        (3, "No Finding", 1),
        (4, "Edema", 1),
    ]
    assert parameters(step) == {
        "label_set": "nih",
        "sections": "findings+impression",
        "language": "en",
        "lexicon": None,
        "lexicon_digest": "",
    }


def test_report_that_says_nothing_is_rejected_with_its_id() -> None:
    empty, silent = LabelReports().process([Report(1, "a", " \n"), Report(2, "b", "HISTORY: x")])
    assert isinstance(empty, Rejection)
    assert (empty.item_id, empty.reason) == (1, Reason.EMPTY_REPORT)
    assert isinstance(silent, Rejection)
    assert (silent.item_id, silent.reason) == (2, Reason.BAD_REPORT)
    assert "x" not in silent.detail.split()


@pytest.mark.parametrize(
    "settings", [("padchest", "impression"), ("nih", "everything"), ("nih", "impression", "xx")]
)
def test_wrong_settings_are_refused_when_the_step_is_made(settings: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError):
        LabelReports(*settings)


def test_step_of_a_changed_lexicon_is_another_step(tmp_path: Path) -> None:
    file = tmp_path / "nodule.toml"
    file.write_text('phrases = ["spot"]\n')
    before = LabelReports("nih", lexicon=tmp_path)
    assert [r.value for r in before.process([Report(1, "a", "A spot.")]) if isinstance(r, Label)]
    file.write_text('phrases = ["dot"]\n')
    after = LabelReports("nih", lexicon=tmp_path)
    assert parameters(before) != parameters(after)
    assert [r.finding for r in after.explain("A spot. A dot.")] == ["Nodule"]


def test_table_has_one_row_per_report_and_one_column_per_label(
    source: Path, tmp_path: Path
) -> None:
    summary = label_files(source, tmp_path / "out.csv", "nih")
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["id", *label_set("nih")]
    assert [row["id"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["Effusion"] for row in rows] == ["0", "", "", "-1"]
    assert [row["Edema"] for row in rows] == ["1", "", "", ""]
    assert (summary.reports, summary.unlabelled) == (4, 2)
    effusion = summary.findings["Effusion"]
    assert (effusion.positive, effusion.negative, effusion.uncertain) == (0, 1, 1)


def test_table_is_the_same_with_and_without_evidence(source: Path, tmp_path: Path) -> None:
    label_files(source, tmp_path / "a.csv")
    label_files(source, tmp_path / "b.csv", evidence=tmp_path / "e.jsonl")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_evidence_gives_spans_in_the_original_text(source: Path, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence.jsonl"
    label_files(source, tmp_path / "out.csv", "nih", evidence=evidence)
    records = [json.loads(line) for line in evidence.read_text().splitlines()]
    assert [record["id"] for record in records] == ["a", "b", "c", "d"]
    (effusion,) = [item for item in records[0]["labels"] if item["finding"] == "Effusion"]
    (mention,) = effusion["mentions"]
    assert "No effusion. Mild edema."[mention["start"] : mention["end"]] == "effusion"
    assert (mention["cue"], mention["value"]) == ("no", 0)


def test_nothing_is_left_behind_when_the_source_is_bad(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("id,text\na,x\na,y\n")
    with pytest.raises(BadTable, match="more than once"):
        label_files(bad, tmp_path / "out.csv", evidence=tmp_path / "e.jsonl")
    assert list(tmp_path.iterdir()) == [bad]


def test_output_that_cannot_be_written_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="cannot be written"):
        label_files(source, tmp_path / "nowhere" / "out.csv")
