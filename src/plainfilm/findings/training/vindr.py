"""Films and boxes laid out as VinDr-SpineXR has them.

A folder holds DICOM files and `annotations.csv`; or, as published, `train_images/`, `test_images/`
and `annotations/train.csv` and `test.csv`. A table has the columns `image_id, lesion_type, xmin,
ymin, xmax, ymax`, and where given `study_id`, which is kept together by every split. A film that
was looked at and shows nothing has a row `No finding` without numbers.

Source: https://physionet.org/content/vindr-spinexr/1.0.0/
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.errors import BadTable
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
_NOTHING: Final = frozenset({NO_LESION.casefold(), ""})
_PARTS: Final = frozenset({"train", "test"})


@dataclass(slots=True)
class _Film:
    patient: str
    part: str
    row: int
    boxes: list[list[float]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


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
    study = rows.columns.index("study_id") if "study_id" in rows.columns else None
    part = table.stem if table.stem in _PARTS else ""
    for number, values in rows.rows():
        where = f"{table}, row {number}"
        name, lesion, *numbers = (values[place].strip() for place in places)
        if name not in files:
            faults.add(where, "there is no film of this image_id")
            continue
        patient = values[study].strip() if study is not None else ""
        film = films.setdefault(name, _Film(patient, part, number))
        if film.part != part:
            faults.add(where, "the film is in both train and test", name)
            continue
        if lesion.casefold() in _NOTHING and not any(numbers):
            continue
        label = lesion if own_names else lesion_class(lesion)
        if not label:
            unknown[lesion] += 1
            faults.spoilt.add(name)
            continue
        box = [_number(text) for text in numbers]
        why = box_fault(box)
        if why is not None:
            faults.add(where, why, name)
            continue
        film.boxes.append(box)
        film.labels.append(label)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _add_unknown(faults: FoundFaults, unknown: Counter[str]) -> None:
    names = [f"{name or 'no name'} ({count})" for name, count in unknown.most_common()]
    faults.add(
        f"lesions that are not known: {listed(names)}", f"known are {_listed_names(lesion_names())}"
    )


def _listed_names(names: Sequence[str]) -> str:
    return ", ".join(sorted(names))
