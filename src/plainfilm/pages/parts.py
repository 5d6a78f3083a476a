"""What the sections of a page are made of: sections, tables, tiles, paragraphs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plainfilm.pages.markup import Content, Markup, element

__all__ = ["Column", "Section", "counted", "paragraph", "table", "tiles"]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a page.

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


def tiles(facts: Iterable[tuple[str, Content]]) -> Markup:
    """The page's few large numbers: title and value of each."""
    shown = (
        element("div", element("dt", title), element("dd", value), class_="tile")
        for title, value in facts
    )
    return element("dl", shown, class_="tiles")


def paragraph(*contents: Content, class_: str | None = None) -> Markup:
    return element("p", contents, class_=class_)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 film`, `2 films`; `many` where an s does not make the plural."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
