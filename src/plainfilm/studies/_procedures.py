"""Which films an order asks for: the table of procedures, and its slots for one order."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from plainfilm.categories import ExamPart, ExamText, ViewCount, exam_from_text
from plainfilm.errors import BadTable
from plainfilm.studies._films import StudyFilm
from plainfilm.studies._order import Fault, Order
from plainfilm.text_files import csv_reader, decode, known_columns, read_bytes
from plainfilm.vocabulary import CATEGORIES, OTHER

__all__ = ["Asked", "Procedures", "Slot", "load_procedures"]

_FILE: Final = "procedures.csv"
_ANY: Final = "any"
_FILM: Final = "film"
_COLUMNS: Final = ("part", "views", "procedure", "laterality", "films")
_PART_OF: Final = {category.name: category.body_part for category in CATEGORIES}
_TOKEN: Final = re.compile(r"([a-z_|]+)([?+*]?)")
_SIDES: Final = {"left": "L", "right": "R", "both": "B", "": ""}


@dataclass(frozen=True, slots=True)
class Slot:
    """One film that an order asks for.

    Attributes:
        names: categories, `other` and `any` of the part, `film` of any part; one is wanted.
        required: whether it is missing when it is not there.
        many: whether any number of films may stand in it.
        covers: the ordered part and those in it.
        paired: whether the part has sides.
        side: `R`, `L`, or empty where no side is ordered.
    """

    names: tuple[str, ...]
    required: bool = True
    many: bool = False
    covers: frozenset[str] = frozenset()
    paired: bool = False
    side: str = ""

    def __str__(self) -> str:
        return f"{'|'.join(self.names)} {self.side}".strip()

    def names_view(self, film: StudyFilm) -> bool:
        """Whether the film shows a view that this slot names."""
        return film.category != OTHER and film.category in self.names

    def takes(self, film: StudyFilm) -> bool:
        """Whether a decided film is what this slot asks for, whichever side it shows."""
        if self.names_view(film) or _FILM in self.names:
            return True
        if _ANY not in self.names and not (film.category == OTHER and OTHER in self.names):
            return False
        # An `other` film whose part nothing tells may be the ordered part's.
        return film.body_part in self.covers or not film.body_part


@dataclass(frozen=True, slots=True)
class Asked:
    """What an order asks for.

    Attributes:
        parts: the ordered parts, those in them, and those that they lie in.
        side: `R`, `L`, `B`, or empty.
        slots: in the order of the text.
    """

    parts: frozenset[str]
    side: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class _Own:
    """What a hospital says of one of its procedures."""

    slots: tuple[Slot, ...]
    side: str


class Procedures:
    """The table of procedures: films by part and number of views, and by a hospital's own names."""

    def __init__(
        self,
        by_part: Mapping[tuple[str, int | None], tuple[Slot, ...]],
        own: Mapping[str, _Own],
    ) -> None:
        self._by_part = by_part
        self._own = own

    def with_rows(self, rows: Iterable[tuple[int, dict[str, str]]], where: str) -> "Procedures":
        """This table, with rows that replace its own where they are about the same."""
        by_part, own = dict(self._by_part), dict(self._own)
        for line, row in rows:
            place = f"{where}, line {line}"
            slots = _parse_films(row["films"], place)
            if row["procedure"]:
                own[row["procedure"].casefold()] = _parse_own(row, slots, place)
            else:
                by_part[_parse_key(row, place)] = slots
        return Procedures(by_part, own)

    def asked(self, order: Order) -> Asked | Fault:
        """The films that an order asks for, or why that cannot be told."""
        views = f"{order.views} views" if order.views.isdecimal() else order.views
        exam = exam_from_text(f"{order.procedure} {views}".strip())
        side = order.laterality or _SIDES[exam.laterality]
        parts = frozenset[str]().union(*(part.covers | part.within for part in exam.parts))
        own = self._own.get(order.code.casefold()) or self._own.get(order.procedure.casefold())
        if own is not None:
            return _asked_of_own(own, parts, side)
        if not parts:
            return Fault.NO_PART
        counts = exam_from_text(views).counts or exam.counts
        slots = [
            sided
            for part, count in _counted(exam, counts)
            for slot in self._slots(part, count)
            for sided in _on_sides(slot, self._covers(part), part.paired, side)
        ]
        return Asked(parts, side, tuple(slots))

    def _covers(self, part: ExamPart) -> frozenset[str]:
        """The parts whose films are this part's: of one that no row is about, also the wider."""
        listed = (part.name, None) in self._by_part
        return part.covers if listed else part.covers | part.within

    def _slots(self, part: ExamPart, count: ViewCount | None) -> list[Slot]:
        usual = self._by_part.get((part.name, None), (Slot((_ANY,), many=True),))
        if part.categories:
            named = [Slot((n if n in _PART_OF else _ANY,)) for n in part.categories]
            return _filled(named, count or ViewCount(len(named), len(named)))
        if count is None:
            return list(usual)
        listed = self._by_part.get((part.name, count.least))
        if listed is None:
            needed = [slot for slot in usual if slot.required and not slot.many]
            listed = tuple(needed) if len(needed) <= count.least else ()
        return _filled(listed, count)


