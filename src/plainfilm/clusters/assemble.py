"""Blocks of columns put side by side into one sparse matrix, without a second copy of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from plainfilm.clusters.tag_table import MISSING

__all__ = ["Block", "Codes", "Numbers", "Words", "assembled"]

_MOST_IN_INT32: Final = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class _Target:
    """The matrix while it is filled; `ends` is where each row's next value goes."""

    indices: NDArray[np.int32]
    data: NDArray[np.float32]
    ends: NDArray[np.int64]

    def write(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int32],
        values: NDArray[np.float32] | float,
    ) -> None:
        """One value for each of `rows`, which are all different."""
        places = self.ends[rows]
        self.indices[places] = columns
        self.data[places] = values
        self.ends[rows] += 1


class Block(Protocol):
    """Some columns of every film."""

    @property
    def names(self) -> tuple[str, ...]: ...
    def count(self) -> NDArray[np.int32] | NDArray[np.bool_]:
        """(films,), the number of values that are not 0."""
        ...

    def write(self, target: _Target, first: int) -> None:
        """Write them; the block's first column has number `first`."""
        ...


@dataclass(frozen=True, slots=True)
class Numbers:
    """One column of numbers."""

    names: tuple[str, ...]
    values: NDArray[np.float32]

    def count(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.values != 0
        return found

    def write(self, target: _Target, first: int) -> None:
        rows = np.flatnonzero(self.values)
        target.write(rows, np.full(len(rows), first, np.int32), self.values[rows])


@dataclass(frozen=True, slots=True)
class Codes:
    """Columns of which each film has a 1 in at most one: the one its code (films,) names."""

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    def count(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.codes != MISSING
        return found

    def write(self, target: _Target, first: int) -> None:
        rows = np.flatnonzero(self.codes != MISSING)
        target.write(rows, self.codes[rows] + np.int32(first), 1.0)


@dataclass(frozen=True, slots=True)
class Words:
    """Columns of which each film has values in several."""

    names: tuple[str, ...]
    matrix: csr_array

    def count(self) -> NDArray[np.int32]:
        lengths: NDArray[np.int32] = np.diff(self.matrix.indptr).astype(np.int32)
        return lengths

    def write(self, target: _Target, first: int) -> None:
        lengths = np.diff(self.matrix.indptr)
        places = np.arange(self.matrix.nnz) - np.repeat(self.matrix.indptr[:-1], lengths)
        places += np.repeat(target.ends, lengths)
        target.indices[places] = self.matrix.indices + np.int32(first)
        target.data[places] = self.matrix.data
        target.ends[:] += lengths


def assembled(blocks: Sequence[Block], films: int) -> csr_array:
    """(films, columns) float32; columns in the order of the blocks."""
    starts = np.zeros(films + 1, np.int64)
    for block in blocks:
        starts[1:] += block.count()
    np.cumsum(starts, out=starts)
    values = int(starts[-1])
    target = _Target(np.empty(values, np.int32), np.empty(values, np.float32), starts[:-1].copy())
    first = 0
    for block in blocks:
        block.write(target, first)
        first += len(block.names)
    narrow = values <= _MOST_IN_INT32
    pointers = starts.astype(np.int32) if narrow else starts
    indices = target.indices if narrow else target.indices.astype(np.int64)
    return csr_array((target.data, indices, pointers), shape=(films, first))
