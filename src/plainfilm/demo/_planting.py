"""The files that must not become films of their own: one maker for each kind in `planted.csv`."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from plainfilm.demo._film_tags import patient_tags, study_tags
from plainfilm.demo._tables import Planted, SampleFilm, Scenario
from plainfilm.demo._wrap import dicom_file, wrap
from plainfilm.demo.film import stable_uid
from plainfilm.dicom import Dataset, write_dataset

__all__ = ["PLANTERS", "plant"]

_BASIC_TEXT_SR: Final = "1.2.840.10008.5.1.4.1.1.88.11"  # PS3.4 table B.5-1
_HEADER_BYTES_LEFT: Final = 900  # the preamble, the file meta group and some of the dataset

_NOTE = b"Film not archived: the plate was read twice. See the worklist of 18 January.\r\n"
_README = b"This CD holds X-ray images in DICOM format.\r\nOpen them with the viewer.\r\n"
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def plant(planted: Planted, scenario: Scenario, folder: Path) -> None:
    """Write one planted file below the export folder, where all films are written already."""
    (folder / planted.path).parent.mkdir(parents=True, exist_ok=True)
    PLANTERS[planted.kind](planted, scenario, folder)


def _duplicate(planted: Planted, scenario: Scenario, folder: Path) -> None:
    source = scenario.film(planted.source_film)
    shutil.copyfile(folder / source.path, folder / planted.path)


def _uid_conflict(planted: Planted, scenario: Scenario, folder: Path) -> None:
    film = scenario.film(planted.source_film)
    processed = replace(film, bits_stored=10, transfer_syntax="explicit_le")
    dataset = wrap(processed).dataset
    dataset.AcquisitionDeviceProcessingDescription = "CHEST SOFT"
    write_dataset(dataset, folder / planted.path)


def _cut_in_pixels(planted: Planted, scenario: Scenario, folder: Path) -> None:
    data = _second_exposure(scenario.film(planted.source_film))
    (folder / planted.path).write_bytes(data[: len(data) * 3 // 5])


def _cut_in_header(planted: Planted, scenario: Scenario, folder: Path) -> None:
    data = _second_exposure(scenario.film(planted.source_film))
    (folder / planted.path).write_bytes(data[:_HEADER_BYTES_LEFT])


def _no_pixels(planted: Planted, scenario: Scenario, folder: Path) -> None:
    study = scenario.film(planted.source_film).study
    dataset = Dataset()
    tags = patient_tags(study.patient) | study_tags(study) | _structured_report_tags(planted)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    write_dataset(dataset, folder / planted.path)


def _structured_report_tags(planted: Planted) -> dict[str, object]:
    title, line = Dataset(), Dataset()
    title.CodeValue, title.CodingSchemeDesignator = "18748-4", "LN"
    title.CodeMeaning = "Diagnostic Imaging Report"
    line.RelationshipType, line.ValueType = "CONTAINS", "TEXT"
    line.TextValue = "Right perihilar mass. CT advised."
    line.ConceptNameCodeSequence = [title]
    return {
        "SOPClassUID": _BASIC_TEXT_SR,
        "SOPInstanceUID": stable_uid(planted.path),
        "SeriesInstanceUID": stable_uid(planted.path, "series"),
        "Modality": "SR",
        "SeriesNumber": 99,
        "InstanceNumber": 1,
        "ValueType": "CONTAINER",
        "ContinuityOfContent": "SEPARATE",
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "UNVERIFIED",
        "ConceptNameCodeSequence": [title],
        "ContentSequence": [line],
    }


def _second_exposure(film: SampleFilm) -> bytes:
    """The same film, uncompressed, under a SOP Instance UID of its own, as a file's bytes."""
    dataset = wrap(replace(film, transfer_syntax="explicit_le", instance=2)).dataset
    dataset.SOPInstanceUID = stable_uid(film.film, "second exposure")
    return dicom_file(dataset)


def _writes(data: bytes) -> Callable[[Planted, Scenario, Path], None]:
    def write(planted: Planted, _scenario: Scenario, folder: Path) -> None:
        (folder / planted.path).write_bytes(data)

    return write


PLANTERS: Final[Mapping[str, Callable[[Planted, Scenario, Path], None]]] = {
    "duplicate": _duplicate,
    "uid_conflict": _uid_conflict,
    "cut_in_pixels": _cut_in_pixels,
    "cut_in_header": _cut_in_header,
    "empty": _writes(b""),
    "text_named_dcm": _writes(_NOTE),
    "text_file": _writes(_README),
    "pdf_like": _writes(_PDF),
    "no_pixels": _no_pixels,
}
