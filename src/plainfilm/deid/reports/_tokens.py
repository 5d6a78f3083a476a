"""A report's text as words, numbers and marks, with what their letters and places tell."""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Final

from plainfilm.deid.folding import fold
from plainfilm.deid.reports._words import Cue, find_cues

__all__ = ["Tokens"]

_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_+")
_ENDS: Final = frozenset(".!?")
_BEGINNING: Final = frozenset(".!?:*•>)-\u2013")
_FEW_LETTERS: Final = 2
_GERMAN: Final = frozenset({"der", "und", "keine", "kein", "nicht", "wurde", "ist", "im", "mit"})

_fold: Final = lru_cache(maxsize=65_536)(fold)


class Tokens:
    """The tokens of one text in normal form NFC; each is known by its number.

    Attributes:
        words: as written. folded: lower case, without accents.
        starts, ends: where they stand in the text, end exclusive.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        found = list(_TOKEN.finditer(text))
        self.words = [match.group() for match in found]
        self.folded = [_fold(word) for word in self.words]
        self.starts = [match.start() for match in found]
        self.ends = [match.end() for match in found]

    @cached_property
    def has_digit(self) -> bool:
        return any(word.isdigit() for word in self.words)

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def cues(self) -> dict[str, list[Cue]]:
        """Kind → the phrases of that kind, in the order of the text."""
        found: dict[str, list[Cue]] = {}
        for cue in find_cues(self.folded):
            found.setdefault(cue.kind, []).append(cue)
        return found

    @cached_property
    def is_german(self) -> bool:
        """German writes every noun as others write names."""
        return len(_GERMAN.intersection(self.folded)) > 1

    @cached_property
    def _shouted(self) -> list[bool]:
        """For each token whether its line is written in capitals (or wholly without), so that a
        capital letter tells nothing."""
        shouted: list[bool] = []
        line: list[int] = []
        for place in range(len(self.words)):
            if line and "\n" in self.gap(place):
                shouted += [self._tells_nothing(line)] * len(line)
                line = []
            line.append(place)
        return shouted + [self._tells_nothing(line)] * len(line)

    def _tells_nothing(self, line: list[int]) -> bool:
        words = [
            self.words[i] for i in line if self.words[i][0].isalpha() and len(self.words[i]) > 1
        ]
        raised = sum(map(str.isupper, words))
        small = sum(map(str.islower, words))
        return raised > len(words) - raised or small in (0, len(words))

    def gap(self, place: int) -> str:
        """The blanks in front of a token."""
        return self.text[self.ends[place - 1] if place else 0 : self.starts[place]]

    def is_word(self, place: int) -> bool:
        return 0 <= place < len(self.words) and self.words[place][0].isalpha()

    def is_capital(self, place: int) -> bool:
        """Whether a word has a capital in front, in a line where that tells something."""
        return self.is_word(place) and self.words[place][0].isupper() and not self.is_shouted(place)

    def is_titled(self, place: int) -> bool:
        """Whether a word has a capital in front and small letters behind, or any capital in front
        where the line is not written in capitals."""
        word = self.words[place]
        return word[0].isupper() and (not word.isupper() or not self.is_shouted(place))

    def is_shouted(self, place: int) -> bool:
        return self._shouted[place]

    def begins_sentence(self, place: int) -> bool:
        """Whether a capital in front could be there for the sentence's or the line's sake."""
        return place == 0 or self.words[place - 1] in _BEGINNING or "\n" in self.gap(place)

    def touches(self, place: int) -> bool:
        """Whether no blank stands in front of a token."""
        return place > 0 and self.starts[place] == self.ends[place - 1]

    def line(self, place: int) -> Iterator[int]:
        """The tokens from one on to the end of its line."""
        for at in range(place, len(self.words)):
            if at > place and "\n" in self.gap(at):
                return
            yield at

    def sentence(self, place: int) -> range:
        """The tokens of the sentence around one; a stop behind one or two letters (`Dr.`) or in
        front of a small letter ends none."""
        first = place
        while first > 0 and not self._ends_sentence(first - 1):
            first -= 1
        end = place + 1
        while end < len(self.words) and not self._ends_sentence(end - 1):
            end += 1
        return range(first, end)

    def _ends_sentence(self, place: int) -> bool:
        if place + 1 >= len(self.words):
            return True
        blank = self.gap(place + 1)
        if blank.count("\n") > 1:
            return True
        if self.words[place] not in _ENDS or not blank:
            return False
        abbreviated = self.is_word(place - 1) and len(self.words[place - 1]) <= _FEW_LETTERS
        return not abbreviated and not self.words[place + 1][0].islower()
