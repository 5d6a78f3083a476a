"""A clean film as a good tool would write it, folders of such films, and their check."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plainfilm.deid.check import CheckReport, check_folder
from plainfilm.dicom import Dataset, write_dataset
from plainfilm.engine import LocalEngine

CODES = ("113100", "113105", "113107")
CLEAN: dict[str, Any] = {
    "SOPInstanceUID": "2.25.1",
    "StudyInstanceUID": "2.25.2",
    "SeriesInstanceUID": "2.25.3",
    "PatientName": "p000000000000000001",
    "PatientID": "p000000000000000001",
    "PatientBirthDate": "",
    "PatientSex": "",
    "AccessionNumber": "a000000000000001",
    "StudyID": "s000000000000001",
    "StudyDate": "20130501",
    "ReferringPhysicianName": "",
    "InstitutionName": None,
    "StudyDescription": "XR CHEST AP PORTABLE",
    "PatientIdentityRemoved": "YES",
    "DeidentificationMethod": "by hand",
    "LongitudinalTemporalInformationModified": "MODIFIED",
    "BurnedInAnnotation": "NO",
}


@pytest.fixture
def clean_film(film: Callable[..., Dataset]) -> Callable[..., Dataset]:
    """The film of `film` after a good tool; keywords as there."""

    def make(**changes: Any) -> Dataset:
        dataset = film(**(CLEAN | changes))
        if "DeidentificationMethodCodeSequence" not in changes:
            items = []
            for code in CODES:
                item = Dataset()
                item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", "x"
                items.append(item)
            dataset.DeidentificationMethodCodeSequence = items
        return dataset

    return make


@pytest.fixture
def folder_of(tmp_path: Path) -> Callable[..., Path]:
    """Write films into a new folder."""

    def write(name: str, *datasets: Dataset) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for number, dataset in enumerate(datasets):
            write_dataset(dataset, folder / f"{number}.dcm")
        return folder

    return write


@pytest.fixture
def check(folder_of: Callable[..., Path]) -> Callable[..., CheckReport]:
    """Check films, against their originals where these are given."""

    def run(*clean: Dataset, originals: tuple[Dataset, ...] = (), **options: Any) -> CheckReport:
        folder = folder_of("clean", *clean)
        if originals:
            options["source"] = folder_of("originals", *originals)
        return check_folder(folder, engine=LocalEngine(1), **options)

    return run


def kinds(report: CheckReport) -> set[tuple[str, str, str]]:
    """(action, path, reason) of all failures."""
    return {(finding.check.value, finding.path, finding.reason) for finding in report.failures}


@pytest.fixture(name="kinds")
def _kinds() -> Callable[[CheckReport], set[tuple[str, str, str]]]:
    return kinds
