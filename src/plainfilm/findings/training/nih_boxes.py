"""Films and boxes of ChestX-ray14: its `BBox_List_2017.csv` and the images that it names.

Source: Wang et al., ChestX-ray8 (CVPR 2017): 984 boxes on 880 of its images, by radiologists.
"""

import csv
import gzip
import zlib
from pathlib import Path
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.findings.training.detection_data import (
    BoxedFilm,
    BoxedFilms,
    FoundFaults,
    array_of,
    box_fault,
    image_files,
)
from plainfilm.records import Location
from plainfilm.text_files import csv_reader, decode, read_bytes
from plainfilm.vocabulary import NO_FINDING, label_set

__all__ = ["is_nih", "read_nih_boxes"]

_HEAD: Final = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]")
_SIDE: Final = 1024  # of the published images, which boxes are told of
_OTHER_NAMES: Final = {"Infiltrate": "Infiltration"}  # as the table calls what the others call so


def is_nih(head: str) -> bool:
    """Whether a table that begins with this line is the list of ChestX-ray14's boxes."""
    return head.lstrip("\ufeff").startswith(",".join(_HEAD[:2]))


def read_nih_boxes(
    source: Path, *, images: Path | None = None, leave_out_faults: bool = False
) -> BoxedFilms:
    """Read the list of boxes; all of its films have some.

    Args:
        source: plain or gzipped.
        images: the folder, with all below it, that holds the images in whatever size; the list's
            own where not given. Those of the list that are not there are left out in silence where
            others are: the images come in twelve archives.
    Raises:
        BadTable: the table cannot be read, or none of its images is there; or a row cannot be used
            and may not be left out.
        BadSource: the file cannot be opened.
    """
    lines = _text(source).splitlines(keepends=True)
    if not lines or not is_nih(lines[0]):
        raise BadTable(f"{source} is no list of boxes with the columns {', '.join(_HEAD)}")
    labels = tuple(name for name in label_set("nih") if name != NO_FINDING)
    files, faults = image_files(images or source.parent), FoundFaults(source)
    boxes: dict[str, list[list[float]]] = {}
    names: dict[str, list[str]] = {}
    try:
        for number, row in enumerate(csv_reader(lines), 1):
            if number == 1 or not row or Path(row[0]).stem not in files:
                continue
            label, box, why = _read_row(row, labels)
            if why is not None:
                faults.add(f"{source}, row {number}", why, row[0])
                continue
            boxes.setdefault(row[0], []).append(box)
            names.setdefault(row[0], []).append(label)
    except csv.Error as error:
        raise BadTable(f"{source}: the table is damaged ({error})") from error
    left_out = faults.settle(leave_out=leave_out_faults)
    films = tuple(
        BoxedFilm(
            name,
            Location(files[Path(name).stem]),
            name.partition("_")[0],  # patient_follow-up.png
            array_of(own),
            tuple(names[name]),
            frame=(_SIDE, _SIDE),
        )
        for name, own in boxes.items()
        if name not in faults.spoilt
    )
    if not films:
        raise BadTable(f"{source}: none of its images is in {images or source.parent}")
    found = {label for film in films for label in film.labels}
    return BoxedFilms(tuple(label for label in labels if label in found), films, left_out)


def _read_row(row: list[str], labels: tuple[str, ...]) -> tuple[str, list[float], str | None]:
    """Label, corners, and what is wrong."""
    if len(row) < len(_HEAD):
        return "", [], f"it has {len(row)} values of {len(_HEAD)}"
    label = _OTHER_NAMES.get(row[1].strip(), row[1].strip())
    if label not in labels:
        return label, [], f"the finding is none of {', '.join(labels)}"
    try:
        x, y, width, height = (float(value) for value in row[2:6])
    except ValueError:
        return label, [], "a coordinate is no number"
    box = [x, y, x + width, y + height]
    return label, box, box_fault(box)


def _text(source: Path) -> str:
    data = read_bytes(source)
    if source.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise BadTable(f"{source}: the file is damaged, or not gzipped") from error
    return decode(data, source)
