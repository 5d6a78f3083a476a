"""The check that nothing of the test patients can be learnt from the training films."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from plainfilm.errors import SettingsError
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.near_duplicates import similar_pairs
from plainfilm.publish.published import PublishedFilm

__all__ = ["Leak", "NearDuplicates", "find_leaks", "refuse_leaks", "refuse_shared_patients"]

_NAMED_AT_MOST: Final = 10


class NearDuplicates(StrEnum):
    """What to do about near-duplicate images in two splits."""

    REFUSE = "refuse"
    """Publish nothing, and name them."""
    DROP = "drop"
    """Leave out the image that is farther from the test: of train and test, that in train."""
    ALLOW = "allow"
    """Publish all the same; the dataset lists them."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Two near-duplicate images in two splits.

    Attributes:
        film: the one to leave out where one is to be: that of `train`, then of `validate`.
        twin: the other.
        similarity: cosine of their hashes, 0.72 to 1.
    """

    film: PublishedFilm
    twin: PublishedFilm
    similarity: float


def refuse_shared_patients(films: Sequence[PublishedFilm]) -> None:
    """Refuse patients with films in two splits.

    Raises:
        SettingsError: there is one; the message names images, not patients.
    """
    first: dict[str, PublishedFilm] = {}
    for film in films:
        known = first.setdefault(film.patient, film)
        if known.split != film.split:
            places = f"{_named(known)} and {_named(film)}"
            raise SettingsError(
                f"one patient is in two splits, with {places}; nothing was published"
            )


def find_leaks(films: Sequence[PublishedFilm]) -> tuple[Leak, ...]:
    """Near-duplicate images in different splits, the most similar first."""
    ranks = [SPLITS.index(film.split) for film in films]
    pairs = similar_pairs([film.image_hash for film in films], ranks)
    leaks = []
    for pair in pairs:
        low, high = sorted((pair.first, pair.second), key=ranks.__getitem__)
        leaks.append(Leak(films[low], films[high], pair.similarity))
    return tuple(leaks)


def refuse_leaks(films: Sequence[PublishedFilm]) -> None:
    """Refuse a dataset in which a patient, or nearly the same image, is in two splits.

    Raises:
        SettingsError: it leaks; the message names images and says what can be done.
    """
    refuse_shared_patients(films)
    leaks = find_leaks(films)
    if not leaks:
        return
    shown = leaks[:_NAMED_AT_MOST]
    named = "; ".join(f"{_named(leak.film)} and {_named(leak.twin)}" for leak in shown)
    more = f"; and {len(leaks) - _NAMED_AT_MOST:,} more" if len(leaks) > _NAMED_AT_MOST else ""
    count = "1 pair" if len(leaks) == 1 else f"{len(leaks):,} pairs"
    raise SettingsError(
        f"{count} of near-duplicate images in two splits, so nothing was published: {named}{more}."
        " If they are one person under two PatientIDs, correct that in the archive; else"
        " `--near-duplicates drop` leaves out the image in train (of validate and test, that in"
        " validate), and `--near-duplicates allow` publishes both and lists them"
    )


def _named(film: PublishedFilm) -> str:
    return f"{film.image} ({film.split}, film {film.film_id})"
