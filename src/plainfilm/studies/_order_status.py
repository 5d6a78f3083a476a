"""What the status column of a table of orders says."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

__all__ = ["is_cancelled"]

_SPACES: Final = str.maketrans("_-", "  ")


def is_cancelled(status: str) -> bool | None:
    """Whether an order was called off; None for words that are not known. No status, it stands."""
    words = " ".join(_folded(status).translate(_SPACES).split()).strip(".! ")
    return _meanings().get(words) if words else False


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


@cache
def _meanings() -> Mapping[str, bool]:
    text = resources.files(__package__).joinpath("order_status.toml").read_text("utf-8")
    return {
        word: meaning == "cancelled"
        for meaning, languages in tomllib.loads(text).items()
        for words in languages.values()
        for word in words
    }
