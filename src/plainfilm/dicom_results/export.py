"""Writing what an archive knows of its films' findings into a folder, as DICOM objects."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from plainfilm.archive import OWN_PREFIX, Archive, claim_folder, film_folders
from plainfilm.dicom import read_header
from plainfilm.dicom_results.identity import Kind, identity_of, kinds_for
from plainfilm.dicom_results.selection import FilmReading, FilmReadings, ModelUsed
from plainfilm.dicom_results.step import (
    ResultTask,
    WriteFailed,
    WriteOutcome,
    WriteResults,
    Written,
)
from plainfilm.errors import ArchiveError, ModelError, Reason, SettingsError, UnreadableDicom
from plainfilm.findings.model_files import ModelFile
from plainfilm.models import find_finding_model
from plainfilm.records import Rejection
from plainfilm.steps import BatchResult, Engine

__all__ = ["ExportSummary", "export_findings"]

MARKER: Final = f"{OWN_PREFIX}findings.json"
_BATCH: Final = 4
_UID: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_LONGEST_UID: Final = 64


@dataclass(slots=True)
class ExportSummary:
    """What came of exporting.

    Attributes:
        films: those with findings in the archive.
        written: objects by kind; `skipped`: those that an earlier run wrote.
        withdrawn: files deleted, since there is nothing of their kind to show any more.
        without_heat: models that gave no heat maps, since the store does not have them, or they
            have none; their segmentations are of boxes.
    """

    films: int = 0
    written: Counter[Kind] = field(default_factory=Counter)
    skipped: int = 0
    withdrawn: int = 0
    without_heat: list[str] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def rejected(self) -> Counter[Reason]:
        return Counter(item.reason for item in self.rejections)


def export_findings(
    archive: Archive,
    out: Path,
    kinds: Sequence[Kind] = tuple(Kind),
    *,
    engine: Engine,
    where: str | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> ExportSummary:
    """Write DICOM objects of the findings of an archive's films.

    They go to `<study>/<film>.<task>.<kind>.dcm` below `out`, by UIDs, and refer to the films as
    they are in the archive, identity included, so that a PACS files them with the films. What an
    earlier run wrote for the same findings is left alone, so a killed run goes on.

    Args:
        out: a new or empty folder, or one with results from the same archive.
        where: an SQL condition on `films` that chooses some.
        progress: called with the number of readings settled since the last call.
    Raises:
        SettingsError: `out` holds something else, or lies among the originals; or the archive has
            no findings.
        BadTable: `where` is not a condition.
        ArchiveError: an object cannot be written, such as on a full disk; what was written stays.
        ModelError: the model of heat maps cannot be run.
    """
    readings = FilmReadings(archive, where)
    if not readings.films:
        message = "none of the films has findings"
        raise SettingsError(f"{message}; run `plainfilm findings {archive.path}` first")
    owner = {"made_by": "plainfilm export-findings", "archive": archive.settings.archive_id}
    claim_folder(out, MARKER, owner, [*film_folders(archive), archive.path])
    run = _Run(out.absolute(), tuple(dict.fromkeys(kinds)), ExportSummary(readings.films))
    for result in engine.run(WriteResults(), _batches(run.to_do(readings, progress))):
        run.settle(result)
        progress(len(result.inputs))
    return run.summary


@dataclass(slots=True)
class _Run:
    out: Path
    kinds: tuple[Kind, ...]
    summary: ExportSummary
    heat_models: dict[ModelUsed, ModelFile | None] = field(default_factory=dict)

    def to_do(
        self, readings: Iterable[FilmReading], progress: Callable[[int], None]
    ) -> Iterator[ResultTask]:
        """The films with objects that are not there yet."""
        for one in readings:
            heat = self._heat_model(one)
            files = self._missing(one, heated=heat is not None)
            if files:
                yield ResultTask(one.film, one.reading, files, heat)
            else:
                progress(1)

    def _missing(self, one: FilmReading, *, heated: bool) -> dict[Kind, Path]:
        shown = kinds_for(one.reading, heated=heated)
        labels = [found.label for found in one.reading.present] if heated else []
        files: dict[Kind, Path] = {}
        for kind in self.kinds:
            path = self.out / _file_name(one, kind)
            if kind not in shown:
                self._withdraw(path)
                continue
            identity = identity_of(
                kind, one.study_uid, one.film.sop_instance_uid, one.reading, heated=labels
            )
            if _holds(path, identity.sop_uid):
                self.summary.skipped += 1
            else:
                files[kind] = path
        return files

    def _withdraw(self, path: Path) -> None:
        try:
            if path.exists():
                path.unlink()
                self.summary.withdrawn += 1
        except OSError as error:
            raise ArchiveError(f"cannot delete {path}: {error.strerror}") from error

    def _heat_model(self, one: FilmReading) -> ModelFile | None:
        """The model that made the reading's boxes of heat maps, where it can make these again."""
        used = one.classifier
        wanted = Kind.SEGMENTATION in self.kinds and one.reading.present
        if used is None or not wanted or one.reading.locator != used.model:
            return None
        if used not in self.heat_models:
            self.heat_models[used] = found = _find_heat_model(used)
            if found is None:
                self.summary.without_heat.append(f"{used.model.name} {used.model.version}")
        return self.heat_models[used]

    def settle(self, result: BatchResult[ResultTask, WriteOutcome]) -> None:
        """Note what became of a batch.

        Raises:
            ArchiveError: an object could not be written.
        """
        for outcome in result.outputs:
            if isinstance(outcome, Written):
                self.summary.written.update(outcome.kinds)
            elif isinstance(outcome, Rejection):
                self.summary.rejections.append(outcome)
        self.summary.rejections += [
            Rejection(task.film.location, Reason.WORKER_DIED, item_id=task.film.film_id)
            for task in result.lost
        ]
        for outcome in result.outputs:
            if isinstance(outcome, WriteFailed):
                raise ArchiveError(outcome.cause)


def _find_heat_model(used: ModelUsed) -> ModelFile | None:
    try:
        found = find_finding_model(used.model.name)
    except ModelError:
        return None  # used by its path, or removed since
    same = found.card.sha256 == used.sha256 and found.card.has_maps
    return ModelFile.of(found) if same else None


def _holds(path: Path, sop_uid: str) -> bool:
    try:
        return read_header(path).tags.get("SOPInstanceUID") == sop_uid
    except UnreadableDicom:
        return False  # not there, or cut


def _file_name(one: FilmReading, kind: Kind) -> str:
    """Where an object goes; what is no UID never becomes part of a path."""
    study, uid = one.study_uid, one.film.sop_instance_uid
    film = uid if _is_uid(uid) else str(one.film.film_id)
    task = re.sub(r"[^A-Za-z0-9_-]+", "_", one.reading.task)
    return f"{study if _is_uid(study) else 'study'}/{film}.{task}.{kind.value}.dcm"


def _is_uid(text: str) -> bool:
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None


def _batches(tasks: Iterator[ResultTask]) -> Iterator[Sequence[ResultTask]]:
    while batch := list(islice(tasks, _BATCH)):
        yield batch
