"""Where the secret key must not come to lie, and where nothing else may be written, either."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plainfilm.archive import Archive
from plainfilm.cli.secret_key import key_file
from plainfilm.demo import make_film
from plainfilm.dicom import write_dataset
from plainfilm.errors import SettingsError

Run = Callable[..., Any]
ONE = ("--workers", 1)
KINDS = {
    "dataset": "a published dataset",
    "clean": "the output of a de-identification",
    "reports": "the output of a de-identification",
    "archive": "an archive",
}


@pytest.fixture
def given_away(tmp_path: Path) -> Path:
    """A folder with one of everything that nothing may be added to."""
    for name in ("dataset", "clean", "reports", "clean.audit", "reports.audit"):
        (tmp_path / name).mkdir()
    for marker in (
        "dataset/SHA256SUMS",
        "dataset/lineage.json",
        "clean.audit/run.json",
        "reports.audit/reports.parquet",
    ):
        (tmp_path / marker).touch()
    Archive.create(tmp_path / "archive").close()
    return tmp_path


def contents(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize(("folder", "kind"), KINDS.items())
def test_neither_an_output_nor_a_key_lies_in_what_is_given_away(
    given_away: Path, folder: str, kind: str
) -> None:
    before = contents(given_away)
    for place in (given_away / folder / "new", given_away / folder / "a" / "b" / "new"):
        with pytest.raises(
            SettingsError, match=f"--out .* lies inside .*{folder}, which is {kind}"
        ):
            key_file(None, place)
        with pytest.raises(
            SettingsError, match=f"--key .* lies inside .*{folder}, which is {kind}"
        ):
            key_file(place, given_away / "out")
    assert contents(given_away) == before


def test_a_link_out_of_a_dataset_and_one_into_it_are_inside(given_away: Path) -> None:
    (given_away / "elsewhere").mkdir()
    (given_away / "dataset" / "link").symlink_to(given_away / "elsewhere")
    (given_away / "link").symlink_to(given_away / "dataset")
    for place in ("dataset/link/new", "link/new"):
        with pytest.raises(SettingsError, match="a published dataset"):
            key_file(None, given_away / place)


def test_an_output_may_be_written_again_and_lie_beside_others(given_away: Path) -> None:
    for name in ("clean", "new", "deep/new"):
        key = key_file(None, given_away / name)
        assert key == (given_away / name).parent / "plainfilm.key"


@pytest.mark.parametrize("command", ["publish", "deidentify", "deidentify-reports"])
def test_a_refused_command_writes_nothing_there(
    plainfilm: Run, given_away: Path, command: str
) -> None:
    before = contents(given_away)
    for folder in ("dataset", "clean", "reports"):
        ran = plainfilm(command, given_away / "archive", "--out", given_away / folder / "v2")
        assert (ran.code, "lies inside" in ran.err) == (1, True)
    assert contents(given_away) == before


def test_deidentify_makes_the_folders_that_its_output_and_key_lie_in(
    plainfilm: Run, tmp_path: Path
) -> None:
    write_dataset(make_film({"PatientID": "1"}), tmp_path / "in.dcm")
    out = tmp_path / "a" / "b" / "clean"
    ran = plainfilm("deidentify", tmp_path / "in.dcm", "--out", out, "--headers-only", *ONE)
    assert ran.code == 0, ran.err
    assert (out.parent / "plainfilm.key").is_file()
