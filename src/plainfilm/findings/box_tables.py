"""Boxes as a table, with the column names of VinDr-SpineXR: what `evaluate detection` takes."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from plainfilm.errors import BadSource, SettingsError
from plainfilm.findings.file_reading import ReadFile
from plainfilm.records import Box, Location
from plainfilm.text_files import write_beside

__all__ = ["BOX_COLUMNS", "image_names", "row_of", "write_boxes"]

BOX_COLUMNS: Final = ("image_id", "lesion_type", "xmin", "ymin", "xmax", "ymax", "score")

_IMAGE_ENDINGS: Final = frozenset({".dcm", ".dicom", ".png", ".jpg", ".jpeg"})
_FEW: Final = 3


def image_names(locations: Sequence[Location]) -> Callable[[Location], str]:
    """What tables call films: their files' names, without the ending of an image.

    Raises:
        BadSource: two films have one name.
    """
    counts = Counter(map(_image_name, locations))
    if twice := [name for name, count in counts.items() if count > 1]:
        raise BadSource(
            f"{len(twice)} names are of several films, such as {', '.join(sorted(twice)[:_FEW])}; a"
            " table of boxes tells films by their names, so read one folder at a time"
        )
    return _image_name


def _image_name(location: Location) -> str:
    name = Path(location.member or location.path).name
    path = Path(name)
    return path.stem if path.suffix.lower() in _IMAGE_ENDINGS else name


def write_boxes(
    films: Iterable[ReadFile], out: Path, name: Callable[[Location], str]
) -> Iterator[ReadFile]:
    """Write a row for each box of each film as it passes; the table is there when all have passed.

    Raises:
        SettingsError: the table cannot be written.
    """
    try:
        with write_beside(out) as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(BOX_COLUMNS)
            for film in films:
                writer.writerows(row_of(name(film.location), box) for box in film.boxes)
                yield film
    except OSError as error:
        raise SettingsError(f"cannot write {out}: {error.strerror}") from error


def row_of(name: str, box: Box) -> tuple[str | float, ...]:
    """The values of `BOX_COLUMNS` for one box."""
    return name, box.label, box.xmin, box.ymin, box.xmax, box.ymax, box.score
