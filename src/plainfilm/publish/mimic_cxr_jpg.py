"""Publish an archive's de-identified films in the layout of MIMIC-CXR-JPG 2.

    files/p10/p10000032/s50414267/<dicom_id>.jpg
    <dataset>-metadata.csv.gz    one row per film: view, size, dates, procedure
    <dataset>-split.csv.gz       one row per film: train, validate or test
    <dataset>-chexpert.csv.gz    one row per study with a report: 1.0, 0.0, -1.0 or blank
    <dataset>-categories.csv.gz  one row per film: its category
    README.md                    counts, columns and lineage
    SHA256SUMS                   over every other file

Source: Johnson et al., MIMIC-CXR-JPG 2.0.0, PhysioNet (2019), doi:10.13026/8360-t248.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import InputError, PlainfilmError, PrivacyError, Reason, SettingsError
from plainfilm.publish import selection
from plainfilm.publish.datasheet import datasheet
from plainfilm.publish.export import (
    Exported,
    ExportJpeg,
    ExportOutcome,
    ExportTask,
    OutputFailed,
    StillIdentified,
)
from plainfilm.publish.folder import DatasetFolder, cannot_write, new_dataset
from plainfilm.publish.identifiers import (
    SPLITS,
    STUDY_IDS,
    SUBJECT_IDS,
    assign_ids,
    film_id,
    split_of,
)
from plainfilm.publish.selection import CleanFilms
from plainfilm.publish.summary import PublishSummary, SplitCounts, count_labels
from plainfilm.records import CleanFilm, Location, Rejection
from plainfilm.steps import Engine
from plainfilm.vocabulary import label_set as findings_of

__all__ = ["publish_mimic_cxr_jpg"]

_BATCH: Final = 8
_ID_COLUMNS: Final = ("dicom_id", "subject_id", "study_id")
_METADATA_COLUMNS: Final = (
    "PerformedProcedureStepDescription",
    "ViewPosition",
    "Rows",
    "Columns",
    "StudyDate",
    "StudyTime",
    "ProcedureCodeSequence_CodeMeaning",
    "ViewCodeSequence_CodeMeaning",
    "PatientOrientationCodeSequence_CodeMeaning",
)
_LABEL_TEXT: Final = {1: "1.0", 0: "0.0", -1: "-1.0"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a film stands in the dataset."""

    film: int
    subject_id: int
    study_id: int
    dicom_id: str
    split: str
    study_pk: int

    @property
    def ids(self) -> tuple[str, int, int]:
        return self.dicom_id, self.subject_id, self.study_id

    @property
    def study(self) -> tuple[int, int]:
        return self.subject_id, self.study_id

    def order(self) -> tuple[int, int, str]:
        return *self.study, self.dicom_id

    @property
    def image(self) -> str:
        subject = f"p{self.subject_id}"
        return f"files/{subject[:3]}/{subject}/s{self.study_id}/{self.dicom_id}.jpg"


@dataclass(frozen=True, slots=True)
class _Plan:
    """The clean films and where each of them goes, by film_id."""

    films: CleanFilms
    places: Mapping[int, _Place]


@dataclass(slots=True)
class _Results:
    """What has come of the films so far; `stop` is why no more are to be exported."""

    metadata: dict[int, tuple[object, ...]] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    stop: PlainfilmError | None = None


def publish_mimic_cxr_jpg(
    archive: Archive,
    out: Path,
    *,
    engine: Engine,
    key: bytes,
    label_set: str = "chexpert",
    split: tuple[float, float, float] = (0.8, 0.1, 0.1),
    quality: int = 95,
    progress: Callable[[int], None] | None = None,
) -> PublishSummary:
    """Write the archive's de-identified films as a dataset in the layout of MIMIC-CXR-JPG.

    Only de-identified copies are read. The same archive, key and options give the same files,
    byte for byte; ids and splits stay as they are when films are added.

    Args:
        out: the dataset's folder, new or empty; its name becomes part of the tables' names.
        key: at least 16 secret bytes; new ids and splits are hashes with it.
        label_set: `chexpert` or `nih`.
        split: shares of patients for train, validate and test; they sum to 1.
        quality: of the JPEGs, 1 to 100.
        progress: hears how many films are settled since it last heard.
    Raises:
        PrivacyError: the archive has no de-identified films, or a clean copy's header does not
            say that the patient's identity was removed.
        SettingsError: an option is out of range, or `out` is not empty or is the archive's.
        ArchiveError: the dataset cannot be written, such as on a full disk.
        InputError: not one film could be exported.
    """
    started = time.monotonic()
    if not 1 <= quality <= 100:
        raise SettingsError(f"quality ({quality}) must be 1 to 100")
    findings = sorted(findings_of(label_set))
    films = CleanFilms(archive)
    plan = _Plan(films, _places(films, split, key))
    with new_dataset(out, archive.path) as folder:
        step = ExportJpeg(quality)
        results = _export(engine, step, plan, folder, progress or _unheard)
        # By id, not in the order in which workers happened to finish.
        kept = sorted((plan.places[film] for film in results.metadata), key=_Place.order)
        labels = _labels_of_studies(archive, label_set, kept)
        _write_film_tables(folder, kept, results.metadata, selection.film_categories(archive))
        _write_labels(folder, label_set, findings, labels)
        summary = PublishSummary(
            path=out,
            splits=_count_splits(kept),
            labels=count_labels(findings, labels.values()),
            label_set=label_set,
            reported_studies=len(labels),
            rejections=tuple(results.rejections),
            seconds=time.monotonic() - started,
        )
        sheet = datasheet(folder.name, summary, step, selection.lineage(archive))
        folder.write("README.md", sheet.encode())
    return summary


