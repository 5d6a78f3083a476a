"""What of a text can match an identity: its words, its digits, its dates.

Most texts of an archive repeat from film to film, so what does not depend on the film's identity
is worked out once for each text.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Final, NamedTuple

from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.folding import fold
from plainfilm.deid.profile import data_rows

__all__ = [
    "FUSED_NAME_LETTERS",
    "FUZZY_NAME_LETTERS",
    "WORD",
    "TextFeatures",
    "date_spans",
    "features_of",
    "one_slip_apart",
    "spellings",
    "without_one_letter",
]

FUZZY_NAME_LETTERS: Final = 6
"""From here on one wrong, missing, added or swapped letter still counts as the name."""

FUSED_NAME_LETTERS: Final = 5
"""From here on a name counts inside a longer word (`davidsonchest`)."""

WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SEPARATORS: Final = re.compile(r"[\W_]+")
_DIGIT: Final = re.compile(r"\d")
_MONTH: Final = r"([^\W\d_]{3,10})"
_DATE: Final = re.compile(
    r"(?<!\d)(?:(\d{4})([-./ ]?)(\d{2})\2(\d{2})"
    r"|(\d{1,2})([-./ ]?)(\d{1,2})\6(\d{4}|\d{2}))(?!\d)"
)
_DATE_IN_WORDS: Final = re.compile(
    rf"(?<![^\W_])(?:(\d{{1,2}})(?:st|nd|rd|th|\.)?[-./, ]*(?:of |de )?{_MONTH}\.?[-./, ]*(?:de )?"
    rf"(\d{{4}}|\d{{2}})|{_MONTH}\.?[-./, ]*(\d{{1,2}})(?:st|nd|rd|th)?[-./, ]+(\d{{4}}|\d{{2}})"
    rf"|(\d{{4}})[-./, ]*{_MONTH}\.?[-./, ]*(\d{{1,2}}))(?!\d)"
)
_REMEMBERED: Final = 1 << 15
_REMEMBERED_CHARACTERS: Final = 256

# Digits that stand for letters in careless or machine-read names, such as DAVIDS0N.
_DIGITS_AS_LETTERS: Final = str.maketrans("01358", "oiesb")


class TextFeatures(NamedTuple):
    """What of a text can match.

    Attributes:
        folded: the text in lower case without accents; positions hold.
        words: its words, and each word's letters alone.
        unlisted: words long enough for a loose comparison that are none of medicine.
        joined: those words with a space before each.
        slips: those words, and what is left of each without one of its letters.
        compact: its letters and digits in one run; empty where it has no digit.
        dates: what its dates may mean, in digits or in words.
        is_ascii: whether the folded text is.
    """

    folded: str
    words: frozenset[str]
    unlisted: tuple[str, ...]
    joined: str
    slips: frozenset[str]
    compact: str
    dates: frozenset[date]
    is_ascii: bool


def features_of(text: str) -> TextFeatures:
    """The features of a text in normal form NFC."""
    return _remembered(text) if len(text) <= _REMEMBERED_CHARACTERS else _features(text)


def _features(text: str) -> TextFeatures:
    folded = fold(text)
    words: set[str] = set()
    for word in WORD.findall(folded):
        words.update(spellings(word))
    unlisted = tuple(
        word for word in words if len(word) >= FUSED_NAME_LETTERS and not is_medical_word(word)
    )
    joined = "".join(f" {word}" for word in unlisted)
    loose = joined, frozenset(slip for word in unlisted for slip in without_one_letter(word))
    if not _DIGIT.search(folded):
        return TextFeatures(
            folded, frozenset(words), unlisted, *loose, "", frozenset(), folded.isascii()
        )
    compact = _SEPARATORS.sub("", folded)
    dates = frozenset(found for _, readings in date_spans(folded) for found in readings)
    return TextFeatures(
        folded, frozenset(words), unlisted, *loose, compact, dates, folded.isascii()
    )


_remembered = lru_cache(_REMEMBERED)(_features)


def spellings(word: str) -> set[str]:
    """A folded word, its letters alone, and its digits read as the letters that they look like."""
    if word.isalpha():
        return {word}
    letters = "".join(_LETTERS.findall(word))
    if not letters:
        return {word}
    return {word, letters, word.translate(_DIGITS_AS_LETTERS)}


def date_spans(folded: str) -> Iterator[tuple[tuple[int, int], list[date]]]:
    """Each thing that may be a date, and what it may mean."""
    for pattern, read in ((_DATE, _readings), (_DATE_IN_WORDS, _readings_in_words)):
        position = 0
        while (match := pattern.search(folded, position)) is not None:
            readings = list(read(match))
            # `1234, born 4` is none, but `4 mar 56` begins in it.
            position = match.end() if readings else match.start() + 1
            if readings:
                yield match.span(), readings


def _readings(match: re.Match[str]) -> Iterator[date]:
    """The dates that digits may mean: year first, day first, month first, two-digit years."""
    year, _, month, day, first, _, second, last = match.groups()
    if year:
        yield from _valid([(int(year), int(month), int(day))])
        return
    one, two = int(first), int(second)
    candidates = [(y, m, d) for y in _years(last) for m, d in ((one, two), (two, one))]
    if len(last) == 2 and len(first) == 2:  # 56-03-04
        candidates += [(base + one, two, int(last)) for base in (1900, 2000)]
    yield from _valid(candidates)


def _readings_in_words(match: re.Match[str]) -> Iterator[date]:
    day, name, year = next(
        (match[d], match[m], match[y]) for d, m, y in ((1, 2, 3), (5, 4, 6), (9, 8, 7)) if match[m]
    )
    month = _months().get(name)
    if month is not None:
        yield from _valid([(y, month, int(day)) for y in _years(year)])


def _years(digits: str) -> list[int]:
    return [int(digits)] if len(digits) == 4 else [1900 + int(digits), 2000 + int(digits)]


def _valid(candidates: list[tuple[int, int, int]]) -> Iterator[date]:
    for candidate in candidates:
        try:
            yield date(*candidate)
        except ValueError:
            continue


@cache
def _months() -> dict[str, int]:
    return {row["name"]: int(row["month"]) for row in data_rows("month_names.csv")}


@lru_cache(_REMEMBERED)
def without_one_letter(word: str) -> frozenset[str]:
    """A word, and what is left of it without one of its letters.

    Two words that are one slip apart have one of these in common (Garbe's symmetric deletes).
    """
    return frozenset({word, *(word[:place] + word[place + 1 :] for place in range(len(word)))})


def one_slip_apart(word: str, name: str) -> bool:
    """One letter replaced, added, left out, or two neighbours swapped."""
    if abs(len(word) - len(name)) > 1:
        return False
    start = 0
    while start < min(len(word), len(name)) and word[start] == name[start]:
        start += 1
    rest, other = word[start:], name[start:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
    )
