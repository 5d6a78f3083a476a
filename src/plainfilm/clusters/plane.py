"""Films on a plane, those with like tags near one another."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

__all__ = ["FlatMap", "flat_map"]

_AT_ONCE: Final = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class FlatMap:
    """Films in two dimensions.

    Attributes:
        points: (films, 2), to the right and upwards.
        shares: of all variance, what each of the two shows, in [0, 1].
    """

    points: NDArray[np.float64]
    shares: tuple[float, float]


def flat_map(matrix: csr_array) -> FlatMap:
    """Project features onto the two directions in which films differ most.

    The same features always give the same map. Films that nothing tells apart all lie at 0.

    Args:
        matrix: (films, columns), of `Features`.
    Source: principal components, K. Pearson, "On lines and planes of closest fit", 1901.
    """
    films, columns = matrix.shape
    points, shares = np.zeros((films, 2)), [0.0, 0.0]
    if not films or not columns:
        return FlatMap(points, (0.0, 0.0))
    mean, products = _moments(matrix)
    variances, directions = np.linalg.eigh(products / films - np.outer(mean, mean))
    total = float(variances.clip(0).sum())
    for place in range(min(2, columns) if total > 0 else 0):
        direction = directions[:, -1 - place]
        direction = direction * np.sign(direction[np.abs(direction).argmax()])
        points[:, place] = matrix @ direction - mean @ direction
        shares[place] = max(0.0, float(variances[-1 - place])) / total
    return FlatMap(points, (shares[0], shares[1]))


def _moments(matrix: csr_array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of each column, and the sum of the products of every two columns."""
    films, columns = matrix.shape
    total, products = np.zeros(columns), np.zeros((columns, columns))
    for start in range(0, films, _AT_ONCE):
        rows = matrix[start : start + _AT_ONCE].astype(np.float64)
        total += np.asarray(rows.sum(axis=0)).reshape(-1)
        products += (rows.T @ rows).toarray()
    return total / films, products
