"""`export-findings`: what was found, as DICOM objects for a PACS."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiny_finding_models as tiny
from plainfilm.archive import Archive
from plainfilm.dicom import read_dataset
from read_archive import BRIGHT_TOP_LEFT, DARK, read_chests, write_quarters

Run = Callable[..., Any]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of two chest films that were read; the second shows nothing."""
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "store"))
    films = tmp_path / "films"
    uids = [
        write_quarters(films, number, quarters)
        for number, quarters in enumerate((BRIGHT_TOP_LEFT, DARK))
    ]
    with Archive.create(tmp_path / "archive") as archive:
        read_chests(archive, films, uids, tiny.write_finding_model(tmp_path / "model"))
    return tmp_path / "archive"


def test_findings_become_objects_once(plainfilm: Run, read: Path, tmp_path: Path) -> None:
    command = ("export-findings", read, "--out", tmp_path / "out", "--workers", 1, "--json")
    ran = plainfilm(*command)
    assert ran.code == 0
    assert ran.facts["films"] == 2
    assert ran.facts["written"] == {
        "sr": 2, "presentation-state": 1, "segmentation": 1, "key-image": 1,
    }  # fmt: skip
    assert "tiny-findings 1 is not in the store" in ran.err
    paths = sorted((tmp_path / "out").rglob("*.dcm"))
    assert {read_dataset(path).Modality for path in paths} == {"SR", "PR", "SEG", "OT"}
    again = plainfilm(*command)
    assert again.code == 0
    assert sum(again.facts["written"].values()) == 0
    assert again.facts["skipped"] == 5


def test_only_what_was_asked_for_is_written(plainfilm: Run, read: Path, tmp_path: Path) -> None:
    ran = plainfilm(
        "export-findings", read, "--out", tmp_path / "out", "--as", "sr, key-image", "--workers", 1
    )
    assert ran.code == 0
    assert "Exported findings" in ran.out
    kinds = {path.name.split(".")[-2] for path in (tmp_path / "out").rglob("*.dcm")}
    assert kinds == {"sr", "key-image"}


def test_an_unknown_kind_is_refused_with_the_known_ones(
    plainfilm: Run, read: Path, tmp_path: Path
) -> None:
    ran = plainfilm("export-findings", read, "--out", tmp_path / "out", "--as", "sr,pdf")
    assert ran.code == 1
    assert "--as takes sr, presentation-state, segmentation, key-image" in ran.err


def test_a_film_that_is_gone_is_listed(plainfilm: Run, read: Path, tmp_path: Path) -> None:
    (tmp_path / "films" / "0.dcm").unlink()
    ran = plainfilm("export-findings", read, "--out", tmp_path / "out", "--workers", 1)
    assert ran.code == 3
    assert "file_vanished" in ran.err


def test_an_archive_without_findings_says_what_to_run(plainfilm: Run, tmp_path: Path) -> None:
    plainfilm("init", tmp_path / "archive")
    ran = plainfilm("export-findings", tmp_path / "archive", "--out", tmp_path / "out")
    assert ran.code == 1
    assert "run `plainfilm findings" in ran.err
