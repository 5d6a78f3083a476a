"""The step that turns one de-identified copy into one published image, and what its header says."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import Header, decode_film, read_dataset, read_header
from plainfilm.errors import InputError, Reason, SettingsError
from plainfilm.publish.images import Grey, ImageFormat, Resize, encode, fit, grey_film
from plainfilm.publish.near_duplicates import image_hash
from plainfilm.records import CleanFilm, Location, Rejection, TagValue

__all__ = [
    "ExportImage",
    "ExportTask",
    "Exported",
    "HeaderFacts",
    "OutputFailed",
    "StillIdentified",
]

_MADE: Final = {
    ImageFormat.JPEG: "From the stored pixel values of the first frame: scaled by minimum and"
    " maximum to 8 bit, inverted where the film is MONOCHROME1 so that more is brighter, histogram"
    " equalised, JPEG quality {quality}.",
    ImageFormat.PNG8: "From the stored pixel values of the first frame: scaled by minimum and"
    " maximum to 8 bit, inverted where the film is MONOCHROME1 so that more is brighter; not"
    " equalised. PNG, lossless.",
    ImageFormat.PNG16: "From the stored pixel values of the first frame: scaled by minimum and"
    " maximum to 16 bit, so that no two values of a film of up to 16 bits become one, inverted"
    " where the film is MONOCHROME1 so that more is brighter; not equalised. PNG, lossless.",
}
_AGE: Final = re.compile(r"([0-9]{1,3})([DWMY])")
_AGES_A_YEAR: Final = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}


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
class HeaderFacts:
    """What the header of a clean copy tells a dataset's tables; empty or None where it does not.

    Attributes:
        *_code: the meanings of the first code of the sequence.
        age_years: PatientAge (PS3.5 table 6.2-1, AS).
        spacing_mm: between the centres of rows, and of columns, on the detector or in the patient.
    """

    procedure: str
    view_position: str
    laterality: str
    study_date: str
    study_time: str
    procedure_code: str
    view_code: str
    orientation_code: str
    sex: str
    age_years: float | None
    spacing_mm: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Exported:
    """One published image.

    Attributes:
        image: path in the dataset.
        stored: rows and columns of the film.
        size: rows and columns of the image.
        image_hash: of the film in 8 bits, before it was resized.
        sha256: of the image file, 64 hex digits.
    """

    film_id: int
    image: str
    stored: tuple[int, int]
    size: tuple[int, int]
    header: HeaderFacts
    image_hash: bytes
    sha256: str


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
class ExportImage:
    """Write films as images of one format and size.

    What must stop the whole publication comes back as a record, since an engine may run the step
    in another process, where an exception would only say that a worker failed.

    Attributes:
        quality: of JPEGs, 1 to 100.
        resize: None keeps every pixel.
    Raises:
        SettingsError: quality is out of range, or DICOM is to be resized.
    """

    name: ClassVar[str] = "export-image"
    version: ClassVar[str] = "2"

    format: ImageFormat = ImageFormat.JPEG
    quality: int = 95
    resize: Resize | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise SettingsError(f"quality ({self.quality}) must be 1 to 100")
        if self.format is ImageFormat.DICOM and self.resize is not None:
            raise SettingsError("DICOM films are published as they are; only images are resized")

    @property
    def description(self) -> str:
        """How the images were made, for a dataset's README."""
        if self.format is ImageFormat.DICOM:
            return "The de-identified copies, byte by byte."
        text = _MADE[self.format].format(quality=self.quality)
        size = "" if self.resize is None else f" {self.resize.description}"
        return f"{text}{size} Window settings and lookup tables of the film are not applied."

    def process(self, batch: Sequence[ExportTask]) -> Sequence[ExportOutcome]:
        return [_rejecting(self._export, task) for task in batch]

    def _export(self, task: ExportTask) -> ExportOutcome:
        content = _read(task.film.path)
        header = read_header(content)
        if header.tags.get("PatientIdentityRemoved") != "YES":
            return StillIdentified(task)
        film = decode_film(read_dataset(content))
        grey = grey_film(film, self.format)
        image = content if self.format is ImageFormat.DICOM else self._encoded(grey)
        target = task.folder / task.image
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(image)
        except OSError as error:
            return OutputFailed(task, error.strerror or type(error).__name__)
        rows, columns = film.frame.shape
        return Exported(
            film_id=task.film.film_id,
            image=task.image,
            stored=(rows, columns),
            size=self.size_of(rows, columns),
            header=_facts(header),
            image_hash=image_hash(_in_bytes(grey)),
            sha256=hashlib.sha256(image).hexdigest(),
        )

    def size_of(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the image of a film of so many."""
        if self.resize is None:
            return rows, columns
        fitting = self.resize.fitting(rows, columns)
        return fitting.height, fitting.width

    def _encoded(self, grey: Grey) -> bytes:
        rows, columns = grey.shape
        fitted = grey if self.resize is None else fit(grey, self.resize.fitting(rows, columns))
        return encode(fitted, self.format, quality=self.quality)


def _in_bytes(grey: Grey) -> NDArray[np.uint8]:
    return grey if grey.dtype == np.uint8 else (grey >> 8).astype(np.uint8)


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


def _facts(header: Header) -> HeaderFacts:
    def text(keyword: str) -> str:
        return _text(header.tags.get(keyword))

    def code(keyword: str) -> str:
        return _code_meaning(header.tags.get(keyword))

    return HeaderFacts(
        procedure=text("PerformedProcedureStepDescription"),
        view_position=text("ViewPosition"),
        laterality=text("ImageLaterality") or text("Laterality"),
        study_date=text("StudyDate"),
        study_time=text("StudyTime"),
        procedure_code=code("ProcedureCodeSequence"),
        view_code=code("ViewCodeSequence"),
        orientation_code=code("PatientOrientationCodeSequence"),
        sex=text("PatientSex"),
        age_years=_age_years(text("PatientAge")),
        spacing_mm=_spacing(header),
    )


def _text(value: TagValue) -> str:
    """The one value of an element that should have one; the first where it has several."""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return _text(value[0]) if value else ""
    return "" if value is None or isinstance(value, (bytes, Mapping)) else str(value)


def _code_meaning(items: TagValue) -> str:
    """CodeMeaning of the first item of a code sequence."""
    if not isinstance(items, Sequence) or isinstance(items, (str, bytes)) or not items:
        return ""
    first = items[0]
    return _text(first.get("CodeMeaning")) if isinstance(first, Mapping) else ""


def _age_years(text: str) -> float | None:
    found = _AGE.fullmatch(text)
    return int(found[1]) / _AGES_A_YEAR[found[2]] if found else None


def _spacing(header: Header) -> tuple[float, float] | None:
    """PixelSpacing, which may be calibrated, or what the detector says (PS3.3 10.7.1.3)."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        match header.tags.get(keyword):
            case [float() | int() as down, float() | int() as across] if down > 0 < across:
                return float(down), float(across)
    return None
