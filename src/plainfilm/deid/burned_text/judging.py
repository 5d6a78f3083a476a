"""What a line of burned-in text is taken for, from what was read of it.

A line stays only where every word of it is known to be none of a person's: markers of sides,
words of technique and medicine, exposures and scales. A word that no table knows may be a name.
"""

import csv
import importlib.resources
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from plainfilm.deid.burned_text.boxes import Verdict
from plainfilm.deid.burned_text.reading import Reading
from plainfilm.deid.descriptor_words import KEPT_KINDS, word_kind
from plainfilm.deid.folding import fold
from plainfilm.deid.identity import KnownIdentity
from plainfilm.deid.reports._words import is_listed_name

__all__ = ["is_legible", "judge_text", "kept_words"]

LEAST_CERTAINTY: Final = {2: 0.95, 3: 0.9, 4: 0.75, 5: 0.65}
"""Characters → mean probability from which a reading is believed; shadows give short readings."""
LEAST_CERTAINTY_OF_LONG: Final = 0.55

ALIKE: Final = str.maketrans("01|!5$8269", "olllssbzgg")
"""Digits that letters are misread as, and the letters."""
ALIKE_LETTERS: Final = str.maketrans("iq", "lo")
DIGITS: Final = str.maketrans("oOQDIl|!iSsBZzG", "000011111558226")

FUZZY_LETTERS: Final = 5
VERY_FUZZY_LETTERS: Final = 8
NUMBER_DIGITS: Final = 4
"""From here on a number may be an id."""
PART_LETTERS: Final = 4
PART_SHARE: Final = 0.55
"""Of a marker's word that is enough of it, where the rest lies on bone."""
SHORT_LETTERS: Final = 2
"""Of words that tell nobody, such as a technologist's initials; two of them may be a name."""
MARKERS_AND_NAMES: Final = frozenset({"le", "li", "ma", "ng"})
"""Kept words of two letters that are as often a name beside another such word."""

_TOKEN: Final = re.compile(r"[^\W_]+")
_DATE: Final = re.compile(
    r"(?<!\d)(\d{1,2}\s?[-./]\s?\d{1,2}\s?[-./]\s?\d{2,4}|\d{4}\s?[-./]\s?\d{1,2}\s?[-./]\s?\d{1,2})(?!\d)"
)
_DAY_AND_MONTH: Final = re.compile(r"(?<!\d)\d{2}[./]\d{2}(?!\d)")
"""A date whose year lies on bone; exposures have one digit behind the point."""
_TIME: Final = re.compile(r"(?<!\d)\d{1,2}\s?[:hH]\s?\d{2}(?!\d)|\d\s?[ap]\.?m\b", re.IGNORECASE)
_SCALE: Final = re.compile(r"\d{1,3}([a-z]{0,4})")
"""A short number, or one with its unit: 75kV."""
_COMPACT_DATE: Final = re.compile(r"(?:19|20)\d{6}|\d{4}(?:19|20)\d{2}")


def is_legible(reading: Reading) -> bool:
    """Whether a reading is believed: shadows of bones are read as a letter or two."""
    letters = sum(character.isalnum() for character in reading.text)
    if letters < min(LEAST_CERTAINTY):
        return False
    return reading.certainty >= LEAST_CERTAINTY.get(letters, LEAST_CERTAINTY_OF_LONG)


def judge_text(text: str, identity: KnownIdentity) -> tuple[Verdict, str] | None:
    """What a legible text is; None where it is too short to tell anybody.

    Returns:
        the verdict, and the code of `TextBox.why`.
    """
    text = unicodedata.normalize("NFC", text)
    if identity.found_in(text) or _resembles_identity(text, identity):
        return Verdict.IDENTITY, "header"
    if why := _date_or_time(text):
        return Verdict.IDENTITY, why
    kinds = [_kind_of(token) for token in _TOKEN.findall(fold(text))]
    if _is_short_name(text):
        kinds.append("unknown_word")
    for why in ("number", "unknown_word"):
        if why in kinds:
            return Verdict.IDENTITY, why
    if sum(map(str.isdigit, text)) > NUMBER_DIGITS and not any(map(str.isalpha, text)):
        return Verdict.IDENTITY, "number"  # in groups
    known = [kind for kind in kinds if kind != "short"]
    if not known:
        return None
    return Verdict.KEEP, next(k for k in ("technique", "side", "scale") if k in known)


def _resembles_identity(text: str, identity: KnownIdentity) -> bool:
    """Whether a word is one of the identity but for letters that are taken for one another."""
    for token in _TOKEN.findall(fold(text)):
        if _known_kind(token) is not None:
            continue
        plain = _plain(token)
        if any(_alike(plain, _plain(name)) for name in identity.names):
            return True
        if len(token) >= NUMBER_DIGITS and any(
            _alike(plain, _plain(number)) for number in identity.numbers
        ):
            return True
    return False


