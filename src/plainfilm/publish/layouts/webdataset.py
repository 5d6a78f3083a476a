"""The layout of WebDataset: shards that are read front to back, for training at scale.

Source: https://github.com/webdataset/webdataset, "The WebDataset Format".
"""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

from plainfilm.errors import SettingsError
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.images import ImageFormat, Resize
from plainfilm.publish.layouts.layout import Contents, Place, PublishedImage

__all__ = ["WebDataset"]


@dataclass(frozen=True)
class WebDataset:
    """Tar files by split, each film an image and a JSON file of the same name.

    Films stand in the order of their hashed ids, which is random: a shard is a fair sample.

    Attributes:
        shard_films: how many films a shard holds, ≥ 1; the last of a split holds the rest.
    Raises:
        SettingsError: shard_films < 1.
    """

    name: ClassVar[str] = "webdataset"
    description: ClassVar[str] = "Laid out as shards of WebDataset, which are read front to back."
    formats: ClassVar[tuple[ImageFormat, ...]] = (
        ImageFormat.JPEG,
        ImageFormat.PNG8,
        ImageFormat.PNG16,
        ImageFormat.DICOM,
    )
    readers: ClassVar[Mapping[ImageFormat, str]] = dict.fromkeys(
        formats, "The package `webdataset` reads them, and so does what reads tar files."
    )
    resize: ClassVar[Resize | None] = None
    label_set: ClassVar[str] = "chexpert"
    needs_positive: ClassVar[bool] = False

    shard_films: int = 1_000

    def __post_init__(self) -> None:
        if self.shard_films < 1:
            raise SettingsError(f"shard_films ({self.shard_films}) must be at least 1")

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        return (
            (
                "<split>-<number>.tar",
                (
                    f"up to {self.shard_films:,} films each; of every film `<dicom_id>{{suffix}}`"
                    " and `<dicom_id>.json` with ids, view, category, labels of its study's report"
                    " (1, 0 or -1; null without a report) and boxes in pixels of the image"
                ),
            ),
        )

    def image_path(self, place: Place) -> str:
        return f"{place.split}/{place.dicom_id}"

    def number_of(self, image: str) -> int | None:
        return None

    def finish(self, folder: DatasetFolder, contents: Contents) -> Contents:
        moved: list[PublishedImage] = []
        for split in SPLITS:
            images = [image for image in contents.images if image.film.split == split]
            images.sort(key=lambda image: image.place.dicom_id)
            for number, start in enumerate(range(0, len(images), self.shard_films)):
                shard = f"{split}-{number:06}.tar"
                part = images[start : start + self.shard_films]
                with folder.adding(shard) as path:
                    _pack(path, part, folder.path, contents.labels)
                for image in part:
                    folder.remove(image.film.image)
                    member = f"{shard}!{image.film.image.rsplit('/', 1)[-1]}"
                    moved.append(replace(image, film=replace(image.film, image=member)))
            folder.remove_folder(split)
        by_film = {image.place.film_id: image for image in moved}
        return replace(contents, images=[by_film[image.place.film_id] for image in contents.images])


def _pack(
    path: Path,
    images: Sequence[PublishedImage],
    folder: Path,
    labels: Mapping[int, Mapping[str, int]],
) -> None:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for image in images:
            name = image.film.image.rsplit("/", 1)[-1]
            _add(tar, name, (folder / image.film.image).read_bytes())
            facts = json.dumps(_facts(image, labels), ensure_ascii=False, allow_nan=False)
            _add(tar, f"{image.place.dicom_id}.json", facts.encode())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # of no time and no owner: equal shards are equal bytes
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _facts(image: PublishedImage, labels: Mapping[int, Mapping[str, int]]) -> dict[str, object]:
    film, place = image.film, image.place
    return {
        "dicom_id": place.dicom_id,
        "subject_id": place.subject_id,
        "study_id": place.study_id,
        "split": film.split,
        "rows": film.rows,
        "columns": film.columns,
        "category": film.category,
        "laterality": film.laterality,
        "view": film.view,
        "view_position": image.header.view_position,
        "sex": film.sex,
        "age_years": film.age_years,
        "study_date": film.study_date,
        "labels": labels.get(film.study_pk),
        "boxes": [asdict(box) for box in image.boxes],
    }
