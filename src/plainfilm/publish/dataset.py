"""Publishing an archive's de-identified films as a dataset: one flow for every layout.

Plan where each film goes, export the images, let the layout write its tables, describe, sign with
checksums. Everything is written beside the dataset's place, which appears complete or not at all.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from plainfilm.archive import Archive
from plainfilm.errors import SettingsError
from plainfilm.publish import selection
from plainfilm.publish.boxes import Box, fitted_box, read_boxes
from plainfilm.publish.cleaning import read_cleaning
from plainfilm.publish.describe import DatasetOptions, Making, describe, settle_leaks
from plainfilm.publish.export import Exported, ExportImage
from plainfilm.publish.folder import new_dataset
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.layouts import Contents, Layout, PublishedImage
from plainfilm.publish.lineage import steps_used
from plainfilm.publish.patients import SplitRequest
from plainfilm.publish.plan import Plan, Planned, plan_places
from plainfilm.publish.published import PublishedFilm
from plainfilm.publish.run_export import export_films
from plainfilm.publish.selection import CleanFilms, Decided
from plainfilm.publish.summary import PublishSummary, SplitCounts, count_labels
from plainfilm.publish.versions import Previous, read_previous
from plainfilm.publish.views import view_of
from plainfilm.steps import Engine
from plainfilm.vocabulary import label_set as findings_of

__all__ = ["publish"]


def publish(
    archive: Archive,
    out: Path,
    *,
    layout: Layout,
    engine: Engine,
    key: bytes,
    image: ExportImage | None = None,
    label_set: str | None = None,
    boxes: Path | None = None,
    where: str | None = None,
    options: DatasetOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> PublishSummary:
    """Write the archive's de-identified films as a dataset.

    Only de-identified copies are read. The same archive, key and options give the same files,
    byte for byte; ids and splits stay as they are when films are added.

    Args:
        out: the dataset's folder, new or empty; its name becomes part of some tables' names.
        key: at least 16 secret bytes; new ids and splits are hashes with it.
        image: format and size of the images; None is the layout's own.
        label_set: `chexpert` or `nih`; None is the layout's own.
        boxes: a table of boxes; see `read_boxes`.
        where: an SQL condition on `films` that chooses what to publish.
        options: splits, near-duplicates, the version before this one, licence.
        progress: hears how many films are settled since it last heard.
    Raises:
        PrivacyError: the archive has no de-identified films, the pixels of some were not searched
            for text, or a clean copy's header does not say that the patient's identity was removed.
        SettingsError: an option is out of range, `out` is not empty or is the archive's, near
            duplicates are in two splits, the version before is damaged or another dataset's, or
            the layout's readers need labels and there are none.
        BadTable: a box is wrong, `where` is not a condition, or a test patient is not there.
        ArchiveError: the dataset cannot be written, such as on a full disk.
        InputError: not one film could be exported.
    """
    started = time.monotonic()
    step = image or ExportImage(format=layout.formats[0], resize=layout.resize)
    _check_format(layout, step)
    chosen_set = label_set or layout.label_set
    findings = sorted(findings_of(chosen_set))
    asked = options or DatasetOptions()
    previous = _previous(asked, layout, key, out)
    films = CleanFilms(archive, where)
    cleaning = read_cleaning(archive, where, len(films))
    if not asked.unsearched_pixels:
        cleaning.refuse_unsearched()
    every_label = selection.study_labels(archive, chosen_set)
    decisions = selection.film_decisions(archive)
    request = SplitRequest(asked.split, asked.test_patients, every_label, decisions)
    every_film = CleanFilms(archive) if where else films
    plan = plan_places(films, every_film, request, key, layout=layout, previous=previous)
    _check_labels(layout, chosen_set, every_label, plan, archive)
    boxes_of = read_boxes(boxes, archive, asked.box_findings) if boxes else {}
    with new_dataset(out, archive.path) as folder:
        results = export_films(
            engine,
            step,
            films,
            lambda film: layout.image_path(plan.films[film].place) + step.format.suffix,
            folder,
            progress or _unheard,
        )
        images = _images(results.images, plan.films, decisions, boxes_of, step)
        images, leaks = settle_leaks(images, folder, asked.near_duplicates)
        labels = _of_published(every_label, images)
        contents = layout.finish(folder, Contents(images, chosen_set, findings, labels))
        summary = PublishSummary(
            path=out,
            splits=_count_splits(contents.images),
            labels=count_labels(findings, labels.values()),
            label_set=chosen_set,
            reported_studies=len(labels),
            boxes=sum(len(one.boxes) for one in images),
            near_duplicates=len(leaks),
            real_dates=cleaning.real_dates,
            unsearched_pixels=cleaning.unsearched_pixels,
            rejections=tuple(results.rejections),
            seconds=time.monotonic() - started,
        )
        making = Making(
            layout=layout,
            step=step,
            key=key,
            options=asked,
            steps=steps_used(archive),
            cleaning=cleaning,
            pinned=plan.pinned,
            previous=previous,
            leaks=leaks,
            chosen=where is not None,
        )
        changes = describe(folder, contents, summary, making)
    return replace(summary, changes=Counter(change.kind.value for change in changes))


def _previous(options: DatasetOptions, layout: Layout, key: bytes, out: Path) -> Previous | None:
    if options.previous is None:
        return None
    if out.resolve().is_relative_to(options.previous.resolve()):
        msg = f"{out} lies in the version before, {options.previous}, which is never changed"
        raise SettingsError(f"{msg}; choose a folder next to it")
    return read_previous(options.previous, layout=layout.name, key=key)


def _unheard(_films: int) -> None:
    """The progress of a publication that nobody watches."""


def _check_format(layout: Layout, step: ExportImage) -> None:
    if step.format not in layout.formats:
        allowed = ", ".join(layout.formats)
        msg = f"the layout {layout.name} has no images of format {step.format}"
        raise SettingsError(f"{msg}; allowed: {allowed}")


def _check_labels(
    layout: Layout,
    label_set: str,
    labels: Mapping[int, Mapping[str, int]],
    plan: Plan,
    archive: Archive,
) -> None:
    """Refuse a dataset that the layout's readers could not open."""
    studies = {planned.study_pk for planned in plan.films.values()}
    if not layout.needs_positive or any(1 in labels.get(each, {}).values() for each in studies):
        return
    sets = selection.label_sets(archive)
    others = " or ".join(f"--labels {name}" for name in sets if name != label_set)
    msg = f"no film has a positive label of the set {label_set}, and without one what reads"
    ways = f"run `plainfilm label ARCHIVE --labels {label_set}` first"
    ways += f", publish with {others}" if others else ""
    raise SettingsError(
        f"{msg} {layout.name} cannot open the dataset; {ways}, or choose another layout"
    )


