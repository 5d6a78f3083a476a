"""Phrases of words, found in sentences in one pass.

A phrase is words separated by spaces; `a/b` matches either word, `word*` any word that begins so,
`[n]` lets up to n words stand between its neighbours, and a comma at the end asks for a comma in
the text. Accents and case do not count.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from plainfilm.reports._words import fold

__all__ = ["Match", "PhraseFinder", "parse_phrase"]

Meaning = TypeVar("Meaning")

_GAP: Final = re.compile(r"\[([1-9])\]")
_WORDS: Final = re.compile(r"[^\W_]+\*?(?:/[^\W_]+\*?)*")
_REMEMBERED: Final = 5_000_000
"""Characters of words, and a hundred for each: some 20 MB, however many words there are."""


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


class _Phrase(NamedTuple, Generic[Meaning]):
    """A phrase after its first place.

    Attributes:
        rest: number of each element, and the gap before it.
        needs: the same numbers: where one of them is nowhere in a sentence, no need to look.
    """

    rest: tuple[tuple[int, int], ...]
    needs: frozenset[int]
    comma: bool
    meaning: Meaning


class _Known(NamedTuple, Generic[Meaning]):
    """What a word can be: the elements it fits, and the phrases that it may begin."""

    fits: frozenset[int]
    begins: tuple[_Phrase[Meaning], ...]


class PhraseFinder(Generic[Meaning]):
    """Finds every phrase of a set.

    What a word can be is worked out when it is first seen; from then on a word that begins no
    phrase costs one look-up.
    """

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        numbers: dict[_Element, int] = {}
        self._beginning: dict[int, list[_Phrase[Meaning]]] = {}
        for phrase, meaning in dict.fromkeys(phrases):
            parsed = parse_phrase(phrase)
            places = [
                (numbers.setdefault(element, len(numbers)), gap) for element, gap in parsed.elements
            ]
            first, rest = places[0][0], tuple(places[1:])
            needs = frozenset(element for element, _ in rest)
            after = _Phrase(rest, needs, parsed.comma, meaning)
            self._beginning.setdefault(first, []).append(after)
        self._exact: dict[str, set[int]] = {}
        self._prefixes: dict[str, set[int]] = {}
        for element, number in numbers.items():
            for word in element.exact:
                self._exact.setdefault(word, set()).add(number)
            for prefix in element.prefixes:
                self._prefixes.setdefault(prefix, set()).add(number)
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._known: dict[str, _Known[Meaning]] = {}
        self._unknown: _Known[Meaning] = _Known(_NOTHING, ())
        self._remembered = 0

    def find(
        self, words: Sequence[str], commas: frozenset[int] = frozenset()
    ) -> list[Match[Meaning]]:
        """Every match, in order of start, the longer first; matches may overlap, and two phrases
        of one meaning may match the same words.

        Args:
            words: folded words, as `words_of` gives them.
            commas: the places of words that a comma follows.
        """
        try:
            known = [*map(self._known.__getitem__, words)]
        except KeyError:
            self._learn(words)
            known = [*map(self._known.__getitem__, words)]
        starting = [(place, begins) for place, (_, begins) in enumerate(known) if begins]
        if not starting:
            return []
        present = _NOTHING.union(*[fits for fits, _ in known])
        matches: list[Match[Meaning]] = []
        for start, begins in starting:
            for rest, needs, comma, meaning in begins:
                if not needs <= present:
                    continue
                places = _follow(rest, known, start) if rest else (start,)
                if places and (not comma or places[-1] in commas):
                    matches.append(Match(start, places[-1] + 1, places, meaning))
        if len(matches) > 1:
            matches.sort(key=_order)
        return matches

    def _learn(self, words: Iterable[str]) -> None:
        if self._remembered > _REMEMBERED:
            self._known.clear()
            self._remembered = 0
        for word in words:
            if word in self._known:
                continue
            self._remembered += len(word) + 100
            fits = self._fits(word)
            begins = [
                phrase for number in sorted(fits) for phrase in self._beginning.get(number, ())
            ]
            self._known[word] = _Known(fits, tuple(begins)) if fits else self._unknown

    def _fits(self, word: str) -> frozenset[int]:
        """The elements that a word fits."""
        fits = set(self._exact.get(word, ()))
        for length in self._prefix_lengths:
            fits.update(self._prefixes.get(word[:length], ()))
        return frozenset(fits)


_NOTHING: Final[frozenset[int]] = frozenset()


def _order(match: Match[Meaning]) -> tuple[int, int]:
    return match.start, -match.end


def _follow(
    rest: Sequence[tuple[int, int]], known: Sequence[_Known[Meaning]], start: int
) -> tuple[int, ...]:
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
