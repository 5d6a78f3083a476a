"""The vocabulary of radiography orders, as `descriptor_words.csv` lists it."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from plainfilm.deid.folding import fold
from plainfilm.deid.profile import data_rows

__all__ = ["KEPT_KINDS", "is_medical_word", "is_place_word", "word_kind"]

KEPT_KINDS: Final = frozenset(
    ("modality", "body", "view", "side", "ordinal", "finding", "population", "unit", "processing")
)


@cache
def words() -> Mapping[str, str]:
    """Folded word or phrase of two words → kind."""
    return {fold(row["word"]): row["kind"] for row in data_rows("descriptor_words.csv")}


def word_kind(word: str) -> str | None:
    """The kind of a folded word or of a phrase joined by one space; None where it is not listed."""
    return words().get(word)


def is_medical_word(word: str) -> bool:
    """Whether a folded word belongs to medicine or to radiography, so that it names nobody."""
    return words().get(word) in KEPT_KINDS


def is_place_word(word: str) -> bool:
    """Whether a folded word stands in the names of many institutions, so that it tells none."""
    return words().get(word) == "place"
