"""Films and boxes of ChestX-ray14: its `BBox_List_2017.csv` and the images that it names.

Source: Wang et al., ChestX-ray8 (CVPR 2017): 984 boxes on 880 of its images, by radiologists.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.evaluate.box_tables import is_nih_list, read_box_file
from plainfilm.findings.training.detection_data import (
    BoxedFilm,
    BoxedFilms,
    FoundFaults,
    array_of,
    box_fault,
    image_files,
)
from plainfilm.records import Location
from plainfilm.vocabulary import NO_FINDING, label_set

__all__ = ["is_nih", "read_nih_boxes"]

_SIDE: Final = 1024  # of the published images, which boxes are told of


def is_nih(head: str) -> bool:
    """Whether a table that begins with this line is the list of ChestX-ray14's boxes."""
    return is_nih_list(head.lstrip("\ufeff").split(","))


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
    """
    told = read_box_file(source, scores=False)
    labels = tuple(name for name in label_set("nih") if name != NO_FINDING)
    files, faults = image_files(images or source.parent), FoundFaults(source)
    boxes: dict[str, list[list[float]]] = {}
    names: dict[str, list[str]] = {}
    for where, film, label, box in zip(
        told.where, told.film, told.label, told.corners.tolist(), strict=True
    ):
        if film not in files:
            continue
        why = _fault(label, box, labels)
        if why is not None:
            faults.add(f"{source}, {where}", why, film)
            continue
        boxes.setdefault(film, []).append(box)
        names.setdefault(film, []).append(label)
    left_out = faults.settle(leave_out=leave_out_faults)
    films = tuple(
        BoxedFilm(
            name,
            Location(files[name]),
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


def _fault(label: str, box: Sequence[float], labels: Sequence[str]) -> str | None:
    if label not in labels:
        return f"the finding is none of {', '.join(labels)}"
    return box_fault(box)
