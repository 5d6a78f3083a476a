"""The rule tables, loaded once: words for parts, views, sides, and how parts lie in one another."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import chain
from typing import Any, Final, Generic, TypeVar

from plainfilm.categories._spelling import SHORTEST_MENDED, Speller
from plainfilm.categories._tokens import BREAK, CARET, SEPARATOR, fold, tokens, words_of_run
from plainfilm.errors import BadTable

Meaning = TypeVar("Meaning")

SPECIAL_VIEWS: Final = frozenset({"contrast", "not_a_film"})
"""Views of views.csv that make a film `other` whatever part it shows."""

UNKNOWN: Final = "?"
"""The token that stands for a number, a code or a short word which the rules do not know."""

UNKNOWN_WORD: Final = "??"
"""The token that stands for a longer word which the rules do not know: a name, or a part."""

_SHORTEST_WORD: Final = 5  # letters; shorter ones are codes and abbreviations
_LAST: Final = 3
_LINKS: Final = ("s", "n", "en")  # Zehe-n-gelenk, Handgelenk-s-fraktur
_KNOWN_RUNS: Final = 65_536
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_COUNTS: Final = range(2, 13)
_RANKS: Final = ("generic", "letter", "named", "eponym", "implied")
_GLUED: Final = ("lateral", "oblique", "axial", "lat", "obl", "seitl", "ap", "pa", "dp")
_SHORTEST_GLUED: Final = 3  # letters of a part before a view's: `CXRPA`, `LWSAP`


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
    language: str

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

    def entries(self) -> Iterator[tuple[tuple[str, ...], tuple[Meaning, ...]]]:
        """Each term's words, and what they may mean."""
        for found in self._by_first.values():
            yield from found

    def has(self, word: str) -> bool:
        """Whether one word alone is a term."""
        return any(key == (word,) for key, _ in self._by_first.get(word, ()))

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
    """Every rule table, ready for matching.

    Attributes:
        joins: what stands between two things of one rank.
        titles: words before a person's name, and whether such a word may open a text.
        glued: letters of a view that are written right behind a part: `KNEELAT`.
        compound_endings: German words behind a part in one word (`Zehengrundgelenk`), by their
            last letters.
        vocabulary: every word of every table; a word outside says nothing.
    """

    parts: dict[str, Part]
    part_words: Terms[PartWord]
    view_words: Terms[ViewWord]
    tag_view_words: Terms[ViewWord]
    side_words: Terms[SideWord]
    counts: Terms[str]
    titles: Terms[bool]
    modalities: Terms[str]
    indications: Terms[str]
    given_names: frozenset[str]
    joins: frozenset[str]
    articles: frozenset[str]
    plain_words: frozenset[str]
    glued: tuple[str, ...]
    compound_endings: dict[str, tuple[str, ...]]
    view_matches: dict[str, tuple[str, ...]]
    undecided: frozenset[tuple[str, str]]
    vocabulary: frozenset[str] = field(repr=False)
    speller: Speller = field(repr=False)
    known_runs: dict[str, tuple[str, ...]] = field(repr=False)

    def related(self, one: str, other: str) -> bool:
        """Whether two part names may both be right: equal, or one lies in the other."""
        return one == other or other in self._wider(one) or one in self._wider(other)

    def lies_in(self, narrow: str, wide: str) -> bool:
        return wide in self._wider(narrow)

    def _wider(self, part: str) -> frozenset[str]:
        known = self.parts.get(part)
        return known.within if known else frozenset()

    def understand_run(self, run: str) -> tuple[str, ...]:
        """The words of the tables that a run of letters and digits stands for, UNKNOWN in place of
        those that are in none. What was understood is kept in `known_runs`; numbers are not, for
        no two are the same."""
        found = tuple(
            word
            for written in words_of_run(run)
            for word in self._understand(written) or (UNKNOWN,)
        )
        if len(self.known_runs) < _KNOWN_RUNS and not run.isdigit():
            self.known_runs[run] = found
        return found

    def _understand(self, word: str) -> tuple[str, ...]:
        """A word may be mistyped, a compound, or a part and a view written as one."""
        if word in self.vocabulary:
            return (word,)
        if word.endswith(self.glued):
            for ending in self.glued:
                part = word.removesuffix(ending)
                if part != word and len(part) >= _SHORTEST_GLUED and self.part_words.has(part):
                    return (part, ending)
        if len(word) < _SHORTEST_WORD or not word.isalpha() or word in self.plain_words:
            return (UNKNOWN,)
        if len(word) < SHORTEST_MENDED:
            return (UNKNOWN_WORD,)
        return (self._part_of_compound(word) or self.speller.mend(word) or UNKNOWN_WORD,)

    def _part_of_compound(self, word: str) -> str | None:
        """The part that a German compound begins with, with its linking letters or without."""
        for ending in self.compound_endings.get(word[-_LAST:], ()):
            begins = word.removesuffix(ending)
            for part in (begins, *(begins.removesuffix(letters) for letters in _LINKS)):
                if begins != word and self.part_words.has(part):
                    return part
        return None


@cache
def _spellings(term: str) -> frozenset[tuple[str, ...]]:
    """A term's token tuples; umlauts are matched as `u` and as `ue`."""
    return frozenset(tokens(fold(text)) for text in {term, term.translate(_UMLAUTS)})


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """The rows of a bundled table; lines that start with # are comments."""
    text = resources.files(__package__).joinpath("rules", name).read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    reader = csv.DictReader(io.StringIO(body))
    for row in reader:
        if None in row or None in row.values():
            raise BadTable(f"{name}: row {reader.line_num} below the comments has a wrong length")
        yield row


