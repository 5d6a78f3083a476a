"""The defined and enumerated terms of code strings, which no name could have put there."""

from functools import cache
from typing import Final

from plainfilm.deid.profile import data_rows

__all__ = ["is_defined_term"]

_ANY: Final = frozenset({"YES", "NO", "Y", "N", ""})


def is_defined_term(keyword: str, value: str) -> bool:
    """Whether a value of VR CS is one of those that the Standard gives for the attribute.

    Source: DICOM PS3.3, by way of `defined_terms.csv`.
    """
    return value in _ANY or value in _terms().get(keyword, ())


@cache
def _terms() -> dict[str, frozenset[str]]:
    return {
        row["keyword"]: frozenset(row["terms"].split("|")) for row in data_rows("defined_terms.csv")
    }