def _counted(
    exam: ExamText, counts: Sequence[ViewCount]
) -> Iterator[tuple[ExamPart, ViewCount | None]]:
    """Each part with its number of views; one number for several parts is their sum."""
    if len(counts) == len(exam.parts):
        yield from zip(exam.parts, counts, strict=True)
    elif len(counts) == 1:
        categories = dict.fromkeys(name for part in exam.parts for name in part.categories)
        together = ExamPart(
            name="",
            paired=any(part.paired for part in exam.parts),
            covers=frozenset[str]().union(*(part.covers for part in exam.parts)),
            within=frozenset(),
            categories=tuple(categories),
        )
        yield together, counts[0]
    else:
        yield from ((part, None) for part in exam.parts)


def _filled(slots: Iterable[Slot], count: ViewCount) -> list[Slot]:
    """The slots, with any views up to the number that is ordered."""
    filled = list(slots)
    filled += [Slot((_ANY,))] * (count.least - len(filled))
    if count.most is None:
        return [*filled, Slot((_ANY,), required=False, many=True)]
    return [*filled, *[Slot((_ANY,), required=False)] * (count.most - len(filled))]


def _on_sides(slot: Slot, covers: frozenset[str], paired: bool, side: str) -> list[Slot]:
    sides = {"B": ("R", "L")}.get(side, (side,)) if paired else ("",)
    return [replace(slot, covers=covers, paired=paired, side=one) for one in sides]


def _asked_of_own(own: _Own, parts: frozenset[str], side: str) -> Asked | Fault:
    """A hospital's own films, on the parts that they and the order's text name."""
    named = (_PART_OF[name] for slot in own.slots for name in slot.names if name in _PART_OF)
    parts = parts.union(named)
    if not parts and not any(_FILM in slot.names for slot in own.slots):
        return Fault.NO_PART
    side = own.side or side
    sided = (one for slot in own.slots for one in _on_sides(slot, parts, bool(side), side))
    return Asked(parts, side, tuple(sided))


def load_procedures(path: Path | None = None) -> Procedures:
    """The bundled table; rows of a table of the user's come before its own.

    The user's table is a CSV file with the columns `part, views, procedure, laterality, films`;
    the bundled `procedures.csv` explains them.

    Raises:
        BadSource, BadTable: the file cannot be opened, a column is missing or a value is wrong;
            the message names line and value.
    """
    bundled = _bundled()
    if path is None:
        return bundled
    return bundled.with_rows(_rows(decode(read_bytes(path), path), str(path)), str(path))


@cache
def _bundled() -> Procedures:
    text = resources.files(__package__).joinpath(_FILE).read_text("utf-8")
    return Procedures({}, {}).with_rows(_rows(text, _FILE), _FILE)


def _rows(text: str, where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, values) of a table; lines that begin with # are comments."""
    reader = csv_reader("" if line.startswith("#") else line for line in text.splitlines())
    try:
        header = [name.strip() for name in next((row for row in reader if row), [])]
        missing = [name for name in _COLUMNS if name not in header]
        if missing:
            found = known_columns(header)
            raise BadTable(f"{where}: missing columns {', '.join(missing)}; found {found}")
        for values in reader:
            if values and len(values) != len(header):
                raise BadTable(f"{where}, line {reader.line_num}: expected {len(header)} values")
            if values:
                yield reader.line_num, dict(zip(header, map(str.strip, values), strict=True))
    except csv.Error as exc:
        raise BadTable(f"{where}, line {reader.line_num}: no CSV ({exc})") from exc


def _parse_films(text: str, where: str) -> tuple[Slot, ...]:
    slots = []
    for film in text.split():
        found = _TOKEN.fullmatch(film)
        names = tuple(found[1].split("|")) if found else ()
        if found is None or not all(
            name in _PART_OF or name in {OTHER, _ANY, _FILM} for name in names
        ):
            raise BadTable(
                f"{where}: '{film}' is no film; films are categories, `{OTHER}`, `{_ANY}` or"
                f" `{_FILM}`, joined by | and marked by ?, + or *"
            )
        slots.append(Slot(names, required=found[2] in {"", "+"}, many=found[2] in {"+", "*"}))
    if not slots:
        raise BadTable(f"{where}: names no films")
    return tuple(slots)


def _parse_own(row: Mapping[str, str], slots: tuple[Slot, ...], where: str) -> _Own:
    if row["part"] or row["views"]:
        raise BadTable(f"{where}: a row is for a procedure, or for a part and its views")
    if row["laterality"] not in {"R", "L", "B", ""}:
        raise BadTable(f"{where}: laterality must be R, L, B or empty")
    return _Own(slots, row["laterality"])


def _parse_key(row: Mapping[str, str], where: str) -> tuple[str, int | None]:
    known = exam_from_text(row["part"].replace("_", " ")).parts
    if [part.name for part in known] != [row["part"]]:
        raise BadTable(f"{where}: '{row['part']}' is no body part of the text rules")
    if row["laterality"]:
        raise BadTable(f"{where}: laterality goes with a procedure only")
    if row["views"] and not (row["views"].isdecimal() and int(row["views"]) > 0):
        raise BadTable(f"{where}: views must be a number, or empty")
    return row["part"], int(row["views"]) if row["views"] else None
