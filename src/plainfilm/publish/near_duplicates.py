"""Images that show nearly the same: one film published under two patients, or twice under one.

Chest films look alike, so the usual 64 bits of low frequencies call strangers twins. The hash is
finer: the middle of the film, its grey values replaced by their ranks (brightness, contrast and
equalisation go), as 256 cosine frequencies weighted as the Laplace operator does (edges count,
not the broad shades that all chests share). Two hashes are compared by their cosine.

Source of the search: Charikar, "Similarity estimation techniques from rounding algorithms", STOC
2002 (signs of random projections); Indyk and Motwani, STOC 1998 (tables of sampled bits).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft, stats

__all__ = ["HASH_BYTES", "SIMILAR", "SimilarPair", "image_hash", "similar_pairs"]

SIMILAR: Final = 0.72
"""The cosine from which two hashes are those of one film; see benchmarks/near_duplicates.py."""

_THUMB: Final = 32
_MARGIN: Final = 6  # markers and blackened text lie at the edges
_FREQUENCIES: Final = 16
HASH_BYTES: Final = _FREQUENCIES**2
_READ_AT_LEAST: Final = 8 * _THUMB  # pixels a side; more would not change the thumbnail

_STEPS: Final = np.arange(_FREQUENCIES, dtype=np.float64)
_WEIGHTS: Final = _STEPS[:, None] ** 2 + _STEPS[None] ** 2

_COMPARED_ALL: Final = 20_000  # films; for more, only those that share a bucket are compared
_BLOCK: Final = 2_000
_BITS: Final = 256
_TABLES: Final = 96
_FARTHEST: Final = 84  # bits of 256: those of a pair just similar enough differ in 62 ± 7
_PAIRS_AT_ONCE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class SimilarPair:
    """Two images, by their places in the sequence given, and the cosine of their hashes."""

    first: int
    second: int
    similarity: float


def image_hash(image: NDArray[np.uint8]) -> bytes:
    """The perceptual hash of an image; of one without contrast in its middle, all zeros.

    Args:
        image: (rows, columns), any size.
    Returns:
        `HASH_BYTES` signed bytes.
    """
    step = max(1, min(image.shape) // _READ_AT_LEAST)
    sparse = np.ascontiguousarray(image[::step, ::step])
    thumb = Image.fromarray(sparse).resize((_THUMB, _THUMB), Image.Resampling.BOX)
    middle = np.asarray(thumb)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    ranks = stats.rankdata(middle).reshape(middle.shape)
    spectrum = fft.dctn(ranks, norm="ortho")[:_FREQUENCIES, :_FREQUENCIES] * _WEIGHTS
    largest = np.abs(spectrum).max()
    if largest < 1e-6:
        return bytes(HASH_BYTES)
    signed: NDArray[np.int8] = np.round(spectrum * (127 / largest)).astype(np.int8)
    return signed.tobytes()


def similar_pairs(hashes: Sequence[bytes], groups: Sequence[int]) -> list[SimilarPair]:
    """Pairs of images that are nearly the same and in different groups, the most similar first.

    Up to 20,000 images are all compared. Of more, those are that agree in some sample of bits of
    their hashes: time grows little faster than their number. Of 400,000, nearly all pairs with a
    cosine of 0.9 are found so, and six in seven of those with 0.8.

    Args:
        hashes: of `image_hash`; images without contrast are similar to nothing.
        groups: a number for each image; pairs within a group are not looked for.
    """
    if not hashes:
        return []
    matrix = np.frombuffer(b"".join(hashes), np.int8).reshape(len(hashes), HASH_BYTES)
    group = np.asarray(groups)
    search = _all_pairs if len(hashes) <= _COMPARED_ALL else _bucket_pairs
    found = [
        SimilarPair(int(first), int(second), float(cosine))
        for firsts, seconds, cosines in search(matrix, group)
        for first, second, cosine in zip(firsts, seconds, cosines, strict=True)
    ]
    return sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second))


_Found = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def _all_pairs(matrix: NDArray[np.int8], group: NDArray[Any]) -> Iterator[_Found]:
    units = _units(matrix)
    for start in range(0, len(units), _BLOCK):
        cosines = units[start : start + _BLOCK] @ units[start:].T
        rows, columns = np.nonzero(cosines >= SIMILAR)
        wanted = (rows < columns) & (group[rows + start] != group[columns + start])
        rows, columns = rows[wanted], columns[wanted]
        yield rows + start, columns + start, cosines[rows, columns]


def _bucket_pairs(matrix: NDArray[np.int8], group: NDArray[Any]) -> Iterator[_Found]:
    random = np.random.default_rng(20_021)
    codes = _sign_codes(matrix, random)
    known = np.flatnonzero(matrix.any(axis=1))
    sampled = max(8, round(math.log2(len(matrix))) - 3)
    candidates = np.empty(0, np.int64)
    for _ in range(_TABLES):
        chosen = random.choice(_BITS, sampled, replace=False)
        new = np.concatenate([candidates, *_in_one_bucket(codes, known, chosen, group)])
        candidates = np.unique(new)
    for start in range(0, len(candidates), _PAIRS_AT_ONCE):
        rows, columns = np.divmod(candidates[start : start + _PAIRS_AT_ONCE], len(matrix))
        cosines = np.einsum("ij,ij->i", _units(matrix[rows]), _units(matrix[columns]))
        wanted = cosines >= SIMILAR
        yield rows[wanted], columns[wanted], cosines[wanted]


def _sign_codes(matrix: NDArray[np.int8], random: np.random.Generator) -> NDArray[np.uint64]:
    """(images, 4): on which side of 256 random planes each hash lies."""
    planes = random.standard_normal((HASH_BYTES, _BITS)).astype(np.float32)
    codes = np.empty((len(matrix), _BITS // 64), np.uint64)
    for start in range(0, len(matrix), _BLOCK):
        sides = matrix[start : start + _BLOCK].astype(np.float32) @ planes > 0
        codes[start : start + _BLOCK] = np.packbits(sides, axis=1).view(np.uint64)
    return codes


def _in_one_bucket(
    codes: NDArray[np.uint64],
    known: NDArray[np.int64],
    chosen: NDArray[np.int64],
    group: NDArray[Any],
) -> Iterator[NDArray[np.int64]]:
    """Pairs, each as `first * images + second`, that agree in the chosen bits and nearly in all."""
    bits = np.unpackbits(codes.view(np.uint8), axis=1)[known][:, chosen]
    keys = bits @ (1 << np.arange(len(chosen), dtype=np.int64))
    order = np.argsort(keys, kind="stable")
    keys, members = keys[order], known[order]
    starts = np.arange(len(keys))
    distance = 0
    # In the sorted order those of one bucket stand together: compare each with the next, the next
    # but one, and so on, until no bucket reaches so far.
    while len(starts):
        distance += 1
        starts = starts[starts + distance < len(keys)]
        starts = starts[keys[starts] == keys[starts + distance]]
        one, other = members[starts], members[starts + distance]
        apart = group[one] != group[other]
        one, other = one[apart], other[apart]
        differing = np.bitwise_count(codes[one] ^ codes[other]).sum(axis=1, dtype=np.int64)
        near = differing <= _FARTHEST
        one, other = one[near], other[near]
        yield np.minimum(one, other) * len(codes) + np.maximum(one, other)


def _units(matrix: NDArray[np.int8]) -> NDArray[np.float32]:
    vectors = matrix.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float32] = vectors / np.maximum(lengths, 1)
    return units
