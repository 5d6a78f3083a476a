"""Boxes around findings: read from a table, checked, and moved along when films are resized."""

import csv
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import BadTable, SettingsError
from plainfilm.publish.images import Fitting
from plainfilm.text_files import csv_reader, decode, known_columns, read_bytes
from plainfilm.vocabulary import LABEL_SETS, label_set

__all__ = ["BOX_COLUMNS", "Box", "fitted_box", "read_boxes"]

BOX_COLUMNS: Final = ("sop_instance_uid", "finding", "x", "y", "width", "height")
_NUMBERS: Final = BOX_COLUMNS[2:]
_LONGEST_FINDING: Final = 64


@dataclass(frozen=True, slots=True)
class Box:
    """A finding's place on an image.

    Attributes:
        x, y: of its upper left corner, in pixels from the image's upper left corner.
        width, height: in pixels, above 0.
    """

    finding: str
    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    uid: str
    box: Box


@dataclass(frozen=True, slots=True)
class _Known:
    """A film of the archive; `clean` where it may be published."""

    film_id: int
    rows: int | None
    columns: int | None
    clean: bool


def fitted_box(box: Box, stored: tuple[int, int], fitting: Fitting) -> Box:
    """A box on the stored film as it lies on the film's image.

    Args:
        stored: rows and columns of the film.
    """
    down, across = fitting.rows / stored[0], fitting.columns / stored[1]
    return replace(
        box,
        x=fitting.left + box.x * across,
        y=fitting.top + box.y * down,
        width=box.width * across,
        height=box.height * down,
    )


def read_boxes(
    path: Path, archive: Archive, declared: Collection[str] = ()
) -> dict[int, tuple[Box, ...]]:
    """Read a CSV with the columns `sop_instance_uid, finding, x, y, width, height`.

    The UID is the film's in the archive or that of its de-identified copy; the numbers are pixels
    of the stored film. Boxes of films of the archive that were withheld are left out.

    Args:
        declared: findings that may stand there beside those of the label sets. Any other text is
            refused: findings are published as they stand, and a reader's note may name a patient.
    Returns:
        film_id → boxes, in the order of the table.
    Raises:
        SettingsError: a declared finding is empty, too long or not printable.
        BadTable: a column is missing, a value is wrong, a box reaches out of its film, or the
            archive has no such film; the message names line and column, never the value.
        BadSource: the file cannot be opened.
    """
    for name in declared:
        if not 1 <= len(name) <= _LONGEST_FINDING or not name.isprintable():
            raise SettingsError(f"a finding is 1 to {_LONGEST_FINDING} printable characters")
    rows = list(_rows(path, {*declared, *chain.from_iterable(map(label_set, LABEL_SETS))}))
    known = _known_films(archive, {row.uid for row in rows})
    boxes: dict[int, list[Box]] = {}
    for row in rows:
        film = known.get(row.uid)
        if film is None:
            msg = f"{row.where}: sop_instance_uid is that of no film of the archive"
            raise BadTable(f"{msg}, neither as it came nor de-identified")
        _check_within(row, film)
        if film.clean:
            boxes.setdefault(film.film_id, []).append(row.box)
    return {film: tuple(found) for film, found in boxes.items()}


def _rows(path: Path, findings: Collection[str]) -> Iterator[_Row]:
    text = decode(read_bytes(path), path)
    reader = csv_reader(text.splitlines(keepends=True))
    try:
        columns = _columns(path, next(iter(reader), []))
        for values in reader:
            if any(values):
                yield _row(f"{path}, line {reader.line_num}", values, columns, findings)
    except csv.Error as error:
        raise BadTable(f"{path}, line {reader.line_num}: {error}") from error


def _columns(path: Path, head: Sequence[str]) -> dict[str, int]:
    """Where each column is."""
    found = [name.strip().lower() for name in head]
    missing = [name for name in BOX_COLUMNS if name not in found]
    if missing:
        held = known_columns(head, BOX_COLUMNS)
        raise BadTable(f"{path} lacks the columns {', '.join(missing)}; it has {held}")
    return {name: found.index(name) for name in BOX_COLUMNS}


def _row(
    where: str, values: Sequence[str], columns: Mapping[str, int], findings: Collection[str]
) -> _Row:
    if len(values) <= max(columns.values()):
        raise BadTable(f"{where}: has {len(values)} values, fewer than the table has columns")
    named = {name: values[place].strip() for name, place in columns.items()}
    finding = named["finding"]
    if finding not in findings:
        msg = f"{where}: finding is in no label set ({', '.join(LABEL_SETS)})"
        raise BadTable(f"{msg}; if it may be published, declare it with --finding")
    x, y, width, height = (_number(where, name, named[name]) for name in _NUMBERS)
    for name, outside in (
        ("x", x < 0),
        ("y", y < 0),
        ("width", width <= 0),
        ("height", height <= 0),
    ):
        if outside:
            least = "at least 0" if name in {"x", "y"} else "above 0"
            raise BadTable(f"{where}: {name} must be {least}, in pixels of the stored film")
    return _Row(where, named["sop_instance_uid"], Box(finding, x, y, width, height))


def _number(where: str, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadTable(f"{where}: {column} is no number")
    return value


def _known_films(archive: Archive, uids: set[str]) -> dict[str, _Known]:
    """UID, original or new, of those asked for → film."""
    found: dict[str, _Known] = {}
    for row in archive.rows(_FILMS, uids=sorted(uids)) if uids else ():
        film = _Known(row["film_id"], row["rows"], row["columns"], row["uid"] is not None)
        found[row["sop_instance_uid"]] = film
        if film.clean:
            found[row["uid"]] = film
    return found


_FILMS: Final = """
WITH asked AS (SELECT unnest($uids) AS uid)
SELECT film.film_id, film.sop_instance_uid, film.rows, film.columns, clean_film.uid
FROM film LEFT JOIN clean_film USING (film_id)
WHERE film.sop_instance_uid IN (FROM asked) OR clean_film.uid IN (FROM asked)
"""


def _check_within(row: _Row, film: _Known) -> None:
    box = row.box
    ends = (("width", box.x + box.width, film.columns), ("height", box.y + box.height, film.rows))
    for column, end, length in ends:
        if length is not None and end > length:
            raise BadTable(f"{row.where}: {column} reaches beyond the film's {length} pixels")
