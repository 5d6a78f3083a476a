"""Boxes as files hold them, CSV or COCO's JSON, before anything is checked but their form."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable
from plainfilm.evaluate.csv_tables import CsvTable, listed
from plainfilm.evaluate.film_tables import cells_of, place_of
from plainfilm.text_files import read_bytes

__all__ = [
    "BOX_COLUMNS",
    "FileBoxes",
    "FilmSizes",
    "film_name",
    "is_nih_list",
    "read_box_file",
    "read_film_list",
    "read_points",
]

BOX_COLUMNS: Final = ("image_id", "lesion_type", "xmin", "ymin", "xmax", "ymax")
"""As VinDr-SpineXR's annotations.csv names them; predictions also have `score`."""

_NIH_COLUMNS: Final = ("Image Index", "Finding Label", "x", "y", "w", "h")
"""ChestX-ray14's `BBox_List_2017.csv`, but for the words around the last four."""
_NIH_NAMES: Final = {"Infiltrate": "Infiltration"}  # as its other tables call it

_SCORE: Final = "score"
_SIZE_COLUMNS: Final = ("width", "height")
_POINT_COLUMNS: Final = ("x", "y")
_CORNERS: Final = slice(2, 6)
_IMAGE_ENDINGS: Final = frozenset({".dcm", ".dicom", ".png", ".jpg", ".jpeg"})

FilmSizes: TypeAlias = Mapping[str, tuple[float, float] | None]
"""Film → its width and height in pixels, None where they are not known."""


@dataclass(frozen=True, slots=True, eq=False)
class FileBoxes:
    """What a file says, right or wrong.

    Attributes:
        where: of each box, such as `row 7`.
        film, label: of each box.
        corners: (boxes, 4) xmin, ymin, xmax, ymax; NaN where there is no number.
        score: (boxes,), NaN likewise; None where none were asked for.
        films: every film that the file names, those without boxes among them.
        names: what else boxes may call a film → the film.
        faults: boxes that have another fault than their numbers: where → what.
    """

    path: Path
    where: Sequence[str]
    film: Sequence[str]
    label: Sequence[str]
    corners: NDArray[np.float64]
    score: NDArray[np.float64] | None
    films: FilmSizes
    names: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


def film_name(text: str) -> str:
    """A film as tables of boxes call it: without folders and the ending of an image."""
    path = PurePath(text.strip())
    return path.stem if path.suffix.lower() in _IMAGE_ENDINGS else path.name


def read_box_file(path: Path, *, scores: bool, truth: FileBoxes | None = None) -> FileBoxes:
    """Read boxes from `.json` (COCO) or from a CSV with `BOX_COLUMNS`, either of them perhaps
    gzipped; true boxes also from ChestX-ray14's list.

    A row of a CSV whose four numbers are all empty names a film without boxes, as VinDr's tables
    have it.

    Args:
        scores: whether the boxes are predictions, which have scores.
        truth: of COCO's results, which are a mere list of boxes: where categories and images are.
    Raises:
        BadTable: the file cannot be read, or is none of them.
    """
    if path.name.lower().endswith((".json", ".json.gz")):
        return _read_coco(path, scores=scores, truth=truth)
    table = CsvTable(path)
    is_nih = not scores and is_nih_list(table.columns)
    names = table.columns[: len(BOX_COLUMNS)] if is_nih else BOX_COLUMNS
    columns = cells_of(table, (*names, _SCORE) if scores else names)
    films = [film_name(cell) for cell in columns[0]]
    has_box = [any(cells) for cells in zip(*columns[_CORNERS], strict=True)]
    rows = [row for row, is_there in enumerate(has_box) if is_there]
    labels = [columns[1][row] for row in rows]
    corners = np.stack([_numbers(cells, rows) for cells in columns[_CORNERS]], axis=1)
    if is_nih:
        labels = [_NIH_NAMES.get(label, label) for label in labels]
        corners[:, 2:] += corners[:, :2]
    return FileBoxes(
        path,
        [f"row {row + 2}" for row in rows],  # the names of the columns are row 1
        [films[row] for row in rows],
        labels,
        corners,
        _numbers(columns[-1], rows) if scores else None,
        dict.fromkeys(film for film in films if film),
        faults={f"row {row + 2}": "no image_id" for row in rows if not films[row]},
    )


def is_nih_list(columns: Sequence[str]) -> bool:
    """Whether a table with these columns is ChestX-ray14's list of boxes: corner, width, height."""
    plain = [name.strip().removeprefix("Bbox [").removesuffix("]") for name in columns]
    return tuple(plain[: len(_NIH_COLUMNS)]) == _NIH_COLUMNS


