"""The truth table of descriptions: every row is a statement about how films are named."""

import csv
import io
from pathlib import Path

import pytest

from plainfilm.categories import TextCategory, category_from_text
from plainfilm.vocabulary import CATEGORIES

_COLUMNS = {
    "study": "StudyDescription",
    "series": "SeriesDescription",
    "protocol": "ProtocolName",
    "part_tag": "BodyPartExamined",
    "view_tag": "ViewPosition",
    "side_tag": "ImageLaterality",
}
_MISSED = "missed:"


def truth() -> list[dict[str, str]]:
    text = Path(__file__).with_name("truth.csv").read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return list(csv.DictReader(io.StringIO(body)))


def judge(row: dict[str, str]) -> TextCategory:
    return category_from_text({key: row[name] for name, key in _COLUMNS.items() if row[name]})


def name_of(row: dict[str, str]) -> str:
    return "/".join(row[name] for name in _COLUMNS if row[name]) or "nothing"


TRUTH = truth()


@pytest.mark.parametrize("row", TRUTH, ids=name_of)
def test_description_is_understood(row: dict[str, str]) -> None:
    result = judge(row)
    assert result.category == ("" if row["why"].startswith(_MISSED) else row["category"])
    for column in ("body_part", "view", "laterality"):
        if row[column]:
            assert getattr(result, column) == row[column].strip("-")


def test_table_is_large_and_covers_every_category() -> None:
    assert len({name_of(row) for row in TRUTH}) >= 600
    assert {row["category"] for row in TRUTH} >= {category.name for category in CATEGORIES}


def test_at_most_one_in_a_hundred_assigned_categories_is_wrong() -> None:
    judged = [(judge(row).category, row["category"]) for row in TRUTH]
    wrong = [pair for pair in judged if pair[0] and pair[0] != pair[1]]
    found = [pair for pair in judged if pair[0] and pair[0] == pair[1]]
    assert len(wrong) <= 0.01 * (len(found) + len(wrong))
    assert len(found) >= 0.98 * sum(1 for _, said in judged if said)
