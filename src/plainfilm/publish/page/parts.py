"""Capped lists: the first rows of a query, and the query that gives the rest."""

from dataclasses import dataclass
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.pages import Content, element

__all__ = ["LISTED", "Listing", "listing"]

LISTED: Final = 50
"""Rows that a table shows; the rest is counted, with the query that lists them."""


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
