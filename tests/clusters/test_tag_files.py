"""Tags from Parquet parts and from CSV tables."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from plainfilm.archive.tags import decode_batch, encode_batch, write_part
from plainfilm.clusters import TagColumn, build_features, read_csv, read_parts
from plainfilm.errors import BadTable

FILMS = [
    {"Modality": "CR", "KVP": 60.0, "PixelSpacing": [0.1, 0.2], "PatientID": "a"},
    {"Modality": "DX", "KVP": "AUTO", "ImageType": ["ORIGINAL", "PRIMARY"]},
    {"Modality": "CR", "BodyPartExamined": "CHEST", "00291010": b"private"},
]


def _texts(column: TagColumn) -> list[str | None]:
    return [None if code < 0 else column.values[code] for code in column.codes]


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Two parts as an archive writes them, with films 1, 2 and 5."""
    for name, ids, films in (("a", [1, 2], FILMS[:2]), ("b", [5], FILMS[2:])):
        table = decode_batch(encode_batch(films))
        write_part(
            tmp_path,
            f"part-{name}.parquet",
            table.add_column(0, "film_id", pa.array([ids])[0].values),
        )
    return sorted(tmp_path.glob("part-*"))


def test_parts_of_an_archive_are_read_without_what_is_never_a_feature(parts: list[Path]) -> None:
    table = read_parts(parts)
    assert table.film_ids.tolist() == [1, 2, 5]
    assert _texts(table.columns["Modality"]) == ["CR", "DX", "CR"]
    assert table.columns["PixelSpacing"].numbers[0].tolist() == [0.1, 0.2]
    assert table.columns["KVP"].known().tolist() == [True, False, False]
    assert {"PatientID", "Other"} <= set(table.set_aside)
    assert "PatientID" not in table.columns
    reasons = {plan.keyword: plan.reason for plan in build_features(table).plan}
    assert (reasons["PatientID"], reasons["Other"]) == ("identity", "structure")


def test_only_films_that_are_asked_for_are_taken(parts: list[Path]) -> None:
    table = read_parts(parts, film_ids=np.asarray([2, 3, 5]), also=["PatientID"])
    assert table.film_ids.tolist() == [2, 5]
    assert "PatientID" in table.columns
    with pytest.raises(BadTable, match="no films"):
        read_parts(parts, film_ids=np.asarray([], np.int64))


def test_a_missing_tag_is_filled_and_one_that_is_there_stays(parts: list[Path]) -> None:
    table = read_parts(parts).filled("BodyPartExamined", ["HAND", "", "KNEE"])
    assert _texts(table.columns["BodyPartExamined"]) == ["HAND", None, "CHEST"]
    unknown = read_parts(parts).filled("Grid", ["", "IN", ""])
    assert _texts(unknown.columns["Grid"]) == [None, "IN", None]


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "part.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(BadTable, match=r"part\.parquet: the tags cannot be read"):
        read_parts([tmp_path / "part.parquet"])


def test_a_table_may_write_several_values_in_two_ways(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text(
        "film_id,Pixel Spacing,Image Type\n"
        "x,0.1\\0.2,DERIVED\\PRIMARY\n"
        "y,\"['0.3', '0.4']\",\"['DERIVED', 'PRIMARY']\"\n"
        "z,[],\n"
    )
    table = read_csv(path)
    assert table.film_ids.tolist() == [0, 1, 2]
    assert table.columns["PixelSpacing"].numbers[:2].tolist() == [[0.1, 0.2], [0.3, 0.4]]
    assert _texts(table.columns["ImageType"]) == ["DERIVED\\PRIMARY", "DERIVED\\PRIMARY", None]


@pytest.mark.parametrize(
    "text", ["", "Modality\n", "Modality,Body Part Examined,BodyPartExamined\nCR,a,b\n"]
)
def test_a_table_without_films_or_with_a_tag_twice_is_refused_by_name(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "films.csv"
    path.write_text(text)
    with pytest.raises(BadTable, match=r"films\.csv"):
        read_csv(path)
