"""Finding files: what is looked at, in which order, and what is refused."""

import errno
import os
import sys
import warnings
import zipfile
from pathlib import Path

import pytest

from films_on_disk import write_film, write_films
from plainfilm.archive import Archive
from plainfilm.archive.read_files import ReadFiles
from plainfilm.archive.sources import SourceFile, find_files
from plainfilm.engine import LocalEngine
from plainfilm.errors import ArchiveError, BadSource, Reason
from plainfilm.records import Rejection


def _found(*sources: Path | str, leave_out: Path | None = None) -> list[SourceFile | Rejection]:
    return list(find_files(sources, leave_out=leave_out or Path("/none"), zip_max_gib=1))


def _paths(*sources: Path | str, leave_out: Path | None = None) -> list[Path]:
    found = _found(*sources, leave_out=leave_out)
    assert all(isinstance(item, SourceFile) for item in found)
    return [item.location.path for item in found if isinstance(item, SourceFile)]


def _touch(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return paths


def test_each_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    paths = _touch(tmp_path, "a/x", "b", "c/a/y", "c/b", "c/c/a/z", "d")
    assert _paths(tmp_path) == paths


def test_plainfilms_own_accounts_are_no_films(tmp_path: Path) -> None:
    _touch(tmp_path, ".plainfilm-repair.json", "a/..plainfilm-repaired.csv.0a.partial")
    films = _touch(tmp_path, ".hidden", "plainfilm-repair.json")
    assert _paths(tmp_path) == films


def test_folders_nested_deeper_than_python_can_recurse_are_read(tmp_path: Path) -> None:
    here, made = tmp_path, []
    for _ in range(sys.getrecursionlimit() + 50):
        here /= "d"
        here.mkdir()
        made.append(here)
    (film,) = _touch(here, "film")
    try:
        assert _paths(tmp_path) == [film]
    finally:
        film.unlink()
        for folder in reversed(made):  # shutil.rmtree recurses too, and would fail after the tests
            folder.rmdir()


def test_a_path_too_long_for_the_system_is_a_rejection(tmp_path: Path) -> None:
    name, here = "d" * 250, os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(name, dir_fd=here)  # the whole path is too long
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    (rejection,) = _found(tmp_path)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.detail) == (
        Reason.FILE_UNREADABLE,
        os.strerror(errno.ENAMETOOLONG),
    )


def test_a_link_to_itself_costs_the_films_beside_it_nothing(tmp_path: Path) -> None:
    (path,) = _touch(tmp_path, "film")
    (tmp_path / "link").symlink_to("link")
    film, rejection = _found(tmp_path)
    assert isinstance(film, SourceFile)
    assert film.location.path == path
    assert isinstance(rejection, Rejection)
    assert rejection.reason is Reason.FILE_UNREADABLE


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nosuch", "nosuch does not exist"),
        ("film/below", "film/below does not exist"),
        ("n" * 300, "n cannot be read: File name too long"),
        ("", "empty text"),
        ("nul\0byte", "cannot be read: not a path"),
        ("\udcff", r"\\xff does not exist"),
    ],
    ids=["missing", "below a file", "too long", "empty", "not a path", "no text"],
)
def test_all_sources_are_checked_before_the_first_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _touch(tmp_path, "film")
    with pytest.raises(BadSource, match=message):
        find_files([tmp_path, source], leave_out=Path("/none"), zip_max_gib=1)


def test_a_source_has_one_path_however_it_is_spelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = _touch(tmp_path, "a/x", "in/film")
    for spelled in (
        "in",
        "./in",
        "a/../in",
        tmp_path / "a" / ".." / "in",
        "in/film",
        "a/../in/film",
    ):
        assert _paths(spelled) == paths[1:]


def test_two_dots_behind_a_link_mean_the_folder_above_its_target(tmp_path: Path) -> None:
    (path,) = _touch(tmp_path, "far/in/film")
    (tmp_path / "far" / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far" / "folder")
    assert _paths(tmp_path / "link" / ".." / "in") == [path]
    _touch(tmp_path, "in/other")
    assert _paths(tmp_path / "link" / ".." / "in") == [path]


def test_nothing_inside_the_archive_is_a_source(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    copied, film = _touch(tmp_path, "archive/objects/ab/film", "in/film")
    (tmp_path / "in" / "link").symlink_to(archive / "objects")
    sources = (tmp_path, archive, archive / "objects", copied, tmp_path / "in" / ".." / "archive")
    assert _paths(*sources, leave_out=archive) == [film]


def test_members_of_one_name_are_rejected_together(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "film.dcm", 1)
    (tmp_path / "in").mkdir()
    with (
        zipfile.ZipFile(tmp_path / "in" / "films.zip", "w") as zipped,
        warnings.catch_warnings(action="ignore"),
    ):
        zipped.write(film, "same.dcm")
        zipped.write(film, "other.dcm")
        zipped.write(write_film(tmp_path / "film2.dcm", 2), "same.dcm")
    for films, known in ((1, 0), (0, 1)):
        summary = archive.ingest([tmp_path / "in"], engine=engine)
        assert (summary.films, summary.known, summary.duplicates) == (films, known, 0)
        (rejection,) = summary.rejections
        assert (rejection.reason, rejection.detail) == (
            Reason.BAD_ZIP,
            "2 members have this name",
        )
        assert rejection.location is not None
        assert rejection.location.member == "same.dcm"


def test_a_member_without_a_name_is_rejected(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "films.zip", "w") as zipped:
        zipped.writestr("a", b"film")
        zipped.writestr("b", b"film")
    data = (tmp_path / "films.zip").read_bytes()
    (tmp_path / "films.zip").write_bytes(data.replace(b"b", b"\0"))  # a name ends at its NUL
    film, rejection = _found(tmp_path)
    assert isinstance(film, SourceFile)
    assert isinstance(rejection, Rejection)
    assert rejection.reason is Reason.BAD_ZIP
    assert rejection.detail == "a member has no name"


@pytest.mark.parametrize("copy", [False, True], ids=["in place", "copied"])
def test_a_damaged_member_costs_the_films_beside_it_nothing(
    archive: Archive, engine: LocalEngine, tmp_path: Path, copy: bool
) -> None:
    folder = write_films(tmp_path / "in", 3)
    path = folder / "films.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as zipped:
        zipped.write(write_film(tmp_path / "film.dcm", 9), "a")
    data = bytearray(path.read_bytes())
    data[45:60] = b"\xff" * 15
    path.write_bytes(data)
    summary = archive.ingest([folder], engine=engine, copy=copy)
    assert (summary.films, summary.rejected) == (3, {Reason.BAD_ZIP: 1})


def test_a_film_damaged_behind_its_header_is_rejected_when_it_is_copied(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 2)
    film = tmp_path / "film.dcm"
    write_film(film, 9)
    path = folder / "films.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.write(film, "a")
    data = bytearray(path.read_bytes())
    data[31 + film.stat().st_size - 4] ^= 0xFF  # in the pixels; the checksum tells
    path.write_bytes(data)
    summary = archive.ingest([folder], engine=engine, copy=True)
    assert (summary.films, summary.rejected) == (2, {Reason.BAD_ZIP: 1})
    assert not list((archive.path / "objects").glob(".partial-*"))


def test_an_archive_that_cannot_take_a_copy_is_the_archives_error(
    tmp_path: Path,
) -> None:
    files = [f for f in _found(write_films(tmp_path / "in", 1)) if isinstance(f, SourceFile)]
    with pytest.raises(ArchiveError, match="cannot copy into"):
        ReadFiles(objects=tmp_path / "gone").process(files)
