"""`train categories` from the command line, on a few made films."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plainfilm.dicom import encode_png

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest


pytestmark = pytest.mark.usefixtures("needs_torch")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    rows = [["file", "category", "patient"]]
    for number in range(12):
        film = random.integers(0, 120, (96, 80)).astype(np.uint8)
        film[:40] += 100 * (number % 2)
        (tmp_path / f"{number}.png").write_bytes(encode_png(film))
        rows.append([f"{number}.png", ("knee_ap", "other")[number % 2], f"p{number // 2}"])
    table = tmp_path / "films.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return table


_SHORT = ("--steps", 1, "--folds", 2, "--measured", 1)


def test_a_table_becomes_a_model_that_classifies(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_text("not an image")
    with films.open("a") as file:
        file.write("broken.png,knee_ap,p9\n")
    model = tmp_path / "mine"
    ran = plainfilm("train", "categories", films, "--out", model, *_SHORT, "--json")
    assert ran.code == 3  # one film could not be read
    assert ran.facts["films"] == 12
    assert ran.facts["rejected"] == {"not_an_image": 1}
    out = tmp_path / "classified.csv"
    assert plainfilm("classify", tmp_path / "0.png", "--model", model, "--out", out).code == 0
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["category"] in {"knee_ap", "other"}
    shown = plainfilm("models", "show", model)
    assert "held out" in shown.out
    told = plainfilm("evaluate", "categories", model / "held_out.csv", films, "--common", "--json")
    assert told.code in {0, 3}


def test_review_lists_doubtful_labels_and_stops(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    ran = plainfilm("train", "categories", films, "--out", tmp_path / "m", "--review", "--json")
    assert ran.code == 0
    assert ran.facts["films"] == 12
    with (tmp_path / "m" / "suspects.csv").open() as file:
        header = next(csv.reader(file))
    assert header == ["file", "category", "probability", "likely", "likely_probability"]
    assert not (tmp_path / "m" / "categories.onnx").exists()


def test_an_archives_texts_are_labels(plainfilm: Run, archive: Path, tmp_path: Path) -> None:
    untold = plainfilm("train", "categories", "--from-archive", archive, "--out", tmp_path / "m")
    assert untold.code == 1
    assert "categorize" in untold.err
    plainfilm("categorize", archive, "--text-only", "--workers", 1)
    ran = plainfilm(
        "train", "categories", "--from-archive", archive, "--out", tmp_path / "m", *_SHORT
    )
    # The sample films are all of one category.
    assert ran.code == 1
    assert "fewer than 2 categories" in ran.err
    with (tmp_path / "m" / "films.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["category"] for row in rows} == {"chest_pa_ap"}
    assert all(row["patient"].isdigit() for row in rows)


def test_a_reviewed_table_is_not_overwritten(plainfilm: Run, archive: Path, tmp_path: Path) -> None:
    plainfilm("categorize", archive, "--text-only", "--workers", 1)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "films.csv").write_text("mine")
    ran = plainfilm("train", "categories", "--from-archive", archive, "--out", tmp_path / "m")
    assert ran.code == 1
    assert "there already" in ran.err
    assert (tmp_path / "m" / "films.csv").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_said(plainfilm: Run, films: Path) -> None:
    ran = plainfilm("train", "categories", films, "--out", films, "--name", "m")
    assert ran.code == 1
    assert "cannot write" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "FILMS.csv or --from-archive"),
        (("nothing.csv",), 1, "no such file"),
        (("films.csv", "--backbone", "resnet", *_SHORT), 1, "no such backbone"),
        (("films.csv", "--folds", 2, "--measured", 3), 1, "measured"),
        (("films.csv", "--notes", "nothing.toml"), 1, "notes"),
        (("films.csv", "--name", "My Model"), 1, "lower-case"),
    ],
)
def test_what_cannot_be_done_is_said(
    plainfilm: Run,
    films: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[object, ...],
    code: int,
    told: str,
) -> None:
    monkeypatch.chdir(films.parent)
    ran = plainfilm("train", "categories", *arguments, "--out", tmp_path / "m")
    assert ran.code == code
    assert told in ran.err
