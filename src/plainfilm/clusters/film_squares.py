"""Films windowed and squared, as a network takes them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import open_image, squared
from plainfilm.errors import InputError, Reason
from plainfilm.records import Film, Rejection

__all__ = ["film_square", "film_squares"]


def film_squares(
    films: Sequence[Film], side: int
) -> tuple[NDArray[np.uint8], list[int], list[Rejection]]:
    """Films of a batch that can be shown, and the others.

    Returns:
        (n, side, side) uint8, see `film_square`; the places of these films in the batch, in order;
        a Rejection for each other film.
    """
    squares: list[NDArray[np.uint8]] = []
    places: list[int] = []
    rejections: list[Rejection] = []
    for place, film in enumerate(films):
        found = film_square(film, side)
        if isinstance(found, Rejection):
            rejections.append(found)
        else:
            squares.append(found)
            places.append(place)
    empty = np.empty((0, side, side), np.uint8)
    return np.stack(squares) if squares else empty, places, rejections


def film_square(film: Film, side: int) -> NDArray[np.uint8] | Rejection:
    """A film as it is shown, its longer side scaled to `side`, in a black square.

    Returns:
        (side, side) uint8, bright = dense; of several frames the first.
    """
    try:
        return squared(open_image(film.location).render(side), side)
    except InputError as error:
        reason = error.reason or Reason.FILE_UNREADABLE
        return Rejection(film.location, reason, str(error), film.film_id)
