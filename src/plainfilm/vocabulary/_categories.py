"""The categories of plain films: what is shown, and in which view."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.vocabulary import _tables

OTHER: Final = "other"
"""The category of every film whose body part and view are known, but not in the table."""

_COLUMNS: Final = (
    "name",
    "title",
    "body_part",
    "view",
    "body_part_examined",
    "view_position",
    "region_code",
    "region_meaning",
    "view_code",
    "view_meaning",
    "source",
)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_DEFINED_TERM: Final = re.compile(r"[A-Z0-9_ ]{0,16}")  # VR CS, PS3.5 table 6.2-1
_SNOMED_CODE: Final = re.compile(r"[0-9]{6,18}")


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept as DICOM writes it.

    Attributes:
        scheme: coding scheme designator; `SCT` is SNOMED CT.
    Source: DICOM PS3.3 section 8.8.
    """

    value: str
    meaning: str
    scheme: str = "SCT"


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of film.

    Attributes:
        name: snake case, the value in every table.
        body_part, view: plain words that text rules and models speak.
        body_part_examined: DICOM BodyPartExamined (0018,0015).
        view_position: DICOM ViewPosition (0018,5101); empty where more than one would be right.
        region: for AnatomicRegionSequence; PS3.16 CID 4.
        view_code: for ViewCodeSequence; PS3.16 CID 4010 or 4012. None where there is no code.
        source: where the codes were read.
    """

    name: str
    title: str
    body_part: str
    view: str
    body_part_examined: str
    view_position: str
    region: Code | None
    view_code: Code | None
    source: str


def load_categories(path: Path) -> tuple[Category, ...]:
    """Read a table of categories: the columns of the bundled `categories.csv`.

    A user's table stands alone; to add a category, copy the bundled table and append a line.

    Raises:
        BadTable: a column is missing or a value is wrong; the message names the line.
    """
    return _parse(_tables.text_of(path), str(path))


def _parse(text: str, where: str) -> tuple[Category, ...]:
    categories: list[Category] = []
    kinds: set[tuple[str, str]] = set()
    names = {OTHER}
    for line, row in _tables.rows(text, _COLUMNS, where):
        category = _category(row, f"{where}, line {line}")
        kind = (category.body_part, category.view)
        if category.name in names or kind in kinds:
            raise BadTable(f"{where}, line {line}: '{category.name}' is there twice or reserved")
        names.add(category.name)
        kinds.add(kind)
        categories.append(category)
    if not categories:
        raise BadTable(f"{where}: holds no category")
    return tuple(categories)


def _category(row: dict[str, str], where: str) -> Category:
    for column in ("name", "body_part", "view"):
        if not _NAME.fullmatch(row[column]):
            raise BadTable(f"{where}: {column} must be lower case with underscores")
    for column in ("body_part_examined", "view_position"):
        if not _DEFINED_TERM.fullmatch(row[column]):
            raise BadTable(f"{where}: {column} is no DICOM code string")
    return Category(
        name=row["name"],
        title=row["title"],
        body_part=row["body_part"],
        view=row["view"],
        body_part_examined=row["body_part_examined"],
        view_position=row["view_position"],
        region=_code(row["region_code"], row["region_meaning"], where),
        view_code=_code(row["view_code"], row["view_meaning"], where),
        source=row["source"],
    )


def _code(value: str, meaning: str, where: str) -> Code | None:
    if not value and not meaning:
        return None
    if not _SNOMED_CODE.fullmatch(value) or not meaning:
        raise BadTable(f"{where}: a SNOMED CT code needs 6 to 18 digits and a meaning")
    return Code(value, meaning)


CATEGORIES: Final[tuple[Category, ...]] = _parse(
    _tables.bundled_text("categories.csv"), "categories.csv"
)
"""The thirty categories, in alphabetical order."""
