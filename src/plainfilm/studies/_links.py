"""Which studies an order is about."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from plainfilm.studies._films import StudyFilm
from plainfilm.studies._order import Order

__all__ = ["Group", "StudyIndex", "grouped"]


class StudyIndex:
    """The studies of an archive by Study Instance UID and accession number."""

    def __init__(self, films: Iterable[StudyFilm]) -> None:
        self._by_uid: dict[str, int] = {}
        self._by_accession: defaultdict[str, set[int]] = defaultdict(set)
        self._patient: dict[int, int] = {}
        for film in films:
            self._by_uid[film.study_instance_uid] = film.study_pk
            self._by_accession[film.accession_number.strip()].add(film.study_pk)
            self._patient[film.study_pk] = film.patient_pk

    def studies(self, order: Order) -> frozenset[int]:
        """The order's studies: by UID, else those of the first accession number that is known."""
        study = self._by_uid.get(order.study_instance_uid)
        if study is not None:
            return frozenset([study])
        known = (self._by_accession[n] for n in order.accession_numbers if n in self._by_accession)
        return frozenset(next(known, ()))

    def patients(self, studies: Iterable[int]) -> int:
        """How many patients these studies are of."""
        return len({self._patient[study] for study in studies})


@dataclass(slots=True)
class Group:
    """Orders that share studies, and those studies: their films are judged together."""

    orders: list[Order] = field(default_factory=list)
    studies: set[int] = field(default_factory=set)


def grouped(links: Sequence[tuple[Order, frozenset[int]]]) -> list[Group]:
    """Orders by the studies that they share, in their order."""
    group_of: dict[int, Group] = {}
    for order, studies in links:
        joined = {id(group_of[s]): group_of[s] for s in studies if s in group_of}
        target, *rest = joined.values() or [Group()]
        for other in rest:
            target.orders += other.orders
            target.studies |= other.studies
        target.orders.append(order)
        target.studies |= studies
        group_of.update(dict.fromkeys(target.studies, target))
    return list({id(group): group for group in group_of.values()}.values())
