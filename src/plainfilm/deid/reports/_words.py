"""The words that tell names from other words, and the phrases that tell what stands beside them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.folding import fold
from plainfilm.deid.profile import data_rows

__all__ = [
    "Cue",
    "cue_words",
    "find_cues",
    "is_everyday",
    "is_given_name",
    "is_listed_name",
    "is_prose",
    "is_word_too",
    "months",
]

LANGUAGES: Final = frozenset({"en", "de", "es", "pt", "fr"})
"""Languages that the rules for reports read."""

_FOLDER: Final = "reports"


class Cue(NamedTuple):
    """A phrase of `cues.csv` in a text: what it tells, and the tokens it is made of."""

    kind: str
    first: int
    end: int


def is_listed_name(word: str) -> bool:
    """Whether a folded word is a given name or a surname and no common word."""
    listed = word in _listed("surnames.txt") or word in _listed("first_names.txt")
    return listed and not is_everyday(word)


def is_given_name(word: str) -> bool:
    """Whether a folded word is a given name; a common word it may be as well (john, grace)."""
    return word in _listed("first_names.txt") and word not in _never_names()


def is_word_too(word: str) -> bool:
    """Whether a folded word is a name for some, and a word for everybody (young, brown, hand)."""
    return word in _listed("names_that_are_words.txt")


def is_prose(word: str) -> bool:
    """Whether a folded word is one that radiology reports are made of, whoever bears it."""
    return word in _listed("prose_words.txt") or is_medical_word(word) or word in _never_names()


def is_everyday(word: str) -> bool:
    """Whether a folded word belongs to medicine, to reports or to common English."""
    return word in _listed("english_words.txt") or is_medical_word(word) or word in _never_names()


@cache
def cue_words(kind: str) -> frozenset[str]:
    """The folded phrases of one kind."""
    return frozenset(
        fold(phrase)
        for row in data_rows("reports/cues.csv")
        if row["kind"] == kind
        for phrase in row["phrases"].split("|")
    )


@cache
def months() -> Mapping[str, bool]:
    """Folded name of a month in one of the languages → whether it means nothing else."""
    return {
        row["name"]: row["clear"] == "yes"
        for row in data_rows("month_names.csv")
        if row["language"] in LANGUAGES
    }


def find_cues(words: Sequence[str]) -> Iterator[Cue]:
    """Every phrase that stands in a text; of those that begin at one token, the longest.

    Args:
        words: folded tokens; punctuation between the words of a phrase is skipped.
    """
    index = _index()
    for first, word in enumerate(words):
        if word in index:
            for kind, phrases in index[word].items():
                end = max(_match(words, first, phrase) for phrase in phrases)
                if end:
                    yield Cue(kind, first, end)


def _match(words: Sequence[str], first: int, phrase: tuple[str, ...]) -> int:
    """The end of a phrase that begins at a token; 0 where it does not stand there."""
    place = first + 1
    for wanted in phrase[1:]:
        while place < len(words) and words[place] in _SKIPPED:
            place += 1
        if place >= len(words) or words[place] != wanted:
            return 0
        place += 1
    return place


_SKIPPED: Final = frozenset(".-'\u2019/º°")
_LOOKED_UP: Final = frozenset(
    {"not_a_name", "generic_place", "particle", "eponym", "eponym_noun", "ordered", "on_date"}
    | {"other_language", "since", "street_after", "street_end", "toward", "person"}
)
"""Kinds that are asked for word by word, so that nobody need search for them."""


@cache
def _index() -> Mapping[str, Mapping[str, list[tuple[str, ...]]]]:
    """First word → kind → phrases."""
    index: dict[str, dict[str, list[tuple[str, ...]]]] = {}
    kinds = {row["kind"] for row in data_rows("reports/cues.csv")} - _LOOKED_UP
    for kind in kinds:
        for phrase in cue_words(kind):
            words = tuple(phrase.replace("-", " ").replace("/", " ").split())
            index.setdefault(words[0], {}).setdefault(kind, []).append(words)
    return index


@cache
def _never_names() -> frozenset[str]:
    kinds = ("not_a_name", "role", "weekday")
    return frozenset().union(*map(cue_words, kinds), months())


@cache
def _listed(name: str) -> frozenset[str]:
    text = resources.files("plainfilm.deid").joinpath(_FOLDER, name).read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))
