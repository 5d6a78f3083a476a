"""Phrases of words, found in tokenised sentences in one pass.

A phrase is words separated by spaces; `a/b` matches either word, `word*` any word that begins so,
and `[n]` lets up to n words stand between its neighbours.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Meaning = TypeVar("Meaning")

_GAP: Final = re.compile(r"\[([1-9])\]")
_WORDS: Final = re.compile(r"[a-z0-9']+\*?(?:/[a-z0-9']+\*?)*")
_REMEMBERED_WORDS: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Element:
    """One place of a phrase: the words that fit, after a gap of at most `gap` others."""

    exact: frozenset[str]
    prefixes: tuple[str, ...]
    gap: int

    def fits(self, word: str) -> bool:
        return word in self.exact or (bool(self.prefixes) and word.startswith(self.prefixes))


@dataclass(frozen=True, slots=True)
class Match(Generic[Meaning]):
    """Where a phrase stands: token span, and the tokens that its words matched."""

    start: int
    end: int
    places: tuple[int, ...]
    meaning: Meaning


def parse_phrase(phrase: str) -> tuple[_Element, ...]:
    """The elements of a phrase.

    Raises:
        ValueError: the phrase is empty, or a part of it is neither words nor a gap.
    """
    elements: list[_Element] = []
    gap = 0
    for part in phrase.split():
        if match := _GAP.fullmatch(part):
            if not elements or gap:
                raise ValueError("a gap must stand between two words")
            gap = int(match[1])
        elif _WORDS.fullmatch(part):
            words = part.split("/")
            exact = frozenset(word for word in words if not word.endswith("*"))
            prefixes = tuple(word[:-1] for word in words if word.endswith("*"))
            elements.append(_Element(exact, prefixes, gap))
            gap = 0
        else:
            raise ValueError(f"'{part}' is neither words nor a gap")
    if not elements or gap:
        raise ValueError("a phrase begins and ends with a word")
    return tuple(elements)


class PhraseFinder(Generic[Meaning]):
    """Finds every phrase of a set; a word seen before finds its phrases at once."""

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        self._phrases = [(parse_phrase(phrase), meaning) for phrase, meaning in phrases]
        self._starting: dict[str, tuple[tuple[tuple[_Element, ...], Meaning], ...]] = {}

    def find(self, words: Sequence[str]) -> list[Match[Meaning]]:
        """Every match, in order of start, the longer first; matches may overlap."""
        matches: set[Match[Meaning]] = set()
        for start, word in enumerate(words):
            starting = self._starting.get(word)
            for elements, meaning in self._remember(word) if starting is None else starting:
                places = (start,) if len(elements) == 1 else _follow(elements, words, start)
                if places:
                    matches.add(Match(start, places[-1] + 1, places, meaning))
        return sorted(matches, key=lambda match: (match.start, -match.end))

    def _remember(self, word: str) -> tuple[tuple[tuple[_Element, ...], Meaning], ...]:
        if len(self._starting) >= _REMEMBERED_WORDS:
            self._starting.clear()
        starting = tuple(entry for entry in self._phrases if entry[0][0].fits(word))
        self._starting[word] = starting
        return starting


def _follow(elements: tuple[_Element, ...], words: Sequence[str], start: int) -> tuple[int, ...]:
    """The places of a phrase that begins at `start`, each word as near as it can be; or ()."""
    places = [start]
    for element in elements[1:]:
        first = places[-1] + 1
        for place in range(first, min(first + element.gap + 1, len(words))):
            if element.fits(words[place]):
                places.append(place)
                break
        else:
            return ()
    return tuple(places)
