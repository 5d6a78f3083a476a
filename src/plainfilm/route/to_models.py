"""Which films the router sends to the models that read findings."""

from collections.abc import Collection
from typing import Final

from plainfilm.archive import Archive
from plainfilm.route.films import FilmRoutes
from plainfilm.route.rules import Rules

__all__ = ["CHEST_MODEL", "SPINE_MODEL", "sent_to"]

CHEST_MODEL: Final = "chest-model"
"""The destination whose films the model of chest findings reads."""
SPINE_MODEL: Final = "spine-model"
"""The destination whose films the models of the spine read."""


def sent_to(
    archive: Archive, rules: Rules, destinations: Collection[str], *, where: str | None = None
) -> tuple[dict[str, list[int]], int]:
    """The films of an archive by destination.

    Args:
        destinations: whose films are wanted.
        where: an SQL condition on `films` that chooses some.
    Returns:
        Destination → film ids, for each of the wanted; and how many films go elsewhere.
    Raises:
        BadTable: `where` is not a condition.
    """
    sent: dict[str, list[int]] = {destination: [] for destination in destinations}
    elsewhere = 0
    for film in FilmRoutes(archive, rules, where=where):
        if film.route.destination in sent:
            sent[film.route.destination].append(film.film_id)
        else:
            elsewhere += 1
    return sent, elsewhere
