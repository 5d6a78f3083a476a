"""`train chest` from the command line, on a few made films, and `models add xrv:…`."""

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
    rows = [["file", "patient", "Mass", "Edema"]]
    for number in range(8):
        film = random.integers(0, 120, (96, 80)).astype(np.uint8)
        film[:40] += 100 * (number % 2)
        (tmp_path / f"{number}.png").write_bytes(encode_png(film))
        rows.append(
            [f"{number}.png", f"p{number // 2}", str(number % 2), ("1", "-1", "", "0")[number // 2]]
        )
    table = tmp_path / "films.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return table


_SHORT = ("--preset", "few-films", "--steps", 1, "--folds", 2, "--side", 64)


def test_a_table_becomes_a_model_that_says_where(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_text("not an image")
    with films.open("a") as file:
        file.write("broken.png,p9,1,0\n")
    model = tmp_path / "mine"
    ran = plainfilm("train", "chest", films, "--out", model, *_SHORT, "--json")
    assert ran.code == 3  # one film could not be read
    assert ran.facts["films"] == 8
    assert ran.facts["rejected"] == {"not_an_image": 1}
    assert ran.facts["findings"] == "Mass, Edema"
    shown = plainfilm("models", "show", model)
    assert "Research use only" in shown.out
    assert (model / "held_out.csv").read_text().startswith("id,Mass,Edema\n")


def test_a_folder_with_a_model_is_left_alone(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "findings.json").write_text("{}")
    ran = plainfilm("train", "chest", films, "--out", tmp_path / "mine", *_SHORT)
    assert ran.code == 1
    assert "holds a model already" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--finding", "Rash"), "no finding Rash"),
        (("--architecture", "vgg"), "no such architecture"),
        (("--device", "quantum"), "no device `quantum`"),
    ],
)
def test_what_cannot_be_done_is_said(
    plainfilm: Run, films: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    ran = plainfilm("train", "chest", films, "--out", tmp_path / "m", *_SHORT, *options)
    assert ran.code == 1
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_checkpoint_of_another_architecture_is_refused_in_words(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    import torch  # noqa: PLC0415 - may be missing

    kept = tmp_path / "m" / "training" / "part-1.pt"
    kept.parent.mkdir(parents=True)
    torch.save({"architecture": "densenet121 for 14", "learning": "", "step": 3}, kept)
    ran = plainfilm("train", "chest", films, "--out", tmp_path / "m", *_SHORT)
    assert ran.code == 1
    assert "it holds densenet121 for 14" in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("source", "options", "code", "said"),
    [
        ("xrv:none", (), 1, "publishes no none"),
        ("xrv:densenet121-res224-all", ("--weights", "films.csv"), 1, "SHA-256 differs"),
        ("trained", ("--sha256", "00"), 2, "are for xrv:NAME"),
    ],
)
def test_published_networks_are_checked_before_they_are_added(
    plainfilm: Run,
    films: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    options: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(films.parent)
    ran = plainfilm("models", "add", source, *options)
    assert ran.code == code
    assert said in " ".join(ran.err.split())