def _date_or_time(text: str) -> str:
    for reading in (text, _digits_mended(text)):
        if any(form.search(reading) for form in (_DATE, _COMPACT_DATE, _DAY_AND_MONTH)):
            return "date"
        if _TIME.search(reading):
            return "time"
    tokens = _TOKEN.findall(fold(text))
    if any(word_kind(token) == "month" for token in tokens) and any(
        token.isdigit() for token in tokens
    ):
        return "date"
    return ""


def _digits_mended(text: str) -> str:
    """Letters among digits as the digits that they are misread for."""
    return " ".join(
        part.translate(DIGITS) if 2 * sum(c.isdigit() for c in part) >= len(part) else part
        for part in text.split()
    )


def _kind_of(token: str) -> str:
    """`side`, `technique`, `scale`, `short`, `number` or `unknown_word` of a folded word."""
    if kind := _known_kind(token):
        return kind
    digits = sum(character.isdigit() for character in token)
    unit = _SCALE.fullmatch(token)
    if (
        digits < NUMBER_DIGITS
        and unit is not None
        and (not unit[1] or _known_kind(unit[1]) == "scale")
    ):
        return "scale"
    if len(token) <= SHORT_LETTERS and token.isascii():
        return "short"
    if digits >= 2:
        return "number"
    return _nearest_kind(token) or "unknown_word"


def _is_short_name(text: str) -> bool:
    """Whether several words are as short as initials, as in `LI WU`; one is a technologist's."""
    possible = [
        token
        for token in _TOKEN.findall(fold(text))
        if len(token) == SHORT_LETTERS
        and (token in MARKERS_AND_NAMES or (token.isalpha() and _kind_of(token) == "short"))
    ]
    return len(possible) > 1


def _known_kind(token: str) -> str | None:
    if kind := kept_words().get(token):
        return kind
    if word_kind(token) in KEPT_KINDS:
        return "technique"
    return None


def _nearest_kind(token: str) -> str | None:
    """The kind of the word that a token was misread for, or of those that it is made of.

    A name is none of them, however near it comes to one: `leite` is no `leito`.
    """
    if is_listed_name(token):
        return None
    plain = _plain(token)
    if len(plain) >= FUZZY_LETTERS:
        for word, kind in kept_words().items():
            if len(word) >= FUZZY_LETTERS and _alike(plain, _plain(word)):
                return kind
    if _is_made_of_words(token) or _is_most_of_word(token):
        return "technique"
    return None


def _is_most_of_word(token: str) -> bool:
    """Whether a token is the beginning or the end of a marker's word (`stase`, `leit`)."""
    return len(token) >= PART_LETTERS and any(
        len(token) >= PART_SHARE * len(word) and (word.startswith(token) or word.endswith(token))
        for word in kept_words()
    )


def _is_made_of_words(token: str) -> bool:
    """Whether a token is known words without the spaces between them (`leitoap`, `rlat`)."""
    is_marked = len(token) >= PART_LETTERS and kept_words().get(token[0]) == "side"
    if is_marked and token[1:] in kept_words():
        return True
    reached = {0}
    for end in range(2, len(token) + 1):
        if any(end - start >= 2 and _known_kind(token[start:end]) is not None for start in reached):
            reached.add(end)
    return len(token) in reached


def _plain(token: str) -> str:
    """Letters and digits that readers take for one another as one of them."""
    return token.translate(ALIKE).translate(ALIKE_LETTERS)


def _alike(token: str, word: str) -> bool:
    if len(word) < FUZZY_LETTERS:
        return token == word
    slips = 2 if len(word) >= VERY_FUZZY_LETTERS else 1
    return _slips(token, word, slips) <= slips


def _slips(first: str, second: str, most: int) -> int:
    """Letters replaced, added or left out between two words; more than `most` counts as more."""
    if abs(len(first) - len(second)) > most:
        return most + 1
    row = list(range(len(second) + 1))
    for index, letter in enumerate(first, start=1):
        above = row
        row = [index]
        for position, other in enumerate(second, start=1):
            same = above[position - 1] + (letter != other)
            row.append(min(same, above[position] + 1, row[-1] + 1))
    return row[-1]


@cache
def kept_words() -> Mapping[str, str]:
    """Folded word → `side`, `technique` or `scale`."""
    return {row["word"]: row["kind"] for row in _rows()}


def _rows() -> Iterator[dict[str, str]]:
    table = importlib.resources.files("plainfilm.deid.burned_text") / "kept_words.csv"
    lines = table.read_text("utf-8").splitlines()
    yield from csv.DictReader(line for line in lines if not line.startswith("#"))
