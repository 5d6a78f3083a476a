"""How far a name reaches: `J. van der Berg-Lopez`, `O'Brien`, `DAVIDSON, DOUGLAS J`."""

from typing import Final

from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.reports._tokens import Tokens
from plainfilm.deid.reports._words import (
    cue_words,
    is_everyday,
    is_given_name,
    is_listed_name,
    is_word_too,
)

__all__ = [
    "begins_name",
    "could_be_name",
    "is_name_alone",
    "name_end",
    "name_start",
    "reaches_back",
]

MAXIMUM_WORDS: Final = 5
_JOINTS: Final = frozenset("-'\u2019\u2010\u2011")
_APOSTROPHES: Final = frozenset("'\u2019")
_NOBILITY: Final = frozenset(
    {"van", "von", "der", "den", "zu", "ter", "dos", "dela", "della", "di"}
)
_ENDING_KINDS: Final = ("not_a_name", "role", "says", "weekday")
_LETTERS_OF_MEDICINE: Final = frozenset("lrdet")
"""Sides in several languages, and vertebrae."""
_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv", "filho", "junior", "neto"})


def could_be_name(tokens: Tokens, place: int, *, sure: bool) -> bool:
    """Whether a token can begin a name.

    Args:
        sure: something in front says that a name follows (`Dr.`, `Dictated by:`), so words that
            are no names elsewhere pass: `Dr. Young`. Without it the word itself must tell.
    """
    word = tokens.folded[place] if tokens.is_word(place) else ""
    if not word or word in cue_words("not_a_name") or word in cue_words("role"):
        return False
    capital, shouted = tokens.is_capital(place), tokens.is_shouted(place)
    if is_listed_name(word):
        return sure or capital or shouted
    if word in cue_words("title"):
        return False
    if sure:
        return not is_medical_word(word) if shouted else capital or not is_everyday(word)
    return (capital or shouted) and not is_everyday(word) and len(word) > 2


def begins_name(tokens: Tokens, place: int, *, sure: bool) -> bool:
    """Whether a name begins at a token, with `van der`, `de la` … in front or without."""
    at = place
    while at < min(place + 4, len(tokens)) and tokens.folded[at] in cue_words("particle"):
        at += 1
        at += at < len(tokens) and tokens.words[at] in _APOSTROPHES and tokens.touches(at)
    if could_be_name(tokens, place, sure=sure):
        return True
    return at > place and could_be_name(tokens, at, sure=sure and tokens.is_capital(at))


def name_end(tokens: Tokens, place: int) -> int:
    """The end of the name that begins at a token; its first word is taken for granted."""
    end = place + 1
    words = 1
    while end < len(tokens) and words < MAXIMUM_WORDS:
        if "\n\n" in tokens.gap(end):
            break
        word = tokens.words[end]
        if (
            word in _JOINTS
            and tokens.touches(end)
            and tokens.touches(end + 1 - (end + 1 == len(tokens)))
        ):
            if not tokens.is_word(end + 1) or tokens.folded[end + 1] == "s":
                break
            end += 2
        elif word == "." and _is_short(tokens, end - 1):
            end += 1
        elif _goes_on(tokens, end):
            end += 1
            words += 1
        elif next_word := _behind_particles(tokens, end):
            end = next_word + 1
            words += 1
        else:
            break
    if end < len(tokens) and tokens.words[end].isdigit() and tokens.touches(end):
        end += 1  # JSMITH01
    return _without_last_stop(tokens, end)


def _without_last_stop(tokens: Tokens, end: int) -> int:
    """Leave a sentence's full stop alone, but not an initial's."""
    if tokens.words[end - 1] == "." and len(tokens.words[end - 2]) > 1:
        return end - 1
    return end


def _is_short(tokens: Tokens, place: int) -> bool:
    """Whether a word is an initial, or a part of a name that is written short."""
    word = tokens.words[place]
    return (len(word) == 1 and word.isupper()) or tokens.folded[place] in _SUFFIXES


