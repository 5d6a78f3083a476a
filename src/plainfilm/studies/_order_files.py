"""Reading orders from where they lie: a CSV table, HL7 messages, a folder of them."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.errors import BadSource, BadTable, Reason
from plainfilm.studies._order import Fault, Order, fault_of, side_code
from plainfilm.studies._order_messages import OrderBook, holds_messages
from plainfilm.studies._order_status import is_cancelled
from plainfilm.text_files import csv_reader, decode, known_columns, read_bytes

__all__ = ["Orders", "read_orders"]

_LINKS: Final = ("accession_number", "study_instance_uid")
_PROCEDURES: Final = ("procedure", "code")
_OPTIONAL: Final = ("laterality", "views", "modality", "status")


@dataclass(frozen=True, slots=True)
class Orders:
    """What a source held.

    Attributes:
        orders: each once.
        repeated: orders that asked for the same of the same study as a later one.
        other_messages: HL7 messages that are no orders.
    """

    orders: tuple[Order, ...]
    repeated: int = 0
    other_messages: int = 0


def read_orders(path: Path) -> Orders:
    """Read orders from a CSV table, a file of HL7 v2 messages, or a folder of such files.

    - `.csv`: columns `accession_number` or `study_instance_uid`, `procedure` (text) or `code`;
      optional `laterality`, `views`, `modality`, `status` (`cancelled`), in any order and case.
    - HL7: ORM^O01, OMI^O23, OMG^O19. A later message on an order changes or cancels it; files of
      a folder are read in the order of their names, other files are passed over.

    An order that cannot be read is kept with its fault. Text is UTF-8, else Latin-1, or what
    MSH-18 says.

    Raises:
        BadSource: there is nothing at the path, or nothing that orders are read from.
        BadTable: columns are missing (the message names those found), or the file is no table.
    """
    if not path.exists():
        raise BadSource(f"{path}: there is no such file or folder", Reason.FILE_VANISHED)
    if path.suffix.lower() == ".csv" and path.is_file():
        return _once(list(_from_csv(path)), path)
    book = OrderBook()
    for file in _files(path):
        data = read_bytes(file)
        if path.is_file() or file.suffix.lower() == ".hl7" or holds_messages(data):
            book.take(data, str(file))
    return _once(book.orders, path, book.other_messages)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            yield file


def _once(orders: Sequence[Order], path: Path, other_messages: int = 0) -> Orders:
    if not orders:
        raise BadSource(f"{path}: holds no order; orders are read from .csv and from HL7 messages")
    last = {order.same_as: order for order in orders}  # of several the last word counts
    kept = [order for order in orders if order.fault is not None or last[order.same_as] is order]
    return Orders(tuple(kept), len(orders) - len(kept), other_messages)


def _from_csv(path: Path) -> Iterator[Order]:
    reader = csv_reader(io.StringIO(decode(read_bytes(path), path), newline=""))
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        places = _places(header, path)
        for row in reader:
            if len(row) > len(header):
                raise BadTable(f"{path}, line {reader.line_num}: more values than columns")
            if any(value.strip() for value in row):
                values = {n: row[p].strip() for n, p in places.items() if p < len(row)}
                yield _of_row(values, f"{path}, line {reader.line_num}")
    except csv.Error as exc:
        raise BadTable(f"{path}, line {reader.line_num}: no CSV ({exc})") from exc


def _places(header: Sequence[str], path: Path) -> dict[str, int]:
    """Column → its place in the row."""
    wanted = (*_LINKS, *_PROCEDURES, *_OPTIONAL)
    places = {name: header.index(name) for name in wanted if name in header}
    for either in (_LINKS, _PROCEDURES):
        if not any(name in places for name in either):
            found = known_columns(header)
            raise BadTable(f"{path}: needs a column {' or '.join(either)}; found {found}")
    return places


def _of_row(values: Mapping[str, str], where: str) -> Order:
    accession = values.get("accession_number", "")
    uid = values.get("study_instance_uid", "")
    procedure, code = values.get("procedure", ""), values.get("code", "")
    cancelled = is_cancelled(values.get("status", ""))
    side = side_code(values.get("laterality", ""))
    asks = bool(procedure or code or cancelled)
    fault = fault_of(linked=bool(accession or uid), asks=asks, side=side)
    if fault is None and cancelled is None:
        fault = Fault.BAD_STATUS
    return Order(
        where=where,
        procedure=procedure,
        code=code,
        laterality=side or "",
        views=values.get("views", ""),
        accession_numbers=(accession,) if accession else (),
        study_instance_uid=uid,
        modality=values.get("modality", ""),
        cancelled=bool(cancelled),
        fault=fault,
    )
