"""What a film itself says of who is on it, and the search for that in every text that is kept."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from plainfilm.deid.dates import parse_date
from plainfilm.deid.descriptor_words import is_medical_word, is_place_word, word_kind
from plainfilm.deid.element_text import texts_of
from plainfilm.deid.folding import fold
from plainfilm.deid.profile import Action, Option, data_rows, rule_for
from plainfilm.deid.text_features import (
    FUSED_NAME_LETTERS,
    FUZZY_NAME_LETTERS,
    WORD,
    TextFeatures,
    date_spans,
    features_of,
    one_slip_apart,
    spellings,
    without_one_letter,
)
from plainfilm.dicom import Dataset, element_entry
from plainfilm.dicom.dictionary import keyword_tag

__all__ = ["KnownIdentity", "gathered", "identity_of", "is_retained", "source_kinds"]

MINIMUM_NAME_LETTERS: Final = 3
"""Shorter parts of Latin names (initials, Li, Ng) would take AP, PA and L out of descriptions; they
count only beside another part of the same name."""

MINIMUM_ID_CHARACTERS: Final = 4
UNBOUNDED_ID_CHARACTERS: Final = 5
"""From here on an id is searched inside longer runs too."""

MINIMUM_BARE_DIGITS: Final = 6
"""From here on the digits of an id (of NGH0038126) are searched without its letters."""

MINIMUM_UID_DIGITS: Final = 12
"""Without the dots; a shorter UID could be any number."""

_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_WORD_WITHIN: Final = re.compile(r"[^\W\d_]{3}|[^\x00-\x7f]")
_LETTERS: Final = re.compile(r"\D+")
_SEPARATORS: Final = re.compile(r"[\W_]+")
_NO_NAMES: Final = frozenset({"link", "title"})
"""Words of names, such as `de` and `Dr`, that would take half a sentence along."""

_TEXT_RUN: Final = re.compile(rb"[\t\n\r\x20-\x7e]{6,}")
_TEXT_SHARE: Final = 0.6
"""Of bytes in ASCII from which on all of them are text."""

_IDEOGRAPHS: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+")
_REMEMBERED: Final = 1 << 14
_JOINTS: Final = re.compile("['\u2019`\u00b4-]")
_TWO_LETTERS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe", "æ": "ae"}
)
_ONE_LETTER: Final = re.compile("([aou])e(?=[^aeiou])")


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """Names, numbers and dates of one film, folded for search.

    Attributes:
        names: words of people's names and of places, whatever film and order they stand in.
        numbers: ids and telephone numbers without separators, the longest first.
        dates: birth date and the film's own dates.
        pairs: neighbouring parts of names of which one is too short to be searched alone.
    """

    names: frozenset[str]
    numbers: tuple[str, ...]
    dates: frozenset[date]
    pairs: frozenset[tuple[str, str]] = frozenset()
    _slips: frozenset[str] = field(init=False, repr=False, compare=False)
    _shortest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        long_names = [name for name in self.names if len(name) >= FUZZY_NAME_LETTERS]
        slips = frozenset().union(*map(without_one_letter, long_names))
        object.__setattr__(self, "_slips", slips)
        object.__setattr__(self, "_shortest", len(self.numbers[-1]) if self.numbers else 1 << 30)

    def found_in(self, text: str) -> bool:
        """Whether a text shows any of this identity."""
        return self.matches(features_of(text))

    def matches(self, features: TextFeatures) -> bool:
        """`found_in` for a text whose features are known."""
        words = features.words
        if not words.isdisjoint(self.names):
            return True
        if self._may_resemble(features) and self._resembled(features.unlisted):
            return True
        if not features.dates.isdisjoint(self.dates):
            return True
        if len(features.compact) >= self._shortest and any(
            self._number_spans(features.folded, features.compact)
        ):
            return True
        for first, second in self.pairs:
            if first in words and second in words and any(self._pair_spans(features.folded)):
                return True
        return not features.is_ascii and any(self._unspaced_spans(features.folded))

    def _may_resemble(self, features: TextFeatures) -> bool:
        """A quick look that passes over no resemblance."""
        if not features.unlisted:
            return False
        if not features.slips.isdisjoint(self._slips):
            return True
        joined = features.joined
        for name in self.names:  # noqa: SIM110 - `any` takes three times as long, and this is hot
            if name in joined:
                return True
        return False

    def found_in_bytes(self, value: bytes) -> bool:
        """Whether bytes of unknown meaning hold a longer name or number, in any common encoding.

        In text among the bytes any name, number or date counts. Elsewhere only longer ones do, as
        shorter ones would be found by chance in tables of numbers.
        """
        bare = value.replace(b"\0", b"")
        runs = _TEXT_RUN.findall(bare)
        if sum(map(len, runs)) >= _TEXT_SHARE * len(bare):
            runs = [bare]
        if any(self.found_in(_readable(run)) for run in runs):
            return True
        # Zeros vanish, so UTF-16 reads like Latin-1; what is not ASCII loses its accents.
        text = unicodedata.normalize("NFKD", bare.decode("latin-1"))
        plain = text.encode("ascii", "ignore").decode().lower()
        return any(
            word in plain
            for words in (self.names, self.numbers)
            for word in words
            if len(word) > UNBOUNDED_ID_CHARACTERS
        )

    def is_number(self, digits: str) -> bool:
        """Whether digits are one of the longer numbers, or one of the dates."""
        return digits in self.numbers or (
            len(digits) == 8 and any(day.strftime("%Y%m%d") == digits for day in self.dates)
        )

    def without(self, text: str, others: Iterable[tuple[int, int]] = ()) -> str:
        """The text with what identifies cut out, and with no gaps left behind.

        Args:
            others: spans to cut out as well; the text is in normal form NFC then.
        """
        text = unicodedata.normalize("NFC", text)
        spans = sorted((*self.spans(text), *others))
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
        for word in WORD.finditer(folded):
            if self._is_name(word.group()):
                yield word.span()
        yield from self._pair_spans(folded)
        yield from self._number_spans(folded, None)
        if self.dates and any(character.isdigit() for character in folded):
            for span, readings in date_spans(folded):
                if not self.dates.isdisjoint(readings):
                    yield span
        yield from self._unspaced_spans(folded)

    def _is_name(self, word: str) -> bool:
        forms = spellings(word)
        unlisted = [w for w in forms if len(w) >= FUSED_NAME_LETTERS and not is_medical_word(w)]
        return not forms.isdisjoint(self.names) or self._resembled(unlisted)

    def _resembled(self, words: Iterable[str]) -> bool:
        """Whether a word holds a name, is one but for a slip of the pen, or is two names in one."""
        for word in words:
            for name in self.names:
                if len(name) >= FUSED_NAME_LETTERS and name in word:
                    return True
                if len(name) >= FUZZY_NAME_LETTERS and one_slip_apart(word, name):
                    return True
                if word.startswith(name) and word[len(name) :] in self.names:
                    return True
        return False

    def _pair_spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Names too short to be searched alone, beside another part of the same name."""
        if not self.pairs:
            return
        for first, second in pairwise(WORD.finditer(folded)):
            pair = first.group(), second.group()
            if pair in self.pairs or pair[::-1] in self.pairs:
                yield first.start(), second.end()

    def _number_spans(self, folded: str, compact: str | None) -> Iterator[tuple[int, int]]:
        if compact is None:
            compact = _SEPARATORS.sub("", folded)
        present = [number for number in self.numbers if number in compact]
        if not present:
            return
        positions = [i for i, character in enumerate(folded) if character.isalnum()]
        for number in present:
            start = compact.find(number)
            while start >= 0:
                span = positions[start], positions[start + len(number) - 1] + 1
                if len(number) >= UNBOUNDED_ID_CHARACTERS or _stands_alone(folded, *span):
                    yield span
                start = compact.find(number, start + 1)

    def _unspaced_spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Names in scripts that put no spaces between words."""
        if folded.isascii():
            return
        for name in self.names:
            if not name.isascii() and len(name) > 1:
                start = folded.find(name)
                while start >= 0:
                    yield start, start + len(name)
                    start = folded.find(name, start + 1)


def identity_of(dataset: Dataset, options: frozenset[Option] = frozenset()) -> KnownIdentity:
    """Gather the identity that a film's header states, at any depth.

    Args:
        options: what they retain (an institution, full dates) is not to be searched for.
    """
    return gathered(_sources(dataset, options))


def gathered(sources: Iterable[tuple[str, list[str]]]) -> KnownIdentity:
    """The identity that texts state.

    Args:
        sources: of each element its kind (`person`, `number`, `date`, `place` or `uid`) and its
            values.
    """
    names: set[str] = set()
    numbers: set[str] = set()
    dates: set[date] = set()
    pairs: set[tuple[str, str]] = set()
    for kind, values in sources:
        if kind == "person":
            names.update(_name_words(values))
            for text in values:
                names.update(_ideographs(text))
                pairs |= _short_pairs(text)
        elif kind == "uid":
            digits = (value.replace(".", "") for value in values)
            numbers.update(uid for uid in digits if len(uid) >= MINIMUM_UID_DIGITS)
        elif kind == "date":
            dates.update(found for text in values if (found := parse_date(text[:8])))
        else:
            # A number may hold a name (`DOEJANE1`), an address a postcode.
            worded = [text for text in values if _WORD_WITHIN.search(text)]
            names.update(word for word in _name_words(worded) if not _is_common(word))
            numbers.update(_numbers(values) if kind == "number" else _numbers_within(values))
    by_length = tuple(sorted(numbers, key=lambda number: (-len(number), number)))
    return KnownIdentity(frozenset(names), by_length, frozenset(dates), frozenset(pairs))


@cache
def is_retained(tag: int, options: frozenset[Option]) -> bool:
    """Whether an option keeps an attribute, so that its value is nothing to search for."""
    rule = rule_for(tag)
    return rule is not None and any(
        action is Action.KEEP and option in options for option, action in rule.options.items()
    )


def _is_common(word: str) -> bool:
    return is_medical_word(word) or is_place_word(word) or word.isdigit()


@cache
def source_kinds() -> dict[int, str]:
    """The tags of the attributes that state identity, and what kind of it; see the table."""
    return {keyword_tag(row["keyword"]): row["kind"] for row in data_rows("identity_sources.csv")}


def _sources(dataset: Dataset, options: frozenset[Option]) -> Iterator[tuple[str, list[str]]]:
    for element in dataset:
        tag = int(element.tag)
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _sources(item, options)
        elif is_retained(tag, options):
            continue
        elif element.VR == "PN" or _is_name(tag):
            yield "person", texts_of(element)
        elif kind := source_kinds().get(tag):
            yield kind, texts_of(element)


@cache
def _is_name(tag: int) -> bool:
    entry = element_entry(tag)
    return entry is not None and entry.vr == "PN"


def _ideographs(text: str) -> Iterator[str]:
    """Surnames of one ideograph, which count where they stand alone, and whole names unspaced."""
    for group in text.split("=") if not text.isascii() else ():
        parts = _IDEOGRAPHS.findall(group)
        yield from (part for part in parts if len(part) == 1)
        if len(parts) > 1:
            yield "".join(parts)


def _name_words(values: Iterable[str]) -> Iterator[str]:
    for text in values:
        yield from _words_of(text)


@lru_cache(_REMEMBERED)
def _words_of(text: str) -> frozenset[str]:
    """The words of a name, in the spellings that other systems give them."""
    # O'Brien is also OBrien, Müller also Mueller, Mueller also Muller.
    folded = fold(text)
    forms = {folded, _JOINTS.sub("", folded)}
    if not text.isascii():
        forms.add(fold(text.casefold().translate(_TWO_LETTERS)))
    words = {
        word
        for form in forms
        for word in WORD.findall(form)
        if (len(word) >= MINIMUM_NAME_LETTERS or (len(word) > 1 and not word.isascii()))
        and word_kind(word) not in _NO_NAMES
    }
    single = {_ONE_LETTER.sub(r"\1", word) for word in words}
    return frozenset(
        words | {w for w in single if len(w) >= FUSED_NAME_LETTERS and not is_medical_word(w)}
    )


@lru_cache(_REMEMBERED)
def _short_pairs(text: str) -> frozenset[tuple[str, str]]:
    """Neighbouring words of which one is too short to be searched alone."""
    return frozenset(
        (first, second)
        for first, second in pairwise(WORD.findall(fold(text)))
        if min(len(first), len(second)) == 2
        and first.isalpha()
        and second.isalpha()
        and not (is_medical_word(first) and is_medical_word(second))
    )


def _numbers_within(values: Iterable[str]) -> Iterator[str]:
    """Postcodes and the like; house numbers are too short to be told from other numbers."""
    for text in values:
        yield from (run for run in _DIGITS.findall(text) if len(run) >= UNBOUNDED_ID_CHARACTERS)


def _numbers(values: Iterable[str]) -> Iterator[str]:
    for text in values:
        number = _SEPARATORS.sub("", fold(text))
        # A number without a digit is a word, such as the UNKNOWN or ANON of careless senders.
        if len(number) < MINIMUM_ID_CHARACTERS or not _DIGITS.search(number):
            continue
        yield number
        bare = _LETTERS.sub("", number)
        for digits in (bare, bare.lstrip("0")):
            if len(digits) >= MINIMUM_BARE_DIGITS:
                yield digits


def _readable(run: bytes) -> str:
    try:
        text = run.decode()
    except UnicodeDecodeError:
        text = run.decode("latin-1")
    return unicodedata.normalize("NFC", text)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or after.isalnum())
