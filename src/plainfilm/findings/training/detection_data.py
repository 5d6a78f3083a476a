"""Films with boxes around findings, in whatever form they come: read, checked, and told apart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable
from plainfilm.evaluate.box_tables import film_name
from plainfilm.records import Location

__all__ = [
    "BoxFault",
    "BoxedFilm",
    "BoxedFilms",
    "FoundFaults",
    "array_of",
    "box_fault",
    "faults_message",
    "image_files",
]

_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg"})
_DICOM: Final = frozenset({".dicom", ".dcm"})
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class BoxFault:
    """An annotation that cannot be used: where it is, what is wrong."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True, eq=False)
class BoxedFilm:
    """One film with its truth.

    Attributes:
        name: what its table calls it; unique there.
        patient: any text that tells patients apart; a split never divides one.
        boxes: (k, 4) xmin, ymin, xmax, ymax in pixels, 0 being the outer edge of the first; none
            where someone looked and found nothing.
        labels: (k,) of the data's labels.
        frame: rows and columns of the image that boxes are told of; None: the stored film.
        part: `train` or `test` where the data say so, else empty.
    """

    name: str
    location: Location
    patient: str
    boxes: NDArray[np.float64]
    labels: tuple[str, ...]
    frame: tuple[int, int] | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class BoxedFilms:
    """Films with boxes.

    Attributes:
        labels: the findings, in the order in which a network names them.
        faults: annotations that cannot be used; their films are left out, since a film with a
            finding that no one tells of would teach that there is none.
        unlabelled: films that are there and of which nothing tells; they are left out, since they
            are not known to be normal.
    """

    labels: tuple[str, ...]
    films: tuple[BoxedFilm, ...]
    faults: tuple[BoxFault, ...] = ()
    unlabelled: int = 0


@dataclass(slots=True)
class FoundFaults:
    """What is wrong with a table, gathered so that all of it is told at once."""

    source: Path
    found: list[BoxFault] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)

    def add(self, where: str, why: str, film: str = "") -> None:
        """Args: film: whose truth is not whole without the annotation."""
        self.found.append(BoxFault(where, why))
        self.spoilt.add(film)

    def settle(self, *, leave_out: bool) -> tuple[BoxFault, ...]:
        """The faults, where their films, `spoilt`, may be left out.

        Raises:
            BadTable: there are faults, and they may not.
        """
        if self.found and not leave_out:
            raise BadTable(faults_message(self.source, self.found))
        return tuple(self.found)


def faults_message(source: Path | str, faults: Sequence[BoxFault]) -> str:
    """All that is wrong, in a few lines, and what to do about it."""
    shown = "\n  ".join(str(fault) for fault in faults[:_SHOWN])
    more = f"\n  and {len(faults) - _SHOWN:,} more" if len(faults) > _SHOWN else ""
    return (
        f"{source}: {len(faults):,} annotations cannot be used; mend them, or go on without their"
        f" films by --leave-out-faults\n  {shown}{more}"
    )


def box_fault(box: Sequence[float]) -> str | None:
    """What is wrong with xmin, ymin, xmax, ymax, as far as the film's size does not matter."""
    if not all(map(math.isfinite, box)):
        return "a coordinate is no number"
    xmin, ymin, xmax, ymax = box
    for low, high, names in ((xmin, xmax, ("xmin", "xmax")), (ymin, ymax, ("ymin", "ymax"))):
        if low > high:
            return f"{names[0]} ({low:g}) is above {names[1]} ({high:g})"
    if xmin == xmax or ymin == ymax:
        return "the box has no area"
    return None


def image_files(folder: Path) -> dict[str, Path]:
    """Name without an image's ending → file, of all films in a folder and below it.

    Of a DICOM file and a picture of one name, as converters leave them, it is the DICOM file.

    Raises:
        BadTable: the folder is not there or cannot be read, or two of its files have one name.
    """
    if not folder.is_dir():
        raise BadTable(f"{folder} is no folder of films")
    found: dict[str, Path] = {}
    try:
        files = sorted((_is_picture(path), path) for path in folder.rglob("*") if _is_film(path))
    except OSError as error:
        raise BadTable(f"{folder}: cannot be read ({error.strerror})") from error
    for picture, path in files:
        other = found.setdefault(film_name(path.name), path)
        if other != path and _is_picture(other) == picture:
            raise BadTable(
                f"{other} and {path} have one name, by which tables of boxes tell films apart;"
                " choose the folder with --images"
            )
    return found


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in _PICTURES


def _is_film(path: Path) -> bool:
    """By the ending; files that archives wrote have none, or a part of a UID, and are looked at."""
    if path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix.lower() in _PICTURES | _DICOM:
        return True
    if path.suffix and not path.suffix[1:].isdecimal():
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def array_of(boxes: Iterable[Sequence[float]]) -> NDArray[np.float64]:
    """(k, 4), also where there is none."""
    return np.array(list(boxes), np.float64).reshape(-1, 4)
