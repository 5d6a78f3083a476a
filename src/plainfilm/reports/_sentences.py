"""Cutting a section into sentences of lower-case words that know where they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_END: Final = re.compile(
    r"[.!?;](?=\s|$)"  # not inside 3.5 cm
    r"|\n[ \t]*\n"  # a blank line
    r"|\n[ \t]*(?=[-*\u2022]|\d{1,2}[.)])"  # a list's next item
)
_LONGEST: Final = 250
"""Words; what is longer is cut, so that work stays linear in text that has no sentences."""
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of one sentence and their spans in the report's text."""

    words: list[str]
    spans: list[tuple[int, int]]


def sentences(text: str, start: int, end: int) -> Iterator[Sentence]:
    """The sentences of text[start:end]; a line break alone ends none."""
    begin = start
    for match in _END.finditer(text, start, end):
        yield from _sentence(text, begin, match.start())
        begin = match.end()
    yield from _sentence(text, begin, end)


def _sentence(text: str, start: int, end: int) -> Iterator[Sentence]:
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(_lower(text[start:end])):
        words.append(match[0])
        spans.append((start + match.start(), start + match.end()))
    for first in range(0, len(words), _LONGEST):
        last = first + _LONGEST
        yield Sentence(words[first:last], spans[first:last])


def _lower(text: str) -> str:
    """Lower case of the same length, so that spans stay true (`İ`.lower() has two characters)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower()[:1] for c in text)
