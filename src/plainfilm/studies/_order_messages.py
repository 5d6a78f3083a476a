"""Orders in HL7 v2 messages: ORM^O01, OMI^O23 and OMG^O19.

Source: HL7 v2.5.1 chapter 4 (ORC, OBR, IPC; table 0119 for ORC-1, table 0038 for ORC-5); IHE
Radiology technical framework, RAD-4, for accession number, laterality and ZDS.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.hl7 import Message, Segment, parse_message, split_messages
from plainfilm.studies._order import Fault, Order, fault_of, side_code

__all__ = ["OrderBook", "holds_messages"]

_ORDER_CODES: Final = frozenset({"ORM", "OMI", "OMG"})
_CANCELLED: Final = frozenset({"CA", "CR", "DC", "DR", "OC", "OD"})
_BEGINNINGS: Final = (b"MSH", b"FHS", b"BHS")


def holds_messages(data: bytes) -> bool:
    """Whether a file begins as HL7 messages do."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x0b \r\n").startswith(_BEGINNINGS)


class OrderBook:
    """Orders as message after message makes, changes and cancels them.

    Attributes:
        other_messages: messages that are about something else, such as reports.
    """

    def __init__(self) -> None:
        self.other_messages = 0
        self._orders: list[Order] = []
        self._places: dict[tuple[str, str], int] = {}

    @property
    def orders(self) -> list[Order]:
        return list(self._orders)

    def take(self, data: bytes, where: str) -> None:
        """Take in the messages of one file; a broken one becomes an order that tells so."""
        try:
            for number, message in enumerate(split_messages(data, where), start=1):
                self._take_message(message, f"{where}, message {number}")
        except BadTable:
            self._orders.append(Order(where, fault=Fault.BAD_MESSAGE))

    def _take_message(self, data: bytes, where: str) -> None:
        try:
            message = parse_message(data, where)
        except BadTable:
            self._orders.append(Order(where, fault=Fault.BAD_MESSAGE))
            return
        if message.kind[0] not in _ORDER_CODES:
            self.other_messages += 1
            return
        groups = list(_groups(message))
        if not groups:
            self._orders.append(Order(where, fault=Fault.BAD_MESSAGE))
        for group in groups:
            self._settle(group, where)

    def _settle(self, group: "_Group", where: str) -> None:
        """A new order, or a later word on one that is there already."""
        order, keys = group.order(where), group.keys()
        known = next((self._places[key] for key in keys if key in self._places), None)
        if known is None:
            known = len(self._orders)
            self._orders.append(order)
        else:
            self._orders[known] = _updated(self._orders[known], order)
        self._places.update(dict.fromkeys(keys, known))


def _updated(earlier: Order, later: Order) -> Order:
    """What a later message leaves out stays: a cancellation often names no procedure."""
    return replace(
        later,
        procedure=later.procedure or earlier.procedure,
        code=later.code or earlier.code,
        laterality=later.laterality or earlier.laterality,
        accession_numbers=later.accession_numbers or earlier.accession_numbers,
        study_instance_uid=later.study_instance_uid or earlier.study_instance_uid,
        modality=later.modality or earlier.modality,
        fault=None if earlier.fault is None else later.fault,
    )


@dataclass(slots=True)
class _Group:
    """The segments of one order."""

    common: Segment | None = None
    request: Segment | None = None
    imaging: Segment | None = None
    link: Segment | None = None

    def keys(self) -> list[tuple[str, str]]:
        """Placer and filler number; where there are none, the accession number."""
        numbers = [
            ("placer", _first(self.request, 2) or _first(self.common, 2)),
            ("filler", _first(self.request, 3) or _first(self.common, 3)),
        ]
        named = [key for key in numbers if key[1]]
        return named or [("accession", number) for number in self._accession_numbers()[:1]]

    def order(self, where: str) -> Order:
        accession_numbers = self._accession_numbers()
        uid = _first(self.imaging, 3) or _first(self.link, 1)
        text = _component(self.request, 4, 2) or _component(self.request, 4, 5)
        text = text or _component(self.request, 44, 2)
        code = _first(self.request, 4) or _first(self.request, 44)
        side = side_code(self._laterality())
        cancelled = not _CANCELLED.isdisjoint({_first(self.common, 1), _first(self.common, 5)})
        asks = bool(text or code or cancelled)
        return Order(
            where=where,
            procedure=text,
            code=code,
            laterality=side or "",
            accession_numbers=accession_numbers,
            study_instance_uid=uid,
            modality=_first(self.imaging, 5) or _first(self.request, 24),
            cancelled=cancelled,
            fault=fault_of(linked=bool(accession_numbers or uid), asks=asks, side=side),
        )

    def _accession_numbers(self) -> tuple[str, ...]:
        """IPC-1, OBR-18 as IHE has it, OBR-19; and the filler's number, for sites without them."""
        numbers = (
            _first(self.imaging, 1),
            _first(self.request, 18),
            _first(self.request, 19),
            _first(self.request, 3),
            _first(self.common, 3),
        )
        return tuple(dict.fromkeys(number for number in numbers if number))

    def _laterality(self) -> str:
        """OBR-15's site modifier, else OBR-45's procedure code modifier where it is a side."""
        modifier = _component(self.request, 15, 5)
        if modifier and self.request:
            return modifier.partition(self.request.delimiters.sub_component)[0]
        modifier = _first(self.request, 45)
        return modifier if side_code(modifier) else ""


def _groups(message: Message) -> Iterator[_Group]:
    """ORC, OBR, IPC and ZDS of each order; a ZDS that stands alone is all orders'."""
    groups: list[_Group] = []
    common: Segment | None = None
    links: list[Segment] = []
    for segment in message.segments:
        match segment.name:
            case "ORC":
                common = segment
                groups.append(_Group(common))
            case "OBR":
                if not groups or groups[-1].request:
                    groups.append(_Group(common))
                groups[-1].request = segment
            case "IPC" if groups:
                groups[-1].imaging = groups[-1].imaging or segment
            case "ZDS":
                links.append(segment)
                if groups:
                    groups[-1].link = segment
    for group in groups:
        if len(links) == 1:
            group.link = links[0]
        yield group


def _first(segment: Segment | None, number: int) -> str:
    return segment.first(number) if segment else ""


def _component(segment: Segment | None, number: int, place: int) -> str:
    return segment.component(number, place) if segment else ""
