"""What a film itself says of who is on it, and the search for that in every text that is kept."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from plainfilm.deid.dates import parse_date
from plainfilm.deid.descriptor_words import is_medical_word, is_place_word
from plainfilm.deid.element_text import texts_of
from plainfilm.deid.folding import fold
from plainfilm.deid.profile import Action, Option, data_rows, rule_for
from plainfilm.dicom import DataElement, Dataset

__all__ = ["KnownIdentity", "identity_of"]

MINIMUM_NAME_LETTERS: Final = 3
"""Shorter parts of Latin names (initials, Li, Ng) would take AP, PA and L out of descriptions."""

MINIMUM_ID_CHARACTERS: Final = 4
UNBOUNDED_ID_CHARACTERS: Final = 5
"""From here on an id is searched inside longer runs too."""

MINIMUM_UID_DIGITS: Final = 12
"""Without the dots; a shorter UID could be any number."""

FUZZY_NAME_LETTERS: Final = 6
"""From here on one wrong, missing, added or swapped letter still counts as the name."""

FUSED_NAME_LETTERS: Final = 5
"""From here on a name counts inside a longer word (`davidsonchest`)."""

_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_DATE: Final = re.compile(
    r"(?<!\d)(?:(\d{4})([-./ ]?)(\d{2})\2(\d{2})|(\d{1,2})([-./ ]?)(\d{1,2})\6(\d{4}|\d{2}))(?!\d)"
)


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """Names, numbers and dates of one film, folded for search.

    Attributes:
        names: words of people's names and of places, whatever film and order they stand in.
        numbers: ids and telephone numbers without separators, the longest first.
        dates: birth date and the film's own dates.
    """

    names: frozenset[str]
    numbers: tuple[str, ...]
    dates: frozenset[date]

    def found_in(self, text: str) -> bool:
        """Whether a text shows any of this identity."""
        return next(self.spans(text), None) is not None

    def found_in_bytes(self, value: bytes) -> bool:
        """Whether bytes of unknown meaning hold a longer name or number, in any common encoding.

        Shorter ones would be found by chance in tables of numbers.
        """
        # Zeros vanish, so UTF-16 reads like Latin-1; what is not ASCII loses its accents.
        text = unicodedata.normalize("NFKD", value.replace(b"\0", b"").decode("latin-1"))
        plain = text.encode("ascii", "ignore").decode().lower()
        return any(
            word in plain
            for words in (self.names, self.numbers)
            for word in words
            if len(word) > UNBOUNDED_ID_CHARACTERS
        )

    def without(self, text: str) -> str:
        """The text with what identifies cut out, and with no gaps left behind."""
        text = unicodedata.normalize("NFC", text)
        spans = sorted(self.spans(text))
        if not spans:
            return text
        kept, position = [], 0
        for start, end in spans:
            kept.append(text[position:start])
            position = max(position, end)
        kept.append(text[position:])
        parts = (part.strip(" ^,;:=_-/.()[]") for part in kept)
        return " ".join(part for part in parts if part)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of what identifies in a text in normal form NFC; spans may overlap."""
        folded = fold(text)
        for word in _WORD.finditer(folded):
            if self._is_name(word.group()):
                yield word.span()
        yield from self._number_spans(folded)
        if self.dates and any(character.isdigit() for character in folded):
            yield from self._date_spans(folded)
        yield from self._unspaced_spans(folded)

    def _is_name(self, word: str) -> bool:
        letters = "".join(_LETTERS.findall(word))
        if word in self.names or letters in self.names:
            return True
        if len(letters) < FUSED_NAME_LETTERS or is_medical_word(letters):
            return False
        return any(_resembles(letters, name) or self._fused(letters, name) for name in self.names)

    def _fused(self, word: str, name: str) -> bool:
        """Whether a word is two names written as one (`doejane`)."""
        return word.startswith(name) and word[len(name) :] in self.names

    def _number_spans(self, folded: str) -> Iterator[tuple[int, int]]:
        positions = [i for i, character in enumerate(folded) if character.isalnum()]
        compact = "".join(folded[i] for i in positions)
        for number in self.numbers:
            start = compact.find(number)
            while start >= 0:
                span = positions[start], positions[start + len(number) - 1] + 1
                if len(number) >= UNBOUNDED_ID_CHARACTERS or _stands_alone(folded, *span):
                    yield span
                start = compact.find(number, start + 1)

    def _date_spans(self, folded: str) -> Iterator[tuple[int, int]]:
        for match in _DATE.finditer(folded):
            if any(reading in self.dates for reading in _readings(match)):
                yield match.span()

    def _unspaced_spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Names in scripts that put no spaces between words."""
        if folded.isascii():
            return
        for name in self.names:
            if not name.isascii():
                start = folded.find(name)
                while start >= 0:
                    yield start, start + len(name)
                    start = folded.find(name, start + 1)


def identity_of(dataset: Dataset, options: frozenset[Option] = frozenset()) -> KnownIdentity:
    """Gather the identity that a film's header states, at any depth.

    Args:
        options: what they retain (an institution, full dates) is not to be searched for.
    """
    names: set[str] = set()
    numbers: set[str] = set()
    dates: set[date] = set()
    for element, kind in _sources(dataset):
        if _is_retained(element, options):
            continue
        values = texts_of(element)
        if kind == "person":
            names.update(_name_words(values))
        elif kind == "uid":
            numbers.update(uid for uid in _numbers(values) if len(uid) >= MINIMUM_UID_DIGITS)
        elif kind == "date":
            dates.update(found for text in values if (found := parse_date(text[:8])))
        else:
            # A number may hold a name (`DOEJANE1`), an address a postcode.
            names.update(word for word in _name_words(values) if not _is_common(word))
            numbers.update(_numbers(values) if kind == "number" else _numbers_within(values))
    by_length = tuple(sorted(numbers, key=lambda number: (-len(number), number)))
    return KnownIdentity(frozenset(names), by_length, frozenset(dates))


def _is_retained(element: DataElement, options: frozenset[Option]) -> bool:
    rule = rule_for(element.tag)
    return rule is not None and any(
        action is Action.KEEP and option in options for option, action in rule.options.items()
    )


def _is_common(word: str) -> bool:
    return is_medical_word(word) or is_place_word(word) or word.isdigit()


@cache
def _kinds() -> dict[str, str]:
    return {row["keyword"]: row["kind"] for row in data_rows("identity_sources.csv")}


def _sources(dataset: Dataset) -> Iterator[tuple[DataElement, str]]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _sources(item)
        elif element.VR == "PN":
            yield element, "person"
        elif kind := _kinds().get(element.keyword):
            yield element, kind


def _name_words(values: Iterable[str]) -> Iterator[str]:
    for text in values:
        for word in _WORD.findall(fold(text)):
            if len(word) >= MINIMUM_NAME_LETTERS or (len(word) > 1 and not word.isascii()):
                yield word


def _numbers_within(values: Iterable[str]) -> Iterator[str]:
    """Postcodes and the like; house numbers are too short to be told from other numbers."""
    for text in values:
        yield from (run for run in _DIGITS.findall(text) if len(run) >= UNBOUNDED_ID_CHARACTERS)


def _numbers(values: Iterable[str]) -> Iterator[str]:
    for text in values:
        number = "".join(character for character in fold(text) if character.isalnum())
        # A number without a digit is a word, such as the UNKNOWN or ANON of careless senders.
        if len(number) >= MINIMUM_ID_CHARACTERS and any(map(str.isdigit, number)):
            yield number


def _resembles(word: str, name: str) -> bool:
    """Whether a word holds the name, or is the name but for one slip of the pen."""
    if len(name) >= FUSED_NAME_LETTERS and name in word:
        return True
    return len(name) >= FUZZY_NAME_LETTERS and _one_slip_apart(word, name)


def _one_slip_apart(word: str, name: str) -> bool:
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


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or after.isalnum())


def _readings(match: re.Match[str]) -> Iterator[date]:
    """The dates that digits may mean: year first, day first, month first, two-digit years."""
    year, _, month, day, first, _, second, last = match.groups()
    if year:
        candidates = [(int(year), int(month), int(day))]
    else:
        years = [int(last)] if len(last) == 4 else [1900 + int(last), 2000 + int(last)]
        one, two = int(first), int(second)
        candidates = [(y, m, d) for y in years for m, d in ((one, two), (two, one))]
        if len(last) == 2 and len(first) == 2:  # 56-03-04
            candidates += [(base + one, two, int(last)) for base in (1900, 2000)]
    for candidate in candidates:
        try:
            yield date(*candidate)
        except ValueError:
            continue
