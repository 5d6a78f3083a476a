"""`tables/films.csv`: a row for each film, with the same columns in every layout.

It is what the Croissant description and the report page are made of, and what a later version is
compared with.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.layouts.layout import Contents, PublishedImage

__all__ = ["COLUMNS", "FILMS", "FilmRow", "film_rows", "read_films", "write_films"]

FILMS: Final = "tables/films.csv"
COLUMNS: Final[Mapping[str, str]] = {
    "dicom_id": "The film: a keyed hash.",
    "subject_id": "The patient: a keyed hash.",
    "study_id": "The study: a keyed hash.",
    "split": "train, validate or test; all films of a patient are in one.",
    "image": "Where the image is; in a tar file, after `!`.",
    "rows": "Height of the image in pixels.",
    "columns": "Width of the image in pixels.",
    "category": "Body part and projection; empty where undecided.",
    "laterality": "R, L, B (both), U (unpaired), or empty.",
    "view": "frontal, lateral, other, or empty where it is not known.",
    "sex": "F, M or O, as retained in the header.",
    "age_years": "Age at the study, as retained in the header.",
    "study_date": "YYYYMMDD as in the de-identified header: {dates}.",
    "sha256": "Of the image's bytes.",
    "labelled": "1 where the study has a labelled report.",
}
"""Column → what it holds, where `{dates}` is what became of dates; the findings follow."""


@dataclass(frozen=True, slots=True)
class FilmRow:
    """What of a row is read again: by later versions and by the report page.

    Attributes:
        labels: finding → `1`, `0`, `-1`, only those mentioned; None without a labelled report.
    """

    dicom_id: str
    subject_id: str
    study_id: str
    split: str
    image: str
    sha256: str
    labels: Mapping[str, str] | None


def write_films(folder: DatasetFolder, contents: Contents) -> None:
    """Write the table.

    Raises:
        ArchiveError: the dataset cannot be written.
    """
    folder.write_table(
        FILMS,
        (*COLUMNS, *contents.findings),
        (_cells(image, contents) for image in contents.images),
    )


def _cells(image: PublishedImage, contents: Contents) -> tuple[object, ...]:
    place, film = image.place, image.film
    labels = contents.labels.get(film.study_pk)
    return (
        place.dicom_id,
        place.subject_id,
        place.study_id,
        film.split,
        film.image,
        film.rows,
        film.columns,
        film.category,
        film.laterality,
        film.view,
        film.sex,
        None if film.age_years is None else round(film.age_years, 3),
        film.study_date,
        film.sha256,
        0 if labels is None else 1,
        *((labels or {}).get(finding) for finding in contents.findings),
    )


def film_rows(contents: Contents) -> dict[str, FilmRow]:
    """dicom_id → what versions are compared by."""
    rows = {}
    for image in contents.images:
        labels = contents.labels.get(image.film.study_pk)
        rows[image.place.dicom_id] = FilmRow(
            dicom_id=image.place.dicom_id,
            subject_id=str(image.place.subject_id),
            study_id=str(image.place.study_id),
            split=image.film.split,
            image=image.film.image,
            sha256=image.film.sha256,
            labels=None if labels is None else {k: str(v) for k, v in labels.items()},
        )
    return rows


def read_films(path: Path) -> tuple[dict[str, FilmRow], Sequence[str]]:
    """Read the table of an earlier version.

    Returns:
        dicom_id → row, and the findings of the label set.
    Raises:
        BadTable: it is not such a table.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            columns = tuple(reader.fieldnames or ())
            if columns[: len(COLUMNS)] != tuple(COLUMNS):
                raise BadTable(f"{path}: not the table of films of a dataset by plainfilm")
            findings = columns[len(COLUMNS) :]
            rows = {row["dicom_id"]: _row(row, findings, path) for row in reader}
    except OSError as error:
        raise BadTable(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{path}: the table is damaged") from error
    return rows, findings


def _row(row: Mapping[str, str | None], findings: Sequence[str], path: Path) -> FilmRow:
    cells = {name: cell for name, cell in row.items() if cell is not None}
    if len(cells) != len(row) or cells["split"] not in SPLITS:
        raise BadTable(f"{path}: a row is cut short, or has no such split")
    if not (cells["subject_id"] + cells["study_id"]).isdecimal():
        raise BadTable(f"{path}: an id is no number")
    labels = {name: cells[name] for name in findings if cells[name]}
    return FilmRow(
        dicom_id=cells["dicom_id"],
        subject_id=cells["subject_id"],
        study_id=cells["study_id"],
        split=cells["split"],
        image=cells["image"],
        sha256=cells["sha256"],
        labels=labels if cells["labelled"] == "1" else None,
    )
