"""What the sections of the page are made of: sections, tables, tiles, and capped lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.publish.page.markup import Content, Markup, element

__all__ = ["LISTED", "Column", "Listing", "Section", "counted", "listing", "paragraph", "table"]

LISTED: Final = 50
"""Rows that a table shows; the rest is counted, with the query that lists them."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page.

    Attributes:
        anchor: its id in the page.
        notice: one sentence for the top of the page when there is something to look at.
    """

    anchor: str
    title: str
    body: Content
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers are set to the right."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """The first rows of a query, how many there are in all, and the query itself."""

    rows: list[dict[str, Any]]
    total: int
    sql: str

    @property
    def rest(self) -> Content:
        """`and N more`, with the query; None when nothing was left out."""
        left = self.total - len(self.rows)
        if left <= 0:
            return None
        return element(
            "p",
            f"and {left:,} more; all of them: ",
            element("code", f'plainfilm query ARCHIVE "{" ".join(self.sql.split())}"'),
            class_="more",
        )


def listing(archive: Archive, sql: str) -> Listing:
    """Run a query of ours for its first rows and its number of rows."""
    rows = archive.rows(f"{sql} LIMIT {LISTED}")
    total = len(rows)
    if total == LISTED:
        total = archive.rows(f"SELECT count(*) AS total FROM ({sql})")[0]["total"]  # noqa: S608
    return Listing(rows, total, sql)


def table(
    caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Content]], rest: Content = None
) -> Markup:
    """A table with a caption; the first cell of each row is its header."""
    head = element(
        "tr", (element("th", c.title, scope="col", class_=_class_of(c)) for c in columns)
    )
    body = (element("tr", _cells(columns, row)) for row in rows)
    grid = element(
        "table", element("caption", caption), element("thead", head), element("tbody", body)
    )
    # Wide tables scroll inside their own frame, which the keyboard can reach.
    framed = element("div", grid, class_="scroll", tabindex=0, role="region", aria_label=caption)
    return element("div", framed, rest, class_="table")


def _cells(columns: Sequence[Column], row: Sequence[Content]) -> Iterable[Markup]:
    for place, (column, content) in enumerate(zip(columns, row, strict=True)):
        if place == 0:
            yield element("th", content, scope="row", class_=_class_of(column))
        else:
            yield element("td", content, class_=_class_of(column))


def _class_of(column: Column) -> str | None:
    return "number" if column.number else None


def paragraph(*contents: Content, class_: str | None = None) -> Markup:
    return element("p", contents, class_=class_)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 film`, `2 films`; `many` where an s does not make the plural."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
