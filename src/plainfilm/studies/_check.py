"""`check_orders`: what was ordered against what was made, over a whole archive."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from plainfilm.archive import Archive
from plainfilm.categories import exam_from_text
from plainfilm.errors import SettingsError
from plainfilm.studies._films import StudyFilm, read_films
from plainfilm.studies._group_check import CheckRow, GroupCheck, order_row, study_row
from plainfilm.studies._links import Group, StudyIndex, grouped
from plainfilm.studies._match import Result
from plainfilm.studies._order import Order
from plainfilm.studies._order_tags import orders_from_tags
from plainfilm.studies._procedures import Procedures, load_procedures
from plainfilm.studies._repeats import repeated

__all__ = ["CheckRow", "OrderCheck", "check_orders"]

RETAKE_MINUTES: Final = 30.0
REPEAT_HOURS: Final = 24.0

_MODALITIES: Final = frozenset(
    {"CT", "MR", "US", "NM", "PT", "MG", "XA", "RF", "ES", "BMD", "IVUS"}
)
"""Modalities other than radiography (PS3.3 C.7.3.1.1.1)."""


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """All rows: orders with their views and films in their order, then studies without an order.

    Attributes:
        left_out: orders of studies that `where` did not choose.
    """

    rows: tuple[CheckRow, ...]
    left_out: int

    def counts(self, about: str) -> dict[str, int]:
        """Rows of one kind by result."""
        found = Counter(row.result for row in self.rows if row.about == about)
        return {result.value: found[result] for result in Result if found[result]}


def check_orders(
    archive: Archive,
    orders: Iterable[Order] | None = None,
    *,
    where: str | None = None,
    procedures: Procedures | None = None,
    retake_minutes: float = RETAKE_MINUTES,
    repeat_hours: float = REPEAT_HOURS,
) -> OrderCheck:
    """Compare orders with the films that the archive holds for them.

    Args:
        orders: as `read_orders` gives them; without any, those in the films' own tags.
        where: an SQL condition on `films` that chooses studies.
        procedures: the bundled table where not given.
        retake_minutes: within which the same part, view and side in a study is a retake.
        repeat_hours: within which the same exam of a patient is told as repeated; 0 for never.
    Raises:
        SettingsError: the archive has no decisions yet, or a limit is negative.
        BadTable: `where` is not a condition.
    """
    if retake_minutes < 0 or repeat_hours < 0:
        raise SettingsError("retake_minutes and repeat_hours must not be negative")
    films = read_films(archive, "true")
    if not any(film.outcome for film in films):
        message = "has no decisions on what its films show; run `plainfilm categorize` first"
        raise SettingsError(f"{archive.path} {message}")
    check = _Check(films, _chosen(archive, where), procedures or load_procedures())
    given = orders_from_tags(archive) if orders is None else orders
    return check.run(list(given), retake_minutes, repeat_hours)


def _chosen(archive: Archive, where: str | None) -> set[int] | None:
    if where is None:
        return None
    # The condition is the user's own SQL, run read-only in a closed DuckDB.
    return {row["study_pk"] for row in archive.rows(f"SELECT study_pk FROM films WHERE {where}")}  # noqa: S608


class _Check:
    """One check: the films by study, and what each order comes to."""

    def __init__(
        self, films: Sequence[StudyFilm], chosen: set[int] | None, procedures: Procedures
    ) -> None:
        self._index = StudyIndex(films)
        self._procedures = procedures
        self._films: defaultdict[int, list[StudyFilm]] = defaultdict(list)
        for film in films:
            if chosen is None or film.study_pk in chosen:
                self._films[film.study_pk].append(film)

    def run(
        self, orders: Iterable[Order], retake_minutes: float, repeat_hours: float
    ) -> OrderCheck:
        alone: list[CheckRow] = []
        links: list[tuple[Order, frozenset[int]]] = []
        left_out = 0
        for order in orders:
            studies = self._index.studies(order)
            row = self._row_alone(order, studies)
            if row is not None:
                alone.append(row)
            elif self._films.keys().isdisjoint(studies):
                left_out += 1
            else:
                links.append((order, studies))
        groups = grouped(links)
        checks = [
            GroupCheck(group.orders, self._films_of(group), self._procedures, retake_minutes)
            for group in groups
        ]
        again = repeated((made for check in checks for made in check.made()), repeat_hours)
        rows = [row for check in checks for row in check.rows(again)]
        rows += alone
        rows += self._without_order(groups, checks)
        return OrderCheck(tuple(rows), left_out)

    def _row_alone(self, order: Order, studies: frozenset[int]) -> CheckRow | None:
        """The row of an order that has no study to be compared with; None where it has."""
        if studies:
            several = self._index.patients(studies) > 1
            why = "several_patients"
            return order_row(order, Result.AMBIGUOUS_ORDER, why) if several else None
        if order.fault is not None:
            return order_row(order, Result.UNREADABLE_ORDER, order.fault.value)
        if order.cancelled:
            return order_row(order, Result.CANCELLED)
        if _is_other_modality(order):
            return order_row(order, Result.OTHER_MODALITY)
        return order_row(order, Result.ORDER_WITHOUT_STUDY)

    def _films_of(self, group: Group) -> list[StudyFilm]:
        return [film for study in sorted(group.studies) for film in self._films.get(study, ())]

    def _without_order(
        self, groups: Sequence[Group], checks: Sequence[GroupCheck]
    ) -> Iterator[CheckRow]:
        why: dict[int, str] = {}
        ordered: set[int] = set()
        for group, check in zip(groups, checks, strict=True):
            if check.is_ordered:
                ordered |= group.studies
            else:
                why.update(dict.fromkeys(group.studies, "cancelled"))
        for study, films in self._films.items():
            if study not in ordered:
                yield study_row(films[0], why.get(study, ""))


def _is_other_modality(order: Order) -> bool:
    return order.modality.upper() in _MODALITIES or exam_from_text(order.procedure).other_modality
