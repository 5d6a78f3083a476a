"""`train spine-like-films`, `train detector` and `train spine`, as a user runs them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("needs_torch")


@pytest.fixture
def films(plainfilm: Callable[..., Any], tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    ran = plainfilm(
        "train", "spine-like-films", "--out", folder, "--train", 8, "--test", 3, "--json"
    )
    assert ran.code == 0
    assert ran.facts["train"] == 8
    return folder


def test_a_detector_is_trained_from_test_data_and_is_a_model_like_others(
    plainfilm: Callable[..., Any], films: Path, tmp_path: Path
) -> None:
    table = films / "annotations" / "train.csv"
    lines = table.read_text().splitlines()
    lines[1] = ",".join([*lines[1].split(",")[:4], "gallstone", "1", "2", "3", "4"])
    table.write_text("\n".join(lines) + "\n")
    out = tmp_path / "lesions"
    command = ("train", "detector", films, "--out", out, "--steps", 1, "--batch", 1)
    ran = plainfilm(*command)
    assert ran.code == 1
    assert "not known: gallstone (1)" in ran.err
    assert "--leave-out-faults" in ran.err
    ran = plainfilm(*command, "--leave-out-faults", "--json")
    assert ran.code == 3
    assert (ran.facts["films"], ran.facts["held out films"]) == (7, 3)
    assert ran.facts["annotations that cannot be used"] == 1
    assert "mAP@0.5" in ran.facts["held out"]
    shown = plainfilm("models", "show", out)
    assert shown.code == 0
    assert "Research use only" in shown.out
    again = plainfilm(*command, "--leave-out-faults")
    assert again.code == 1
    assert "holds a model already" in again.err


def test_a_classifier_of_abnormal_films_is_trained_from_the_same_data(
    plainfilm: Callable[..., Any], films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "spine"
    ran = plainfilm(
        *("train", "spine", films, "--out", out, "--preset", "short", "--steps", 1),
        *("--batch", 2, "--folds", 2, "--json"),
    )
    assert ran.code == 0, ran.err
    assert ran.facts["films"] == 8
    assert "AUROC of abnormal" in ran.facts["held out"]


def test_an_unknown_detector_and_a_missing_source_are_refused(
    plainfilm: Callable[..., Any], films: Path, tmp_path: Path
) -> None:
    ran = plainfilm("train", "detector", films, "--out", tmp_path / "m", "--detector", "yolo")
    assert ran.code == 1
    assert "there is no detector `yolo`" in ran.err
    ran = plainfilm("train", "detector", tmp_path / "none", "--out", tmp_path / "m")
    assert ran.code == 1
    assert "is not there" in ran.err
