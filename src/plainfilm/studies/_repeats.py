"""The same exam of one patient, ordered and made again soon after."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from plainfilm.studies._order import Order

__all__ = ["MadeOrder", "repeated"]


@dataclass(frozen=True, slots=True)
class MadeOrder:
    """What was made of one order.

    Attributes:
        began: of its first film.
        shown: category and side of its films; no film of a paired part whose side is unknown.
    """

    order: Order
    patient_pk: int
    began: datetime
    shown: frozenset[tuple[str, str]]


def repeated(made: Iterable[MadeOrder], hours: float) -> dict[Order, str]:
    """Orders whose films show what films of an order shortly before showed → a short reason."""
    same: defaultdict[tuple[int, frozenset[tuple[str, str]]], list[MadeOrder]] = defaultdict(list)
    for one in made:
        same[one.patient_pk, one.shown].append(one)
    found: dict[Order, str] = {}
    for series in same.values():
        for earlier, later in pairwise(sorted(series, key=lambda one: one.began)):
            apart = (later.began - earlier.began).total_seconds() / 3600
            if 0 < apart <= hours:
                found[later.order] = f"again_after_{apart:.1f}_hours"
    return found
