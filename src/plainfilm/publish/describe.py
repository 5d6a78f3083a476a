"""What goes with the images of every dataset: tables, README, lineage, changes, Croissant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.publish.cleaning import Cleaning
from plainfilm.publish.croissant import write_croissant
from plainfilm.publish.datasheet import SheetFacts, datasheet, opening
from plainfilm.publish.export import ExportImage
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.identifiers import film_id as dicom_id
from plainfilm.publish.layouts import Contents, Layout, PublishedImage
from plainfilm.publish.leaks import Leak, NearDuplicates, find_leaks, refuse_leaks
from plainfilm.publish.lineage import Lineage, StepUse, fingerprint, write_lineage
from plainfilm.publish.published import PublishedFilm
from plainfilm.publish.splits import SplitSizes
from plainfilm.publish.summary import PublishSummary
from plainfilm.publish.tables import write_tables
from plainfilm.publish.versions import Change, Previous, write_changes

__all__ = ["DatasetOptions", "Making", "describe", "settle_leaks"]


_NEAR_DUPLICATE_COLUMNS: Final = (
    "dicom_id",
    "split",
    "image",
    "twin_dicom_id",
    "twin_split",
    "twin_image",
    "similarity",
)


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """What is asked of a dataset beside its images.

    Attributes:
        split: how many patients each split gets.
        test_patients: a list of clean patient ids for the test split; see `read_test_patients`.
        near_duplicates: what becomes of near-duplicate images in two splits.
        previous: the folder of the version before this one.
        licence: a name or an address.
        box_findings: findings of boxes that are in no label set; see `read_boxes`.
        unsearched_pixels: publish films whose pixels were not searched for text, too.
    """

    split: SplitSizes = field(default_factory=lambda: SplitSizes((0.8, 0.1, 0.1)))
    test_patients: Path | None = None
    near_duplicates: NearDuplicates = NearDuplicates.REFUSE
    previous: Path | None = None
    licence: str = ""
    box_findings: tuple[str, ...] = ()
    unsearched_pixels: bool = False


@dataclass(frozen=True, slots=True)
class Making:
    """How a dataset was made, as far as its description tells.

    Attributes:
        steps: those that made what is in the archive.
        cleaning: how the films were de-identified.
        pinned: subject_ids that a list put into the test split.
        chosen: only some films of the archive were published, by a condition.
    """

    layout: Layout
    step: ExportImage
    key: bytes
    options: DatasetOptions
    steps: Sequence[StepUse]
    cleaning: Cleaning
    pinned: frozenset[str]
    previous: Previous | None
    leaks: Sequence[Leak]
    chosen: bool


def settle_leaks(
    images: Sequence[PublishedImage], folder: DatasetFolder, policy: NearDuplicates
) -> tuple[list[PublishedImage], tuple[Leak, ...]]:
    """Check that no patient and no near-duplicate image is in two splits.

    Returns:
        the images that stay, and the leaks that were found. With `drop`, the images that leak are
        removed from the folder, too.
    Raises:
        SettingsError: there is one, and it is to be refused.
        ArchiveError: an image cannot be removed.
    """
    films = [image.film for image in images]
    if policy is NearDuplicates.REFUSE:
        refuse_leaks(films)
        return list(images), ()
    leaks = find_leaks(films)
    if policy is NearDuplicates.ALLOW:
        return list(images), leaks
    dropped = {leak.film.film_id: leak.film.image for leak in leaks}
    for image in dropped.values():
        folder.remove(image)
    return [image for image in images if image.film.film_id not in dropped], leaks


def describe(
    folder: DatasetFolder, contents: Contents, summary: PublishSummary, making: Making
) -> list[Change]:
    """Write everything but images and the layout's own tables; returns what has changed.

    Raises:
        SettingsError: a patient would change sides between versions though nobody asked for it.
        ArchiveError: the dataset cannot be written.
    """
    options, previous = making.options, making.previous
    counted = write_tables(folder, contents)
    if making.leaks:
        _write_near_duplicates(folder, making, contents)
    changes = write_changes(folder, previous, contents, making.pinned) if previous else []
    lineage = Lineage(
        dataset=folder.name,
        layout=making.layout.name,
        label_set=contents.label_set,
        key=fingerprint(making.key),
        options={
            "split": str(options.split),
            "test_patients": len(making.pinned),
            "near_duplicates": options.near_duplicates.value,
            "films_chosen_by_condition": making.chosen,
            "films_with_unsearched_pixels": making.cleaning.unsearched_pixels,
            "films_with_real_dates": making.cleaning.real_dates,
        },
        steps=[*making.steps, StepUse.of_export(making.step, summary.films)],
        previous=previous.checksum if previous else None,
    )
    write_lineage(folder, lineage)
    facts = SheetFacts(
        layout=making.layout,
        step=making.step,
        lineage=lineage,
        cleaning=making.cleaning,
        counted=counted,
        split=str(options.split),
        test_patients=len(making.pinned),
        policy=options.near_duplicates,
        leaks=making.leaks,
        licence=options.licence,
        previous=previous,
        changes=changes,
    )
    folder.write("README.md", datasheet(folder.name, summary, facts).encode())
    write_croissant(
        folder,
        contents,
        description=f"{opening(summary)} {facts.description}",
        dates=making.cleaning.dates,
        licence=options.licence,
    )
    return changes


def _write_near_duplicates(folder: DatasetFolder, making: Making, contents: Contents) -> None:
    """A row for each pair; the image that was left out has no path."""
    images = {image.place.film_id: image.film.image for image in contents.images}

    def cells(film: PublishedFilm) -> tuple[str, str, str]:
        return dicom_id(film.uid, making.key), film.split, images.get(film.film_id, "")

    rows = (
        (*cells(leak.film), *cells(leak.twin), f"{leak.similarity:.3f}") for leak in making.leaks
    )
    folder.write_table("near_duplicates.csv", _NEAR_DUPLICATE_COLUMNS, rows)
