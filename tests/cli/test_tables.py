"""`frequencies`, `cooccurrence` and `evaluate labels` from end to end."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plainfilm.demo import SampleSource

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest

PREDICTED = "id,Edema,Mass\na,1,0\nb,-1,\nc,,1\n"
TRUTH = "id,Edema,Mass\nc,,-1\na,1,0\nb,1,\n"


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    path = tmp_path / "predicted.csv"
    path.write_text(PREDICTED)
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "truth.csv"
    path.write_text(TRUTH)
    return path


def test_frequencies_of_a_table(plainfilm: Run, predicted: Path) -> None:
    facts = plainfilm("frequencies", predicted, "--json").facts
    assert facts["reports"] == 3
    edema, mass = facts["labels"]
    assert (edema["label"], edema["positive"], edema["uncertain"]) == ("Edema", 1, 1)
    assert mass["negative_percent"] == pytest.approx(100 / 3)
    assert "| Mass | 1 (33.3 %)" in plainfilm("frequencies", predicted, "--markdown").out
    shown = plainfilm("frequencies", predicted)
    assert (shown.code, "1 (33.3 %)" in shown.out) == (0, True)


def test_frequencies_of_an_archive_are_those_of_its_table(
    plainfilm: Run,
    archive: Path,
    sample: SampleSource,
    tmp_path: Path,
) -> None:
    assert plainfilm("frequencies", archive).code == 1
    plainfilm("label", archive, "--workers", 1)
    plainfilm("label", sample.reports, "--out", tmp_path / "labels.csv")
    of_archive = plainfilm("frequencies", archive, "--json").facts
    assert of_archive == plainfilm("frequencies", tmp_path / "labels.csv", "--json").facts
    assert of_archive["reports"] == sample.report_count
    assert sum(label["positive"] for label in of_archive["labels"]) > 0
    fewer = plainfilm("frequencies", archive, "--without", "No Finding", "--json").facts
    assert len(fewer["labels"]) == len(of_archive["labels"]) - 1


def test_cooccurrence_reads_both_forms(plainfilm: Run, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    ours.write_text("id,Mass,Nodule\n1,1,\n2,1,1\n3,-1,1\n")
    theirs.write_text("Image Index,Finding Labels\n1.png,Mass\n2.png,Nodule|Mass\n3.png,Nodule\n")
    for path in (ours, theirs):
        facts = plainfilm("cooccurrence", path, "--json").facts
        assert facts == {
            "films": 3, "labels": ["Mass", "Nodule"], "matrix": [[1, 1], [1, 1]], "totals": [2, 2],
        }  # fmt: skip
    rows = list(csv.DictReader(plainfilm("cooccurrence", theirs, "--csv").out.splitlines()))
    assert rows[-1] == {"label": "Total", "Mass": "2", "Nodule": "2"}


def test_evaluate_prints_every_figure_with_its_interval(
    plainfilm: Run, predicted: Path, truth: Path
) -> None:
    command = ("evaluate", "labels", predicted, truth, "--resamples", 300)
    facts = plainfilm(*command, "--json").facts
    assert (facts["reports"], facts["labels"]) == (3, ["Edema", "Mass"])
    scores = {(row["task"], row["label"]): row for row in facts["scores"]}
    tasks = ("mention", "negation", "uncertainty", "positive")
    assert set(scores) == {
        (task, label) for task in tasks for label in ("Edema", "Mass", "micro", "macro")
    }
    assert scores["mention", "micro"]["f1"] == 1
    assert scores["positive", "Edema"]["recall"] == 0.5
    assert scores["positive", "Edema"]["recall_low"] == 0
    assert scores["negation", "Edema"]["precision"] is None
    assert plainfilm(*command, "--json").facts == facts
    rows = list(csv.DictReader(plainfilm(*command, "--csv").out.splitlines()))
    assert len(rows) == len(facts["scores"])
    assert "**Uncertainty**" in plainfilm(*command, "--markdown").out
    assert "0/0" in plainfilm(*command).out


def test_evaluate_compares_what_both_have_on_request(
    plainfilm: Run, predicted: Path, tmp_path: Path
) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text("filename,Mass,normal\nc,1,0\nx,0,1\n")
    command = ("evaluate", "labels", predicted, gold, "--truth-id", "filename")
    refused = plainfilm(*command)
    assert refused.code == 1
    assert "predicted.csv alone has 1 labels: Edema" in refused.err
    done = plainfilm(*command, "--common", "--task", "positive", "--resamples", 0, "--json")
    assert done.code == 0
    assert (done.facts["labels"], done.facts["reports"]) == (["Mass"], 1)
    assert done.facts["ids_only_predicted"] == ["a", "b"]
    assert done.facts["labels_only_true"] == ["normal"]
    assert [row["f1"] for row in done.facts["scores"]] == [1, 1, 1]
    assert "not compared, ids only true: x" in done.err


def test_label_sets_and_lists_of_labels_choose_columns(plainfilm: Run, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,Edema,note\na,1,well\n")
    assert plainfilm("frequencies", path).code == 1
    facts = plainfilm("frequencies", path, "--labels", "Edema, ", "--json").facts
    assert [label["label"] for label in facts["labels"]] == ["Edema"]
    missing = plainfilm("frequencies", path, "--labels", "nih")
    assert "missing columns Atelectasis" in missing.err
    assert "found id, Edema and 1 other" in missing.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frequencies", "{tmp}/none.csv"], "no such file"),
        (["frequencies", "{table}", "--csv", "--json"], "choose one"),
        (["frequencies", "{archive}", "--id", "x"], "--id"),
        (["frequencies", "{archive}", "--labels", "none"], "no labels of the set none"),
        (["cooccurrence", "{table}", "--id", "x"], "missing columns x; found id and 2 others"),
        (["evaluate", "labels", "{table}", "{tmp}/none.csv"], "no such file"),
        (["evaluate", "labels", "{table}", "{table}", "--task", "x"], "no task x"),
        (["evaluate", "labels", "{table}", "{table}", "--confidence", "95"], "between 0 and 1"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_1(
    plainfilm: Run, archive: Path, predicted: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    given = (item.format(archive=archive, table=predicted, tmp=tmp_path) for item in arguments)
    ran = plainfilm(*given)
    assert (ran.code, ran.out) == (1, "")
    assert words in " ".join(ran.err.split())
    assert len(ran.err.strip().splitlines()) <= 2


def test_json_is_json_even_where_figures_are_undefined(
    plainfilm: Run, predicted: Path, truth: Path
) -> None:
    out = plainfilm("evaluate", "labels", predicted, truth, "--resamples", 50, "--json").out
    json.loads(out, parse_constant=pytest.fail)


def test_the_page_shows_evidence_but_no_word_of_a_report_around_it(
    plainfilm: Run, tmp_path: Path
) -> None:
    """Names stand wherever a rule may reach over them: before, after and inside its gaps."""
    path = tmp_path / "reports.csv"
    texts = (
        "FINDINGS: Fluid in Quillfeather pleural space. Heart of Quillfeather is enlarged.",
        "IMPRESSION: No Quillfeather finding to suggest pneumonia. Quillfeather has no effusion.",
        "IMPRESSION: Pneumonia cannot Quillfeather be excluded. Edema not Quillfeather seen.",
        "QUILLFEATHER: Cardiomegaly, for Quillfeather.",
    )
    rows = "".join(f'{number},"{text}"\n' for number, text in enumerate(texts))
    path.write_text(f"id,text\n{rows}")
    archive, page = tmp_path / "archive", tmp_path / "page.html"
    plainfilm("init", archive)
    plainfilm("ingest-reports", archive, path)
    plainfilm("label", archive, "--sections", "findings+impression", "--workers", 1)
    assert plainfilm("report-page", archive, "--out", page).code == 0
    shown = page.read_text()
    assert "What the labels rest on" in shown
    assert "pneumonia" in shown
    assert "quillfeather" not in shown.lower()
