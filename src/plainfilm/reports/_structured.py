"""Reports in DICOM Structured Reporting objects: their text, item by item.

Source: DICOM PS3.3 A.35 (SR document IODs) and C.17.3 (SR document content).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plainfilm import dicom  # its names are loaded on use: most reports are no DICOM
from plainfilm.errors import BadSource, Reason
from plainfilm.records import SourceReport

if TYPE_CHECKING:
    from plainfilm.dicom import Dataset

__all__ = ["is_structured_report", "read_structured_report"]

_IDENTIFYING: Final = frozenset(
    {"PatientID", "AccessionNumber", "InstitutionName", "PatientAddress", "PatientTelephoneNumbers"}
)

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.88."
"""The root of the SR storage SOP classes (PS3.4 table B.5-1)."""


def read_structured_report(path: Path) -> SourceReport | None:
    """The text of an SR object; None where the DICOM object is none.

    Each TEXT item is given under its concept name, and each container's name stands above what it
    contains, so that they serve as titles of sections. The id is the SOP Instance UID.

    Raises:
        UnreadableDicom: the file is not DICOM, or is damaged.
        BadSource: the object has no SOP Instance UID.
    """
    dataset = dicom.read_dataset(path, pixels=False)
    if not is_structured_report(dataset):
        return None
    name = str(dataset.get("SOPInstanceUID", "") or "")
    if not name:
        raise BadSource(f"{path}: has no SOP Instance UID", Reason.MISSING_UID)
    return SourceReport(
        name,
        "\n\n".join(_texts(dataset)),
        str(dataset.get("AccessionNumber", "") or "").strip(),
        str(dataset.get("StudyInstanceUID", "") or "").strip(),
        tuple(_header(dataset)),
    )


def _header(dataset: "Dataset") -> Iterator[str]:
    """Every name of a person, and the ids and the institution."""
    for element in dataset.iterall():
        if element.VR == "PN" or element.keyword in _IDENTIFYING:
            yield from (value for value in str(element.value or "").split("\\") if value)


def is_structured_report(dataset: "Dataset") -> bool:
    """Whether its SOP class is one of the SR documents."""
    return str(dataset.get("SOPClassUID", "")).startswith(_STORAGE)


def _texts(item: "Dataset") -> Iterator[str]:
    for child in item.get("ContentSequence") or ():
        kind = str(child.get("ValueType", ""))
        title = _concept(child)
        if kind == "TEXT":
            text = str(child.get("TextValue", "") or "").strip()
            if text:
                yield f"{title}:\n{text}" if title else text
        elif kind == "CONTAINER" and title and child.get("ContentSequence"):
            yield f"{title}:"
        yield from _texts(child)


def _concept(item: "Dataset") -> str:
    """The meaning of the item's concept name, its title; empty where it has none."""
    for name in item.get("ConceptNameCodeSequence") or ():
        return str(name.get("CodeMeaning", "") or "").strip().rstrip(":")
    return ""
