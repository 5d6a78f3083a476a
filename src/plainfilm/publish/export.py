"""The step that turns one de-identified copy into one published image, and its metadata row."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, TypeAlias

from plainfilm.dicom import Header, decode_film, encode_jpeg, read_dataset, read_header
from plainfilm.errors import InputError, Reason
from plainfilm.publish.grey_levels import equalized_film
from plainfilm.records import CleanFilm, Location, Rejection, TagValue

__all__ = ["ExportJpeg", "ExportTask", "Exported", "OutputFailed", "StillIdentified"]

_CODE_MEANINGS: Final = (
    "ProcedureCodeSequence",
    "ViewCodeSequence",
    "PatientOrientationCodeSequence",
)


@dataclass(frozen=True, slots=True)
class ExportTask:
    """One film to publish.

    Attributes:
        film: the de-identified copy to read.
        folder: the dataset's folder, which is there; the image's own folder is made when missing.
        image: where the image goes, relative to `folder`.
    """

    film: CleanFilm
    folder: Path
    image: str


@dataclass(frozen=True, slots=True)
class Exported:
    """One published image.

    Attributes:
        sha256: of the image file, 64 hex digits.
        metadata: column of the metadata table → value.
    """

    task: ExportTask
    sha256: str
    metadata: Mapping[str, TagValue] = field(hash=False)


@dataclass(frozen=True, slots=True)
class StillIdentified:
    """A copy whose header does not say that the patient's identity was removed."""

    task: ExportTask


@dataclass(frozen=True, slots=True)
class OutputFailed:
    """The image could not be written; no other film will fare better."""

    task: ExportTask
    cause: str


ExportOutcome: TypeAlias = Exported | StillIdentified | OutputFailed | Rejection


@dataclass(frozen=True)
class ExportJpeg:
    """Write films as 8-bit JPEG, the way MIMIC-CXR-JPG made its images.

    What must stop the whole publication comes back as a record, since an engine may run the step
    in another process, where an exception would only say that a worker failed.

    Attributes:
        quality: of the JPEG, 1 to 100.
    """

    name: ClassVar[str] = "export-jpeg"
    version: ClassVar[str] = "1"

    quality: int = 95

    def process(self, batch: Sequence[ExportTask]) -> Sequence[ExportOutcome]:
        return [_rejecting(self._export, task) for task in batch]

    def _export(self, task: ExportTask) -> ExportOutcome:
        content = _read(task.film.path)
        header = read_header(content)
        if header.tags.get("PatientIdentityRemoved") != "YES":
            return StillIdentified(task)
        pixels = decode_film(read_dataset(content))
        invert = pixels.photometric == "MONOCHROME1"
        image = encode_jpeg(equalized_film(pixels.frame, invert=invert), quality=self.quality)
        target = task.folder / task.image
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(image)
        except OSError as error:
            return OutputFailed(task, error.strerror or type(error).__name__)
        rows, columns = pixels.frame.shape
        metadata = {**_header_columns(header), "Rows": rows, "Columns": columns}
        return Exported(task, hashlib.sha256(image).hexdigest(), metadata)


def _rejecting(export: Callable[[ExportTask], ExportOutcome], task: ExportTask) -> ExportOutcome:
    try:
        return export(task)
    except InputError as error:
        reason = error.reason or Reason.UNDECODABLE_PIXELS
        return Rejection(Location(task.film.path), reason, str(error), task.film.film_id)


def _read(path: Path) -> bytes:
    """One read serves the header's check and the pixels: both see the same file."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path} is gone", Reason.FILE_VANISHED) from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", Reason.FILE_UNREADABLE) from error


def _header_columns(header: Header) -> dict[str, TagValue]:
    tags = header.tags
    columns: dict[str, TagValue] = {
        keyword: _single(tags.get(keyword))
        for keyword in (
            "PerformedProcedureStepDescription",
            "ViewPosition",
            "StudyDate",
            "StudyTime",
        )
    }
    for keyword in _CODE_MEANINGS:
        columns[f"{keyword}_CodeMeaning"] = _code_meaning(tags.get(keyword))
    return columns


def _single(value: TagValue) -> TagValue:
    """The one value of an element that should have one; the first where it has several."""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return _single(value[0]) if value else None
    return None if isinstance(value, (bytes, Mapping)) else value


def _code_meaning(items: TagValue) -> TagValue:
    """CodeMeaning of the first item of a code sequence."""
    if not isinstance(items, Sequence) or isinstance(items, (str, bytes)) or not items:
        return None
    first = items[0]
    return _single(first.get("CodeMeaning")) if isinstance(first, Mapping) else None