def _unheard(_films: int) -> None:
    """The progress of a publication that nobody watches."""


def _places(clean: CleanFilms, split: tuple[float, float, float], key: bytes) -> dict[int, _Place]:
    """Give every clean film its ids and split, before any is written.

    Patients and studies are taken in the order in which the archive met them, so that those that
    come later never take an id away from an earlier one.
    """
    films = sorted((row.patient_pk, row.study_pk, row.film.film_id, row.film) for row in clean)
    _refuse_mixed(films)
    subjects = assign_ids((film.patient for *_, film in films), SUBJECT_IDS, key)
    studies = assign_ids((film.study for *_, film in films), STUDY_IDS, key)
    splits = {patient: split_of(patient, split, key) for patient in subjects}
    return {
        number: _Place(
            film=number,
            subject_id=subjects[film.patient],
            study_id=studies[film.study],
            dicom_id=film_id(film.uid, key),
            split=splits[film.patient],
            study_pk=study_pk,
        )
        for _, study_pk, number, film in films
    }


def _refuse_mixed(films: Sequence[tuple[int, int, int, CleanFilm]]) -> None:
    """Refuse copies under several keys: one patient would be two, perhaps in two splits.

    Raises:
        PrivacyError: a patient or a study of the archive has more than one new id.
    """
    patients = {(patient, film.patient) for patient, _, _, film in films}
    studies = {(study, film.study) for _, study, _, film in films}
    mixed = len(patients) - len({patient for patient, _ in patients})
    mixed += len(studies) - len({study for study, _ in studies})
    if mixed:
        msg = "de-identified copies under different keys or PatientIDs are mixed"
        detail = f"{mixed} patients or studies have more than one new id"
        raise PrivacyError(f"{msg}: {detail}; run `plainfilm deidentify --again` over all films")


def _export(
    engine: Engine,
    step: ExportJpeg,
    plan: _Plan,
    folder: DatasetFolder,
    progress: Callable[[int], None],
) -> _Results:
    """Run the step over every film.

    When something must stop the publication, no further batch is given out, but those in work are
    awaited: no worker may still be writing when the folder is removed.
    """
    results = _Results()
    for result in engine.run(step, _batches(plan, folder.path, results)):
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
    if not results.metadata:
        reasons = ", ".join(sorted({rejection.reason for rejection in results.rejections}))
        raise InputError(f"none of {len(plan.films)} films could be exported: {reasons}")
    results.rejections.sort(key=lambda rejection: rejection.item_id or 0)
    return results


def _batches(plan: _Plan, folder: Path, results: _Results) -> Iterator[Sequence[ExportTask]]:
    batch: list[ExportTask] = []
    for row in plan.films:
        if results.stop is not None:
            return
        batch.append(ExportTask(row.film, folder, plan.places[row.film.film_id].image))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _take(outcome: ExportOutcome, results: _Results, folder: DatasetFolder) -> None:
    match outcome:
        case Exported(task, sha256, metadata):
            values = tuple(metadata.get(column) for column in _METADATA_COLUMNS)
            results.metadata[task.film.film_id] = values
            folder.checksums[task.image] = sha256
        case StillIdentified(task):
            msg = f"{task.film.path}: PatientIdentityRemoved is not YES"
            results.stop = PrivacyError(f"{msg}; nothing was published")
        case OutputFailed(task, cause):
            results.stop = cannot_write(task.image, cause)
        case Rejection():
            results.rejections.append(outcome)


def _labels_of_studies(
    archive: Archive, label_set: str, kept: Sequence[_Place]
) -> dict[tuple[int, int], Mapping[str, int]]:
    """(subject_id, study_id) → labels, for the published studies that have a labelled report."""
    by_study_pk = selection.study_labels(archive, label_set)
    return {
        place.study: by_study_pk[place.study_pk] for place in kept if place.study_pk in by_study_pk
    }


def _write_film_tables(
    folder: DatasetFolder,
    kept: Sequence[_Place],
    metadata: Mapping[int, tuple[object, ...]],
    categories: Mapping[int, str],
) -> None:
    folder.write_table(
        f"{folder.name}-metadata.csv.gz",
        (*_ID_COLUMNS, *_METADATA_COLUMNS),
        ((*place.ids, *metadata[place.film]) for place in kept),
    )
    folder.write_table(
        f"{folder.name}-split.csv.gz",
        (*_ID_COLUMNS, "split"),
        ((*place.ids, place.split) for place in kept),
    )
    folder.write_table(
        f"{folder.name}-categories.csv.gz",
        (*_ID_COLUMNS, "category"),
        ((*place.ids, categories.get(place.film, "")) for place in kept),
    )


def _write_labels(
    folder: DatasetFolder,
    label_set: str,
    findings: Sequence[str],
    labels: Mapping[tuple[int, int], Mapping[str, int]],
) -> None:
    folder.write_table(
        f"{folder.name}-{label_set}.csv.gz",
        ("subject_id", "study_id", *findings),
        (
            (*study, *(_LABEL_TEXT.get(values.get(finding, 2), "") for finding in findings))
            for study, values in labels.items()
        ),
    )


def _count_splits(kept: Sequence[_Place]) -> dict[str, SplitCounts]:
    counts = {}
    for name in (*SPLITS, "all"):
        places = [place for place in kept if name in (place.split, "all")]
        counts[name] = SplitCounts(
            films=len(places),
            studies=len({place.study for place in places}),
            patients=len({place.subject_id for place in places}),
        )
    return counts
