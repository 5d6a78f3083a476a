"""What kind of object a SOP class is of, where it is no film."""

from typing import Final

from plainfilm.errors import REASON_TEXT, Reason, UnreadableDicom

__all__ = ["refuse_documents"]

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1"
_DOCUMENTS: Final = {
    f"{_STORAGE}.88.": Reason.STRUCTURED_REPORT,
    f"{_STORAGE}.104.": Reason.ENCAPSULATED_DOCUMENT,
}


def refuse_documents(sop_class_uid: str) -> None:
    """Raise UnreadableDicom for structured reports and encapsulated documents.

    Source: DICOM PS3.4 table B.5-1.
    """
    for root, reason in _DOCUMENTS.items():
        if sop_class_uid.startswith(root):
            raise UnreadableDicom(REASON_TEXT[reason], reason)
