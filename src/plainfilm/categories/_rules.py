"""The rule tables, loaded once: words for parts, views, sides, and how parts lie in one another."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Generic, TypeVar

from plainfilm.categories._tokens import fold, tokens
from plainfilm.errors import BadTable

Meaning = TypeVar("Meaning")

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_COUNTS: Final = range(2, 13)


@dataclass(frozen=True, slots=True)
class Part:
    """A body part as the rules know it; `within` names the wider parts it lies in."""

    name: str
    paired: bool
    within: frozenset[str]
    vague: bool


@dataclass(frozen=True, slots=True)
class PartWord:
    part: str
    language: str
    weak: bool


@dataclass(frozen=True, slots=True)
class ViewWord:
    """A word for a view; `parts` where it has this meaning (empty: everywhere)."""

    view: str
    rank: str
    parts: frozenset[str]
    shows: str
    tag_only: bool

    def fits(self, part: str) -> bool:
        """Whether the word means this view on this part; an unknown part ("") may be any."""
        return not self.parts or part in self.parts or (not part and bool(self.shows))


@dataclass(frozen=True, slots=True)
class SideWord:
    side: str
    language: str
    with_language: bool


@dataclass(frozen=True, slots=True)
class Hit(Generic[Meaning]):
    """A term found: token span, the term, and what it may mean."""

    start: int
    end: int
    term: str
    meanings: tuple[Meaning, ...]


class Terms(Generic[Meaning]):
    """Multi-word terms and what each may mean."""

    def __init__(self, entries: Iterable[tuple[str, Meaning]]) -> None:
        grouped: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
        for term, meaning in entries:
            for key in _spellings(term):
                if key and meaning not in grouped[key]:
                    grouped[key].append(meaning)
        self._by_first: dict[str, list[tuple[tuple[str, ...], tuple[Meaning, ...]]]] = {}
        for key in sorted(grouped, key=len, reverse=True):
            self._by_first.setdefault(key[0], []).append((key, tuple(grouped[key])))

    def find(self, words: tuple[str, ...]) -> list[Hit[Meaning]]:
        """The terms found, none overlapping another."""
        return without_overlaps(self.find_all(words))

    def find_all(self, words: tuple[str, ...]) -> list[Hit[Meaning]]:
        """Every term found, by start, the longer first; they may overlap."""
        return [
            Hit(start, start + len(key), " ".join(key), meanings)
            for start, word in enumerate(words)
            for key, meanings in self._by_first.get(word, ())
            if words[start : start + len(key)] == key
        ]


def without_overlaps(hits: Iterable[Hit[Meaning]]) -> list[Hit[Meaning]]:
    """Of hits by start, the longer first, those that begin where the one before has ended."""
    kept: list[Hit[Meaning]] = []
    end = 0
    for hit in hits:
        if hit.start >= end:
            kept.append(hit)
            end = hit.end
    return kept


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule table, ready for matching."""

    parts: dict[str, Part]
    part_words: Terms[PartWord]
    view_words: Terms[ViewWord]
    tag_view_words: Terms[ViewWord]
    side_words: Terms[SideWord]
    counts: Terms[str]
    titles: Terms[str]
    view_matches: dict[str, tuple[str, ...]]
    undecided: frozenset[tuple[str, str]]

    def related(self, one: str, other: str) -> bool:
        """Whether two part names may both be right: equal, or one lies in the other."""
        return one == other or other in self._wider(one) or one in self._wider(other)

    def lies_in(self, narrow: str, wide: str) -> bool:
        return wide in self._wider(narrow)

    def _wider(self, part: str) -> frozenset[str]:
        known = self.parts.get(part)
        return known.within if known else frozenset()


def _spellings(term: str) -> set[tuple[str, ...]]:
    """A term's token tuples; umlauts are matched as `u` and as `ue`."""
    return {tokens(fold(term)), tokens(fold(term.translate(_UMLAUTS)))}


def _table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a bundled table; lines that start with # are comments."""
    text = resources.files(__package__).joinpath("rules", name).read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    reader = csv.DictReader(io.StringIO(body))
    for row in reader:
        if None in row or None in row.values():
            raise BadTable(f"{name}: row {reader.line_num} below the comments has a wrong length")
        yield row


def _terms(row: dict[str, str]) -> list[str]:
    return [term.strip() for term in row["terms"].split(";") if term.strip()]


def _parts() -> dict[str, Part]:
    return {
        row["part"]: Part(
            row["part"],
            row["paired"] == "yes",
            frozenset(row["within"].split()),
            row["vague"] == "yes",
        )
        for row in _table("parts.csv")
    }


def _part_words(parts: dict[str, Part]) -> Iterator[tuple[str, PartWord]]:
    for row in _table("body_parts.csv"):
        if row["part"] not in parts:
            raise BadTable(f"body_parts.csv: part '{row['part']}' is not in parts.csv")
        word = PartWord(row["part"], row["language"], row["strength"] == "weak")
        for term in _terms(row):
            yield term, word


def _view_words(parts: dict[str, Part]) -> Iterator[tuple[str, ViewWord]]:
    for row in _table("views.csv"):
        named = frozenset(row["with"].split())
        unknown = (named | {row["shows"]} - {""}) - parts.keys()
        if unknown:
            raise BadTable(f"views.csv: parts {', '.join(sorted(unknown))} are not in parts.csv")
        if row["rank"] not in {"generic", "named", "implied"}:
            raise BadTable(f"views.csv: rank '{row['rank']}' is none of generic, named, implied")
        word = ViewWord(row["view"], row["rank"], named, row["shows"], row["language"] == "tag")
        for term in _terms(row):
            yield term, word


def _side_words() -> Iterator[tuple[str, SideWord]]:
    for row in _table("sides.csv"):
        for term in _terms(row):
            yield term, SideWord(row["side"], row["language"], row["with_language"] == "yes")


def _count_terms() -> Iterator[tuple[str, str]]:
    for row in _table("counts.csv"):
        for term in _terms(row):
            if "N" in term:
                yield from ((term.replace("N", str(count)), "many") for count in _COUNTS)
            else:
                yield term, "many"


def _titles() -> Iterator[tuple[str, str]]:
    for row in _table("noise.csv"):
        for title in row["titles"].split(";"):
            yield title, "title"


@cache
def bundled_rules() -> Rules:
    """The rules that ship with plainfilm."""
    parts = _parts()
    views = list(_view_words(parts))
    return Rules(
        parts=parts,
        part_words=Terms(_part_words(parts)),
        view_words=Terms(entry for entry in views if not entry[1].tag_only),
        tag_view_words=Terms(views),
        side_words=Terms(_side_words()),
        counts=Terms(_count_terms()),
        titles=Terms(_titles()),
        view_matches={
            row["view"]: tuple(row["category_views"].split()) for row in _table("view_matches.csv")
        },
        undecided=frozenset((row["part"], row["view"]) for row in _table("undecided.csv")),
    )
