"""Duplicate ids are found exactly, and memory does not grow with the table."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from plainfilm.errors import BadTable
from plainfilm.reports import read_reports
from plainfilm.reports._duplicates import ids_twice


def test_names_are_given_in_order_with_their_number() -> None:
    names = ["b", "a", "c", "a", "b", "b"]
    assert ids_twice(lambda: names) == (["b", "a"], 2)
    assert ids_twice(lambda: ["a", "b"]) == ([], 0)
    assert ids_twice(list) == ([], 0)


def test_equal_hashes_are_not_taken_for_equal_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plainfilm.reports._duplicates._MASK", 3)
    assert ids_twice(lambda: [f"r{n}" for n in range(50)]) == ([], 0)
    names, _ = ids_twice(lambda: [*(f"r{n}" for n in range(50)), "r7"])
    assert names == ["r7"]


@pytest.mark.parametrize("held", [1, 7, 100])
def test_the_answer_is_the_same_from_disk(monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr("plainfilm.reports._duplicates._HELD", held)
    names = [f"r{n % 40}" for n in range(50)]
    assert ids_twice(lambda: names) == ([f"r{n}" for n in range(10)], 10)


def test_very_many_duplicates_are_counted_and_named_in_part() -> None:
    names, count = ids_twice(lambda: [f"r{n // 2}" for n in range(6_000)])
    assert (len(names), count) == (1_000, 3_000)


def memory_of_finding(count: int) -> int:
    """The peak of memory, in bytes, while `count` different ids are looked through."""

    def names() -> Iterator[str]:
        return (f"study-{n:08}" for n in range(count))

    tracemalloc.start()
    assert ids_twice(names) == ([], 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_a_million_ids_need_little_memory() -> None:
    # 4 MB of hashes at a time, then a 64th of them in a set; the ids alone would be 60 MB.
    assert memory_of_finding(1_000_000) < 8_000_000


def test_a_long_table_streams_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plainfilm.reports._tables._KEPT", 100_000)  # bytes; smaller ones are kept

    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as stream:
            stream.write("id,text\n")
            stream.writelines(f"r{n},No effusion in film {n}.\n" for n in range(rows))
        tracemalloc.start()
        count = sum(1 for _ in read_reports(path))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == rows
        return most

    assert peak(100_000) < peak(10_000) + 2_000_000  # 8 bytes each


def test_duplicates_at_the_far_ends_of_a_table_are_named(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id,text\n" + "".join(f"r{n},x\n" for n in range(20_000)) + "r3,y\n")
    with pytest.raises(BadTable, match=r"more than once: r3$"):
        read_reports(path)
