"""`train tags`, and what `cluster` and `models` do with its model."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest
_SHORT = ("--tried", 1, "--epochs", 1, "--bottleneck", 3)


pytestmark = pytest.mark.usefixtures("needs_torch")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "films.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Body Part Examined", "KVP", "Grid", "Manufacturer"])
        for number in range(60):
            chest = number % 2
            row = [("KNEE", "CHEST")[chest], 60 + 60 * chest + number % 3, f"G{chest}"]
            writer.writerow([*row, f"M{number % 5}"])
    return path


def test_a_tables_tags_become_a_model_that_clusters(
    plainfilm: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "models"))
    model = tmp_path / "mine"
    ran = plainfilm("train", "tags", table, "--out", model, *_SHORT, "--json")
    assert ran.code == 0
    assert (ran.facts["films"], ran.facts["held out"], ran.facts["bottleneck"]) == (54, 6, 3)
    assert ran.facts["not learnt"] == "BodyPartExamined"
    assert plainfilm("models", "add", model).code == 0
    (listed,) = (
        each
        for each in plainfilm("models", "list", "--json").facts["models"]
        if each["name"] == "mine"
    )
    assert listed["makes"] == "3 numbers of tags"
    assert "held out" in plainfilm("models", "show", "mine").out
    found = plainfilm("cluster", table, "--compress", "mine", "--k", 2, "--json")
    assert found.code == 0
    assert sum(row["films"] for row in found.facts["clusters"]) == 60


def test_a_model_judges_no_tag_that_it_learnt(plainfilm: Run, table: Path, tmp_path: Path) -> None:
    plainfilm("train", "tags", table, "--by", "Grid", "--out", tmp_path / "m", *_SHORT)
    refused = plainfilm("cluster", table, "--compress", tmp_path / "m")
    assert refused.code == 1
    assert "trained with BodyPartExamined" in refused.err


def test_a_model_for_films_is_no_model_of_tags(plainfilm: Run, table: Path) -> None:
    refused = plainfilm("cluster", table, "--compress", "starter")
    assert refused.code == 1
    assert "film categories" in refused.err


def test_too_few_films_are_refused(plainfilm: Run, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("KVP,Grid\n60,A\n120,B\n")
    refused = plainfilm("train", "tags", path, "--out", tmp_path / "m")
    assert refused.code == 1
    assert "too few" in refused.err


def test_a_folder_with_a_model_is_not_written_over(
    plainfilm: Run, table: Path, tmp_path: Path
) -> None:
    assert plainfilm("train", "tags", table, "--out", tmp_path / "m", *_SHORT).code == 0
    before = (tmp_path / "m" / "tags.json").read_bytes()
    refused = plainfilm("train", "tags", table, "--out", tmp_path / "m", *_SHORT)
    assert (refused.code, "holds a model already" in refused.err) == (1, True)
    assert (tmp_path / "m" / "tags.json").read_bytes() == before


def test_films_without_the_models_tags_are_told_or_refused(
    plainfilm: Run, table: Path, tmp_path: Path
) -> None:
    plainfilm("train", "tags", table, "--out", tmp_path / "m", *_SHORT)
    foreign = tmp_path / "foreign.csv"
    asked = ("cluster", foreign, "--compress", tmp_path / "m", "--k", 2)
    foreign.write_text("KVP,Grid\n" + "60,A\n120,B\n" * 10)
    assert "2 of the 3 tags" in plainfilm(*asked).err
    foreign.write_text("KVP,Rows\n" + "60,1\n120,2\n" * 10)
    refused = plainfilm(*asked)
    assert (refused.code, "1 of the 3 tags" in refused.err) == (1, True)


def test_a_model_that_is_no_better_than_the_mean_is_warned_of(
    plainfilm: Run, table: Path, tmp_path: Path
) -> None:
    ran = plainfilm("train", "tags", table, "--out", tmp_path / "m", *_SHORT, "--json")
    worse = ran.facts["mean squared error"] >= ran.facts["of the columns' means"]
    assert worse
    assert "no better than the mean" in ran.err
