"""Which tags are never features, and why: a table of rules over keywords and VRs."""

import csv
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from plainfilm.dicom import keyword_vr, standard_keywords

__all__ = ["CODED", "DESCRIPTION", "Rule", "keyword_of", "rule_of"]

DESCRIPTION: Final = "description"
"""Reason of texts that can be taken as words."""
CODED: Final = "coded"
"""Reason of sequences whose code is read."""


class Rule(NamedTuple):
    """Why a tag is not taken as it is: a code, and a phrase for people."""

    reason: str
    because: str


@cache
def _rules() -> dict[tuple[str, str], Rule]:
    text = files("plainfilm.clusters").joinpath("left_out.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {
        (row["kind"], row["name"]): Rule(row["reason"], row["because"])
        for row in csv.DictReader(lines)
    }


@cache
def _beginnings() -> tuple[tuple[str, Rule], ...]:
    return tuple((name[:-1], rule) for (_, name), rule in _rules().items() if name.endswith("*"))


@lru_cache(maxsize=8192)
def rule_of(keyword: str) -> Rule | None:
    """The rule that a tag falls under; None for a tag that may be a feature.

    A keyword that the Standard does not know falls under rules for keywords only.
    """
    found = _rules().get(("keyword", keyword))
    if found is None:
        found = next((rule for start, rule in _beginnings() if keyword.startswith(start)), None)
    entry = keyword_vr(keyword)
    if found is None and entry is not None:
        found = _rules().get(("vr", entry[0]))
    return found


@lru_cache(maxsize=8192)
def keyword_of(name: str) -> str:
    """The DICOM keyword that a table's column is called after, or the name as it is.

    `Body Part Examined`, `body_part_examined` and `Patient's Birth Date` are all found.
    """
    return _keywords_by_letters().get(_letters(name), name)


def _letters(name: str) -> str:
    plain = name.lower().replace("'s ", " ").replace("\u2019s ", " ")
    return "".join(letter for letter in plain if letter.isalnum())


@cache
def _keywords_by_letters() -> dict[str, str]:
    return {keyword.lower(): keyword for keyword in standard_keywords()}
