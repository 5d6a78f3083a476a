"""Phrases of words, found in sentences in one pass.

A phrase is words separated by spaces; `a/b` matches either word, `word*` any word that begins so,
`[n]` lets up to n words stand between its neighbours, and a comma at the end asks for a comma in
the text. Accents and case do not count.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from plainfilm.reports._words import fold

__all__ = ["Match", "PhraseFinder", "parse_phrase"]

Meaning = TypeVar("Meaning")

_GAP: Final = re.compile(r"\[([1-9])\]")
_WORDS: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?\*?(?:/[^\W_]+(?:'[^\W_]+)?\*?)*")
_REMEMBERED_WORDS: Final = 50_000
_LONGEST_REMEMBERED: Final = 40
"""Characters; longer words are looked up anew each time, so that memory stays bounded."""


class Match(NamedTuple, Generic[Meaning]):
    """Where a phrase stands: span in words, and the words that its own words matched."""

    start: int
    end: int
    places: tuple[int, ...]
    meaning: Meaning


class _Element(NamedTuple):
    """One place of a phrase: the words that fit there."""

    exact: frozenset[str]
    prefixes: tuple[str, ...]

    def fits(self, word: str) -> bool:
        return word in self.exact or (bool(self.prefixes) and word.startswith(self.prefixes))


class _Parsed(NamedTuple):
    """A phrase: its places, each with the words that may stand before it; and a closing comma."""

    elements: tuple[tuple[_Element, int], ...]
    comma: bool


def parse_phrase(phrase: str) -> _Parsed:
    """The parts of a phrase.

    Raises:
        ValueError: the phrase is empty, or a part of it is neither words nor a gap.
    """
    comma = phrase.endswith(",")
    elements: list[tuple[_Element, int]] = []
    gap = 0
    for part in phrase.removesuffix(",").split():
        if match := _GAP.fullmatch(part):
            if not elements or gap:
                raise ValueError("a gap must stand between two words")
            gap = int(match[1])
        elif _WORDS.fullmatch(part) and part == part.lower():
            elements.append((_element(part), gap))
            gap = 0
        else:
            raise ValueError(f"'{part}' is neither words in lower case nor a gap")
    if not elements or gap:
        raise ValueError("a phrase begins and ends with a word")
    return _Parsed(tuple(elements), comma)


def _element(part: str) -> _Element:
    words = fold(part).split("/")
    exact = frozenset(word for word in words if not word.endswith("*"))
    return _Element(exact, tuple(word[:-1] for word in words if word.endswith("*")))


_Rest: TypeAlias = tuple[tuple[int, int], ...]
"""The places of a phrase after its first: number of the element, and the gap before it."""


class _Known(NamedTuple, Generic[Meaning]):
    """What a word can be: the elements it fits, and the phrases that it may begin."""

    fits: frozenset[int]
    begins: tuple[tuple[_Rest, bool, Meaning], ...]


class PhraseFinder(Generic[Meaning]):
    """Finds every phrase of a set.

    What a word can be is worked out when it is first seen; from then on a word that begins no
    phrase costs one look-up.
    """

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        numbers: dict[_Element, int] = {}
        self._beginning: dict[int, list[tuple[_Rest, bool, Meaning]]] = {}
        for phrase, meaning in dict.fromkeys(phrases):
            parsed = parse_phrase(phrase)
            places = [
                (numbers.setdefault(element, len(numbers)), gap) for element, gap in parsed.elements
            ]
            first, rest = places[0][0], tuple(places[1:])
            self._beginning.setdefault(first, []).append((rest, parsed.comma, meaning))
        self._elements = list(numbers)
        self._known: dict[str, _Known[Meaning]] = {}

    def find(
        self, words: Sequence[str], commas: frozenset[int] = frozenset()
    ) -> list[Match[Meaning]]:
        """Every match, in order of start, the longer first; matches may overlap.

        Args:
            words: folded words, as `words_of` gives them.
            commas: the places of words that a comma follows.
        """
        known = [self._known.get(word) or self._learn(word) for word in words]
        matches: dict[tuple[tuple[int, ...], Meaning], Match[Meaning]] = {}
        for start, word in enumerate(known):
            for rest, comma, meaning in word.begins:
                places = _follow(rest, known, start) if rest else (start,)
                if places and (not comma or places[-1] in commas):
                    matches[places, meaning] = Match(start, places[-1] + 1, places, meaning)
        return sorted(matches.values(), key=lambda match: (match.start, -match.end))

    def begins_in(self, words: Iterable[str]) -> bool:
        """Whether any word may begin a phrase: a cheap first question."""
        known = self._known
        return any((known.get(word) or self._learn(word)).begins for word in words)

    def _learn(self, word: str) -> _Known[Meaning]:
        fits = frozenset(
            number for number, element in enumerate(self._elements) if element.fits(word)
        )
        begins = tuple(
            phrase for number in sorted(fits) for phrase in self._beginning.get(number, ())
        )
        learnt = _Known(fits, begins)
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self._known) >= _REMEMBERED_WORDS:
                self._known.clear()
            self._known[word] = learnt
        return learnt


def _follow(rest: _Rest, known: Sequence[_Known[Meaning]], start: int) -> tuple[int, ...]:
    """The places of a phrase that begins at `start`, each word as near as it can be; or ()."""
    places = [start]
    for element, gap in rest:
        first = places[-1] + 1
        for place in range(first, min(first + gap + 1, len(known))):
            if element in known[place].fits:
                places.append(place)
                break
        else:
            return ()
    return tuple(places)
