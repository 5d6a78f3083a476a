"""What kind of object a SOP class is of, where it is no film."""

from typing import Final

from plainfilm.errors import REASON_TEXT, Reason, UnreadableDicom

__all__ = ["is_structured_report", "refuse_documents"]

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1"
_STRUCTURED_REPORTS: Final = f"{_STORAGE}.88."
_DOCUMENTS: Final = {
    _STRUCTURED_REPORTS: Reason.STRUCTURED_REPORT,
    f"{_STORAGE}.104.": Reason.ENCAPSULATED_DOCUMENT,
}


def refuse_documents(sop_class_uid: str) -> None:
    """Raise UnreadableDicom for structured reports and encapsulated documents.

    Source: DICOM PS3.4 table B.5-1.
    """
    for root, reason in _DOCUMENTS.items():
        if sop_class_uid.startswith(root):
            raise UnreadableDicom(REASON_TEXT[reason], reason)


def is_structured_report(sop_class_uid: str) -> bool:
    """Whether objects of a class are structured reports, key object selections among them.

    Source: DICOM PS3.4 table B.5-1.
    """
    return sop_class_uid.startswith(_STRUCTURED_REPORTS)
