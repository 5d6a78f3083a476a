"""What rooms share about text files: rows of a CSV, what messages tell, files in their place."""

import csv
import os
import stat
from pathlib import Path

import pytest

from plainfilm.text_files import csv_reader, known_columns, write_beside


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_first_line_tells_what_separates_values(mark: str) -> None:
    lines = ["\n", f"id{mark}a\n", f'1{mark}"x, y; z"\n']
    assert list(csv_reader(lines)) == [[], ["id", "a"], ["1", "x, y; z"]]


def test_a_comma_in_a_quoted_name_separates_nothing() -> None:
    assert list(csv_reader(['"name, first";id\n'])) == [["name, first", "id"]]


def test_a_comma_goes_before_other_marks() -> None:
    assert list(csv_reader(["id,a;b\n"])) == [["id", "a;b"]]


def test_nothing_has_no_rows() -> None:
    assert list(csv_reader([])) == []


def test_a_quote_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(csv.Error):
        list(csv_reader(["id,a\n", '1,"open\n', "2,b\n"]))


def test_only_known_names_are_shown() -> None:
    assert known_columns([]) == "none"
    assert known_columns(["ID", "Study Date", "doe^john"]) == "ID, Study Date and 1 other"
    assert known_columns(["id", "Edema", "x", "y"], ["Edema"]) == "id, Edema and 2 others"
    silent = known_columns(["DOE JANE", "12345"])
    assert silent.startswith("no known name among 2")
    assert "DOE" not in silent
    assert "12345" not in silent


def test_a_file_takes_its_place_when_its_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with write_beside(path) as one, write_beside(path) as other:
        one.write("one")
        other.write("other")
        assert path.read_text() == "before"
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(TypeError), write_beside(path) as stream:
        stream.writelines(["half", 2])  # type: ignore[list-item]
    assert [one.read_text() for one in tmp_path.iterdir()] == ["before"]


def test_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"), write_beside(tmp_path / "pipe"):
        pass
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
