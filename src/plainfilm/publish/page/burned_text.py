"""The section on words that were burned into pixels, with what the films look like without them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from plainfilm.archive import Archive
from plainfilm.errors import BadTable
from plainfilm.pages import Content, Section, counted, element, paragraph
from plainfilm.publish.page import thumbnails

__all__ = ["burned_text"]

BOXES_FILE: Final = "boxes.parquet"
_SHOWN: Final = 24

_COPIES: Final = "SELECT film_id, uid, path FROM clean_film ORDER BY film_id"


def burned_text(archive: Archive, audit: Path) -> Section:
    """Films of which text was blacked out, as they are now.

    Args:
        audit: the folder of the de-identification's audit.
    Raises:
        BadTable: it holds no table of boxes that can be read.
    """
    blacked = _blacked_out(audit)
    copies = [row for row in archive.rows(_COPIES) if row["uid"] in blacked]
    if not copies:
        body: Content = paragraph("No text was found that had to be removed from pixels.")
        return Section("burned-text", "Text in the pixels", body)
    total = sum(blacked[row["uid"]] for row in copies)
    films = counted(len(copies), "film")
    figures = (
        thumbnails.figure(
            Path(row["path"]),
            f"Film {row['film_id']}, with text blacked out",
            f"Film {row['film_id']}: {counted(blacked[row['uid']], 'place')} blacked out",
        )
        for row in copies[:_SHOWN]
    )
    body = (
        paragraph(f"{counted(total, 'place')} with identity in the pixels of {films} blacked out."),
        element("div", figures, class_="films"),
    )
    return Section("burned-text", "Text in the pixels", body)


def _blacked_out(audit: Path) -> Mapping[str, int]:
    """New SOP Instance UID → how many boxes were blacked out."""
    path = audit / BOXES_FILE
    try:
        table = pq.read_table(path, columns=["film", "verdict"])
    except (OSError, ValueError) as error:
        raise BadTable(f"{path} cannot be read") from error
    counts: dict[str, int] = {}
    for film, verdict in zip(*(column.to_pylist() for column in table.columns), strict=True):
        if verdict == "identity":
            counts[film] = counts.get(film, 0) + 1
    return counts
