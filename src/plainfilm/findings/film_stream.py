"""Films on their way to a network: refused, or decoded ahead of it in a thread of their own."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeAlias

from plainfilm.errors import InputError, Reason
from plainfilm.findings.framing import Frame, FramedFilm, show_film
from plainfilm.models import TaskCard
from plainfilm.records import Film, Rejection

__all__ = ["BATCH_FILMS", "Ready", "framed_films", "rejected", "sorted_out"]

Ready: TypeAlias = tuple[Film, tuple[FramedFilm, ...] | Rejection]

BATCH_FILMS: Final = 8
"""Films that a worker takes at once: a network takes a second for them, and at the end no worker
waits for longer."""

_AHEAD: Final = 8  # decoded films that wait, so that neither thread waits for long
_SURE_TURN: Final = 0.9
_QUARTER: Final = 90


def framed_films(films: Iterable[Film], frames: Sequence[Frame]) -> Iterator[Ready]:
    """Films in frames, in their order; decoded by another thread while the caller computes.

    No more than a few are decoded ahead, and of these only what the frames hold is kept.

    Args:
        frames: that each film is put into; one decoding serves all.
    Returns:
        Each film with its frames, or with why it cannot be shown.
    """
    waiting: deque[tuple[Film, Future[tuple[FramedFilm, ...] | Rejection]]] = deque()
    with ThreadPoolExecutor(1) as decoder:
        try:
            for film in films:
                waiting.append((film, decoder.submit(_framed, film, frames)))
                if len(waiting) > _AHEAD:
                    film_due, framed = waiting.popleft()
                    yield film_due, framed.result()
            while waiting:
                film_due, framed = waiting.popleft()
                yield film_due, framed.result()
        finally:
            for _, unwanted in waiting:
                unwanted.cancel()


def _framed(film: Film, frames: Sequence[Frame]) -> tuple[FramedFilm, ...] | Rejection:
    try:
        shown = show_film(film.location, frames, _quarter_turns(film))
    except InputError as error:
        return rejected(film, error.reason or Reason.FILE_UNREADABLE, str(error))
    return tuple(shown.framed(frame) for frame in frames)


def _quarter_turns(film: Film) -> int:
    """How often to turn a film clockwise so that it stands upright, where that is sure."""
    details = film.decision.details if film.decision is not None else {}
    turn, probability = details.get("turn"), details.get("turn_probability")
    if not isinstance(turn, int) or not isinstance(probability, float):
        return 0
    return turn // _QUARTER if probability >= _SURE_TURN else 0


def sorted_out(
    films: Iterable[Film], cards: Sequence[TaskCard]
) -> tuple[list[Film], list[Rejection]]:
    """The films that all models read, and why each other film is refused: it is of another
    category than a model was made for, or of none."""
    read: list[Film] = []
    refused: list[Rejection] = []
    for film in films:
        refusals = (_refusal(film, card) for card in cards)
        refusal = next((each for each in refusals if each is not None), None)
        if refusal is None:
            read.append(film)
        else:
            refused.append(refusal)
    return read, refused


def _refusal(film: Film, card: TaskCard) -> Rejection | None:
    category = film.decision.category if film.decision is not None else ""
    if not card.categories or category in card.categories:
        return None
    shows = category or "not categorized"
    reads = ", ".join(card.categories)
    return rejected(
        film,
        Reason.CATEGORY_NOT_READ,
        f"the film is {shows}; {card.name} {card.version} reads only {reads}",
    )


def rejected(film: Film, reason: Reason, detail: str) -> Rejection:
    """A film that a step cannot use."""
    return Rejection(film.location, reason, detail, film.film_id)
