"""Sets that are joined pair by pair, for loops that are compiled (union-find).

Each member points to one with a smaller index, or to itself where it has the smallest of its set.
"""

import numpy as np
from numpy.typing import NDArray

from plainfilm.compiled import compiled

__all__ = ["join", "numbered"]


@compiled
def join(parents: NDArray[np.int64], one: int, other: int) -> None:
    """Make one set of the sets of two members."""
    while parents[one] != one:
        parents[one] = parents[parents[one]]
        one = parents[one]
    while parents[other] != other:
        parents[other] = parents[parents[other]]
        other = parents[other]
    if one < other:
        parents[other] = one
    else:
        parents[one] = other


@compiled
def numbered(parents: NDArray[np.int64]) -> int:
    """Replace each member's pointer by the number of its set, by first members; how many sets."""
    count = 0
    for member in range(len(parents)):
        if parents[member] == member:
            parents[member] = count
            count += 1
        else:
            parents[member] = parents[parents[member]]
    return count
