"""Films and boxes laid out as VinDr-SpineXR has them.

A folder holds DICOM files and `annotations.csv`; or, as published, `train_images/`, `test_images/`
and `annotations/train.csv` and `test.csv`. A table has the columns `image_id, lesion_type, xmin,
ymin, xmax, ymax`, and where given `study_id`, which is kept together by every split, and `rad_id`,
who looked. A film that was looked at and shows nothing has a row `No finding` without numbers.

Source: https://physionet.org/content/vindr-spinexr/1.0.0/
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.evaluate.box_tables import film_name
from plainfilm.evaluate.boxes import iou
from plainfilm.evaluate.csv_tables import CsvTable, listed
from plainfilm.findings.training.detection_data import (
    BoxedFilm,
    BoxedFilms,
    FoundFaults,
    array_of,
    box_fault,
    image_files,
)
from plainfilm.findings.training.lesions import (
    LESION_CLASSES,
    NO_LESION,
    is_no_lesion,
    lesion_class,
    lesion_names,
)
from plainfilm.records import Location

__all__ = ["COLUMNS", "read_vindr"]

COLUMNS: Final = ("image_id", "lesion_type", "xmin", "ymin", "xmax", "ymax")
_TABLES: Final = (
    "annotations.csv",
    "annotations/train.csv",
    "annotations/test.csv",
    "train.csv",
    "test.csv",
)
_EMPTY: Final = frozenset({"", "nan", "none", "null", "na"})  # as table software writes it
_PARTS: Final = frozenset({"train", "test"})
_SAME: Final = 0.5  # overlap of one reader's box with another's, from which both mean one lesion


@dataclass(slots=True)
class _Film:
    patient: str
    part: str
    boxes: list[list[float]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)

    def add(self, box: list[float], label: str, reader: str) -> None:
        """Take a lesion, unless it is there: the same row, or nearly the same box of another."""
        for place, (own, other) in enumerate(zip(self.labels, self.readers, strict=True)):
            if own != label:
                continue
            (overlap,) = iou(array_of([self.boxes[place]]), array_of([box])).tolist()
            if overlap == 1 or (other != reader and overlap >= _SAME):
                return
        self.boxes.append(box)
        self.labels.append(label)
        self.readers.append(reader)


def read_vindr(
    source: Path,
    *,
    images: Path | None = None,
    own_names: bool = False,
    leave_out_faults: bool = False,
) -> BoxedFilms:
    """Read a folder in this layout, or one table of it.

    Args:
        images: the folder, with all below it, that holds the films; `source`'s where not given.
        own_names: take lesions by the names that stand there; else by the seven classes that the
            thirteen annotated findings belong to.
    Returns:
        Each film with what any reader saw there: a lesion that several boxed (of one class,
        overlapping by half) has the box of the first.
    Raises:
        BadTable: a table or a column is missing; or an annotation cannot be used and may not be
            left out: an unknown lesion (all are listed), a box without area or turned around,
            an annotation whose film is not there, a film in both train and test.
    """
    folder, tables = _tables_of(source)
    files = image_files(images or folder)
    faults = FoundFaults(source)
    films: dict[str, _Film] = {}
    unknown: Counter[str] = Counter()
    for table in tables:
        _read_table(table, films, files, faults, unknown, own_names=own_names)
    if unknown:
        _add_unknown(faults, unknown)
    left_out = faults.settle(leave_out=leave_out_faults)
    found = tuple(
        BoxedFilm(
            name,
            Location(files[name]),
            film.patient or name,
            array_of(film.boxes),
            tuple(film.labels),
            part=film.part,
        )
        for name, film in films.items()
        if name not in faults.spoilt
    )
    if not found:
        raise BadTable(f"{source}: no film of the tables that can be used is in {images or folder}")
    labels = tuple(sorted({label for film in found for label in film.labels}))
    unlabelled = len(set(files) - set(films))
    return BoxedFilms(labels if own_names else LESION_CLASSES, found, left_out, unlabelled)


def _tables_of(source: Path) -> tuple[Path, list[Path]]:
    """The folder of the films, and the tables."""
    if source.is_dir():
        tables = [source / name for name in _TABLES if (source / name).is_file()]
        if not tables:
            raise BadTable(f"{source} has no table of boxes; it may be {', '.join(_TABLES)}")
        return source, tables
    folder = source.parent
    return (folder.parent if folder.name == "annotations" else folder), [source]


def _read_table(
    table: Path,
    films: dict[str, _Film],
    files: Mapping[str, Path],
    faults: FoundFaults,
    unknown: Counter[str],
    *,
    own_names: bool,
) -> None:
    rows = CsvTable(table)
    places = rows.places(COLUMNS)
    study, rad = (
        rows.columns.index(each) if each in rows.columns else None
        for each in ("study_id", "rad_id")
    )
    part = table.stem if table.stem in _PARTS else ""
    for number, values in rows.rows():
        where = f"{table}, row {number}"
        name, lesion, *numbers = (values[place].strip() for place in places)
        name = film_name(name)
        if name not in files:
            faults.add(where, "there is no film of this image_id")
            continue
        film = films.setdefault(name, _Film("" if study is None else values[study].strip(), part))
        if film.part != part:
            faults.add(where, "the film is in both train and test", name)
            continue
        if is_no_lesion(lesion):
            if not {value.casefold() for value in numbers} <= _EMPTY:
                faults.add(where, f"{NO_LESION} has a box", name)
            continue
        label = lesion if own_names else lesion_class(lesion)
        if not label:
            unknown[lesion] += 1
            faults.spoilt.add(name)
            continue
        box = [_number(text) for text in numbers]
        why = box_fault(box)
        if why is None:
            film.add(box, label, "" if rad is None else values[rad].strip())
        else:
            faults.add(where, why, name)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _add_unknown(faults: FoundFaults, unknown: Counter[str]) -> None:
    names = [f"{name or 'no name'} ({count})" for name, count in unknown.most_common()]
    known = ", ".join(sorted(lesion_names()))
    faults.add(f"lesions that are not known: {listed(names)}", f"known are {known}")
