"""Tables of labels: both forms are read, and what is wrong is named without showing values."""

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plainfilm.errors import BadTable, Reason
from plainfilm.evaluate import LabelTable, label_frequencies, label_tables

Write = Callable[..., Path]


def test_each_value_has_its_meaning(table: Write) -> None:
    path = table("id,Edema,Mass\na,1,0\nb,-1,\nc,1.0,-1.0\nd, 0.0 ,\n")
    read = LabelTable(path).load()
    assert read.ids == ("a", "b", "c", "d")
    assert read.names == ("Edema", "Mass")
    assert read.values.tolist() == [[1, 0], [-1, -2], [1, -1], [0, -2]]


def test_labels_listed_in_one_column_are_positive_and_others_not_mentioned(table: Write) -> None:
    path = table("Image Index,Finding Labels,Age\n1.png,Mass|Edema,40\n2.png,,50\n3.png, Mass ,1\n")
    read = LabelTable(path).load()
    assert read.ids == ("1.png", "2.png", "3.png")
    assert read.names == ("Edema", "Mass")
    assert read.values.tolist() == [[1, 1], [-2, -2], [-2, 1]]


def test_listed_labels_come_in_the_order_asked_for(table: Write) -> None:
    path = table("id,Finding Labels\na,A|B|C|D\n")
    assert LabelTable(path, id_column="id", order=("C", "X", "B")).names == ("C", "B", "A", "D")
    assert LabelTable(path, id_column="id", labels=("D", "X")).names == ("D", "X")


def test_columns_can_be_chosen_and_left_out(table: Write) -> None:
    path = table("study,note,Edema,Mass\n1,free text,1,0\n")
    assert LabelTable(path, id_column="study", without=("note",)).names == ("Edema", "Mass")
    chosen = LabelTable(path, id_column="study", labels=("Mass",)).load()
    assert chosen.values.tolist() == [[0]]


@pytest.mark.parametrize("name", ["labels.csv", "labels.csv.gz"])
def test_plain_and_gzipped_tables_are_the_same(table: Write, name: str) -> None:
    path = table('\ufeffid,Edema\r\n\r\n"a",1\r\n', name)
    assert LabelTable(path).load().values.tolist() == [[1]]


def test_a_table_without_rows_has_none(table: Write) -> None:
    read = LabelTable(table("id,Edema\n"))
    assert read.rows == 0
    assert read.load().values.shape == (0, 1)
    assert not list(read.patterns())


def test_patterns_count_every_row_even_when_few_are_held(
    table: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_tables, "_MOST_PATTERNS", 2)
    rows = "".join(f"{number},{number % 3 - 1},{number % 2}\n" for number in range(30))
    read = LabelTable(table(f"id,A,B\n{rows}"))
    found = np.concatenate(
        [np.repeat(patterns, counts, axis=0) for patterns, counts in read.patterns()]
    )
    assert sorted(found.tolist()) == sorted(read.load().values.tolist())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("\n\n", ["empty"]),
        ("name,Edema\na,1\n", ["missing columns id", "found name and 1 other"]),
        ("id\na\n", ["no labels", "found the columns id"]),
        ("id,Edema,Edema\n", ["more than once: no known name among 1"]),
        ("id,Edema,Mass\na,1,0\nb,1,secret\n", ["row 3, column Mass"]),
        ("id,Edema\n\na,2\n", ["row 2, column Edema"]),
        ("id,Edema\na,nan\n", ["row 2, column Edema"]),
        ("id,Edema\na,1\nb\n", ["row 3", "1 values, but 2 columns"]),
        ("id,Edema\na,1,secret\n", ["row 2", "3 values, but 2 columns"]),
        ("id,Edema\na,1\n ,1\n", ["row 3", "id is empty"]),
        ("id,Edema\na,1\nb,1\n a,0\nb,0\nc,1\n", ["more than once, in rows 2, 3, 4, 5"]),
        ('id,Edema\na,"1\n', ["damaged or no CSV"]),
        (b"id,Edema\n\xe9,1\n", ["UTF-8"]),
        (b"id,Edema\na\xff\x00\n", ["UTF-8"]),
        ("id,Edema\na,\x00\n", ["row 2, column Edema"]),
        ("id,Edema\na," + "1" * (1 << 20), ["longer than 1,048,576 characters"]),
        ("id,Edema\na," + "1" * 200_000, ["row 2, column Edema"]),
    ],
    ids=range(18),
)
def test_bad_tables_are_refused_by_name(table: Write, text: str | bytes, words: list[str]) -> None:
    path = table(text)
    with pytest.raises(BadTable) as caught:
        LabelTable(path).load()
    for word in (str(path), *words):
        assert word in str(caught.value)
    assert "secret" not in str(caught.value)


def test_bad_values_are_refused_in_a_stream_too(table: Write) -> None:
    with pytest.raises(BadTable, match="row 3, column Edema"):
        label_frequencies(LabelTable(table("id,Edema\na,1\nb,x\n")))


def test_many_rows_are_named_in_part(table: Write) -> None:
    with pytest.raises(BadTable, match=r" 31 and 70 more$"):
        LabelTable(table("id,x\n" + "".join(f"c{number % 50},1\n" for number in range(100))))
    with pytest.raises(BadTable, match=r"in rows 2, 3$"):
        LabelTable(table("id,x\n" + f"{'n' * 500},1\n" * 2))


def test_a_column_that_lists_anything_but_labels_is_refused(table: Write) -> None:
    rows = "".join(f"{number},text {number}\n" for number in range(1_002))
    with pytest.raises(BadTable, match="row 1002, column Finding Labels: more than 1,000"):
        LabelTable(table(f"Image Index,Finding Labels\n{rows}"))


@pytest.mark.parametrize(
    "damaged",
    [b"no gzip", gzip.compress(b"id,Edema\na,1\n" * 999)[:-9], b"\x1f\x8b\x08\x00" + b"\xff" * 99],
    ids=["no gzip", "cut", "not deflated"],
)
def test_damaged_gzip_is_refused(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "labels.csv.gz"
    path.write_bytes(damaged)
    with pytest.raises(BadTable, match="damaged"):
        LabelTable(path)


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="no such file") as caught:
        LabelTable(tmp_path / "none.csv")
    assert caught.value.reason is Reason.FILE_VANISHED
    with pytest.raises(BadTable, match="Is a directory") as caught:
        LabelTable(tmp_path)
    assert caught.value.reason is Reason.FILE_UNREADABLE


def test_a_long_table_takes_little_memory(table: Write) -> None:
    rows = "".join(f"{number},1,,0\n" for number in range(100_000))
    path = table(f"id,A,B,C\n{rows}", "long.csv.gz")
    del rows
    tracemalloc.start()
    read = label_frequencies(LabelTable(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read[0].positive == read[2].negative == 100_000
    assert peak < 100_000 * 40  # 8 bytes per id, doubled while it grows and is sorted


def test_a_table_without_column_names_shows_nobody(table: Write) -> None:
    with pytest.raises(BadTable, match="no known name among 2") as refused:
        LabelTable(table("DOE JANE,12345\nDOE JOHN,12346\n"))
    assert "DOE" not in str(refused.value)


def test_semicolons_may_separate(table: Write) -> None:
    assert LabelTable(table("id;Edema\na;1\n")).load().values.tolist() == [[1]]
