"""The search of FasterPAM over a matrix of distances, compiled.

Source: Schubert and Rousseeuw, "Fast and eager k-medoids clustering: O(k) runtime improvement of
the PAM, CLARA, and CLARANS algorithms", Information Systems 101 (2021), algorithms 3 and 4.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.compiled import compiled

__all__ = ["improve"]

_ROUNDING: Final = 1e-12
"""A gain of less than this part of the loss may be no gain, and could go in circles."""


@compiled
def improve(
    distances: NDArray[np.float32],
    medoids: NDArray[np.int64],
    order: NDArray[np.int64],
    most_passes: int,
) -> int:
    """Swap medoids for other films as soon as the loss falls, until no swap lowers it.

    Args:
        distances: (films, films), symmetric, finite, at least 0.
        medoids: (k,), k at least 2, all different; changed in place.
        order: (films,), in which films are tried as medoids.
        most_passes: over all films, after which the search ends in any case.
    Returns:
        The number of swaps.
    """
    films = len(distances)
    near = np.empty(films, np.int32)
    second = np.empty(films, np.int32)
    to_near = np.empty(films, np.float32)
    to_second = np.empty(films, np.float32)
    for film in range(films):
        _look(distances, medoids, film, near, second, to_near, to_second)
    is_medoid = np.zeros(films, np.bool_)
    is_medoid[medoids] = True
    losses = _removal_losses(near, to_near, to_second, len(medoids))
    swaps = unchanged = 0
    for step in range(most_passes * films):
        candidate = order[step % films]
        unchanged += 1
        if not is_medoid[candidate]:
            out, change = _best_swap(distances[candidate], losses, near, to_near, to_second)
            if change < -_ROUNDING * np.sum(to_near):
                is_medoid[medoids[out]] = False
                is_medoid[candidate] = True
                medoids[out] = candidate
                _reassign(distances, medoids, out, near, second, to_near, to_second)
                losses = _removal_losses(near, to_near, to_second, len(medoids))
                swaps += 1
                unchanged = 0
        if unchanged == films:
            break
    return swaps


@compiled
def _best_swap(
    row: NDArray[np.float32],
    losses: NDArray[np.float64],
    near: NDArray[np.int32],
    to_near: NDArray[np.float32],
    to_second: NDArray[np.float32],
) -> tuple[int, float]:
    """The medoid that a candidate had best replace, and what that does to the loss.

    Args:
        row: (films,), distances to the candidate.
    """
    changes = losses.copy()
    gain = 0.0
    for film in range(len(row)):
        distance = row[film]
        if distance < to_second[film]:
            if distance < to_near[film]:
                gain += np.float64(distance) - to_near[film]
                changes[near[film]] += np.float64(to_near[film]) - to_second[film]
            else:
                changes[near[film]] += np.float64(distance) - to_second[film]
    out = int(np.argmin(changes))
    return out, gain + changes[out]


@compiled
def _removal_losses(
    near: NDArray[np.int32],
    to_near: NDArray[np.float32],
    to_second: NDArray[np.float32],
    count: int,
) -> NDArray[np.float64]:
    """(k,), what each medoid's removal would add to the loss."""
    losses = np.zeros(count, np.float64)
    for film in range(len(near)):
        losses[near[film]] += np.float64(to_second[film]) - to_near[film]
    return losses


@compiled
def _reassign(
    distances: NDArray[np.float32],
    medoids: NDArray[np.int64],
    changed: int,
    near: NDArray[np.int32],
    second: NDArray[np.int32],
    to_near: NDArray[np.float32],
    to_second: NDArray[np.float32],
) -> None:
    """Bring each film's nearest two medoids up to date after one of the medoids was replaced.

    All medoids are looked at only where the one that went was among the two, and the new one is
    not near enough to take its place for certain.
    """
    row = distances[medoids[changed]]
    for film in range(len(row)):
        distance = row[film]
        if near[film] == changed:
            if distance < to_second[film]:
                to_near[film] = distance
            else:
                _look(distances, medoids, film, near, second, to_near, to_second)
        elif distance < to_near[film]:
            second[film] = near[film]
            to_second[film] = to_near[film]
            near[film] = changed
            to_near[film] = distance
        elif distance < to_second[film]:
            second[film] = changed
            to_second[film] = distance
        elif second[film] == changed:
            _look(distances, medoids, film, near, second, to_near, to_second)


@compiled
def _look(
    distances: NDArray[np.float32],
    medoids: NDArray[np.int64],
    film: int,
    near: NDArray[np.int32],
    second: NDArray[np.int32],
    to_near: NDArray[np.float32],
    to_second: NDArray[np.float32],
) -> None:
    """Find one film's nearest two medoids."""
    first_place, second_place = 0, 0
    first_distance = second_distance = np.float32(np.inf)
    row = distances[film]
    for place in range(len(medoids)):
        distance = row[medoids[place]]
        if distance < first_distance:
            second_place, second_distance = first_place, first_distance
            first_place, first_distance = place, distance
        elif distance < second_distance:
            second_place, second_distance = place, distance
    near[film], second[film] = first_place, second_place
    to_near[film], to_second[film] = first_distance, second_distance
