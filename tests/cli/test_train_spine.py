"""`train spine-like-films`, `train detector` and `train spine`, as a user runs them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive_steps import Decide
from plainfilm.archive import Archive
from plainfilm.engine import LocalEngine
from plainfilm.records import Outcome

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


@pytest.fixture
def films_with_a_fault(films: Path) -> Path:
    """One of the eight films for training has a lesion that no one knows."""
    table = films / "annotations" / "train.csv"
    lines = table.read_text().splitlines()
    lines[1] = ",".join([*lines[1].split(",")[:4], "gallstone", "1", "2", "3", "4"])
    table.write_text("\n".join(lines) + "\n")
    return films


def test_an_unknown_lesion_stops_the_training(
    plainfilm: Callable[..., Any], films_with_a_fault: Path, tmp_path: Path
) -> None:
    ran = plainfilm("train", "detector", films_with_a_fault, "--out", tmp_path / "lesions")
    assert ran.code == 1
    assert "not known: gallstone (1)" in ran.err
    assert "--leave-out-faults" in ran.err


def test_detector_and_classifier_are_trained_from_the_same_data_and_read_films_together(
    plainfilm: Callable[..., Any],
    films_with_a_fault: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plainfilm.findings.training.finding_model.ENOUGH", 1)
    films = films_with_a_fault
    lesions, abnormal, archive = (tmp_path / name for name in ("lesions", "abnormal", "archive"))
    train = ("train", "detector", films, "--out", lesions, "--steps", 1, "--batch", 1)
    ran = plainfilm(*train, "--leave-out-faults", "--json")
    assert ran.code == 3, ran.err
    assert (ran.facts["films"], ran.facts["held out films"]) == (7, 3)
    assert ran.facts["annotations that cannot be used"] == 1
    assert "mAP@0.5" in ran.facts["held out"]
    assert "Research use only" in plainfilm("models", "show", lesions).out
    again = plainfilm(*train, "--leave-out-faults")
    assert again.code == 1
    assert "holds a model already" in again.err
    ran = plainfilm(
        *("train", "spine", films, "--out", abnormal, "--preset", "short", "--steps", 1),
        *("--batch", 2, "--folds", 2, "--leave-out-faults", "--json"),
    )
    assert ran.code == 3, ran.err
    assert ran.facts["films"] == 7
    assert "AUROC of abnormal" in ran.facts["held out"]
    assert not any(name.startswith("mean") for name in ran.facts["held out"])  # of one finding
    out = tmp_path / "boxes.csv"
    ran = plainfilm(
        *("detect", films / "test_images", "--out", out),
        *("--model", lesions, "--classifier", abnormal),
    )
    assert ran.code == 0, ran.err
    ran = plainfilm("evaluate", "detection", out, films / "annotations" / "test.csv")
    assert ran.code == 0, ran.err
    with Archive.create(archive) as made:
        made.ingest([films / "test_images"], engine=LocalEngine(workers=1))
        uids = [row["sop_instance_uid"] for row in made.rows("SELECT sop_instance_uid FROM film")]
        decisions = dict.fromkeys(uids, (Outcome.AGREE, "lumbar_spine_lateral", 0.99))
        made.run(Decide(decisions), engine=LocalEngine(workers=1))
    ran = plainfilm("findings", archive, "--spine-model", abnormal, "--detector", lesions, "--json")
    assert ran.code == 0, ran.err
    with Archive.open(archive) as opened:
        rows = opened.rows(
            "SELECT sop_instance_uid, task, probability FROM prediction JOIN film USING (film_id)"
        )
    by_task = {(row["sop_instance_uid"], row["task"]): row["probability"] for row in rows}
    for uid in uids:
        fused, said = by_task[uid, "spine:fused"], by_task[uid, "spine:abnormal"]
        assert said / 2 <= fused <= (said + 1) / 2
        assert by_task[uid, "spine:lesions"] <= 2 * fused - said + 1e-6  # boxes may have gone


def test_an_unknown_detector_and_a_missing_source_are_refused(
    plainfilm: Callable[..., Any], films: Path, tmp_path: Path
) -> None:
    ran = plainfilm("train", "detector", films, "--out", tmp_path / "m", "--detector", "yolo")
    assert ran.code == 1
    assert "there is no detector `yolo`" in ran.err
    ran = plainfilm("train", "detector", tmp_path / "none", "--out", tmp_path / "m")
    assert ran.code == 1
    assert "is not there" in ran.err
