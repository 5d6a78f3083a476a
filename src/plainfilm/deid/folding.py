"""Folding of text for comparison."""

import unicodedata
from functools import cache

__all__ = ["fold"]


def fold(text: str) -> str:
    """Lower case without accents; every character stays one character, so positions hold.

    A text with combining accents must be in normal form NFC first.
    """
    return text.lower() if text.isascii() else "".join(map(_fold_character, text))


@cache
def _fold_character(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[:1] or character
    return base.casefold()[:1] or character
