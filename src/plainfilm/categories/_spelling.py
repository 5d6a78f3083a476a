"""Typing errors in long words: `ABDOMAN`, `Kniegelnek`, `LUMBOSACARL`."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Final

_LONG: Final = 7
"""Letters from which on one edit may be mended; shorter words are too near to one another."""
SHORTEST_MENDED: Final = _LONG - 1
"""A long word that lost one letter."""
_VERY_LONG: Final = 10
"""Letters from which on two edits may be mended."""


class Speller:
    """Finds the word of the rules that a mistyped word was meant to be.

    One edit (a letter wrong, missing, too many, or two neighbours swapped) is mended in words of
    seven letters or more, two in words of ten or more. The first letter must be right, and of
    beginning, end and middle two: that keeps `unilateral` from becoming `bilateral`, and makes
    looking up a word that resembles none cost next to nothing. Where words of different meaning are
    equally near, nothing is mended.

    Source: F. J. Damerau, A technique for computer detection and correction of spelling errors,
    CACM 7(3), 1964: four of five errors are one such edit.
    """

    def __init__(self, meanings: Mapping[str, Hashable], known: Iterable[str]) -> None:
        """
        Args:
            meanings: word → what it means to the rules; words that mean the same compare equal.
            known: words that are right as they stand, whatever they resemble.
        """
        self._meanings = dict(meanings)
        self._known = frozenset(known) | self._meanings.keys()
        self._near: dict[str, list[str]] = {}
        for word in sorted(self._meanings):
            if len(word) >= _LONG and word.isalpha():
                for key in _keys(word):
                    self._near.setdefault(key, []).append(word)

    def mend(self, word: str) -> str | None:
        """The word that was meant; None where it is right, too short, or resembles none or two."""
        begins, ends, outer = _keys(word)
        near = self._near
        if begins not in near and ends not in near and outer not in near:
            return None  # nearly always, so that names cost little
        if len(word) < SHORTEST_MENDED or word in self._known or not word.isalpha():
            return None
        candidates = {name for key in (begins, ends, outer) for name in near.get(key, ())}
        found: dict[int, set[str]] = defaultdict(set)
        for candidate in candidates:
            most = 2 if min(len(word), len(candidate)) >= _VERY_LONG else 1
            edits = _edits(word, candidate, most)
            if edits is not None:
                found[edits].add(candidate)
        if not found:
            return None
        nearest = sorted(found[min(found)])
        same = len({self._meanings[candidate] for candidate in nearest}) == 1
        return nearest[0] if same else None


def _keys(word: str) -> tuple[str, str, str]:
    """What two words of seven letters have in common in one place at least when they are one edit
    apart: their beginnings, their ends, or both without the middle."""
    return word[:4], word[:1] + word[-4:], word[:3] + word[-2:]


def _edits(one: str, other: str, most: int) -> int | None:
    """Damerau's edits between two words, None when there are more than `most`."""
    start = 0
    shorter = min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    if abs(len(one) - len(other)) > most:
        return None
    if not one and not other:
        return 0
    if most == 0:
        return None
    tries = [(one[1:], other[1:]), (one[1:], other), (one, other[1:])]
    if len(one) > 1 and len(other) > 1 and one[0] == other[1] and one[1] == other[0]:
        tries.append((one[2:], other[2:]))
    rest = [_edits(left, right, most - 1) for left, right in tries]
    counts = [count for count in rest if count is not None]
    return min(counts) + 1 if counts else None
