"""Tables of predicted and true categories, brought together or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plainfilm.errors import BadTable, SettingsError
from plainfilm.evaluate import UNDECIDED, CategoryPair, CsvTable, pair_categories

Write = Callable[..., Path]

NAMES = ("hand_ap", "knee_ap")  # and `other`
PREDICTED = (
    "file,category,probability,second,second_probability,decision,note\n"
    "b.dcm,knee_ap,0.9,hand_ap,0.05,straight,x\n"
    "a.dcm,hand_ap,0.6,,,review,x\n"
    "c.dcm,,,,,person,x\n"
)
TRUTH = "note,file,category\ny,a.dcm,hand_ap\ny,b.dcm,other\ny,c.dcm,knee_ap\n"


@pytest.fixture
def pair(table: Write) -> Callable[..., CategoryPair]:
    def read(predicted: str = PREDICTED, truth: str = TRUTH, **options: Any) -> CategoryPair:
        paths = table(predicted, "predicted.csv"), table(truth, "truth.csv")
        said, true = map(CsvTable, paths)
        return pair_categories(said, true, NAMES, other="other", **options)

    return read


def test_films_are_matched_whatever_their_order(pair: Callable[..., CategoryPair]) -> None:
    found = pair()
    assert found.names == ("hand_ap", "knee_ap", "other")
    assert found.films == ("a.dcm", "b.dcm", "c.dcm")
    assert found.truth.tolist() == [0, 2, 1]
    assert found.predicted.tolist() == [0, 1, UNDECIDED]
    assert found.second is not None
    assert found.second.tolist() == [UNDECIDED, 0, UNDECIDED]
    np.testing.assert_array_equal(found.probability, [0.6, 0.9, np.nan])
    assert found.decision is not None
    assert found.decision.tolist() == ["review", "straight", "person"]


def test_ids_may_be_called_id_or_anything_else(pair: Callable[..., CategoryPair]) -> None:
    ids = (PREDICTED.replace("file", "id"), TRUTH.replace("file", "id"))
    assert pair(*ids).films == ("a.dcm", "b.dcm", "c.dcm")
    other = TRUTH.replace("file", "Image Index")
    assert len(pair(PREDICTED, other, truth_id="Image Index").films) == 3
    both = (PREDICTED.replace("note", "id"), TRUTH.replace("note", "id"))
    assert pair(*both).films[0] == "a.dcm"  # `file` comes first
    renamed = (PREDICTED.replace("file", "x"), TRUTH.replace("file", "x"))
    assert len(pair(*renamed, id_column="x").films) == 3


def test_files_in_other_folders_are_matched_by_name(pair: Callable[..., CategoryPair]) -> None:
    moved = PREDICTED.replace("a.dcm", "/mnt/one/a.dcm").replace("b.dcm", "/mnt/two/b.dcm")
    with pytest.raises(BadTable, match=r"alone has 2 films: /mnt/two/b\.dcm, /mnt/one/a\.dcm"):
        pair(moved)
    assert pair(moved, by_name=True).truth.tolist() == [0, 2, 1]
    twice = moved.replace("/mnt/two/b.dcm", "/mnt/two/a.dcm")
    with pytest.raises(BadTable, match=r"more than one file: a\.dcm"):
        pair(twice, by_name=True)


def test_films_without_partner_are_an_error_or_listed(pair: Callable[..., CategoryPair]) -> None:
    more = TRUTH + "y,d.dcm,hand_ap\n"
    with pytest.raises(BadTable, match=r"truth.csv alone has 1 films: d\.dcm"):
        pair(truth=more)
    found = pair(truth=more, common=True)
    assert (found.only_predicted, found.only_true) == ((), ("d.dcm",))
    assert len(found.films) == 3
    with pytest.raises(BadTable, match=r"no film in common; .* by name"):
        pair(truth="file,category\nx,other\n", common=True)


def test_films_of_a_category_can_be_left_out(pair: Callable[..., CategoryPair]) -> None:
    found = pair(without=["other"])
    assert found.films == ("a.dcm", "c.dcm")
    assert found.truth.tolist() == [0, 1]
    assert found.predicted.tolist() == [0, UNDECIDED]
    assert found.names == ("hand_ap", "knee_ap", "other")  # it may still be predicted, wrongly
    with pytest.raises(BadTable, match="every film"):
        pair(without=["other", "hand_ap", "knee_ap"])
    with pytest.raises(SettingsError, match="no such category: foot; known: hand_ap, knee_ap"):
        pair(without=["foot"])


def test_predictions_without_probabilities(pair: Callable[..., CategoryPair]) -> None:
    text = "file,category\na.dcm,hand_ap\nb.dcm,\nc.dcm,knee_ap\n"
    with pytest.raises(BadTable, match="missing columns probability, second; found file, category"):
        pair(text)
    found = pair(text, probabilities=False)
    assert (found.probability, found.second, found.decision) == (None, None, None)


# What is wrong, the table, and what the message has to say.
WRONG = [
    ("no category", "file,probability\na.dcm,1\n", TRUTH,
     "missing columns category, second; found file, probability"),
    ("no truth", PREDICTED, "file,cat\na.dcm,other\n", "missing columns category; found file and"),
    ("no ids", "f,category\na,other\n", TRUTH, "neither `file` nor `id`; found category and"),
    ("outside the table", PREDICTED.replace("knee_ap,0", "Mary Quill,0"), TRUTH,
     "row 2, column category: the value is none of the 3 categories; a film of any other view"),
    ("more outside", PREDICTED, TRUTH.replace("knee_ap", "skull").replace("hand_ap", "skull"),
     r"row 2, column category: .* \(and in 1 more rows\)"),
    ("truth undecided", PREDICTED, TRUTH.replace("other", ""), "row 3, column category"),
    ("second outside", PREDICTED.replace(",hand_ap,0.05", ",rib,0.05"), TRUTH,
     "row 2, column second"),
    ("above 1", PREDICTED.replace("0.6", "60"), TRUTH, "row 3, column probability: no number"),
    ("no number", PREDICTED.replace("0.6", "high"), TRUTH, "row 3, column probability"),
    ("not a number", PREDICTED.replace("0.6", "nan"), TRUTH, "row 3, column probability"),
    ("none", PREDICTED.replace("0.6", ""), TRUTH, "row 3, column probability"),
    ("twice", PREDICTED.replace("c.dcm", "a.dcm"), TRUTH, "more than once, in rows 3, 4"),
    ("no id", PREDICTED.replace("c.dcm", ""), TRUTH, "row 4, column file: the id is empty"),
    ("free text", PREDICTED.replace("straight", "saw Mary Quill"), TRUTH, "column decision: holds"),
]  # fmt: skip


@pytest.mark.parametrize(("predicted", "truth", "words"), [row[1:] for row in WRONG],
                         ids=[row[0] for row in WRONG])  # fmt: skip
def test_bad_tables_are_refused_with_the_place_and_no_value(
    pair: Callable[..., CategoryPair], predicted: str, truth: str, words: str
) -> None:
    with pytest.raises(BadTable, match=words) as caught:
        pair(predicted, truth)
    assert "Quill" not in str(caught.value)
