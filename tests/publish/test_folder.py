import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from plainfilm.errors import ArchiveError, SettingsError
from plainfilm.publish.folder import DatasetFolder, new_dataset


@pytest.fixture
def archive_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    (folder / "objects").mkdir(parents=True)
    return folder


def leftovers(folder: Path) -> list[Path]:
    return list(folder.glob("*.partial-*"))


def test_the_dataset_appears_complete_or_not_at_all(tmp_path: Path, archive_folder: Path) -> None:
    out = tmp_path / "deep" / "set"
    with new_dataset(out, archive_folder) as folder:
        folder.write("README.md", b"text")
        assert not out.exists()
    assert (out / "README.md").read_bytes() == b"text"
    assert (out / "SHA256SUMS").read_text().endswith("  README.md\n")
    assert not leftovers(out.parent)


def test_an_error_leaves_nothing_behind(tmp_path: Path, archive_folder: Path) -> None:
    out = tmp_path / "set"

    def write_and_fail() -> None:
        with new_dataset(out, archive_folder) as folder:
            folder.write("files/a.jpg", b"image")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    assert not out.exists()
    assert not leftovers(tmp_path)


def refused(out: Path, archive_folder: Path) -> None:
    with new_dataset(out, archive_folder):
        pytest.fail("the folder should have been refused")


def test_a_folder_that_holds_something_is_refused(tmp_path: Path, archive_folder: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.txt").touch()
    with pytest.raises(SettingsError, match="never changed"):
        refused(tmp_path / "set", archive_folder)
    assert (tmp_path / "set" / "mine.txt").exists()


def test_a_file_and_a_dangling_link_are_refused(tmp_path: Path, archive_folder: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(SettingsError, match="not an empty folder"):
            refused(tmp_path / name, archive_folder)


def test_an_empty_folder_is_taken(tmp_path: Path, archive_folder: Path) -> None:
    out = tmp_path / "set"
    out.mkdir()
    with new_dataset(out, archive_folder) as folder:
        folder.write("README.md", b"text")
    assert (out / "README.md").exists()


def test_a_folder_among_the_archives_objects_is_refused(
    tmp_path: Path, archive_folder: Path
) -> None:
    (tmp_path / "link").symlink_to(archive_folder)
    for out in (archive_folder / "objects" / "set", tmp_path / "link" / "objects" / "set"):
        with pytest.raises(SettingsError, match="archive's own objects"):
            refused(out, archive_folder)


def test_a_full_disk_is_said_clearly(
    tmp_path: Path, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write() -> None:
        with new_dataset(tmp_path / "set", archive_folder) as folder:
            monkeypatch.setattr(Path, "write_bytes", full)
            folder.write_table("set-split.csv.gz", ("a",), [(1,)])

    with pytest.raises(ArchiveError, match=r"set-split\.csv\.gz: No space left .*nothing was"):
        write()
    assert not (tmp_path / "set").exists()
    assert not leftovers(tmp_path)


def test_equal_tables_are_equal_byte_for_byte(tmp_path: Path) -> None:
    rows = [("1", 'a "quoted", text'), ("2", None)]
    folder = DatasetFolder(tmp_path, "set")
    for name in ("one.csv.gz", "two.csv.gz"):
        folder.write_table(name, ("id", "text"), rows)
    assert folder.checksums["one.csv.gz"] == folder.checksums["two.csv.gz"]
    time_of_day = (tmp_path / "one.csv.gz").read_bytes()[4:8]  # RFC 1952, MTIME
    assert time_of_day == bytes(4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("chest-2024", "chest-2024"), ("a b\n\\c", "a-b--c"), ("…", "dataset"), (".x", "x")],
)
def test_tables_get_harmless_names(
    tmp_path: Path, archive_folder: Path, name: str, expected: str
) -> None:
    with new_dataset(tmp_path / name, archive_folder) as folder:
        assert folder.name == expected


def abandoned(out: Path, owner: str) -> Path:
    folder = out.with_name(f"{out.name}.partial-12345678")
    (folder / "files").mkdir(parents=True)
    (folder / ".plainfilm-publishing.json").write_text(owner)
    return folder


def ended_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_what_a_killed_publication_left_is_removed_by_the_next(
    tmp_path: Path, archive_folder: Path
) -> None:
    out = tmp_path / "set"
    owner = json.dumps({"host": socket.gethostname(), "pid": ended_process()})
    left = abandoned(out, owner)
    with new_dataset(out, archive_folder) as folder:
        assert not left.exists()
        assert json.loads((folder.path / ".plainfilm-publishing.json").read_bytes())
    assert sorted(path.name for path in out.iterdir()) == ["SHA256SUMS"]


@pytest.mark.parametrize(
    "owner",
    [
        json.dumps({"host": socket.gethostname(), "pid": os.getpid()}),  # still at work
        json.dumps({"host": "another machine", "pid": 1}),
        json.dumps({"host": socket.gethostname(), "pid": -1}),
        "no JSON",
    ],
    ids=["at work", "another machine", "no process", "no JSON"],
)
def test_what_may_be_anothers_work_stays(tmp_path: Path, archive_folder: Path, owner: str) -> None:
    left = abandoned(tmp_path / "set", owner)
    with new_dataset(tmp_path / "set", archive_folder):
        pass
    assert left.exists()
