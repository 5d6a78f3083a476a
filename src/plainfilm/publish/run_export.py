"""Running the export over all films, and taking in what comes of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.errors import InputError, PlainfilmError, PrivacyError, Reason
from plainfilm.publish.export import (
    Exported,
    ExportImage,
    ExportOutcome,
    ExportTask,
    OutputFailed,
    StillIdentified,
)
from plainfilm.publish.folder import DatasetFolder, cannot_write
from plainfilm.publish.selection import CleanFilms
from plainfilm.records import Location, Rejection
from plainfilm.steps import Engine

__all__ = ["ExportResults", "export_films"]

_BATCH: Final = 8


@dataclass(slots=True)
class ExportResults:
    """What has come of the films so far; `stop` is why no more are to be exported."""

    images: list[Exported] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    stop: PlainfilmError | None = None


def export_films(
    engine: Engine,
    step: ExportImage,
    films: CleanFilms,
    image_of: Callable[[int], str],
    folder: DatasetFolder,
    progress: Callable[[int], None],
) -> ExportResults:
    """Run the step over every film.

    When something must stop the publication, no further batch is given out, but those in work are
    awaited: no worker may still be writing when the folder is removed.

    Args:
        image_of: where the image of a film_id goes in the folder.
    Raises:
        PrivacyError: a clean copy's header does not say that the patient's identity was removed.
        ArchiveError: an image cannot be written.
        InputError: not one film could be exported.
    """
    results = ExportResults()
    for result in engine.run(step, _batches(films, image_of, folder.path, results)):
        for outcome in result.outputs:
            _take(outcome, results, folder)
        for task in result.lost:
            (folder.path / task.image).unlink(missing_ok=True)  # it may be half written
            place = Location(task.film.path)
            results.rejections.append(
                Rejection(place, Reason.WORKER_DIED, item_id=task.film.film_id)
            )
        progress(len(result.inputs))
    if results.stop is not None:
        raise results.stop
    if not results.images:
        reasons = ", ".join(sorted({rejection.reason for rejection in results.rejections}))
        raise InputError(f"none of {len(films)} films could be exported: {reasons}")
    results.rejections.sort(key=lambda rejection: rejection.item_id or 0)
    return results


def _batches(
    films: CleanFilms, image_of: Callable[[int], str], folder: Path, results: ExportResults
) -> Iterator[Sequence[ExportTask]]:
    batch: list[ExportTask] = []
    for row in films:
        if results.stop is not None:
            return
        batch.append(ExportTask(row.film, folder, image_of(row.film.film_id)))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _take(outcome: ExportOutcome, results: ExportResults, folder: DatasetFolder) -> None:
    match outcome:
        case Exported():
            results.images.append(outcome)
            folder.checksums[outcome.image] = outcome.sha256
        case StillIdentified(task):
            msg = f"{task.film.path}: PatientIdentityRemoved is not YES"
            results.stop = PrivacyError(f"{msg}; nothing was published")
        case OutputFailed(task, cause):
            results.stop = cannot_write(task.image, cause)
        case Rejection():
            results.rejections.append(outcome)
