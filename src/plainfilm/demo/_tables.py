"""The scenario of the sample films, read from the tables beside this module.

`sites.csv` ← `patients.csv` ← `studies.csv` ← `films.csv` say who, where, when and how each film
is wrapped; `planted.csv` lists the files that the product must find fault with; `reports.csv`
names the report texts. All of it is invented but `film` (an Image Index of ChestX-ray14) and
`source_labels`; see `films/ATTRIBUTION.md`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

from plainfilm.errors import Reason

__all__ = [
    "Patient",
    "Planted",
    "SampleFilm",
    "SampleReport",
    "Scenario",
    "Site",
    "Study",
    "bundled",
    "load_scenario",
]

TRANSFER_SYNTAXES: Final[Mapping[str, str]] = {
    # PS3.6 table A-1
    "implicit_le": "1.2.840.10008.1.2",
    "explicit_le": "1.2.840.10008.1.2.1",
    "rle": "1.2.840.10008.1.2.5",
    "jpeg_baseline": "1.2.840.10008.1.2.4.50",
    "jpeg_lossless_sv1": "1.2.840.10008.1.2.4.70",
    "jpeg_ls": "1.2.840.10008.1.2.4.80",
    "jpeg_2000_lossless": "1.2.840.10008.1.2.4.90",
}


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital and the X-ray system that its films come from."""

    site: str
    institution: str
    address: str
    department: str
    station: str
    manufacturer: str
    model: str
    serial: str
    software: str
    private_creator: str
    issuer: str
    reader: str
    operator: str


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented person; `character_set` is the DICOM term, with its backslash if it has one."""

    patient: str
    site: Site
    name: str
    sex: str
    birth_date: str
    patient_id: str
    other_id: str
    character_set: str
    phone: str
    weight_kg: str
    size_m: str
    street: str


@dataclass(frozen=True, slots=True)
class Study:
    """One visit to the X-ray room; `date` is YYYYMMDD and `time` HHMMSS."""

    study: str
    patient: Patient
    date: str
    time: str
    accession_number: str
    description: str
    procedure_code: str
    referring: str
    history: str


@dataclass(frozen=True, slots=True)
class SampleFilm:
    """One bundled film and how it is dressed up.

    Attributes:
        path: below the export folder; of the zip file where `member` is not empty.
        film: the bundled JPEG, named by its Image Index in ChestX-ray14.
        voi: `window`, `lut` or `none`: how the film tells its display range.
        burned_in: `corner` (white on black), `box` (dark on white) or empty.
        burned_in_tag: BurnedInAnnotation as the system wrote it, true or not; empty leaves it out.
        text_category: the category that the film's text tells; empty where it tells no view.
    """

    path: PurePosixPath
    member: str
    film: str
    source_labels: tuple[str, ...]
    study: Study
    instance: int
    modality: str
    series_description: str
    protocol: str
    body_part: str
    view_position: str
    transfer_syntax: str
    photometric: str
    bits_stored: int
    voi: str
    burned_in: str
    burned_in_tag: str
    text_category: str

    @property
    def transfer_syntax_uid(self) -> str:
        return TRANSFER_SYNTAXES[self.transfer_syntax]

    @property
    def wrong_body_part(self) -> bool:
        """Every bundled film is a chest film, whatever BodyPartExamined says."""
        return self.body_part != "CHEST"


@dataclass(frozen=True, slots=True)
class Planted:
    """A file that must not become a film of its own; `reason` is None for the duplicate."""

    kind: str
    path: PurePosixPath
    source_film: str
    outcome: str
    reason: Reason | None
    why: str


@dataclass(frozen=True, slots=True)
class SampleReport:
    """An invented report; `accession_number` ties it to its study, or to none."""

    report_id: str
    accession_number: str
    text: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """All of the sample: what is wrapped, what is planted, what is reported."""

    films: tuple[SampleFilm, ...]
    planted: tuple[Planted, ...]
    reports: tuple[SampleReport, ...]

    def film(self, name: str) -> SampleFilm:
        """The film that a bundled JPEG is wrapped as."""
        return next(film for film in self.films if film.film == name)


@cache
def load_scenario() -> Scenario:
    """Read the tables of the package."""
    sites = {row["site"]: Site(**row) for row in _rows("sites.csv")}
    patients = {
        row["patient"]: Patient(**{**row, "site": sites[row["site"]]})  # type: ignore[arg-type]
        for row in _rows("patients.csv")
    }
    studies = {
        row["study"]: Study(**{**row, "patient": patients[row["patient"]]})  # type: ignore[arg-type]
        for row in _rows("studies.csv")
    }
    return Scenario(
        films=tuple(_film(row, studies) for row in _rows("films.csv")),
        planted=tuple(_planted(row) for row in _rows("planted.csv")),
        reports=tuple(_report(row) for row in _rows("reports.csv")),
    )


def bundled(*names: str) -> Traversable:
    """A data file of this room."""
    return resources.files(__package__).joinpath(*names)


def _rows(name: str) -> list[dict[str, str]]:
    text = bundled("tables", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _film(row: dict[str, str], studies: Mapping[str, Study]) -> SampleFilm:
    values: dict[str, object] = {
        **row,
        "path": PurePosixPath(row["path"]),
        "source_labels": tuple(row["source_labels"].split("|")),
        "study": studies[row["study"]],
        "instance": int(row["instance"]),
        "bits_stored": int(row["bits_stored"]),
    }
    return SampleFilm(**values)  # type: ignore[arg-type]


def _planted(row: dict[str, str]) -> Planted:
    return Planted(
        kind=row["kind"],
        path=PurePosixPath(row["path"]),
        source_film=row["source_film"],
        outcome=row["outcome"],
        reason=Reason(row["reason"]) if row["reason"] else None,
        why=row["why"],
    )


def _report(row: dict[str, str]) -> SampleReport:
    text = bundled("reports", row["file"]).read_text("utf-8")
    return SampleReport(row["id"], row["accession_number"], text)
