"""Distances between films as rows of numbers: dense or sparse, over all cores, in bounded memory.

Each film is compared with a block of others at once, the block's numbers standing column by
column: what is innermost runs over neighbouring films, and of a sparse film only its values that
are not 0 are looked at.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from plainfilm.compiled import compiled
from plainfilm.errors import InputError, SettingsError

__all__ = ["METRICS", "Metric", "Points", "PointsLike", "as_points", "nearest", "pairwise"]

Metric: TypeAlias = Literal["manhattan", "euclidean", "cosine", "hamming"]
METRICS: Final[tuple[str, ...]] = get_args(Metric)
"""`hamming` is the share of columns that differ. The `cosine` distance is 1 less the cosine; a film
without any value is at 1 from all others, and at 0 from its like."""

PointsLike: TypeAlias = NDArray[Any] | scipy.sparse.csr_array | scipy.sparse.csr_matrix

_MANHATTAN, _EUCLIDEAN, _COSINE, _HAMMING = range(len(METRICS))
_BLOCK: Final = 64
"""Films compared with at once; their numbers stay in the processor's cache."""
_ROWS: Final = 8_192
"""Films that a thread takes at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Films to measure distances between, as `as_points` made them.

    Attributes:
        dense: (films, columns) float32 or uint8; None where the films are sparse.
        sparse: row starts, columns and values of a CSR matrix, columns in order; None likewise.
        shape: (films, columns).
        metric: the place of its name in `METRICS`.
    """

    dense: NDArray[Any] | None
    sparse: tuple[NDArray[Any], NDArray[Any], NDArray[np.float32]] | None
    shape: tuple[int, int]
    metric: int

    def __len__(self) -> int:
        return self.shape[0]

    def rows(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """Some films, (places, columns), dense."""
        if self.dense is not None:
            return self.dense[places].astype(np.float32)
        return np.asarray(self._csr()[places].toarray(), np.float32)

    def take(self, places: NDArray[np.intp]) -> "Points":
        """Some films, to measure distances between these alone."""
        if self.dense is not None:
            return Points(self.dense[places], None, (len(places), self.shape[1]), self.metric)
        found = self._csr()[places]
        parts = (found.indptr, found.indices, found.data)
        return Points(None, parts, (len(places), self.shape[1]), self.metric)

    def distances(self, start: int, stop: int, anchors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(stop - start, anchors) float32, from a row of films to anchors (anchors, columns)."""
        out = np.empty((stop - start, len(anchors)), np.float32)
        for first in range(0, len(anchors), _BLOCK):
            block = np.ascontiguousarray(anchors[first : first + _BLOCK].T)
            part = out[:, first : first + _BLOCK]
            if self.dense is not None:
                _from_dense(self.dense[start:stop], block, self.metric, part)
            elif self.sparse is not None:
                _from_sparse(*self.sparse, start, block, self.metric, part)
        if self.dense is not None and self.dense.dtype == np.uint8 and self.metric <= _EUCLIDEAN:
            out /= 255
        return out

    def _csr(self) -> Any:
        if self.sparse is None:
            raise TypeError("these films are dense")
        starts, columns, values = self.sparse
        return scipy.sparse.csr_array((values, columns, starts), shape=self.shape)


def as_points(points: PointsLike, metric: str) -> Points:
    """Check films and their metric.

    Args:
        points: (films, columns), dense or CSR, finite. uint8 stands for 0 to 255 parts of 255;
            anything else is taken as float32. A float32 or uint8 array is not copied, and may be a
            memory map.
    Raises:
        InputError: there are no films or no columns, or a value is NaN or infinite.
        SettingsError: there is no such metric.
    """
    if metric not in METRICS:
        raise SettingsError(f"there is no metric {metric}; known: {', '.join(METRICS)}")
    if points.ndim != 2 or 0 in points.shape:
        raise InputError(f"clusters need films and columns; the table has shape {points.shape}")
    shape = (int(points.shape[0]), int(points.shape[1]))
    code = METRICS.index(metric)
    if scipy.sparse.issparse(points):
        csr = scipy.sparse.csr_array(points, dtype=np.float32)
        if not csr.has_canonical_format:
            csr = csr.copy()
            csr.sum_duplicates()
        if (bad := _first_infinite(csr.data)) is not None:
            raise _not_finite(int(np.searchsorted(csr.indptr, bad, "right")) - 1)
        return Points(None, (csr.indptr, csr.indices, csr.data), shape, code)
    dense = np.ascontiguousarray(points, None if points.dtype == np.uint8 else np.float32)
    if dense.dtype != np.uint8:
        for start in range(0, len(dense), _ROWS):
            if (bad := _first_infinite(dense[start : start + _ROWS].ravel())) is not None:
                raise _not_finite(start + bad // shape[1])
    return Points(dense, None, shape, code)


def _first_infinite(values: NDArray[np.float32]) -> int | None:
    finite = np.isfinite(values)
    return None if finite.all() else int(np.argmin(finite))


def _not_finite(row: int) -> InputError:
    return InputError(
        f"row {row} (counted from 0) holds NaN or an infinite number; fill what is missing, or"
        " leave the film or the column out"
    )


def pairwise(points: Points, *, threads: int | None = None) -> NDArray[np.float32]:
    """Distances between all films, (films, films) float32, symmetric, 0 on the diagonal.

    Args:
        threads: as many as there are cores where not given; the result is the same.
    """
    films = len(points)
    out = np.empty((films, films), np.float32)

    def fill(start: int) -> None:
        stop = min(start + _BLOCK, films)
        block = points.distances(start, films, points.rows(np.arange(start, stop)))
        square = np.tril(block[: stop - start], -1)
        block[: stop - start] = square + square.T  # which rounding may have kept from being so
        out[start:, start:stop] = block
        out[start:stop, start:] = block.T

    _in_threads(fill, range(0, films, _BLOCK), threads)
    return out


def nearest(
    points: Points, anchors: NDArray[np.intp], *, threads: int | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For each film the nearest of some of them.

    Args:
        anchors: places of the films to choose from.
    Returns:
        Its place in `anchors`, (films,), the first of equally near ones; and how far it is.
    """
    films = len(points)
    labels = np.empty(films, np.int32)
    distances = np.empty(films, np.float32)
    dense = points.rows(anchors)

    def assign(start: int) -> None:
        stop = min(start + _ROWS, films)
        found = points.distances(start, stop, dense)
        labels[start:stop] = found.argmin(axis=1)
        distances[start:stop] = found.min(axis=1)

    _in_threads(assign, range(0, films, _ROWS), threads)
    return labels, distances


def _in_threads(work: Callable[[int], None], starts: range, threads: int | None) -> None:
    with ThreadPoolExecutor(threads or len(os.sched_getaffinity(0))) as pool:
        done: Iterator[None] = pool.map(work, starts)
        for _ in done:
            pass


@compiled
def _from_dense(
    points: NDArray[Any], anchors: NDArray[np.float32], metric: int, out: NDArray[np.float32]
) -> None:
    """Fill `out` (films, anchors) with distances from dense films to anchors (columns, anchors)."""
    own = _norms(anchors)
    sums = np.empty(anchors.shape[1], np.float32)
    for row in range(len(points)):
        sums[:] = 0
        square = np.float32(0)
        for column in range(points.shape[1]):
            value = np.float32(points[row, column])
            square += value * value
            _add(value, anchors[column], metric, sums)
        _finish(sums, square, own, metric, len(anchors), out[row])


@compiled
def _from_sparse(
    starts: NDArray[Any],
    columns: NDArray[Any],
    values: NDArray[np.float32],
    first: int,
    anchors: NDArray[np.float32],
    metric: int,
    out: NDArray[np.float32],
) -> None:
    """As `_from_dense`, for the rows of a CSR matrix from `first` on.

    What an anchor has where the film has nothing is the whole of it less what it has where the
    film has something: added up in the same order, so that equal films are at exactly 0.
    """
    own = _norms(anchors)
    count = anchors.shape[1]
    whole, sums, beside = np.zeros((3, count), np.float32)
    for column in range(len(anchors)):
        _add(np.float32(0), anchors[column], metric, whole)
    for row in range(len(out)):
        sums[:] = 0
        beside[:] = 0
        square = np.float32(0)
        for place in range(starts[first + row], starts[first + row + 1]):
            value, anchor = values[place], anchors[columns[place]]
            square += value * value
            _add(value, anchor, metric, sums)
            _add(np.float32(0), anchor, metric, beside)
        for place in range(count):
            sums[place] += whole[place] - beside[place]
        _finish(sums, square, own, metric, len(anchors), out[row])


@compiled
def _add(
    value: np.float32, anchors: NDArray[np.float32], metric: int, sums: NDArray[np.float32]
) -> None:
    """Add what one column of a film says of its distance to each anchor."""
    if metric == _MANHATTAN:
        for place in range(len(sums)):
            sums[place] += abs(value - anchors[place])
    elif metric == _EUCLIDEAN:
        for place in range(len(sums)):
            sums[place] += (value - anchors[place]) * (value - anchors[place])
    elif metric == _COSINE:
        for place in range(len(sums)):
            sums[place] += value * anchors[place]
    else:
        for place in range(len(sums)):
            sums[place] += np.float32(value != anchors[place])


@compiled
def _norms(anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The square of each anchor's length, added up as a film's own is."""
    squares = np.zeros(anchors.shape[1], np.float32)
    for column in range(len(anchors)):
        for place in range(len(squares)):
            squares[place] += anchors[column, place] * anchors[column, place]
    return squares


@compiled
def _finish(
    sums: NDArray[np.float32],
    square: np.float32,
    squares: NDArray[np.float32],
    metric: int,
    columns: int,
    out: NDArray[np.float32],
) -> None:
    """Turn the sums over columns into distances."""
    for place in range(len(sums)):
        found = float(sums[place])
        if metric == _COSINE:
            lengths = np.sqrt(np.float64(square) * np.float64(squares[place]))
            both_empty = square == 0 and squares[place] == 0
            found = 1 - found / lengths if lengths > 0 else 1.0 - both_empty
        elif metric == _HAMMING:
            found /= columns
        found = max(found, 0.0)
        out[place] = np.sqrt(found) if metric == _EUCLIDEAN else found
