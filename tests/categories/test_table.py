"""`map_descriptions`: tables in, tables out, and what is refused."""

import csv
from pathlib import Path

import pytest

from plainfilm.categories import map_descriptions
from plainfilm.errors import BadTable

HEADER = "id,study_description,series_description,body_part_examined"


def table(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "in.csv"
    path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
    return path


def mapped(folder: Path) -> list[dict[str, str]]:
    with (folder / "out.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_five_columns_are_added_and_the_others_kept(tmp_path: Path) -> None:
    source = table(tmp_path, HEADER, "a,XR KNEE,KNEE LAT RT,CHEST", "b,XR CHEST 2 VIEWS,,CHEST")
    summary = map_descriptions(source, tmp_path / "out.csv")
    first, second = mapped(tmp_path)
    assert list(first) == [
        *HEADER.split(","),
        *["category", "body_part", "view", "laterality", "evidence"],
    ]
    assert (first["id"], first["category"], first["laterality"]) == ("a", "knee_lateral", "right")
    assert "but BodyPartExamined" in first["evidence"]
    assert (second["category"], second["body_part"], second["view"]) == ("", "chest", "")
    assert (summary.rows, summary.undecided, summary.disagreeing) == (2, 1, 1)
    assert summary.categories == {"knee_lateral": 1}


def test_optional_columns_are_read_in_any_order_and_case(tmp_path: Path) -> None:
    source = table(
        tmp_path,
        "Laterality,View_Position,PROTOCOL_NAME," + HEADER,
        "L,LL,KNEE,x,,,",
        "R,,HAND OBL,y,,,",
    )
    map_descriptions(source, tmp_path / "out.csv")
    first, second = mapped(tmp_path)
    assert (first["category"], first["laterality"]) == ("knee_lateral", "left")
    assert (second["category"], second["laterality"]) == ("hand_oblique", "right")


def test_mapping_a_mapped_table_changes_nothing(tmp_path: Path) -> None:
    source = table(tmp_path, HEADER, "a,,ANKLE AP LT,", "b,,PELVIS,", "c,,HIP AP,HIP")
    map_descriptions(source, tmp_path / "out.csv")
    map_descriptions(tmp_path / "out.csv", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_umlauts_are_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    source = table(tmp_path, HEADER, "a,,Fuß schräg,", encoding=encoding)
    map_descriptions(source, tmp_path / "out.csv")
    assert mapped(tmp_path)[0]["category"] == "foot_oblique"


def test_missing_columns_are_named_with_those_found(tmp_path: Path) -> None:
    source = table(tmp_path, "id,study_description", "a,b")
    with pytest.raises(BadTable, match=r"series_description.*found id, study_description"):
        map_descriptions(source, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
    assert list(tmp_path.iterdir()) == [source]


def test_empty_table_has_no_columns(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.touch()
    with pytest.raises(BadTable, match="found none"):
        map_descriptions(source, tmp_path / "out.csv")


def test_binary_bytes_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    with pytest.raises(BadTable, match="no text"):
        map_descriptions(source, tmp_path / "out.csv")


def test_row_with_too_many_values_is_refused_by_its_line(tmp_path: Path) -> None:
    source = table(tmp_path, HEADER, "a,b,c,d", "a,b,c,d,e,f")
    with pytest.raises(BadTable, match="line 3"):
        map_descriptions(source, tmp_path / "out.csv")


def test_short_rows_are_read_as_empty(tmp_path: Path) -> None:
    source = table(tmp_path, HEADER, "a,CHEST PA", "")
    summary = map_descriptions(source, tmp_path / "out.csv")
    assert (summary.rows, mapped(tmp_path)[0]["category"]) == (1, "chest_pa_ap")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="gone"):
        map_descriptions(tmp_path / "gone.csv", tmp_path / "out.csv")


def test_output_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    source = table(tmp_path, HEADER, "a,b,c,d")
    with pytest.raises(BadTable, match="written"):
        map_descriptions(source, tmp_path / "nowhere" / "out.csv")


@pytest.mark.parametrize("row", ['a,"CHEST PA,,', 'a,"CHEST" PA,,'])
def test_broken_quotes_lose_no_rows_silently(tmp_path: Path, row: str) -> None:
    source = table(tmp_path, HEADER, "x,,HAND AP,", row, "b,,KNEE LAT,", "c,,KNEE LAT,")
    with pytest.raises(BadTable, match=r"line \d: no CSV"):
        map_descriptions(source, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == [source]


def test_a_table_without_column_names_shows_nobody(tmp_path: Path) -> None:
    source = table(tmp_path, "DOE JANE,12345,KNEE AP,KNEE")
    with pytest.raises(BadTable, match="no known name among 4") as refused:
        map_descriptions(source, tmp_path / "out.csv")
    assert "DOE" not in str(refused.value)
    assert "12345" not in str(refused.value)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_what_separates_values_is_seen_in_the_header(tmp_path: Path, mark: str) -> None:
    lines = [HEADER, "a,XR KNEE,KNEE LAT RT,KNEE"]
    source = table(tmp_path, *(line.replace(",", mark) for line in lines))
    map_descriptions(source, tmp_path / "out.csv")
    assert mapped(tmp_path)[0]["category"] == "knee_lateral"
