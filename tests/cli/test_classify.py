"""`classify` and `models` from end to end, as a user runs them."""

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import encode_jpeg, encode_png, write_dataset
from tiny_model import BRIGHT, DARK, write_model

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest

SHADE = np.tile(np.linspace(0, 60, 128, dtype=np.uint8), (128, 1))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "models"))
    return write_model(tmp_path / "model")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A dark DICOM film, a bright PNG, a bright JPEG in a zip file; a photograph, a text."""
    folder = tmp_path / "films"
    folder.mkdir()
    tags = {"WindowCenter": 128, "WindowWidth": 256}
    write_dataset(make_film(tags, frame=SHADE, bits_stored=8), folder / "a.dcm")
    (folder / "b.png").write_bytes(encode_png(SHADE + 180))
    with zipfile.ZipFile(folder / "c.zip", "w") as archive:
        archive.writestr("inside.jpg", encode_jpeg(SHADE + 180))
    (folder / "d.jpg").write_bytes(encode_jpeg(np.dstack([SHADE * 4, SHADE.T * 4, SHADE])))
    (folder / "e.txt").write_text("a note")
    return folder


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


def test_a_folder_becomes_a_table_and_rejections(
    plainfilm: Run, model: Path, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    ran = plainfilm("classify", films, "--model", model, "--out", out, "--json")
    assert ran.code == 3
    assert ran.facts["films"] == 3
    assert ran.facts["categories"] == {BRIGHT: 2, DARK: 1}
    assert ran.facts["reasons"] == {"colour_image": 1, "not_an_image": 1}
    found = rows(out)
    assert {name: row["category"] for name, row in found.items()} == {
        f"{films}/a.dcm": DARK,
        f"{films}/b.png": BRIGHT,
        f"{films}/c.zip!inside.jpg": BRIGHT,
    }
    assert found[f"{films}/a.dcm"]["decision"] == "straight"


def test_files_are_called_as_the_user_called_them(
    plainfilm: Run, model: Path, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = plainfilm("classify", "films/a.dcm", "films/b.png", "--model", "./model", "--json")
    assert ran.code == 0
    assert [row["file"] for row in ran.facts["rows"]] == ["films/a.dcm", "films/b.png"]


def test_without_a_table_the_films_are_printed(plainfilm: Run, model: Path, films: Path) -> None:
    ran = plainfilm("classify", films / "b.png", "--model", model)
    assert ran.code == 0
    assert BRIGHT in ran.out
    assert "b.png" in ran.out


def test_two_workers_write_the_same_table_as_one(
    plainfilm: Run, model: Path, films: Path, tmp_path: Path
) -> None:
    for workers in (1, 2):
        out = tmp_path / f"{workers}.csv"
        plainfilm("classify", films, "--model", model, "--out", out, "--workers", workers)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_one_film_is_explained(plainfilm: Run, model: Path, films: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    ran = plainfilm("classify", films / "a.dcm", "--model", model, "--explain", out, "--json")
    assert (ran.code, ran.facts["explained"]) == (0, str(out))
    assert out.read_bytes().startswith(b"\x89PNG")


def test_several_films_are_not_explained(
    plainfilm: Run, model: Path, films: Path, tmp_path: Path
) -> None:
    ran = plainfilm("classify", films, "--model", model, "--explain", tmp_path / "why.png")
    assert ran.code == 1
    assert "one film" in ran.err


def test_a_folder_without_images_is_exit_code_1(
    plainfilm: Run, model: Path, tmp_path: Path
) -> None:
    empty, texts = tmp_path / "empty", tmp_path / "texts"
    empty.mkdir()
    texts.mkdir()
    (texts / "a.txt").write_text("a note")
    assert plainfilm("classify", empty, "--model", model).code == 1
    ran = plainfilm("classify", texts, "--model", model)
    assert ran.code == 1
    assert "not_an_image" in ran.err


def test_a_damaged_model_is_refused(plainfilm: Run, model: Path, films: Path) -> None:
    with (model / "categories.onnx").open("ab") as file:
        file.write(b"\0")
    ran = plainfilm("classify", films, "--model", model)
    assert ran.code == 1
    assert "SHA-256" in ran.err


def test_a_model_that_is_not_there_is_told_how_to_get(
    plainfilm: Run, model: Path, films: Path
) -> None:
    ran = plainfilm("classify", films, "--model", "nothing")
    assert ran.code == 1
    assert "plainfilm models add" in ran.err


def test_the_store_lists_shows_adds_and_removes(plainfilm: Run, model: Path, films: Path) -> None:
    assert plainfilm("models", "add", model, "--json").facts["name"] == "tiny"
    listed = plainfilm("models", "list", "--json").facts["models"]
    assert "tiny" in {one["name"] for one in listed}
    assert "tiny" in plainfilm("models", "list").out
    assert "for tests" in plainfilm("models", "show", "tiny").out
    assert plainfilm("models", "show", "tiny", "--markdown").out.startswith("# tiny 1")
    card = json.loads(plainfilm("models", "show", "tiny", "--json").out)
    assert card["side"] == 64
    assert plainfilm("classify", films / "a.dcm", "--model", "tiny").code == 0
    assert plainfilm("models", "remove", "tiny").code == 0
    assert plainfilm("models", "show", "tiny").code == 1


def test_a_table_is_not_written_over_a_film(plainfilm: Run, tmp_path: Path) -> None:
    film = tmp_path / "film.png"
    film.write_bytes(encode_png(np.tile(np.arange(200, dtype=np.uint8), (150, 1))))
    before = film.read_bytes()
    ran = plainfilm("classify", film, "--out", film)
    assert ran.code == 1
    assert "one of the films" in ran.err
    assert film.read_bytes() == before
