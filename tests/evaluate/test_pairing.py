"""Predicted and true labels are brought together by ids and names, not by place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from plainfilm.errors import BadTable
from plainfilm.evaluate import LabelTable, pair_labels

Write = Callable[..., Path]


@pytest.fixture
def pair(table: Write) -> Callable[..., tuple[LabelTable, LabelTable]]:
    def make(predicted: str, truth: str) -> tuple[LabelTable, LabelTable]:
        return LabelTable(table(predicted, "p.csv")), LabelTable(table(truth, "t.csv"))

    return make


Pair = Callable[..., tuple[LabelTable, LabelTable]]


def test_rows_and_columns_in_another_order_are_the_same_labels(pair: Pair) -> None:
    found = pair_labels(*pair("id,A,B\n2,0,1\n1,-1,\n", "id,B,A\n1,1,1\n2,0,0\n"))
    assert found.names == ("B", "A")
    assert found.predicted.tolist() == [[-2, -1], [1, 0]]
    assert found.truth.tolist() == [[1, 1], [0, 0]]
    assert not found.only_predicted
    assert not found.labels_only_true


def test_ids_and_labels_of_one_table_are_an_error_that_names_them(pair: Pair) -> None:
    with pytest.raises(BadTable, match=r"p\.csv alone has 1 ids: 3; .*t\.csv alone has 1 ids: 2"):
        pair_labels(*pair("id,A\n1,1\n3,1\n", "id,A\n1,1\n2,1\n"))
    with pytest.raises(BadTable, match=r"t\.csv alone has 1 labels: B$"):
        pair_labels(*pair("id,A\n1,1\n", "id,A,B\n1,1,1\n"))


def test_on_request_what_both_have_is_compared_and_the_rest_listed(pair: Pair) -> None:
    predicted, truth = pair("id,A,C\n1,1,0\n3,1,0\n2,0,0\n", "id,A,B\n2,1,0\n4,1,0\n1,-1,0\n")
    found = pair_labels(predicted, truth, common=True)
    assert found.names == ("A",)
    assert found.predicted.tolist() == [[0], [1]]
    assert found.truth.tolist() == [[1], [-1]]
    assert (found.only_predicted, found.only_true) == (("3",), ("4",))
    assert (found.labels_only_predicted, found.labels_only_true) == (("C",), ("B",))


@pytest.mark.parametrize(
    ("truth", "words"), [("id,A\n9,1\n", "no ids"), ("id,B\n1,1\n", "no labels")]
)
def test_tables_with_nothing_in_common_are_refused(pair: Pair, truth: str, words: str) -> None:
    with pytest.raises(BadTable, match=f"{words} in common"):
        pair_labels(*pair("id,A\n1,1\n", truth), common=True)