def _goes_on(tokens: Tokens, place: int) -> bool:
    """Whether a word goes on with the name in front of it."""
    if not tokens.is_word(place):
        return False
    word, folded = tokens.words[place], tokens.folded[place]
    if len(word) == 1:
        stopped = place + 1 < len(tokens) and tokens.words[place + 1] == "."
        return word.isupper() and (stopped or folded not in _LETTERS_OF_MEDICINE)
    if any(folded in cue_words(kind) for kind in _ENDING_KINDS):
        return folded in _SUFFIXES
    given = is_given_name(tokens.folded[place - 1])
    if tokens.is_titled(place):
        listed = is_listed_name(folded) or (given and is_word_too(folded))
        return listed or (not is_medical_word(folded) and (given or _is_no_word(folded)))
    if tokens.is_shouted(place):
        listed = is_listed_name(folded) or not is_everyday(folded)
        return (given and not is_medical_word(folded)) if is_word_too(folded) else listed
    return False


def _is_no_word(folded: str) -> bool:
    return is_word_too(folded) or not is_everyday(folded)


def _behind_particles(tokens: Tokens, place: int) -> int:
    """The name's next word behind `van der`, `de la` …; 0 where there is none."""
    at = place
    while at < min(place + 4, len(tokens)) and tokens.folded[at] in cue_words("particle"):
        at += 1
        while at < len(tokens) and tokens.words[at] in "'\u2019." and tokens.touches(at):
            at += 1
    if at == place or at >= len(tokens):
        return 0
    return at if _goes_on(tokens, at) and len(tokens.words[at]) > 1 else 0


def name_start(tokens: Tokens, end: int) -> int:
    """The start of the name whose last word stands in front of a token; that token where there is
    none. Used where what follows tells of the name: `Jane Doe, MD`."""
    place = end
    words = 0
    while place > 0 and words < MAXIMUM_WORDS - 1:
        before = place - 1
        if "\n" in (tokens.gap(place) if place < len(tokens) else ""):
            break
        word, folded = tokens.words[before], tokens.folded[before]
        joined = word in _JOINTS and words and tokens.touches(place)
        if before and ((word == "." and _is_short(tokens, before - 1)) or joined):
            place -= 2
        elif words and folded in cue_words("particle") and tokens.words[before].islower():
            place -= 1
        elif could_be_name(tokens, before, sure=False) or _is_word_name(tokens, before, words):
            place -= 1
            words += 1
        else:
            break
    while place < end and tokens.folded[place] in cue_words("particle"):
        place += 1
    return place if words else end


def _is_word_name(tokens: Tokens, place: int, words: int) -> bool:
    """A name that is a word too, in front of its credentials or beside another name."""
    folded = tokens.folded[place]
    if not is_word_too(folded) or is_medical_word(folded):
        return False
    return tokens.is_capital(place) or (words > 0 and is_given_name(folded))


def reaches_back(tokens: Tokens, place: int) -> int:
    """The start of a name with the initials that stand in front of it: `J. P. Davidson`."""
    while place > 0:
        if place > 1 and tokens.words[place - 1] == "." and _is_short(tokens, place - 2):
            place -= 2
        elif tokens.words[place - 1] in _NOBILITY:
            place -= 1
        else:
            break
    return place


def is_name_alone(tokens: Tokens, place: int) -> bool:
    """Whether a listed name gives itself away by its capital inside a sentence, with nothing that
    makes it an eponym (`Jones fracture`, `Crohn's disease`, `Swan-Ganz`)."""
    word = tokens.folded[place]
    if not tokens.is_capital(place) or tokens.begins_sentence(place) or not is_listed_name(word):
        return False
    if word in cue_words("eponym") or not tokens.words[place][1:].islower():
        return False
    after = place + 1
    while after < len(tokens) and (
        tokens.words[after] in "'\u2019-" or tokens.folded[after] == "s"
    ):
        after += 1
    return after >= len(tokens) or tokens.folded[after] not in cue_words("eponym_noun")
