"""Films and boxes in COCO's JSON.

Source: the format as of https://cocodataset.org/#format-data; Lin et al., arXiv:1405.0312 (2014).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from plainfilm.errors import BadTable
from plainfilm.findings.training.detection_data import (
    BoxedFilm,
    BoxedFilms,
    BoxFault,
    FoundFaults,
    array_of,
    box_fault,
)
from plainfilm.records import Location
from plainfilm.text_files import read_bytes

__all__ = ["read_coco"]

_BOX: Final = 4


class _Image(msgspec.Struct):
    id: int
    file_name: str
    width: int
    height: int
    subject_id: str | int = ""


class _Category(msgspec.Struct):
    id: int
    name: str


class _Annotation(msgspec.Struct):
    image_id: int
    category_id: int
    bbox: list[float]
    id: int = -1
    iscrowd: int = 0


class _Coco(msgspec.Struct):
    images: list[_Image]
    categories: list[_Category]
    annotations: list[_Annotation]


def read_coco(
    source: Path, *, images: Path | None = None, leave_out_faults: bool = False
) -> BoxedFilms:
    """Read one file of instances. An image without annotations was looked at and shows nothing.

    Regions that are told of as crowds have no boxes of their own, and are passed over.

    Args:
        images: the folder of the files; where not given, it is looked for beside the JSON file as
            COCO and `publish --layout coco` have it: `images/`, `images/<split>/`.
    Raises:
        BadTable: the file is no such JSON; or an annotation cannot be used and may not be left
            out: its image, its category or the image's file is not there, its box is wrong.
        BadSource: the file cannot be opened.
    """
    try:
        found = msgspec.json.decode(read_bytes(source), type=_Coco)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadTable(f"{source} is no COCO JSON of instances: {error}") from error
    names = {each.id: each.name for each in found.categories}
    if len(set(names.values())) != len(found.categories):
        raise BadTable(f"{source}: categories must have ids and names, each once")
    for what in ("id", "file_name"):
        if len({getattr(each, what) for each in found.images}) != len(found.images):
            raise BadTable(f"{source}: two images have one {what}")
    faults = FoundFaults(source)
    known = {each.id for each in found.images}
    boxes = _boxes_of(found.annotations, known, names, faults)
    films = []
    folders = [images] if images is not None else _folders(source)
    for image in found.images:
        if str(image.id) in faults.spoilt:
            continue
        path = next((f / image.file_name for f in folders if (f / image.file_name).is_file()), None)
        if path is None or min(image.width, image.height) < 1:
            why = "its file is not there" if path is None else "it has no width or no height"
            faults.add(f"{source}, image {image.id}", why)
            continue
        own = boxes.get(image.id, [])
        films.append(
            BoxedFilm(
                str(image.id),
                Location(path),
                str(image.subject_id) or str(image.id),
                array_of(box for _, box in own),
                tuple(name for name, _ in own),
                frame=(image.height, image.width),
            )
        )
    left_out: tuple[BoxFault, ...] = faults.settle(leave_out=leave_out_faults)
    if not films:
        raise BadTable(f"{source}: none of its images is there")
    return BoxedFilms(tuple(name for _, name in sorted(names.items())), tuple(films), left_out)


def _boxes_of(
    annotations: Sequence[_Annotation],
    images: set[int],
    names: dict[int, str],
    faults: FoundFaults,
) -> dict[int, list[tuple[str, list[float]]]]:
    """Image → finding and corners of each box."""
    found: dict[int, list[tuple[str, list[float]]]] = {}
    for place, annotation in enumerate(annotations):
        if annotation.iscrowd:
            continue
        why = next(_faults(annotation, images, names), None)
        if why is not None:
            number = place if annotation.id < 0 else annotation.id
            faults.add(f"{faults.source}, annotation {number}", why, str(annotation.image_id))
            continue
        box = _corners(annotation.bbox)
        found.setdefault(annotation.image_id, []).append((names[annotation.category_id], box))
    return found


def _faults(annotation: _Annotation, images: set[int], names: dict[int, str]) -> Iterator[str]:
    if annotation.image_id not in images:
        yield "there is no image of its image_id"
    if annotation.category_id not in names:
        yield f"there is no category {annotation.category_id}"
    if len(annotation.bbox) != _BOX:
        yield "bbox is not x, y, width, height"
    elif (why := box_fault(_corners(annotation.bbox))) is not None:
        yield why


def _corners(bbox: Sequence[float]) -> list[float]:
    x, y, width, height = bbox
    return [x, y, x + width, y + height]


def _folders(source: Path) -> list[Path]:
    here, above = source.parent, source.parent.parent
    split = source.stem.rpartition("_")[2]
    return [
        folder
        for base in (here, above)
        for folder in (base, base / "images", base / "images" / split, base / split)
    ]
