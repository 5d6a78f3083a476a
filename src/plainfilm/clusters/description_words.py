"""Words of descriptions, weighted by how few films have them (TF-IDF)."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from plainfilm.clusters.plan import FeatureSettings
from plainfilm.clusters.tag_table import MISSING, TagColumn

__all__ = ["weighted_words"]

_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_MOST_WORDS: Final = 300


def weighted_words(
    columns: Sequence[TagColumn], films: int, settings: FeatureSettings
) -> tuple[tuple[str, ...], csr_array]:
    """Words that are not rare, the 300 most frequent at most, in all descriptions of a film.

    Rare words are left out, since names of people are among them; so are digits.

    Returns:
        Names (`word:chest`) and (films, words) float32 in [0, 1], each row of length 1 or empty.
    Source: G. Salton, C. Buckley, "Term-weighting approaches in automatic text retrieval", 1988;
        the inverse document frequency smoothed as in scikit-learn, ln((1 + n) / (1 + df)) + 1.
    """
    words = _frequent_words(columns, settings.rare_below(films))
    index = {word: place for place, word in enumerate(words)}
    counts = csr_array((films, len(words)), dtype=np.float32)
    for column in columns:
        counts = counts + _counts(column, index)
    counts = csr_array(counts)
    having = np.bincount(counts.indices, minlength=len(words))
    rarity = np.log((1 + films) / (1 + having)) + 1
    weighted = csr_array(counts @ diags_array(rarity.astype(np.float32)))
    lengths = np.sqrt(np.asarray((weighted * weighted).sum(axis=1)).reshape(-1))
    lengths[lengths == 0] = 1
    unit = csr_array(diags_array((1 / lengths).astype(np.float32)) @ weighted)
    unit.data = np.minimum(unit.data.astype(np.float32), np.float32(1))
    unit.sort_indices()
    return tuple(f"word:{word}" for word in words), unit


def _frequent_words(columns: Sequence[TagColumn], least: int) -> list[str]:
    films: dict[str, int] = {}
    for column in columns:
        for text, count in zip(column.values, column.counts().tolist(), strict=True):
            for word in set(_words(text)):
                films[word] = films.get(word, 0) + count
    frequent = [word for word, count in films.items() if count >= least]
    return sorted(sorted(frequent, key=lambda word: (-films[word], word))[:_MOST_WORDS])


def _counts(column: TagColumn, index: dict[str, int]) -> csr_array:
    """(films, words), how often each word is in this description."""
    rows: list[int] = []
    places: list[int] = []
    for row, text in enumerate(column.values):
        found = [index[word] for word in _words(text) if word in index]
        rows += [row] * len(found)
        places += found
    ones: NDArray[np.float32] = np.ones(len(rows), np.float32)
    texts = csr_array((ones, (rows, places)), shape=(len(column.values) + 1, len(index)))
    texts.sum_duplicates()
    chosen = np.where(column.codes == MISSING, len(column.values), column.codes)
    return csr_array(texts[chosen])


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
