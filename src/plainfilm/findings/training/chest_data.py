"""Films with what is known of their findings: tables, squares, and who learns from which."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable, InputError, Reason
from plainfilm.evaluate.csv_tables import CsvTable, listed
from plainfilm.findings.framing import Frame, show_film
from plainfilm.models.disk_array import array_on_disk
from plainfilm.models.patient_folds import deal_patients
from plainfilm.records import Location, Rejection
from plainfilm.vocabulary import NO_FINDING, label_set

__all__ = ["FilmTable", "FindingFilm", "deal", "labels_of", "load_squares", "read_films"]

_OWN: Final = ("file", "patient")
_BESIDE: Final = frozenset({*_OWN, "member", "part", "image_id", "view", "age", "sex"})
_NIH: Final = ("Image Index", "Finding Labels", "Patient ID")
_VALUES: Final = {
    "1": 1.0,
    "0": 0.0,
    "-1": -1.0,
    "": float("nan"),
    "1.0": 1.0,  # as CheXpert's tables have them, and pandas writes them
    "0.0": 0.0,
    "-1.0": -1.0,
}
_PARTS: Final = ("", "train", "test")
_AT_ONCE: Final = 256

Squares = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FindingFilm:
    """One film with its truth.

    Attributes:
        name: what its table calls it, with `:` and the member of a zip file; unique there.
        patient: any text that tells patients apart; a split never divides one.
        labels: in the order of the table's findings: 1 there, 0 not, -1 uncertain, NaN not said.
        part: `train` or `test` where a list says so, else empty.
    """

    name: str
    location: Location
    patient: str
    labels: tuple[float, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class FilmTable:
    """Films and the findings that they are labelled with."""

    labels: tuple[str, ...]
    films: tuple[FindingFilm, ...]


def read_films(
    table: Path,
    *,
    images: Path | None = None,
    findings: Collection[str] = (),
    test_list: Path | None = None,
) -> FilmTable:
    """Read a table of films.

    Two forms are known. Its own: `file, patient`, one column for each finding (1, 0, -1 or empty),
    and where given `member` (of a zip file) and `part` (`train` or `test`; where some films are for
    the test, all others are for training). And the table of ChestX-ray14: `Image Index, Finding
    Labels, Patient ID`, where `file` may say where images are.

    Args:
        images: the folder that files are relative to; the table's own where it is not given.
        findings: those to learn; all of the table's where none is named.
        test_list: names of the films that are for the test, one a line, as ChestX-ray14's
            `test_list.txt`; all others are for training.
    Raises:
        BadTable: a column or value is missing or wrong, a name comes twice, a finding is not
            there, no listed film is in the table, or a patient has films for training and for the
            test.
    """
    rows = CsvTable(table)
    read = _nih_table if set(_NIH) <= set(rows.columns) else _own_table
    found = read(rows, images or table.parent)
    _check_names(table, found.films)
    if findings:
        found = _chosen(table, found, findings)
    if test_list is not None:
        found = _listed(found, test_list)
    _check_parts(table if test_list is None else test_list, found.films)
    return found


def _own_table(rows: CsvTable, images: Path) -> FilmTable:
    rows.places(_OWN)
    if "" in rows.columns:
        raise BadTable(f"{rows.path}: column {rows.columns.index('') + 1} has no name")
    labels = tuple(name for name in rows.columns if name not in _BESIDE)
    if not labels:
        raise BadTable(f"{rows.path}: there is no column of a finding beside {listed(_OWN)}")
    films = []
    for number, values in rows.rows():
        row = dict(zip(rows.columns, (value.strip() for value in values), strict=True))
        where = f"{rows.path}, row {number}"
        for name in _OWN:
            if not row[name]:
                raise BadTable(f"{where}: {name} is empty")
        wrong = [name for name in labels if row[name] not in _VALUES]
        if wrong:
            raise BadTable(f"{where}: {listed(wrong)} is none of 1, 0, -1 and empty")
        if row.get("part", "") not in _PARTS:
            raise BadTable(f"{where}: part is neither train nor test")
        member = row.get("member") or None
        films.append(
            FindingFilm(
                row["file"] if member is None else f"{row['file']}:{member}",
                Location(images / row["file"], member),
                row["patient"],
                tuple(_VALUES[row[name]] for name in labels),
                row.get("part", ""),
            )
        )
    return FilmTable(labels, tuple(films))


def _nih_table(rows: CsvTable, images: Path) -> FilmTable:
    """ChestX-ray14's table names the findings of a film, with `|` between."""
    index, named, patient = rows.places(_NIH)
    file = rows.places(("file",))[0] if "file" in rows.columns else index
    labels = tuple(name for name in label_set("nih") if name != NO_FINDING)
    known = {label.replace(" ", "_"): place for place, label in enumerate(labels)}
    films = []
    for number, values in rows.rows():
        row = [value.strip() for value in values]
        if not (row[index] and row[file] and row[patient]):
            raise BadTable(f"{rows.path}, row {number}: the image or its patient is empty")
        own = [0.0] * len(labels)
        for name in row[named].split("|"):
            place = known.get(name.strip().replace(" ", "_"))
            if place is not None:
                own[place] = 1.0
            elif name.strip() != NO_FINDING:
                raise BadTable(f"{rows.path}, row {number}: a finding is not of ChestX-ray14")
        films.append(
            FindingFilm(row[index], Location(images / row[file]), row[patient], tuple(own))
        )
    return FilmTable(labels, tuple(films))


