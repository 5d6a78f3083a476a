"""What can go wrong, by what the caller can do about it.

PlainfilmError
├── InputError            a file, a table or a value that came from outside; mend it or leave it out
│   ├── UnreadableDicom   the bytes are not a DICOM file that can be read
│   ├── UnsupportedPixels the header is fine, the pixels cannot be decoded or shown
│   ├── BadTable          a CSV, JSON Lines or lexicon file lacks columns or holds wrong values
│   └── BadSource         a folder, zip file or DICOMDIR that cannot be taken in
├── SettingsError         the archive's settings or a command's options contradict themselves
├── ArchiveError          the archive cannot be opened, written or locked
├── ModelError            a model file is missing, damaged or of another version
├── PrivacyError          identity would leave the archive; always stops
└── EngineError           the workers could not do their work

Messages carry paths, safe ids and reason codes; never tag values and never report text.
"""

from enum import StrEnum
from typing import Final

__all__ = [
    "MAY_PASS",
    "REASON_TEXT",
    "ArchiveError",
    "BadSource",
    "BadTable",
    "EngineError",
    "InputError",
    "ModelError",
    "PlainfilmError",
    "PrivacyError",
    "Reason",
    "SettingsError",
    "UnreadableDicom",
    "UnsupportedPixels",
]


class Reason(StrEnum):
    """Why a file or a report was rejected: the codes that catalogs, manifests and logs carry."""

    EMPTY_FILE = "empty_file"
    NOT_DICOM = "not_dicom"
    TRUNCATED_HEADER = "truncated_header"
    TRUNCATED_PIXELS = "truncated_pixels"
    MALFORMED_HEADER = "malformed_header"
    NESTED_TOO_DEEP = "nested_too_deep"
    HEADER_TOO_LARGE = "header_too_large"
    NO_PIXEL_DATA = "no_pixel_data"
    STRUCTURED_REPORT = "structured_report"
    ENCAPSULATED_DOCUMENT = "encapsulated_document"
    MISSING_UID = "missing_uid"
    UID_CONFLICT = "uid_conflict"
    FILE_VANISHED = "file_vanished"
    FILE_CHANGED = "file_changed"
    FILE_UNREADABLE = "file_unreadable"
    LISTED_FILE_MISSING = "listed_file_missing"
    UNSAFE_ZIP_PATH = "unsafe_zip_path"
    ZIP_TOO_LARGE = "zip_too_large"
    BAD_ZIP = "bad_zip"
    UNSUPPORTED_TRANSFER_SYNTAX = "unsupported_transfer_syntax"
    UNDECODABLE_PIXELS = "undecodable_pixels"
    BURNED_IN_TEXT = "burned_in_text"
    NOT_AN_IMAGE = "not_an_image"
    NOT_A_RADIOGRAPH = "not_a_radiograph"
    COLOUR_IMAGE = "colour_image"
    BLANK_IMAGE = "blank_image"
    IMAGE_TOO_SMALL = "image_too_small"
    IMAGE_TOO_NARROW = "image_too_narrow"
    SEVERAL_FRAMES = "several_frames"
    SIGNED_OBJECT = "signed_object"
    CATEGORY_NOT_READ = "category_not_read"
    UNUSABLE_ANSWER = "unusable_answer"
    WORKER_DIED = "worker_died"
    EMPTY_REPORT = "empty_report"
    BAD_REPORT = "bad_report"
    UNREAD_LANGUAGE = "unread_language"


