"""Frequencies and co-occurrence, against counting by hand and against the public table."""

import zipfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.evaluate import LabelTable, cooccurrence, label_frequencies
from plainfilm.vocabulary import label_set

Write = Callable[..., Path]
VALUES = ("1", "0", "-1", "")


def test_every_value_is_counted_and_the_rest_is_not_mentioned(table: Write) -> None:
    path = table("id,Edema,Mass\na,1,\nb,1,0\nc,-1,\nd,0,\n")
    edema, mass = label_frequencies(LabelTable(path))
    assert (edema.positive, edema.negative, edema.uncertain, edema.not_mentioned) == (2, 1, 1, 0)
    assert (mass.positive, mass.negative, mass.uncertain, mass.not_mentioned) == (0, 1, 0, 3)
    assert edema.percent(edema.positive) == 50.0


def test_a_share_of_no_reports_is_undefined(table: Write) -> None:
    (edema,) = label_frequencies(LabelTable(table("id,Edema\n")))
    assert edema.total == 0
    assert edema.percent(0) is None


def test_the_diagonal_counts_a_label_alone(table: Write) -> None:
    path = table("id,A,B,C\n1,1,,\n2,1,1,\n3,1,1,1\n4,1,-1,0\n5,,,\n")
    found = cooccurrence(LabelTable(path))
    assert found.counts.tolist() == [[2, 2, 1], [2, 0, 1], [1, 1, 0]]
    assert found.totals.tolist() == [4, 2, 1]


@given(st.lists(st.tuples(*[st.sampled_from(VALUES)] * 3), max_size=30))
def test_counts_are_those_of_a_plain_loop(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("t") / "labels.csv"
    lines = "".join(f"{number},{','.join(row)}\n" for number, row in enumerate(rows))
    path.write_text(f"id,A,B,C\n{lines}")
    read = LabelTable(path)
    for place, entry in enumerate(label_frequencies(read)):
        column = [row[place] for row in rows]
        counted = (entry.positive, entry.negative, entry.uncertain, entry.not_mentioned)
        assert counted == tuple(column.count(value) for value in VALUES)
    found = cooccurrence(read)
    for one, other in product(range(3), repeat=2):
        if one == other:
            expected = sum(row[one] == "1" and row.count("1") == 1 for row in rows)
        else:
            expected = sum(row[one] == row[other] == "1" for row in rows)
        assert found.counts[one, other] == expected


@pytest.fixture
def data_entry(torchxrayvision_wheel: Path, tmp_path: Path) -> Path:
    """The label table of ChestX-ray14, release of 2020: 112,120 films."""
    with zipfile.ZipFile(torchxrayvision_wheel) as wheel:
        (name,) = (name for name in wheel.namelist() if "Data_Entry_2017_v2020" in name)
        path = tmp_path / "Data_Entry_2017_v2020.csv.gz"
        path.write_bytes(wheel.read(name))
    return path


@pytest.mark.wheel_data
def test_the_matrix_of_chestxray14_is_the_published_one(data_entry: Path) -> None:
    # The first release of the table printed 4212 369 3269.
    read = LabelTable(data_entry, without=("No Finding",), order=label_set("nih"))
    found = cooccurrence(read)
    assert read.rows == 112_120
    assert found.labels == tuple(name for name in label_set("nih") if name != "No Finding")
    assert found.counts[0, :3].tolist() == [4215, 370, 3275]
    assert found.totals[:3].tolist() == [11559, 2776, 13317]
    assert (found.counts == found.counts.T).all()
    positive = [entry.positive for entry in label_frequencies(read)]
    assert positive == found.totals.tolist()
