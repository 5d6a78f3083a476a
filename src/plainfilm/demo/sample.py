"""Writing the sample films as an invented hospital's export, and saying what is in it."""

import csv
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.demo._burned_in import BurnedInText
from plainfilm.demo._planting import plant
from plainfilm.demo._tables import SampleFilm, Scenario, load_scenario
from plainfilm.demo._wrap import dicom_file, wrap
from plainfilm.dicom import Dataset, write_dataset
from plainfilm.errors import Reason
from plainfilm.records import Location

__all__ = ["BurnedInFilm", "SampleSource", "build_sample_source"]

EXPORT_FOLDER: Final = "hospital_export"
REPORTS_FILE: Final = "reports.csv"


@dataclass(frozen=True, slots=True)
class BurnedInFilm:
    """A film with words in its pixels: which, the words, and their field.

    Attributes:
        box: top row, left column, height and width in pixels.
    """

    location: Location
    lines: tuple[str, ...]
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class SampleSource:
    """A written sample and all that there is to find in it.

    Attributes:
        folder: the DICOM export to ingest; it holds nothing but what the hospital exported.
        reports: CSV with `id,text,accession_number`.
        films: where each good film is, with the table row it was made from; 24.
        patients, studies: how many the good films make.
        duplicates: files that hold a film already seen.
        rejections: files that must be rejected, with the reason.
        burned_in: films with identity in their pixels.
        wrong_body_part: films whose BodyPartExamined is not what they show.
        without_view: films whose text does not tell the view.
        unlinked_reports: ids of reports whose accession number no film has.
    """

    folder: Path
    reports: Path
    films: tuple[tuple[Location, SampleFilm], ...]
    patients: int
    studies: int
    report_count: int
    duplicates: tuple[Location, ...]
    rejections: tuple[tuple[Location, Reason], ...]
    burned_in: tuple[BurnedInFilm, ...]
    wrong_body_part: tuple[Location, ...]
    without_view: tuple[Location, ...]
    unlinked_reports: tuple[str, ...]


def build_sample_source(folder: Path) -> SampleSource:
    """Write the sample below `folder`: `hospital_export/` and `reports.csv`.

    The same bytes every time; files of an earlier sample are overwritten.

    Raises:
        ArchiveError: a film cannot be written.
        OSError: the folder cannot be made, or another file cannot be written.
    """
    scenario = load_scenario()
    export, reports = folder / EXPORT_FOLDER, folder / REPORTS_FILE
    burned_in = _write_films(scenario, export)
    for planted in scenario.planted:
        plant(planted, scenario, export)
    _write_reports(scenario, reports)
    return _describe(scenario, export, reports, burned_in)


def _write_films(scenario: Scenario, export: Path) -> tuple[BurnedInFilm, ...]:
    burned_in: list[BurnedInFilm] = []
    zipped: dict[Path, list[tuple[str, Dataset]]] = {}
    for film in scenario.films:
        wrapped = wrap(film)
        location = _location(film, export)
        location.path.parent.mkdir(parents=True, exist_ok=True)
        if location.member is None:
            write_dataset(wrapped.dataset, location.path)
        else:
            members = zipped.setdefault(location.path, [])
            members.append((location.member, wrapped.dataset))
        if wrapped.burned_in is not None:
            burned_in.append(_burned_in_film(location, wrapped.burned_in))
    for path, members in zipped.items():
        _write_zip(path, members)
    return tuple(burned_in)


def _write_zip(path: Path, members: Iterable[tuple[str, Dataset]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, dataset in members:
            # ZipInfo's default date is fixed, unlike that of ZipFile.write.
            archive.writestr(zipfile.ZipInfo(name), dicom_file(dataset), zipfile.ZIP_DEFLATED)


def _write_reports(scenario: Scenario, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "text", "accession_number"])
        for report in scenario.reports:
            writer.writerow([report.report_id, report.text, report.accession_number])


def _describe(
    scenario: Scenario, export: Path, reports: Path, burned_in: tuple[BurnedInFilm, ...]
) -> SampleSource:
    films = tuple((_location(film, export), film) for film in scenario.films)
    studies = {film.study.study for film in scenario.films}
    accessions = {film.study.accession_number for film in scenario.films}
    return SampleSource(
        folder=export,
        reports=reports,
        films=films,
        patients=len({film.study.patient.patient for film in scenario.films}),
        studies=len(studies),
        report_count=len(scenario.reports),
        duplicates=tuple(
            Location(export / planted.path)
            for planted in scenario.planted
            if planted.outcome == "duplicate"
        ),
        rejections=tuple(
            (Location(export / planted.path), planted.reason)
            for planted in scenario.planted
            if planted.reason is not None
        ),
        burned_in=burned_in,
        wrong_body_part=tuple(location for location, film in films if film.wrong_body_part),
        without_view=tuple(location for location, film in films if not film.text_category),
        unlinked_reports=tuple(
            report.report_id
            for report in scenario.reports
            if report.accession_number not in accessions
        ),
    )


def _burned_in_film(location: Location, text: BurnedInText) -> BurnedInFilm:
    return BurnedInFilm(location, text.lines, text.box)


def _location(film: SampleFilm, export: Path) -> Location:
    return Location(export / film.path, film.member or None)