def _images(
    exported: Sequence[Exported],
    planned: Mapping[int, Planned],
    decisions: Mapping[int, Decided],
    boxes: Mapping[int, tuple[Box, ...]],
    step: ExportImage,
) -> list[PublishedImage]:
    """What is known of each image; by id, not in the order in which workers happened to finish."""
    undecided = Decided()
    images = [
        PublishedImage(
            place=planned[one.film_id].place,
            film=_published(one, planned[one.film_id], decisions.get(one.film_id, undecided)),
            header=one.header,
            stored=one.stored,
            boxes=_fitted(boxes.get(one.film_id, ()), one, step),
        )
        for one in exported
    ]
    return sorted(images, key=_order)


def _order(image: PublishedImage) -> tuple[int, int, str]:
    place = image.place
    return place.subject_id, place.study_id, place.dicom_id


def _published(exported: Exported, planned: Planned, decided: Decided) -> PublishedFilm:
    place, header = planned.place, exported.header
    return PublishedFilm(
        film_id=place.film_id,
        patient=place.patient,
        study=place.study,
        uid=place.uid,
        study_pk=planned.study_pk,
        patient_pk=planned.patient_pk,
        split=place.split,
        image=exported.image,
        rows=exported.size[0],
        columns=exported.size[1],
        category=decided.category,
        laterality=decided.laterality or header.laterality,
        view=view_of(decided.category, header.view_position),
        sex=header.sex,
        age_years=header.age_years,
        study_date=header.study_date,
        image_hash=exported.image_hash,
        sha256=exported.sha256,
    )


def _fitted(boxes: tuple[Box, ...], exported: Exported, step: ExportImage) -> tuple[Box, ...]:
    if step.resize is None or not boxes:
        return boxes
    fitting = step.resize.fitting(*exported.stored)
    return tuple(fitted_box(box, exported.stored, fitting) for box in boxes)


def _of_published(
    labels: Mapping[int, Mapping[str, int]], images: Sequence[PublishedImage]
) -> dict[int, Mapping[str, int]]:
    """study_pk → labels, for the published studies that have a labelled report."""
    studies = dict.fromkeys(image.film.study_pk for image in images)
    return {study: labels[study] for study in studies if study in labels}


def _count_splits(images: Sequence[PublishedImage]) -> dict[str, SplitCounts]:
    counts = {}
    for name in (*SPLITS, "all"):
        films = [image.film for image in images if name in (image.film.split, "all")]
        counts[name] = SplitCounts(
            films=len(films),
            studies=len({film.study_pk for film in films}),
            patients=len({film.patient_pk for film in films}),
        )
    return counts
