"""Orders that share studies, laid against the films of those studies, as rows of the check."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plainfilm.studies._films import StudyFilm
from plainfilm.studies._match import Gap, Matching, Result, Verdict, match_films
from plainfilm.studies._order import Fault, Order
from plainfilm.studies._procedures import Asked, Procedures
from plainfilm.studies._repeats import MadeOrder
from plainfilm.vocabulary import OTHER

__all__ = ["CheckRow", "GroupCheck", "order_row", "study_row"]

_WORST_FIRST: Final = (
    Result.WRONG_PART,
    Result.WRONG_SIDE,
    Result.MISSING_VIEW,
    Result.REPEATED_EXAM,
    Result.EXTRA_FILM,
    Result.UNDECIDED,
)
_NEEDS_A_READABLE_ORDER: Final = frozenset({Result.EXTRA_FILM, Result.WRONG_PART})


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of the check. It holds texts of orders and paths: it is for the hospital alone.

    Attributes:
        about: `order`, `view` (one that was ordered and is not there), `film` or `study`.
        order: file and line, or message, where the order was read.
        procedure: the order's text, or its code where it has none.
        expected: the view and side that was asked for.
        found: the film's category and side.
        why: a short code.
    """

    about: str
    result: Result
    accession_number: str = ""
    study_instance_uid: str = ""
    order: str = ""
    procedure: str = ""
    expected: str = ""
    film_id: int | None = None
    sop_instance_uid: str = ""
    path: str = ""
    found: str = ""
    why: str = ""


def order_row(order: Order, result: Result, why: str = "", study: str = "") -> CheckRow:
    """The row of an order as a whole."""
    return CheckRow(
        about="order",
        result=result,
        accession_number=order.accession_number,
        study_instance_uid=study or order.study_instance_uid,
        order=order.where,
        procedure=order.procedure or order.code,
        why=why,
    )


def study_row(film: StudyFilm, why: str) -> CheckRow:
    """The row of a study that nobody ordered, from one of its films."""
    return CheckRow(
        about="study",
        result=Result.STUDY_WITHOUT_ORDER,
        accession_number=film.accession_number,
        study_instance_uid=film.study_instance_uid,
        why=why,
    )


class GroupCheck:
    """One group of orders and its films, judged.

    Attributes:
        is_ordered: whether one of the orders stands; a study whose orders were all cancelled was
            not ordered.
    """

    def __init__(
        self,
        orders: Sequence[Order],
        films: Sequence[StudyFilm],
        procedures: Procedures,
        retake_minutes: float,
    ) -> None:
        self._orders = orders
        self._films = films
        self._asked: dict[Order, Asked] = {}
        self._faults: dict[Order, Fault] = {}
        for order in orders:
            asked = order.fault or procedures.asked(order)
            if order.cancelled:
                continue
            if isinstance(asked, Fault):
                self._faults[order] = asked
            else:
                self._asked[order] = asked
        self.is_ordered = bool(self._asked or self._faults)
        self._matching = Matching((), ())
        if self._asked:
            self._matching = match_films([*self._asked.values()], films, retake_minutes)

    def made(self) -> Iterator[MadeOrder]:
        """What was made of each order of which all is known: when, which views, which sides."""
        for number, order in enumerate(self._asked):
            matched = [v for v in self._verdicts(number) if v.result is Result.MATCHED]
            times = [verdict.film.taken for verdict in matched if verdict.film.taken]
            named = [verdict for verdict in matched if verdict.film.category != OTHER]
            shown = frozenset((verdict.film.category, _side(verdict)) for verdict in named)
            if times and shown and all(map(_has_known_side, named)):
                yield MadeOrder(order, matched[0].film.patient_pk, min(times), shown)

    def rows(self, again: Mapping[Order, str]) -> Iterator[CheckRow]:
        """The rows of each order: the order, views that are not there, films.

        Args:
            again: orders that repeat an earlier one, and why.
        """
        for order in self._orders:
            if order.cancelled:
                yield order_row(order, Result.CANCELLED, study=self._study)
            elif order in self._faults:
                fault = self._faults[order].value
                yield order_row(order, Result.UNREADABLE_ORDER, fault, self._study)
        for number, order in enumerate(self._asked):
            yield from self._rows_of(number, order, again)
        if self._faults and not self._asked:
            for film in self._films:
                yield _film_row(film, Result.UNDECIDED, self._orders[0], why="unreadable_order")

    def _rows_of(self, number: int, order: Order, again: Mapping[Order, str]) -> Iterator[CheckRow]:
        gaps = [gap for gap in self._matching.gaps if gap.order == number]
        rows = [_view_row(gap, order, self._study) for gap in gaps]
        rows += [self._verdict_row(verdict, order) for verdict in self._verdicts(number)]
        results = {row.result for row in rows}
        worst = next((result for result in _WORST_FIRST if result in results), Result.MATCHED)
        if worst is Result.MATCHED and order in again:
            yield order_row(order, Result.REPEATED_EXAM, again[order], self._study)
        else:
            yield order_row(order, worst, study=self._study)
        yield from rows

    def _verdicts(self, number: int) -> list[Verdict]:
        return [verdict for verdict in self._matching.verdicts if verdict.order == number]

    def _verdict_row(self, verdict: Verdict, order: Order) -> CheckRow:
        expected = str(verdict.slot) if verdict.slot else ""
        if self._faults and verdict.result in _NEEDS_A_READABLE_ORDER:
            # The order that cannot be read may have asked for it.
            return _film_row(verdict.film, Result.UNDECIDED, order, expected, "unreadable_order")
        return _film_row(verdict.film, verdict.result, order, expected, verdict.why)

    @property
    def _study(self) -> str:
        return self._films[0].study_instance_uid


def _side(verdict: Verdict) -> str:
    """The film's side, or the ordered one where nothing on the film tells another."""
    return verdict.film.laterality or (verdict.slot.side if verdict.slot else "")


def _has_known_side(verdict: Verdict) -> bool:
    paired = verdict.slot is not None and verdict.slot.paired
    return not paired or bool(_side(verdict))


def _view_row(gap: Gap, order: Order, study: str) -> CheckRow:
    return CheckRow(
        about="view",
        result=gap.result,
        accession_number=order.accession_number,
        study_instance_uid=study,
        order=order.where,
        procedure=order.procedure or order.code,
        expected=str(gap.slot),
        why=gap.why,
    )


def _film_row(
    film: StudyFilm, result: Result, order: Order, expected: str = "", why: str = ""
) -> CheckRow:
    return CheckRow(
        about="film",
        result=result,
        accession_number=film.accession_number,
        study_instance_uid=film.study_instance_uid,
        order=order.where,
        procedure=order.procedure or order.code,
        expected=expected,
        film_id=film.film_id,
        sop_instance_uid=film.sop_instance_uid,
        path=str(film.location),
        found=f"{film.category} {film.laterality}".strip(),
        why=why,
    )
