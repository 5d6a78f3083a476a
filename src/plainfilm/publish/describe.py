"""What goes with the images of every dataset: tables, README, lineage, changes, Croissant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from plainfilm.publish.croissant import write_croissant
from plainfilm.publish.datasheet import SheetFacts, datasheet
from plainfilm.publish.export import ExportImage
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.layouts import Contents, Layout, PublishedImage
from plainfilm.publish.leaks import Leak, NearDuplicates, find_leaks, refuse_leaks
from plainfilm.publish.lineage import Lineage, StepUse, fingerprint, write_lineage
from plainfilm.publish.splits import SplitSizes
from plainfilm.publish.summary import PublishSummary
from plainfilm.publish.tables import write_tables
from plainfilm.publish.versions import Change, Previous, write_changes

__all__ = ["DatasetOptions", "Making", "describe", "settle_leaks"]


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """What is asked of a dataset beside its images.

    Attributes:
        split: how many patients each split gets.
        test_patients: a list of clean patient ids for the test split; see `read_test_patients`.
        near_duplicates: what becomes of near-duplicate images in two splits.
        previous: the folder of the version before this one.
        licence: a name or an address.
    """

    split: SplitSizes = field(default_factory=lambda: SplitSizes((0.8, 0.1, 0.1)))
    test_patients: Path | None = None
    near_duplicates: NearDuplicates = NearDuplicates.REFUSE
    previous: Path | None = None
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """How a dataset was made, as far as its description tells.

    Attributes:
        steps: those that made what is in the archive.
        pinned: subject_ids that a list put into the test split.
        chosen: only some films of the archive were published, by a condition.
    """

    layout: Layout
    step: ExportImage
    key: bytes
    options: DatasetOptions
    steps: Sequence[StepUse]
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
        _write_near_duplicates(folder, making.leaks)
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
        },
        steps=[*making.steps, StepUse.of_export(making.step, summary.films)],
        previous=previous.checksum if previous else None,
    )
    write_lineage(folder, lineage)
    facts = SheetFacts(
        layout=making.layout,
        step=making.step,
        lineage=lineage,
        counted=counted,
        split=str(options.split),
        test_patients=len(making.pinned),
        policy=options.near_duplicates,
        near_duplicates=len(making.leaks),
        licence=options.licence,
        previous=previous,
        changes=changes,
    )
    folder.write("README.md", datasheet(folder.name, summary, facts).encode())
    description = (
        f"{summary.films:,} de-identified plain radiographs of {summary.patients:,} patients in"
        f" {summary.studies:,} studies. {making.layout.description}"
    )
    write_croissant(folder, contents, description=description, licence=options.licence)
    return changes


def _write_near_duplicates(folder: DatasetFolder, leaks: Sequence[Leak]) -> None:
    folder.write_table(
        "near_duplicates.csv",
        ("image", "split", "twin", "twin_split", "similarity"),
        (
            (
                leak.film.image,
                leak.film.split,
                leak.twin.image,
                leak.twin.split,
                f"{leak.similarity:.3f}",
            )
            for leak in leaks
        ),
    )
