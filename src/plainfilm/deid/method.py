"""The attributes by which an object says that it is de-identified (PS3.15 E.1.1)."""

from typing import Final

from plainfilm.deid.profile import Option, data_rows
from plainfilm.dicom import DataElement, Dataset, DicomSequence

__all__ = ["mark_deidentified"]

METHOD: Final = "plainfilm: DICOM PS3.15 annex E, 2026d"

_PATIENT_IDENTITY_REMOVED: Final = 0x00120062
_METHOD: Final = 0x00120063
_METHOD_CODES: Final = 0x00120064
_LONGITUDINAL: Final = 0x00280303
_BURNED_IN: Final = 0x00280301


def mark_deidentified(
    dataset: Dataset, options: frozenset[Option], *, pixels_searched: bool
) -> None:
    """Add the method and its codes, and say what became of dates and of burned-in text.

    Args:
        pixels_searched: the pixels were searched for text and none was suspected; only then is
            BurnedInAnnotation set to NO.
    Source: DICOM PS3.15 E.1.1; PS3.16 CID 7050.
    """
    dataset.add(DataElement(_PATIENT_IDENTITY_REMOVED, "CS", "YES"))
    dataset.add(DataElement(_METHOD, "LO", METHOD))
    codes = DicomSequence([_code(*code) for code in _codes(options)])
    dataset.add(DataElement(_METHOD_CODES, "SQ", codes))
    dataset.add(DataElement(_LONGITUDINAL, "CS", _longitudinal(options)))
    if pixels_searched:
        dataset.add(DataElement(_BURNED_IN, "CS", "NO"))


def _longitudinal(options: frozenset[Option]) -> str:
    if Option.RETAIN_FULL_DATES in options:
        return "UNMODIFIED"
    return "MODIFIED" if Option.RETAIN_MODIFIED_DATES in options else "REMOVED"


def _codes(options: frozenset[Option]) -> list[tuple[str, str]]:
    return [
        (row["code"], row["meaning"])
        for row in data_rows("deidentification_methods.csv")
        if not row["option"] or row["option"] in options
    ]


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.add(DataElement(0x00080100, "SH", value))
    item.add(DataElement(0x00080102, "SH", "DCM"))
    item.add(DataElement(0x00080104, "LO", meaning))
    return item
