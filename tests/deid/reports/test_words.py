"""The lists behind the cleaning."""

from importlib import resources

import pytest

from plainfilm.deid.folding import fold
from plainfilm.deid.profile import data_rows

LISTS = (
    "english_words.txt",
    "first_names.txt",
    "names_that_are_words.txt",
    "prose_words.txt",
    "surnames.txt",
)


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_folded_sorted_and_tell_their_source(name: str) -> None:
    lines = (
        resources.files("plainfilm.deid").joinpath("reports", name).read_text("utf-8").split("\n")
    )
    words = [line for line in lines if line and not line.startswith("#")]
    assert any(line.startswith("# Source: ") for line in lines[:8])
    assert words == sorted(set(words))
    assert all(word == fold(word) and word.isalpha() for word in words)


def test_cues_are_known_kinds_each_with_phrases() -> None:
    text = resources.files("plainfilm.deid").joinpath("reports/cues.csv").read_text("utf-8")
    told = " ".join(line for line in text.splitlines() if line.startswith("#"))
    for row in data_rows("reports/cues.csv"):
        assert f"{row['kind']}:" in told or f"{row['kind']}," in told or f"{row['kind']}." in told
        assert all(phrase.strip() == phrase and phrase for phrase in row["phrases"].split("|"))


def test_every_language_names_its_months() -> None:
    rows = data_rows("month_names.csv")
    for language in ("en", "de", "es", "pt", "fr"):
        # German and French share some of their months with English, Portuguese with Spanish.
        assert len({row["month"] for row in rows if row["language"] == language}) >= 7
    assert {row["month"] for row in rows} == {str(month) for month in range(1, 13)}