def read_film_list(path: Path) -> FilmSizes:
    """Films that were looked at, from a CSV with `image_id` and perhaps `width` and `height`.

    Raises:
        BadTable: the file cannot be read, a size is no number above 0, or a film has no name or
            two sizes.
    """
    table = CsvTable(path)
    films = [film_name(cell) for cell in cells_of(table, BOX_COLUMNS[:1])[0]]
    if "" in films:
        raise BadTable(f"{place_of(table, films.index(''), BOX_COLUMNS[0])}: the film has no name")
    if not set(_SIZE_COLUMNS) <= set(table.columns):
        return dict.fromkeys(films)
    columns = cells_of(table, _SIZE_COLUMNS)
    sizes = np.stack([_numbers(cells, range(len(films))) for cells in columns], axis=1)
    wrong = np.argwhere(~(sizes > 0))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise BadTable(f"{place_of(table, row, _SIZE_COLUMNS[column])}: no number above 0")
    every = {
        (film, width, height) for film, (width, height) in zip(films, sizes.tolist(), strict=True)
    }
    _refuse_twice(path, "films of different sizes", sorted(film for film, *_ in every))
    return {film: (width, height) for film, width, height in every}


def read_points(path: Path) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """Points on films from a CSV with `image_id, lesion_type, x, y`.

    Returns:
        Films, labels, and (points, 2) x and y in pixels.
    Raises:
        BadTable: the file cannot be read, or a place is no number.
    """
    table = CsvTable(path)
    films, labels, *columns = cells_of(table, (*BOX_COLUMNS[:2], *_POINT_COLUMNS))
    points = np.stack([_numbers(cells, range(len(films))) for cells in columns], axis=1)
    wrong = np.argwhere(~np.isfinite(points))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise BadTable(f"{place_of(table, row, _POINT_COLUMNS[column])}: no number")
    return [film_name(film) for film in films], labels, points


def _refuse_twice(path: Path, what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise BadTable(f"{path}: {what} that are there more than once: {listed(twice)}")


def _numbers(cells: Sequence[str], rows: Sequence[int]) -> NDArray[np.float64]:
    values = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        try:
            values[place] = float(cells[row])
        except ValueError:
            continue
    return values


class _Image(msgspec.Struct):
    id: int | str
    file_name: str = ""
    width: float | None = None
    height: float | None = None


class _Category(msgspec.Struct):
    id: int
    name: str


class _Annotation(msgspec.Struct):
    image_id: int | str
    category_id: int
    bbox: list[float]
    score: float | None = None
    iscrowd: int = 0


class _Coco(msgspec.Struct):
    images: list[_Image]
    categories: list[_Category]
    annotations: list[_Annotation]


def _read_coco(path: Path, *, scores: bool, truth: FileBoxes | None) -> FileBoxes:
    """Instances; or, of predictions, a list of results that take images and categories from the
    truth.

    Source: https://cocodataset.org/#format-data and #format-results.
    """
    try:
        data = read_bytes(path)
        data = gzip.decompress(data) if path.suffix.lower() == ".gz" else data
        found = msgspec.json.decode(data, type=_Coco | list[_Annotation])
    except (OSError, EOFError, zlib.error) as error:
        raise BadTable(f"{path}: the file is damaged, or not gzipped") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadTable(f"{path}: no COCO JSON of instances or results: {error}") from error
    if isinstance(found, _Coco):
        images = {str(each.id): film_name(each.file_name) or str(each.id) for each in found.images}
        _refuse_twice(path, "image ids", [str(each.id) for each in found.images])
        _refuse_twice(path, "names of images, without folders,", images.values())
        _refuse_twice(path, "category ids", [str(each.id) for each in found.categories])
        sizes = {images[str(each.id)]: _size(each) for each in found.images}
        labels = {each.id: each.name for each in found.categories}
        return _coco_boxes(path, found.annotations, images, labels, sizes, scores=scores)
    if truth is None or not isinstance(truth, _CocoBoxes):
        raise BadTable(
            f"{path}: a list of COCO results names neither images nor categories; it is read beside"
            " a truth in COCO's JSON only"
        )
    return _coco_boxes(path, found, truth.names, truth.categories, truth.films, scores=scores)


@dataclass(frozen=True, slots=True, eq=False)
class _CocoBoxes(FileBoxes):
    categories: Mapping[int, str] = field(default_factory=dict)


def _coco_boxes(
    path: Path,
    annotations: Sequence[_Annotation],
    images: Mapping[str, str],
    labels: Mapping[int, str],
    sizes: FilmSizes,
    *,
    scores: bool,
) -> _CocoBoxes:
    where = [f"annotation {place}" for place in range(len(annotations))]
    corners = np.full((len(annotations), 4), np.nan)
    faults: dict[str, str] = {}
    for place, each in enumerate(annotations):
        if each.category_id not in labels:
            faults[where[place]] = "a category_id that no category has"
        elif each.iscrowd:
            faults[where[place]] = "a crowd region, which is no box of one lesion"
        if len(each.bbox) == 4:
            corners[place] = each.bbox
    corners[:, 2:] += corners[:, :2]
    given = [np.nan if each.score is None else each.score for each in annotations]
    return _CocoBoxes(
        path,
        where,
        # An image that is not in the file keeps its number, and is found to be no film later.
        [images.get(str(each.image_id), str(each.image_id)) for each in annotations],
        [labels.get(each.category_id, "") for each in annotations],
        corners,
        np.array(given, np.float64) if scores else None,
        sizes,
        names=images,
        faults=faults,
        categories=labels,
    )


def _size(image: _Image) -> tuple[float, float] | None:
    if image.width is None or image.height is None:
        return None
    return image.width, image.height
