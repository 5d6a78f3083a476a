"""The step that writes what models say of films as DICOM objects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final, TypeAlias

from plainfilm.dicom import Dataset, read_dataset, write_dataset
from plainfilm.dicom_results.heat import heat_maps_of
from plainfilm.dicom_results.identity import Identity, Kind, identity_of, kinds_for
from plainfilm.dicom_results.key_image import key_image
from plainfilm.dicom_results.presentation import presentation_state
from plainfilm.dicom_results.reading import Reading, check_places
from plainfilm.dicom_results.report import structured_report
from plainfilm.dicom_results.segmentation import segmentation
from plainfilm.dicom_results.source import SourceFilm, source_film
from plainfilm.errors import ArchiveError, InputError, Reason, UnreadableDicom
from plainfilm.findings.model_files import ModelFile
from plainfilm.records import Film, Rejection

__all__ = ["ResultTask", "WriteFailed", "WriteResults", "Written", "make_objects"]

_MAKERS: Final[dict[Kind, Callable[[SourceFilm, Reading, Identity], Dataset | None]]] = {
    Kind.SR: structured_report,
    Kind.PRESENTATION_STATE: presentation_state,
    Kind.SEGMENTATION: segmentation,
    Kind.KEY_IMAGE: key_image,
}


@dataclass(frozen=True, slots=True, eq=False)
class ResultTask:
    """One film's findings, and the files that they go to; the folder is made when missing.

    Attributes:
        heat: the model that heat maps are made with for a segmentation; None without any.
    """

    film: Film
    reading: Reading
    files: dict[Kind, Path]
    heat: ModelFile | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The kinds of objects that were written for a film."""

    film_id: int
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class WriteFailed:
    """An object could not be written; no other will fare better."""

    cause: str


WriteOutcome: TypeAlias = Written | WriteFailed | Rejection


@dataclass(frozen=True)
class WriteResults:
    """Write the objects of films' findings."""

    name: ClassVar[str] = "export-findings"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[ResultTask]) -> Sequence[WriteOutcome]:
        """What became of each task, in order.

        Raises:
            ModelError: the model of heat maps cannot be run.
        """
        return [_settled(task) for task in batch]


def make_objects(
    dataset: Dataset,
    reading: Reading,
    kinds: Sequence[Kind] = tuple(Kind),
) -> dict[Kind, Dataset]:
    """Make DICOM objects of what models say of a film.

    Args:
        dataset: the whole film, from `dicom.read_dataset`.
        kinds: those that have nothing to show, such as a key image without a box, are left out.
    Raises:
        InputError: a place does not lie on the film, or its tags do not allow the objects.
        UnsupportedPixels: the film cannot be decoded.
    """
    film = source_film(dataset)
    check_places(reading, film.rows, film.columns)
    study = str(film.reference.StudyInstanceUID)
    made: dict[Kind, Dataset] = {}
    for kind in (kind for kind in kinds_for(reading) if kind in kinds):
        identity = identity_of(kind, study, film.uid, reading)
        found = _MAKERS[kind](film, reading, identity)
        if found is not None:
            made[kind] = found
    return made


def _settled(task: ResultTask) -> WriteOutcome:
    """What must stop everything comes back as a record: an engine may run the step in another
    process, where an exception would only say that a worker failed."""
    try:
        return _written(task)
    except InputError as error:
        reason = error.reason or Reason.UNUSABLE_ANSWER
        return Rejection(task.film.location, reason, str(error), task.film.film_id)
    except ArchiveError as error:
        return WriteFailed(str(error))


def _written(task: ResultTask) -> Written:
    dataset = read_dataset(task.film.location)
    if str(dataset.get("SOPInstanceUID")) != task.film.sop_instance_uid:
        message = "the file holds another film than when it was read"
        raise UnreadableDicom(message, Reason.FILE_CHANGED)
    reading = task.reading
    if task.heat is not None and Kind.SEGMENTATION in task.files:
        labels = [found.label for found in reading.present]
        heated = heat_maps_of(task.film.location, task.heat, labels, reading.turn)
        reading = replace(reading, heat_maps=heated)
    made = make_objects(dataset, reading, tuple(task.files))
    for kind, found in made.items():
        _write(found, task.files[kind])
    return Written(task.film.film_id, tuple(made))


def _write(made: Dataset, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"cannot make {path.parent}: {error.strerror}") from error
    write_dataset(made, path)
