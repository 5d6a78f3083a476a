"""The tags of films, as the commands read them that cluster films or learn from their tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from plainfilm.cli.console import is_archive
from plainfilm.errors import BadTable, SettingsError

if TYPE_CHECKING:
    from plainfilm.clusters import TagTable

__all__ = ["LeastShare", "LeaveOut", "TagSource", "Tags", "read_tags"]

_BODY_PART: Final = "BodyPartExamined"

TagSource = Annotated[
    Path,
    typer.Argument(metavar="SOURCE", help="An archive, or a CSV table with a row for each film."),
]
LeaveOut = Annotated[
    list[str] | None,
    typer.Option(metavar="TAG", help="Leave out this tag, too; may be given again."),
]
LeastShare = Annotated[
    float,
    typer.Option(min=0, max=1, help="Leave out tags that a smaller share of films has."),
]


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of films, and what the films are called.

    Attributes:
        leave_out: keywords that are no features on request.
        name_column: the column of the names.
    """

    table: "TagTable"
    leave_out: tuple[str, ...]
    names: Sequence[str | int]
    name_column: str


def read_tags(
    source: Path,
    *,
    by: Sequence[str] | None,
    leave_out: Sequence[str] | None,
    where: str | None = None,
    id_column: str | None = None,
) -> Tags:
    """Read an archive or a table, with BodyPartExamined filled in where it is not judged.

    Args:
        by: tags to judge, as they were asked for.
    Raises:
        SettingsError: an option belongs to the other kind of source.
        BadTable: the table cannot be read, or has no tag of such a name.
    """
    from plainfilm.clusters import tags_named

    also = _keywords(by, leave_out)
    fill = bool(by) and _BODY_PART not in also  # what is judged has to be what the tag says
    names: Sequence[str | int]
    if is_archive(source):
        if id_column is not None:
            raise SettingsError("--id belongs to a table; films of an archive have ids")
        table = _archive_table(source, also, where, fill=fill)
        names, name_column = table.film_ids.tolist(), "film_id"
    else:
        if where is not None:
            raise SettingsError("--where belongs to an archive")
        if source.is_dir():
            raise BadTable(f"{source} is a folder, and neither an archive nor a table")
        table, names, name_column = _csv_table(source, also, id_column)
        table = _filled_from_texts(table) if fill else table
    return Tags(table, tags_named(table, leave_out or ()), names, name_column)


def _keywords(*names: Sequence[str] | None) -> tuple[str, ...]:
    """Keywords that were asked for, so that they are read even where they are never features."""
    from plainfilm.clusters import keyword_of

    return tuple(keyword_of(name) for group in names for name in group or ())


def _archive_table(
    folder: Path, also: Sequence[str], where: str | None, *, fill: bool
) -> "TagTable":
    import numpy as np

    from plainfilm.archive import Archive
    from plainfilm.clusters import read_parts

    chosen = "film" if where is None else f"films WHERE {where}"
    with Archive.open(folder) as archive:
        # The condition is the user's own SQL, run read-only in a closed DuckDB.
        ids = archive.arrow(f"SELECT film_id FROM {chosen}")  # noqa: S608
        parts = [
            archive.path / "tags" / row["name"]
            for row in archive.rows("SELECT name FROM tag_part ORDER BY name")
        ]
        said = archive.rows(_SAID_SQL) if fill else []
    table = read_parts(parts, film_ids=np.sort(ids.column(0).to_numpy()), also=also)
    if not said:
        return table
    by_category, by_part = _defined_terms()
    terms = {
        row["film_id"]: by_category.get(row["category"]) or by_part.get(row["part"], "")
        for row in said
    }
    return table.filled(_BODY_PART, [terms.get(film, "") for film in table.film_ids.tolist()])


_SAID_SQL: Final = (
    "SELECT film.film_id, decision.category, json_extract_string(said.details, '$.body_part') part"
    " FROM film LEFT JOIN decision ON decision.film_id = film.film_id"
    " LEFT JOIN prediction said ON said.film_id = film.film_id AND said.task = 'category_text'"
    " WHERE decision.film_id IS NOT NULL OR said.film_id IS NOT NULL"
)


def _defined_terms() -> tuple[dict[str | None, str], dict[str | None, str]]:
    """BodyPartExamined by category, and by part of the body."""
    from plainfilm.vocabulary import CATEGORIES

    return (
        {category.name: category.body_part_examined for category in CATEGORIES},
        {category.body_part: category.body_part_examined for category in CATEGORIES},
    )


def _filled_from_texts(table: "TagTable") -> "TagTable":
    """A table's missing BodyPartExamined, from its descriptions; films with the same are one."""
    import numpy as np

    from plainfilm.categories import CategoryFromText
    from plainfilm.records import Film, Location

    step = CategoryFromText()
    columns = [table.columns[word] for word in step.keywords if word in table.columns]
    if not columns:
        return table
    codes, places = np.unique([column.codes for column in columns], axis=1, return_inverse=True)
    films = [
        Film(
            number,
            "",
            Location(Path()),
            {c.keyword: c.values[code] for c, code in zip(columns, row, strict=True) if code >= 0},
        )
        for number, row in enumerate(codes.T.tolist())
    ]
    _, by_part = _defined_terms()
    said = [str(found.details["body_part"]) for found in step.process(films)]
    return table.filled(_BODY_PART, [by_part.get(said[place], "") for place in places.tolist()])


def _csv_table(
    path: Path, also: Sequence[str], id_column: str | None
) -> tuple["TagTable", Sequence[str | int], str]:
    """The table, what its films are called, and the column of the names."""
    from plainfilm.clusters import keyword_of, read_csv
    from plainfilm.evaluate import CsvTable

    if id_column is None:
        table = read_csv(path, also=also)
        return table, range(2, len(table) + 2), "row"  # the names of the columns are row 1
    rows = CsvTable(path)
    if id_column not in rows.columns:  # a keyword may stand for a column, as in `--by`
        wanted = keyword_of(id_column)
        id_column = next((n for n in rows.columns if keyword_of(n) == wanted), id_column)
    rows.check_ids(id_column)
    (place,) = rows.places((id_column,))
    return read_csv(path, also=also), [row[place].strip() for _, row in rows.rows()], id_column
