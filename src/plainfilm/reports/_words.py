"""Cutting text into sentences, and sentences into lower-case words that know where they stand."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

__all__ = [
    "PIECE",
    "comma_places",
    "fold",
    "pieces",
    "sentence_spans",
    "sentences",
    "word_spans",
    "words_of",
]

PIECE: Final = 250
"""Words; a longer sentence is worked on in pieces, so that text without sentences stays linear."""

_END: Final = re.compile(
    r"[.!?;]+(?:\s+|$)"  # not inside 3.5 cm
    r"|\n[ \t\r]*\n\s*"  # a blank line
    r"|\n[ \t]*(?=[-*\u2022]\s|\d{1,2}[.)]\s)"  # a list's next item
)
_WORD: Final = re.compile(r"[^\W_]+")
_BLANKED: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_PIECES: Final = re.compile(rf"(?:[\W_]*+[^\W_]++){{1,{PIECE}}}+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; a line break alone ends none."""
    return _END.split(text)


def sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of the same sentences of text[start:end]."""
    begin = start
    for match in _END.finditer(text, start, end):
        yield begin, match.start()
        begin = match.end()
    yield begin, end


def words_of(folded: str) -> list[str]:
    """The words of a folded sentence; punctuation falls away."""
    if folded.isascii():
        return folded.translate(_BLANKED).split()  # the same words, in a third of the time
    return _WORD.findall(folded)


def comma_places(folded: str) -> frozenset[int]:
    """The places of words that a comma follows."""
    places: list[int] = []
    count = 0
    for part in folded.split(",")[:-1]:
        count += len(words_of(part))
        if part[-1:].isalnum():
            places.append(count - 1)
    return frozenset(places)


def pieces(sentence: str) -> list[str]:
    """A long sentence in pieces of PIECE words, which have the same words as the sentence."""
    return _PIECES.findall(sentence)


def word_spans(folded: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """The spans of the words that `words_of` found."""
    spans: list[tuple[int, int]] = []
    end = 0
    for word in words:
        start = folded.find(word, end)  # nothing but punctuation stands between two words
        end = start + len(word)
        spans.append((start, end))
    return spans


def fold(text: str) -> str:
    """Lower case without accents, of the same length, so that spans stay true."""
    lower = text.lower()
    if text.isascii():
        return lower
    if len(lower) != len(text):  # `İ`.lower() has two characters
        lower = "".join(character.lower()[:1] for character in text)
    return "".join(map(_bare, lower))


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    """The letter without its accent; `ñ` is a letter of its own only in the dictionary."""
    return unicodedata.normalize("NFD", character)[0]