def _check_names(table: Path, films: Sequence[FindingFilm]) -> None:
    if not films:
        raise BadTable(f"{table}: there is no film")
    if len({film.name for film in films}) != len(films):
        raise BadTable(f"{table}: films that are there more than once")


def _chosen(table: Path, found: FilmTable, findings: Collection[str]) -> FilmTable:
    missing = [name for name in findings if name not in found.labels]
    if missing:
        raise BadTable(f"{table} has no finding {listed(missing)}; it has {listed(found.labels)}")
    places = [place for place, name in enumerate(found.labels) if name in set(findings)]
    films = tuple(
        replace(film, labels=tuple(film.labels[place] for place in places)) for film in found.films
    )
    return FilmTable(tuple(found.labels[place] for place in places), films)


def _listed(found: FilmTable, test_list: Path) -> FilmTable:
    try:
        names = {line.strip() for line in test_list.read_text(encoding="utf-8").splitlines()}
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(f"{test_list}: the list cannot be read as text") from error
    names.discard("")
    by_name = {film.name for film in found.films}
    if not names & by_name:
        raise BadTable(f"{test_list}: no film of the list is in the table")
    films = tuple(
        replace(film, part="test" if film.name in names else "train") for film in found.films
    )
    return FilmTable(found.labels, films)


def _check_parts(source: Path, films: Sequence[FindingFilm]) -> None:
    tested = {film.patient for film in films if film.part == "test"}
    both = {film.patient for film in films if film.part != "test"} & tested
    if both:
        raise BadTable(f"{source}: {len(both)} patients have films for training and for the test")


def labels_of(films: Sequence[FindingFilm]) -> NDArray[np.float32]:
    """(n, labels) float32: 1, 0, -1 or NaN."""
    return np.array([film.labels for film in films], np.float32)


def deal(table: FilmTable, parts: int) -> NDArray[np.intp]:
    """Deal patients into parts, each with its share of every finding; (n,) part numbers."""
    traits = [
        [name for name, value in zip(table.labels, film.labels, strict=True) if value == 1]
        or [NO_FINDING]
        for film in table.films
    ]
    return deal_patients([film.patient for film in table.films], traits, parts)


def load_squares(
    films: Sequence[FindingFilm], side: int, file: Path, progress: Callable[[int], None]
) -> tuple[Squares, Mapping[int, Rejection]]:
    """Render every film into one array that lives on disk.

    Args:
        side: of a square, in pixels; a film lies whole in its middle, black around it.
        file: where the array is kept; the system reads from it what is needed.
        progress: called with how many films are done.
    Raises:
        SettingsError: the disk has no room for the file.
    Returns:
        (n, side, side) uint8, bright = dense; and the films that could not be read, by position.
    """
    squares = array_on_disk(file, np.uint8, (len(films), side, side))
    rejections: dict[int, Rejection] = {}
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(films), _AT_ONCE):
            some = films[start : start + _AT_ONCE]
            for number, found in enumerate(pool.map(lambda film: _square(film, side), some), start):
                if isinstance(found, Rejection):
                    rejections[number] = found
                else:
                    squares[number] = found
            progress(start + len(some))
    return squares, rejections


def _square(film: FindingFilm, side: int) -> Squares | Rejection:
    frame = Frame(side, side, "pad")
    try:
        framed = show_film(film.location, [frame]).framed(frame)
    except InputError as error:
        return Rejection(film.location, error.reason or Reason.FILE_UNREADABLE, str(error))
    return np.rint(framed.pixels * 255).astype(np.uint8)
