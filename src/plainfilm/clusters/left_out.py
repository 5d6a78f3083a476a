"""Which tags are never features, and why: rules over keywords, VRs and the names of columns."""

import csv
import re
import unicodedata
from collections.abc import Collection
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from plainfilm.dicom import element_entry, keyword_vr, standard_keywords

__all__ = [
    "CODED",
    "DESCRIPTION",
    "OWN_VALUES",
    "Rule",
    "keyword_of",
    "rule_of",
    "rule_of_values",
]

DESCRIPTION: Final = "description"
"""Reason of texts that can be taken as words."""
CODED: Final = "coded"
"""Reason of sequences whose code is read."""
_MOST_KINDS: Final = 64
_TAG: Final = re.compile(r"\(?([0-9a-f]{4}),?\s*([0-9a-f]{4})\)?", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PERSON: Final = re.compile(r"[^\W\d_][^\^\d]*\^+[^\W\d_]")
"""As DICOM writes names of people: `Family^Given` (PS3.5 section 6.2.1)."""


class Rule(NamedTuple):
    """Why a tag is not taken as it is: a code, and a phrase for people."""

    reason: str
    because: str


OWN_VALUES: Final = Rule("own_values", "most films have a value of their own")
_NAMES_PEOPLE: Final = Rule("identity", "holds names as those of people are written")
_MANY_TEXTS: Final = Rule("free_text", "no DICOM tag, and of too many texts to be a category")
_NO_TAG: Final = Rule("structure", "a private or unknown element")


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
    return tuple(
        (name[:-1], rule)
        for (kind, name), rule in _rules().items()
        if kind == "keyword" and name.endswith("*")
    )


@cache
def _words() -> tuple[tuple[str, Rule], ...]:
    return tuple((name, rule) for (kind, name), rule in _rules().items() if kind == "word")


@lru_cache(maxsize=8192)
def rule_of(keyword: str) -> Rule | None:
    """The rule that a tag falls under; None for a tag that may be a feature.

    A column that the Standard does not know falls under the rules for words in its name.
    """
    found = _rules().get(("keyword", keyword))
    if found is None:
        found = next((rule for start, rule in _beginnings() if keyword.startswith(start)), None)
    entry = keyword_vr(keyword)
    if found is None and entry is not None:
        found = _rules().get(("vr", entry[0]))
    if found is None and entry is None:
        found = _NO_TAG if _TAG.fullmatch(keyword) else _rule_of_name(keyword)
    return found


def _rule_of_name(name: str) -> Rule | None:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = [word.lower() for word in _WORD.findall(plain)]
    return next(
        (rule for form, rule in _words() if any(fnmatchcase(word, form) for word in words)), None
    )


def rule_of_values(keyword: str, values: Collection[str], *, asked: bool) -> Rule | None:
    """The rule that a column falls under by what it holds, where the Standard does not know it;
    None for one that may be a feature.

    Args:
        values: its different texts.
        asked: whether it was asked for; then it may have many texts, but no names of people.
    """
    if keyword_vr(keyword) is not None:
        return None
    if any(map(_PERSON.search, values)):
        return _NAMES_PEOPLE
    return _MANY_TEXTS if len(values) > _MOST_KINDS and not asked else None


@lru_cache(maxsize=8192)
def keyword_of(name: str) -> str:
    """The DICOM keyword that a table's column is called after, or the name as it is.

    `Body Part Examined`, `body_part_examined`, `Patient's Birth Date`, `Operator's Name`,
    `(0010,0010)` and `00100010` are all found.
    """
    tag = _TAG.fullmatch(name.strip())
    if tag is not None:
        entry = element_entry(int(tag[1] + tag[2], 16))
        return name if entry is None else entry.keyword or name
    known = _keywords_by_letters()
    # `Patient's Name` is PatientName, but `Operator's Name` is OperatorsName.
    forms = (_letters(re.sub("['\u2019]s ", " ", name)), _letters(name))
    return next((known[form] for form in forms if form in known), name)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


@cache
def _keywords_by_letters() -> dict[str, str]:
    return {keyword.lower(): keyword for keyword in standard_keywords()}
