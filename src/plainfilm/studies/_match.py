"""The films of a study laid against what was ordered: a judgement for each film and each gap.

Every film counts once, and one mistake is told once: a film of the wrong part or side stands in for
the view that it took the place of, which is then not told as missing. What may be right is never
called wrong: a film that is not decided, or whose side nothing tells, stands in for what it may be.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from plainfilm.studies._films import StudyFilm
from plainfilm.studies._procedures import Asked, Slot
from plainfilm.vocabulary import OTHER

__all__ = ["Gap", "Matching", "Result", "Verdict", "match_films"]

_COLLAGE: Final = 0.5
_OPPOSITE: Final = {"R": "L", "L": "R"}


class Result(StrEnum):
    """What became of an order, a view of it, a film or a study."""

    MATCHED = "matched"
    MISSING_VIEW = "missing_view"
    EXTRA_FILM = "extra_film"
    WRONG_PART = "wrong_part"
    WRONG_SIDE = "wrong_side"
    REPEATED_EXAM = "repeated_exam"
    UNDECIDED = "undecided"
    UNREADABLE_ORDER = "unreadable_order"
    AMBIGUOUS_ORDER = "ambiguous_order"
    ORDER_WITHOUT_STUDY = "order_without_study"
    STUDY_WITHOUT_ORDER = "study_without_order"
    CANCELLED = "cancelled"
    OTHER_MODALITY = "other_modality"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one film is to the orders.

    Attributes:
        order: its number among the orders.
        slot: what it was matched with or stands in for; None for a film too many.
        why: a short code; empty for a match.
    """

    film: StudyFilm
    result: Result
    order: int
    slot: Slot | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A view that was ordered and not found."""

    order: int
    slot: Slot
    result: Result
    why: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """Verdicts in the order in which the films were made, and gaps in that of the orders."""

    verdicts: tuple[Verdict, ...]
    gaps: tuple[Gap, ...]


def match_films(
    orders: Sequence[Asked], films: Sequence[StudyFilm], retake_minutes: float
) -> Matching:
    """Judge all films of one or more orders together.

    Args:
        orders: at least one.
        retake_minutes: within which the same part, view and side is a retake.
    """
    return _Match(orders, sorted(films, key=_made), retake_minutes).matching()


def _made(film: StudyFilm) -> tuple[bool, datetime, int, str]:
    taken = film.taken or datetime.min  # noqa: DTZ901 - DICOM's times have no zone
    return film.taken is None, taken, film.instance_number, film.sop_instance_uid


@dataclass(slots=True)
class _Place:
    order: int
    slot: Slot
    films: list[StudyFilm] = field(default_factory=list)


_Fits = Callable[[Slot, StudyFilm], bool]


class _Match:
    """One matching while it is made: films leave `_free` as they are judged."""

    def __init__(
        self, orders: Sequence[Asked], films: Sequence[StudyFilm], retake_minutes: float
    ) -> None:
        self._orders = orders
        self._films = films
        self._retake_minutes = retake_minutes
        self._free = [film for film in films if film.category]
        self._verdicts: dict[int, Verdict] = {}
        places = [_Place(number, slot) for number, of in enumerate(orders) for slot in of.slots]
        self._places = places
        # What must be there is filled first, and what leaves the least choice.
        self._by_need = sorted(places, key=lambda p: (not p.slot.required, len(p.slot.names)))

    def matching(self) -> Matching:
        for same_side in (_on_side, _on_unknown_side):
            self._fill(_both(Slot.names_view, same_side))
        for same_side in (_on_side, _on_unknown_side):
            self._fill(_both(Slot.takes, same_side))
        self._judge_repeats()
        self._fill_many()
        self._judge_wrong()
        self._judge_extra()
        self._judge_undecided()
        verdicts = tuple(self._verdicts[film.film_id] for film in self._films)
        return Matching(verdicts, tuple(self._gaps()))

    def _settle(
        self, film: StudyFilm, result: Result, order: int, slot: Slot | None = None, why: str = ""
    ) -> None:
        self._verdicts[film.film_id] = Verdict(film, result, order, slot, why)
        if film in self._free:
            self._free.remove(film)

    def _put(self, film: StudyFilm, place: _Place, result: Result, why: str = "") -> None:
        place.films.append(film)
        self._settle(film, result, place.order, place.slot, why)

    def _fill(self, fits: _Fits) -> None:
        """A film for each empty place; one that shows what is there already only for want of
        another."""
        for place in self._by_need:
            if place.films or place.slot.many:
                continue
            fitting = [film for film in self._free if fits(place.slot, film)]
            fitting.sort(key=lambda film: self._first_like(film) is not None)
            if fitting:
                self._put(fitting[0], place, Result.MATCHED)

    def _fill_many(self) -> None:
        for place in self._places:
            if place.slot.many:
                for film in [*self._free]:
                    if place.slot.takes(film) and not _on_opposite_side(place.slot, film):
                        self._put(film, place, Result.MATCHED)

    def _first_like(self, film: StudyFilm) -> Verdict | None:
        """A matched film of the same category and side."""
        return next(
            (
                verdict
                for verdict in self._verdicts.values()
                if verdict.result is Result.MATCHED
                and film.category not in {"", OTHER}
                and (verdict.film.category, verdict.film.laterality)
                == (film.category, film.laterality)
            ),
            None,
        )

    def _judge_repeats(self) -> None:
        """Retakes, and films of unknown side, which may be the other side's."""
        for film in [*self._free]:
            like = self._first_like(film)
            if like is None or like.slot is None:
                continue
            order = self._orders[like.order]
            if not film.laterality and like.slot.paired and order.side not in _OPPOSITE:
                self._settle(film, Result.UNDECIDED, like.order, like.slot, "side_unknown")
            elif (apart := _minutes_apart(film, like.film)) is None:
                self._settle(film, Result.REPEATED_EXAM, like.order, like.slot, "times_unknown")
            elif apart <= self._retake_minutes:
                why = f"retake_after_{apart:.0f}_minutes"
                self._settle(film, Result.REPEATED_EXAM, like.order, like.slot, why)

    def _judge_wrong(self) -> None:
        """Films that took the place of what is missing: of the wrong side, of the wrong part."""
        for place in self._open():
            fitting = [f for f in self._free if _on_opposite_side(place.slot, f)]
            film = next((f for f in fitting if place.slot.takes(f)), None)
            if film is not None:
                self._put(film, place, Result.WRONG_SIDE)
        for place in self._open():
            film = next((f for f in self._free if self._is_of_another_part(f)), None)
            if film is not None:
                self._put(film, place, Result.WRONG_PART)

    def _is_of_another_part(self, film: StudyFilm) -> bool:
        if not film.body_part or any(film.body_part in order.parts for order in self._orders):
            return False
        return not any(place.slot.takes(film) for place in self._places)

    def _judge_extra(self) -> None:
        for film in [*self._free]:
            belonging = [p for p in self._places if p.slot.takes(film)]
            order = belonging[0].order if belonging else self._order_of_part(film.body_part)
            if self._is_of_another_part(film):
                why = "another_part"
            elif belonging and all(_on_opposite_side(p.slot, film) for p in belonging):
                why = "other_side"
            else:
                why = "more_than_ordered" if belonging else "another_view"
            self._settle(film, Result.EXTRA_FILM, order, None, why)

    def _order_of_part(self, part: str) -> int:
        return next((n for n, order in enumerate(self._orders) if part in order.parts), 0)

    def _judge_undecided(self) -> None:
        for film in self._films:
            if film.category:
                continue
            why = film.outcome.value if film.outcome else "no_decision"
            place = next(iter(self._open()), None)
            if place is None:
                self._settle(film, Result.UNDECIDED, 0, None, why)
            else:
                self._put(film, place, Result.UNDECIDED, why)

    def _open(self) -> list[_Place]:
        """Places that want a film: required, empty, and not shown by a film that may be of both
        sides."""
        return [place for place in self._empty() if not self._shown_beside(place)]

    def _empty(self) -> list[_Place]:
        return [place for place in self._places if place.slot.required and not place.films]

    def _shown_beside(self, place: _Place) -> list[StudyFilm]:
        """The films of the other side's place that may show this side as well."""
        return [
            film
            for other in self._places
            if other.order == place.order
            and other.slot.names == place.slot.names
            and other.slot.side == _OPPOSITE.get(place.slot.side)
            for film in other.films
            if film.laterality not in _OPPOSITE
        ]

    def _gaps(self) -> Iterator[Gap]:
        plates = [film for film in self._films if film.probability("collage") >= _COLLAGE]
        result, why = (Result.UNDECIDED, "collage") if plates else (Result.MISSING_VIEW, "")
        for place in self._empty():
            beside = self._shown_beside(place)
            if not beside:
                yield Gap(place.order, place.slot, result, why)
            elif not any(film.shows_both_sides for film in beside):
                yield Gap(place.order, place.slot, Result.UNDECIDED, "side_unknown")


def _both(one: _Fits, other: _Fits) -> _Fits:
    return lambda slot, film: one(slot, film) and other(slot, film)


def _on_side(slot: Slot, film: StudyFilm) -> bool:
    return not slot.side or film.laterality == slot.side


def _on_unknown_side(slot: Slot, film: StudyFilm) -> bool:
    return film.laterality not in _OPPOSITE


def _on_opposite_side(slot: Slot, film: StudyFilm) -> bool:
    return bool(slot.side) and film.laterality == _OPPOSITE[slot.side]


def _minutes_apart(one: StudyFilm, other: StudyFilm) -> float | None:
    if one.taken is None or other.taken is None:
        return None
    return abs((one.taken - other.taken).total_seconds()) / 60
