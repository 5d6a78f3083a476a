"""`evaluate categories` from end to end."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest

FEW = ("--resamples", 200)
COLUMNS = "file,category,probability,second,second_probability,decision"


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """100 abdomens of which 89 are right, 100 chests, and two other views."""
    predicted, truth = [COLUMNS], ["file,category"]
    for number in range(202):
        true = ("abdomen_ap", "chest_pa_ap", "other")[number // 100]
        said = "pelvis_ap" if number < 11 else true
        probability = 0.6 if number < 11 else 0.95
        second = "abdomen_ap" if number < 5 else "hand_ap"
        decision = "straight" if probability > 0.9 else "person"
        predicted.append(f"{number}.dcm,{said},{probability},{second},0.02,{decision}")
        truth.append(f"{number}.dcm,{true}")
    paths = tmp_path / "predicted.csv", tmp_path / "truth.csv"
    for path, lines in zip(paths, (predicted, truth), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return paths


def test_the_papers_row_is_printed_as_in_the_paper(
    plainfilm: Run, tables: tuple[Path, Path]
) -> None:
    ran = plainfilm("evaluate", "categories", *tables, "--interval", "wald", *FEW, "--markdown")
    assert ran.code == 0
    (row,) = (line for line in ran.out.splitlines() if line.startswith("| abdomen_ap"))
    assert "| 100 | 89.0 (82.9\N{EN DASH}95.1) |" in row
    assert "Wald, 95 %" in ran.out


def test_json_has_every_figure(plainfilm: Run, tables: tuple[Path, Path]) -> None:
    ran = plainfilm("evaluate", "categories", *tables, *FEW, "--json")
    facts = json.loads(ran.out, parse_constant=pytest.fail)
    assert (facts["films"], facts["interval"]) == (202, "wilson")
    summary = facts["summary"]
    assert (summary["accuracy"]["count"], summary["accuracy"]["of"]) == (191, 202)
    assert summary["accuracy_named"]["of"] == 200
    assert summary["other_kept_out"]["value"] == 1
    assert summary["top_two"]["count"] == 196
    assert summary["balanced_accuracy"]["value"] == pytest.approx((0.89 + 1 + 1) / 3)
    assert summary["macro_f1"]["value_low"] < summary["macro_f1"]["value"]
    assert facts["categories"][0]["sensitivity"] == 0.89
    assert facts["probability"]["auroc"] == 1
    assert facts["probability"]["wrong_mean"] == pytest.approx(0.6)
    assert len(facts["wrong"]) == 11
    assert {row["decision"]: row["films"] for row in facts["decisions"]} == {
        "person": 11,
        "straight": 191,
    }


def test_out_holds_tables_page_and_pictures(
    plainfilm: Run, tables: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "evaluation"
    command = ("evaluate", "categories", *tables, *FEW, "--out", out, "--pictures", "svg")
    ran = plainfilm(*command, "--json")
    assert ran.code == 0
    assert sorted(ran.facts["written"]) == sorted(str(path) for path in out.iterdir())
    assert len(list(out.glob("*.svg"))) == 4
    assert (out / "evaluation.md").read_text().startswith("# Predicted categories")


def test_other_films_can_be_left_out(plainfilm: Run, tables: tuple[Path, Path]) -> None:
    command = ("evaluate", "categories", *tables, "--without", "other", "--resamples", 0)
    rows = list(csv.DictReader(plainfilm(*command, "--csv").out.splitlines()))
    assert [row["category"] for row in rows] == ["abdomen_ap", "chest_pa_ap", "pelvis_ap"]
    assert rows[0]["f1_low"] == ""
    shown = plainfilm(*command)
    assert "All categories together, n = 200" in shown.out
    assert "0/0" in shown.out


def test_what_one_table_alone_has_is_refused_or_listed(
    plainfilm: Run, tables: tuple[Path, Path]
) -> None:
    predicted, truth = tables
    truth.write_text(truth.read_text() + "more.dcm,other\n")
    refused = plainfilm("evaluate", "categories", predicted, truth)
    assert (refused.code, refused.out) == (1, "")
    assert "alone has 1 films: more.dcm" in " ".join(refused.err.split())
    done = plainfilm("evaluate", "categories", predicted, truth, *FEW, "--common", "--json")
    assert (done.code, done.facts["films_only_true"]) == (0, ["more.dcm"])
    assert "not compared, films only true: more.dcm" in done.err


def test_texts_without_probabilities_can_be_scored(plainfilm: Run, tmp_path: Path) -> None:
    predicted, truth = tmp_path / "p.csv", tmp_path / "t.csv"
    predicted.write_text("id,category\n1,hand_ap\n2,\n")
    truth.write_text("id,category\n1,hand_ap\n2,knee_ap\n")
    refused = plainfilm("evaluate", "categories", predicted, truth)
    assert "missing columns probability, second" in " ".join(refused.err.split())
    done = plainfilm(
        "evaluate", "categories", predicted, truth, "--no-probabilities", *FEW, "--json"
    )
    assert done.facts["summary"]["accuracy_decided"]["value"] == 1
    assert done.facts["summary"]["accuracy"]["value"] == 0.5
    assert done.facts["probability"] is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--interval", "exact"], "no interval exact; known: wilson, wald"),
        (["--without", "brain"], "no such category: brain"),
        (["--confidence", "95"], "between 0 and 1"),
        (["--pictures", "gif", "--out", "{tmp}/out"], "pictures cannot be gif"),
        (["--id", "uid"], "missing columns uid; found file, category"),
        (["--categories", "{tmp}/none.csv"], "cannot be opened"),
        (["--csv", "--json"], "choose one"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_1(
    plainfilm: Run, tables: tuple[Path, Path], tmp_path: Path, options: list[str], words: str
) -> None:
    given = (option.format(tmp=tmp_path) for option in options)
    ran = plainfilm("evaluate", "categories", *tables, *FEW, *given)
    assert (ran.code, ran.out) == (1, "")
    assert words in " ".join(ran.err.split())


def test_labels_outside_the_table_of_categories_are_refused(
    plainfilm: Run, tables: tuple[Path, Path]
) -> None:
    predicted, truth = tables
    truth.write_text(truth.read_text().replace("7.dcm,abdomen_ap", "7.dcm,Mary Quill"))
    ran = plainfilm("evaluate", "categories", predicted, truth)
    assert ran.code == 1
    assert "row 9, column category: the value is none of the 31 categories" in " ".join(
        ran.err.split()
    )
    assert "Quill" not in ran.err
