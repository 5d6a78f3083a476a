"""The layout of COCO: images by split, and one file of annotations for each.

Source: Lin et al., "Microsoft COCO: Common Objects in Context", arXiv:1405.0312 (2014); the format
as of https://cocodataset.org/#format-data.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.images import ImageFormat, Resize
from plainfilm.publish.layouts.layout import Contents, Place, PublishedImage

__all__ = ["Coco"]


@dataclass(frozen=True)
class Coco:
    """Images by split, with boxes; those without a box are there, too."""

    name: ClassVar[str] = "coco"
    description: ClassVar[str] = "Laid out like COCO, for detection."
    formats: ClassVar[tuple[ImageFormat, ...]] = (
        ImageFormat.JPEG,
        ImageFormat.PNG8,
        ImageFormat.PNG16,
    )
    readers: ClassVar[Mapping[ImageFormat, str]] = dict.fromkeys(
        formats, "`pycocotools` and what builds on it read it."
    )
    resize: ClassVar[Resize | None] = None
    label_set: ClassVar[str] = "chexpert"
    needs_positive: ClassVar[bool] = False

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        return (
            ("images/<split>/<dicom_id>{suffix}", "the images"),
            (
                "annotations/instances_<split>.json",
                (
                    "images, categories and boxes `[x, y, width, height]` in pixels of the image."
                    " Beside COCO's own, an image has `subject_id`, `study_id`, `category` (of the"
                    " film), and `labels` (of its study's report: 1, 0, -1; null without one)"
                ),
            ),
        )

    def image_path(self, place: Place) -> str:
        return f"images/{place.split}/{place.dicom_id}"

    def number_of(self, image: str) -> int | None:
        return None

    def finish(self, folder: DatasetFolder, contents: Contents) -> Contents:
        # The same numbers in all splits, so that their annotations can be put together.
        numbers = {image.place.film_id: n for n, image in enumerate(contents.images, 1)}
        names = sorted({box.finding for image in contents.images for box in image.boxes})
        categories = {name: number for number, name in enumerate(names, 1)}
        box_numbers = count(1)
        for split in SPLITS:
            images = [image for image in contents.images if image.film.split == split]
            found = {
                "info": {"description": folder.name},
                "licenses": [],
                "categories": [
                    {"id": number, "name": name, "supercategory": "finding"}
                    for name, number in categories.items()
                ],
                "images": [_image(image, numbers, contents.labels) for image in images],
                "annotations": [
                    annotation | {"id": next(box_numbers)}
                    for image in images
                    for annotation in _annotations(image, numbers, categories)
                ],
            }
            text = json.dumps(found, ensure_ascii=False, allow_nan=False)
            folder.write(f"annotations/instances_{split}.json", text.encode())
        return contents


def _image(
    image: PublishedImage, numbers: Mapping[int, int], labels: Mapping[int, Mapping[str, int]]
) -> dict[str, object]:
    return {
        "id": numbers[image.place.film_id],
        "file_name": image.film.image.rsplit("/", 1)[-1],
        "width": image.film.columns,
        "height": image.film.rows,
        "subject_id": image.place.subject_id,
        "study_id": image.place.study_id,
        "category": image.film.category,
        "labels": labels.get(image.film.study_pk),
    }


def _annotations(
    image: PublishedImage, numbers: Mapping[int, int], categories: Mapping[str, int]
) -> list[dict[str, object]]:
    return [
        {
            "image_id": numbers[image.place.film_id],
            "category_id": categories[box.finding],
            "bbox": [box.x, box.y, box.width, box.height],
            "area": box.area,
            "segmentation": [],
            "iscrowd": 0,
        }
        for box in image.boxes
    ]
