"""The layout of ChestX-ray14.

Source: Wang et al., "ChestX-ray8: Hospital-scale Chest X-ray Database and Benchmarks on
Weakly-Supervised Classification and Localization of Common Thorax Diseases", CVPR 2017,
arXiv:1705.02315; its tables Data_Entry_2017.csv and BBox_List_2017.csv.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.images import ImageFormat, Resize, Side
from plainfilm.publish.layouts.layout import Contents, Place, PublishedImage
from plainfilm.vocabulary import NO_FINDING

__all__ = ["ChestXray14"]

_IMAGES: Final = "images/"
_NUMBERED: Final = re.compile(rf"{_IMAGES}[0-9]+_([0-9]+)\..+")
# The last two names of pairs are cut at their commas in the original, too.
_ENTRY_COLUMNS: Final = (
    "Image Index",
    "Finding Labels",
    "Follow-up #",
    "Patient ID",
    "Patient Age",
    "Patient Gender",
    "View Position",
    "OriginalImage[Width",
    "Height]",
    "OriginalImagePixelSpacing[x",
    "y]",
)
_BOX_COLUMNS: Final = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]", "", "", "")
_LISTS: Final = {
    "train_val_list.txt": ("train", "validate"),
    "train_list.txt": ("train",),
    "val_list.txt": ("validate",),
    "test_list.txt": ("test",),
}


@dataclass(frozen=True)
class ChestXray14:
    """All images in one folder, one table of labels, lists of names for the splits."""

    name: ClassVar[str] = "chestxray14"
    description: ClassVar[str] = "Laid out like ChestX-ray14."
    formats: ClassVar[tuple[ImageFormat, ...]] = (
        ImageFormat.PNG8,
        ImageFormat.PNG16,
        ImageFormat.JPEG,
    )
    readers: ClassVar[Mapping[ImageFormat, str]] = dict.fromkeys(
        (ImageFormat.PNG8, ImageFormat.JPEG),
        "What reads ChestX-ray14 reads it, such as `NIH_Dataset` of torchxrayvision.",
    )
    # As large as the original's; readers take its boxes to be in pixels of 1024 x 1024.
    resize: ClassVar[Resize | None] = Resize(Side.SQUARE, 1024)
    label_set: ClassVar[str] = "nih"
    needs_positive: ClassVar[bool] = True

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        return (
            ("images/<Patient ID>_<Follow-up #>{suffix}", "the images"),
            (
                "Data_Entry.csv",
                (
                    "a row for each image. `Finding Labels` are the positive ones, `No Finding`"
                    " where the report has none, and blank where it is uncertain or none is there"
                ),
            ),
            ("BBox_List.csv", "a row for each box, in pixels of the image"),
            (
                "train_val_list.txt, train_list.txt, val_list.txt, test_list.txt",
                "names of the images of the splits",
            ),
        )

    def image_path(self, place: Place) -> str:
        return f"{_IMAGES}{place.subject_id:08}_{place.number:03}"

    def number_of(self, image: str) -> int | None:
        found = _NUMBERED.fullmatch(image)
        return int(found[1]) if found else None

    def finish(self, folder: DatasetFolder, contents: Contents) -> Contents:
        images = sorted(contents.images, key=_index)
        folder.write_table(
            "Data_Entry.csv",
            _ENTRY_COLUMNS,
            (_entry(image, contents.labels.get(image.film.study_pk), contents) for image in images),
        )
        folder.write_table(
            "BBox_List.csv",
            _BOX_COLUMNS,
            (
                (_index(image), box.finding, box.x, box.y, box.width, box.height)
                for image in images
                for box in image.boxes
            ),
        )
        for name, splits in _LISTS.items():
            listed = (f"{_index(image)}\n" for image in images if image.film.split in splits)
            folder.write(name, "".join(listed).encode())
        return contents


def _index(image: PublishedImage) -> str:
    return image.film.image.removeprefix(_IMAGES)


def _entry(
    image: PublishedImage, labels: Mapping[str, int] | None, contents: Contents
) -> tuple[object, ...]:
    age, spacing = image.film.age_years, image.header.spacing_mm or ("", "")
    rows, columns = image.stored
    return (
        _index(image),
        _finding_labels(labels or {}, contents.findings),
        image.place.number,
        image.place.subject_id,
        "" if age is None else int(age),
        image.film.sex,
        image.header.view_position,
        columns,
        rows,
        spacing[1],  # x is across, DICOM's second
        spacing[0],
    )


def _finding_labels(labels: Mapping[str, int], findings: Sequence[str]) -> str:
    positive = [name for name in findings if labels.get(name) == 1 and name != NO_FINDING]
    return "|".join(positive) or (NO_FINDING if labels.get(NO_FINDING) == 1 else "")
