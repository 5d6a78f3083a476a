"""Whether the rules can read a report at all: its script and its language."""

import re
from typing import Final

from plainfilm.deid.folding import fold
from plainfilm.deid.reports._words import cue_words, is_everyday

__all__ = ["is_latin", "is_understood"]

LEAST_WORDS: Final = 12
"""Fewer tell nothing of their language."""
LEAST_FOREIGN: Final = 3
LEAST_KNOWN: Final = 0.25
"""Share of words that some list knows. Measured: 0.78 and more in English reports, 0.36 in the
tersest German; below 0.2 in Polish, Swedish, Turkish, Romanian, Finnish, Hungarian."""
LEAST_SMALL: Final = 0.1
"""Share of articles, prepositions and the like."""

_WORD: Final = re.compile(r"[^\W\d_]{2,}")


def is_understood(text: str) -> bool:
    """Whether a report is in a script and language that `clean_report` has rules for.

    Not where most letters are of another script than Latin; where the small words of other
    languages (`het`, `della`) outnumber those of English, German, Spanish, Portuguese and French;
    or where hardly a word is known. A report of few words in Latin letters passes.
    """
    if not text.isascii():
        letters = [character for character in text if character.isalpha()]
        if sum(map(is_latin, letters)) * 2 < len(letters):
            return False
    words = [fold(word) for word in _WORD.findall(text)]
    if len(words) < LEAST_WORDS:
        return True
    small = sum(word in cue_words("not_a_name") for word in words)
    foreign = sum(word in cue_words("other_language") for word in words)
    if foreign >= LEAST_FOREIGN and foreign > small:
        return False
    known = sum(map(is_everyday, words))
    return known >= LEAST_KNOWN * len(words) or small >= LEAST_SMALL * len(words)


def is_latin(letter: str) -> bool:
    """Whether a letter is in one of Unicode's Latin blocks."""
    return letter < "\u0250" or "\u1e00" <= letter <= "\u1eff"