def terms_of(row: dict[str, str]) -> list[str]:
    """The terms of a row, which `;` separates."""
    return [term.strip() for term in row["terms"].split(";") if term.strip()]


def _parts() -> dict[str, Part]:
    return {
        row["part"]: Part(
            row["part"],
            row["paired"] == "yes",
            frozenset(row["within"].split()),
            row["vague"] == "yes",
        )
        for row in rows_of("parts.csv")
    }


def _part_words(parts: dict[str, Part]) -> Iterator[tuple[str, PartWord]]:
    for row in rows_of("body_parts.csv"):
        if row["part"] not in parts:
            raise BadTable(f"body_parts.csv: part '{row['part']}' is not in parts.csv")
        word = PartWord(row["part"], row["language"], row["strength"] == "weak")
        for term in terms_of(row):
            yield term, word


def _view_words(parts: dict[str, Part]) -> Iterator[tuple[str, ViewWord]]:
    for row in rows_of("views.csv"):
        named = frozenset(row["with"].split())
        unknown = (named | {row["shows"]} - {""}) - parts.keys()
        if unknown:
            raise BadTable(f"views.csv: parts {', '.join(sorted(unknown))} are not in parts.csv")
        if row["rank"] not in _RANKS:
            raise BadTable(f"views.csv: rank '{row['rank']}' is none of {', '.join(_RANKS)}")
        word = ViewWord(row["view"], row["rank"], named, row["shows"], row["language"])
        for term in terms_of(row):
            yield term, word


def _side_words() -> Iterator[tuple[str, SideWord]]:
    for row in rows_of("sides.csv"):
        for term in terms_of(row):
            yield term, SideWord(row["side"], row["language"], row["with_language"] == "yes")


def _count_terms() -> Iterator[tuple[str, str]]:
    for row in rows_of("counts.csv"):
        for term in terms_of(row):
            if "N" in term:
                yield from ((term.replace("N", str(count)), "many") for count in _COUNTS)
            else:
                yield term, "many"


def _titles() -> Iterator[tuple[str, bool]]:
    for row in rows_of("titles.csv"):
        for title in terms_of(row):
            yield title, row["may_open"] == "yes"


def _by_last_letters(endings: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for ending in sorted(endings, key=len, reverse=True):
        found[ending[-_LAST:]] = (*found.get(ending[-_LAST:], ()), ending)
    return found


def _plain(name: str) -> Iterator[tuple[str, str]]:
    """The terms of a table that only lists them."""
    for row in rows_of(name):
        for term in terms_of(row):
            yield term, name


def _words(name: str) -> frozenset[str]:
    """The words of a table that only lists them, in either spelling."""
    terms = (term for row in rows_of(name) for term in terms_of(row))
    return frozenset(word for term in terms for words in _spellings(term) for word in words)


def _mendable(
    part_words: Iterable[tuple[str, PartWord]], view_words: Iterable[tuple[str, ViewWord]]
) -> dict[str, frozenset[str]]:
    """The words that a typing error may be mended to, and the parts and views they mean: terms of
    one word. Surnames that name a view are not among them; too many surnames resemble them."""
    found: dict[str, set[str]] = defaultdict(set)
    parts = ((term, word.part) for term, word in part_words)
    views = ((t, word.view) for t, word in view_words if word.rank != "eponym")
    for term, meaning in chain(parts, views):
        for spelling in _spellings(term):
            if len(spelling) == 1 and meaning not in SPECIAL_VIEWS:
                found[spelling[0]].add(meaning)
    return {word: frozenset(meanings) for word, meanings in found.items()}


@cache
def bundled_rules() -> Rules:
    """The rules that ship with plainfilm."""
    parts = _parts()
    part_entries, views = list(_part_words(parts)), list(_view_words(parts))
    part_words, tag_view_words = Terms(part_entries), Terms(views)
    side_words, counts, titles = Terms(_side_words()), Terms(_count_terms()), Terms(_titles())
    modalities, indications = Terms(_plain("modalities.csv")), Terms(_plain("indications.csv"))
    given_names = _words("given_names.csv")
    conjunctions, articles = _words("conjunctions.csv"), _words("articles.csv")
    tables: tuple[Terms[Any], ...] = (
        part_words,
        tag_view_words,
        side_words,
        counts,
        titles,
        modalities,
        indications,
    )
    vocabulary = {BREAK, CARET, SEPARATOR} | given_names | conjunctions | articles
    vocabulary.update(*(words for table in tables for words, _ in table.entries()))
    plain_words = _words("plain_words.csv")
    never_mended = vocabulary | plain_words | _words("never_mended.csv")
    return Rules(
        parts=parts,
        part_words=part_words,
        view_words=Terms(entry for entry in views if entry[1].language != "tag"),
        tag_view_words=tag_view_words,
        side_words=side_words,
        counts=counts,
        titles=titles,
        modalities=modalities,
        indications=indications,
        given_names=given_names,
        joins=conjunctions | {SEPARATOR},
        articles=articles,
        plain_words=plain_words,
        glued=_GLUED,
        compound_endings=_by_last_letters(_words("compounds.csv")),
        view_matches={
            row["view"]: tuple(row["category_views"].split()) for row in rows_of("view_matches.csv")
        },
        undecided=frozenset((row["part"], row["view"]) for row in rows_of("undecided.csv")),
        vocabulary=frozenset(vocabulary),
        known_runs={word: (word,) for word in vocabulary},
        speller=Speller(_mendable(part_entries, views), never_mended),
    )