REASON_TEXT: Final[dict[Reason, str]] = {
    Reason.EMPTY_FILE: "the file has no bytes",
    Reason.NOT_DICOM: "the file is not DICOM",
    Reason.TRUNCATED_HEADER: "the file ends inside its header",
    Reason.TRUNCATED_PIXELS: "the file ends inside its pixel data; fetch it again from its source",
    Reason.MALFORMED_HEADER: "the header breaks the rules of DICOM's encoding",
    Reason.NESTED_TOO_DEEP: "sequences are nested deeper than any real film needs",
    Reason.HEADER_TOO_LARGE: "an element claims more bytes than the file or the limit allows",
    Reason.NO_PIXEL_DATA: "the object has no pixel data, so it is no film",
    Reason.STRUCTURED_REPORT: (
        "the object is a structured report, no film; `deidentify --include` takes it"
    ),
    Reason.ENCAPSULATED_DOCUMENT: (
        "the object holds a document such as a PDF, no film; what is in it can't be cleaned"
    ),
    Reason.MISSING_UID: "SOP, Series or Study Instance UID is missing",
    Reason.UID_CONFLICT: "another file has the same SOP Instance UID with different content",
    Reason.FILE_VANISHED: "the file was gone when it was to be read",
    Reason.FILE_CHANGED: "the file holds another film than when it was taken in; ingest it again",
    Reason.FILE_UNREADABLE: "the file could not be opened; check its permissions",
    Reason.LISTED_FILE_MISSING: "the DICOMDIR lists a file that is not there",
    Reason.UNSAFE_ZIP_PATH: "the zip member's path climbs out of the zip file",
    Reason.ZIP_TOO_LARGE: "the zip file would expand beyond the limit in plainfilm.toml",
    Reason.BAD_ZIP: "the zip file or its member is damaged or encrypted",
    Reason.UNSUPPORTED_TRANSFER_SYNTAX: "the pixels are in a transfer syntax that is not supported",
    Reason.UNDECODABLE_PIXELS: "the pixels could not be decoded",
    Reason.BURNED_IN_TEXT: "text seems to be burned into the pixels; withheld for review",
    Reason.SIGNED_OBJECT: "the film is digitally signed; a change would break its signature",
    Reason.NOT_AN_IMAGE: "the file is neither DICOM nor PNG nor JPEG",
    Reason.NOT_A_RADIOGRAPH: "the header says that this is no radiograph",
    Reason.COLOUR_IMAGE: "the image is in colour, so it is no radiograph",
    Reason.BLANK_IMAGE: "the image has one grey value all over; there is nothing on it",
    Reason.IMAGE_TOO_SMALL: "the image has too few pixels to tell what it shows",
    Reason.IMAGE_TOO_NARROW: "the image is a strip, many times longer than it is wide",
    Reason.SEVERAL_FRAMES: "the object holds several frames, so it is no single film",
    Reason.CATEGORY_NOT_READ: "the model does not read films of this category",
    Reason.UNUSABLE_ANSWER: "the model answered with what is no probability; its card may tell why",
    Reason.WORKER_DIED: "the worker process died on this item; a damaged file is likely",
    Reason.EMPTY_REPORT: "the report has no text",
    Reason.BAD_REPORT: "the report could not be read",
    Reason.UNREAD_LANGUAGE: "the report is in a script or language that no rule for reports reads",
}


MAY_PASS: Final = frozenset(
    {Reason.FILE_VANISHED, Reason.FILE_CHANGED, Reason.FILE_UNREADABLE, Reason.WORKER_DIED}
)
"""Reasons that lie outside the file: a share that was not mounted, a permission, a crash. What was
rejected for one of these is tried again, though the file has not changed."""


class PlainfilmError(Exception):
    """Root of every error that plainfilm raises on purpose."""


class InputError(PlainfilmError):
    """Something that came from outside cannot be used."""

    def __init__(self, message: str, reason: Reason | None = None) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel from worker processes; the default pickling would drop `reason`.
        return (type(self), (str(self), self.reason))


class UnreadableDicom(InputError):
    """The bytes are not a DICOM file that can be read."""


class UnsupportedPixels(InputError):
    """The header is fine, but the pixels cannot be decoded or shown."""


class BadTable(InputError):
    """A table lacks columns or holds values that cannot be used."""


class BadSource(InputError):
    """A folder, zip file or DICOMDIR cannot be taken in."""


class SettingsError(PlainfilmError):
    """Settings or options are missing, contradictory or out of range."""


class ArchiveError(PlainfilmError):
    """The archive cannot be opened, written or locked."""


class ModelError(PlainfilmError):
    """A model file is missing, damaged or of another version."""


class PrivacyError(PlainfilmError):
    """Going on would let identity leave the archive."""


class EngineError(PlainfilmError):
    """The workers could not do their work."""
