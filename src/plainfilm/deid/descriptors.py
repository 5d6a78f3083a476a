"""Cleaning of descriptions: only words of radiography stay (PS3.15 E.3.5, Clean Descriptors).

An allow-list: what is not known to be medical goes, whoever or whatever it names. So a new way of
writing a name can't get through, while an unusual medical word may be lost.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from plainfilm.deid.descriptor_words import KEPT_KINDS, word_kind
from plainfilm.deid.folding import fold
from plainfilm.deid.identity import KnownIdentity

__all__ = ["clean_descriptor"]

_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|[\W_]+")
_VERTEBRA: Final = re.compile(r"[ctls]")  # C1, T12, L5, S1
_COUNTED: Final = frozenset({"v", "vw", "vws", "view", "views", "ap", "pa", "lat", "x"})
_TITLES_AND_MODALITIES: Final = frozenset({"Dr", "Mr", "Ms"})
"""`Dr Hand` is a physician, `DR HAND` a digital radiograph, `ms` a unit."""

MAXIMUM_NUMBER_DIGITS: Final = 3
"""Longer numbers are years, ids or parts of telephone numbers."""


_NOBODY: Final = KnownIdentity(frozenset(), (), frozenset())
# Most descriptions of an archive repeat, and most name nobody whom the header knows.
_REMEMBERED: Final = 1 << 14
_REMEMBERED_CHARACTERS: Final = 256


@dataclass(slots=True)
class _Token:
    """A word, a number, or the separators between two of them."""

    text: str
    folded: str
    kind: str  # a kind of descriptor_words.csv, or: number, separator, unlisted, known (identity)
    kept: bool = False
    in_phrase: bool = False  # with a neighbour it makes a listed phrase, such as p.a. or L-SPINE

    @property
    def is_separator(self) -> bool:
        return self.kind == "separator"


def clean_descriptor(text: str, identity: KnownIdentity) -> str:
    """Keep the medical words of a description, in their order and spelling.

    | in a description | stays |
    |---|---|
    | a listed word or phrase | yes, unless it is part of the film's own identity |
    | the word after a title (`Dr Hand`) | no |
    | one letter beside a word that goes (`R Davidson`) | only in a listed phrase (`p.a.`) |
    | a preposition or article | between two words that stay |
    | a number of up to 3 digits, beside a word that stays | yes, unless part of a date or an age |
    | everything else | no |

    Args:
        text: one value; for multi-valued elements call it once for each.
        identity: what the film's header says of the patient and the staff.
    """
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    if identity.found_in(text):
        return _cleaned(text, identity)
    return _cleaned_of_nobody(text) if len(text) <= _REMEMBERED_CHARACTERS else _cleaned(text)


def _cleaned(text: str, identity: KnownIdentity = _NOBODY) -> str:
    tokens = _tokens(text, identity)
    words = [token for token in tokens if not token.is_separator]
    _keep_listed(words)
    _drop_names_after_titles(words)
    _drop_letters_beside_names(words)
    _keep_numbers(tokens)
    _keep_links(words)
    return text if all(word.kept for word in words) else _joined(tokens)


_cleaned_of_nobody = lru_cache(_REMEMBERED)(_cleaned)


def _tokens(text: str, identity: KnownIdentity) -> list[_Token]:
    known: set[int] = set()
    for start, end in identity.spans(text):
        known.update(range(start, end))
    tokens = []
    for match in _TOKEN.finditer(text):
        folded = fold(match.group())
        if not folded[0].isalnum():
            kind = "separator"
        elif not known.isdisjoint(range(*match.span())):
            kind = "known"
        elif folded[0].isdigit():
            kind = "number"
        elif match.group() in _TITLES_AND_MODALITIES:
            kind = "title"
        else:
            kind = word_kind(folded) or "unlisted"
        tokens.append(_Token(match.group(), folded, kind))
    return tokens


def _keep_listed(words: list[_Token]) -> None:
    for word in words:
        word.kept = word.kind in KEPT_KINDS
    for first, second in pairwise(words):
        phrase = word_kind(f"{first.folded} {second.folded}")
        if phrase in KEPT_KINDS and "known" not in (first.kind, second.kind):
            first.kept = second.kept = True
            first.in_phrase = second.in_phrase = True


def _drop_names_after_titles(words: list[_Token]) -> None:
    for title, word in pairwise(words):
        if title.kind == "title":
            word.kept, word.kind = False, "known"


def _drop_letters_beside_names(words: list[_Token]) -> None:
    """`L Davidson` is a person, `KNEE L` a side."""
    names = [word.kind in ("known", "unlisted") and not word.kept for word in words]
    for position, word in enumerate(words):
        beside = any(names[max(position - 1, 0) : position + 2])
        if len(word.folded) == 1 and word.folded.isalpha() and beside and not word.in_phrase:
            word.kept = False


def _keep_numbers(tokens: list[_Token]) -> None:
    """Keep the numbers that count views, measure, or name a vertebra; drop dates, ages and ids."""
    words = [token for token in tokens if not token.is_separator]
    place = {id(token): position for position, token in enumerate(words)}
    for index, token in enumerate(tokens):
        if token.kind != "number":
            continue
        position = place[id(token)]
        before = words[position - 1] if position else None
        after = words[position + 1] if position + 1 < len(words) else None
        joined = _joined_to_number(tokens, index)
        token.kept = not joined and _is_plain_number(token, before, after)
        if token.kept and before and _VERTEBRA.fullmatch(before.folded):
            before.kept = before.kept or _touch(tokens, index - 1, before)
        if token.kept and after and after.kind == "unlisted" and after.folded in _COUNTED:
            after.kept = _touch(tokens, index + 1, after)


def _is_plain_number(token: _Token, before: _Token | None, after: _Token | None) -> bool:
    digits = sum(character.isdigit() for character in token.folded)
    if digits > MAXIMUM_NUMBER_DIGITS or not (
        token.folded.isdigit() or _is_unit(before) or _is_unit(after)
    ):
        return False
    neighbours = [word for word in (before, after) if word is not None]
    if any(word.kind in ("age", "month", "known") for word in neighbours):
        return False
    vertebra = before is not None and _VERTEBRA.fullmatch(before.folded) is not None
    counted = after is not None and after.folded in _COUNTED
    return vertebra or counted or any(word.kept for word in neighbours)


def _is_unit(word: _Token | None) -> bool:
    return word is not None and word.kind == "unit"


def _joined_to_number(tokens: list[_Token], index: int) -> bool:
    """Whether another number stands next to this one, as in a date or a telephone number."""
    for step in (-1, 1):
        separator = tokens[index + step] if 0 <= index + step < len(tokens) else None
        other = tokens[index + 2 * step] if 0 <= index + 2 * step < len(tokens) else None
        if separator and separator.is_separator and other and other.kind in ("number", "known"):
            return True
        # 14x17 is a cassette, 1956mar04 a date; letters between digits are judged by themselves.
        month = tokens[index + step] if 0 <= index + step < len(tokens) else None
        if month and month.kind in ("unlisted", "month") and len(month.folded) >= 3:
            return True
    return False


def _touch(tokens: list[_Token], index: int, wanted: _Token) -> bool:
    return 0 <= index < len(tokens) and tokens[index] is wanted


def _keep_links(words: list[_Token]) -> None:
    for position in range(1, len(words) - 1):
        if words[position].kind == "link" and not words[position].kept:
            words[position].kept = words[position - 1].kept and words[position + 1].kept


def _joined(tokens: list[_Token]) -> str:
    """The kept words with their own separators; one space where something was cut out."""
    parts: list[str] = []
    separator = ""
    cut = False
    for token in tokens:
        if token.is_separator:
            separator = token.text
        elif token.kept:
            if parts:
                parts.append(" " if cut else separator)
            parts.append(token.text)
            separator, cut = "", False
        else:
            cut = True
    return "".join(parts)
