"""The decided films of an archive, with the tags that a repair looks at."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.archive.film_rows import film_location
from plainfilm.records import Decision, Film, Outcome, TagValue
from plainfilm.repair.proposals import TAGS_READ
from plainfilm.vocabulary import OTHER

__all__ = ["DecidedFilms"]

_CHUNK: Final = 1_000
_STUDY: Final = "StudyInstanceUID"
# Where a value does not fit its column, such as two values of one, it stands in `Other` as JSON.
_MAY_NOT_FIT: Final = ("BodyPartExamined", "ViewPosition", "ImageLaterality", "Laterality")


class DecidedFilms:
    """The films of an archive whose category is decided, as of one moment, by film_id.

    Args:
        where: an SQL condition on `films`.
    Raises:
        BadTable: `where` is not a condition.
    """

    def __init__(self, archive: Archive, where: str | None = None) -> None:
        self._folder = archive.path
        # Kept as Arrow: as Python objects, half a million films would take gigabytes.
        self._table = archive.arrow(_query(where))

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[tuple[Film, Decision]]:
        for batch in self._table.to_batches(max_chunksize=_CHUNK):
            for row in batch.to_pylist():
                yield _film(self._folder, row), _decision(row)


def _query(where: str | None) -> str:
    names = "|".join((*TAGS_READ, _STUDY))
    unfit = " OR ".join(f"contains(Other, '\"{name}\"')" for name in _MAY_NOT_FIT)
    # The condition is the user's own SQL, run read-only in a closed DuckDB; a tag's column is there
    # only when one of the films has the tag.
    chosen = f"WHERE film_id IN (SELECT film_id FROM films WHERE {where}\n)" if where else ""  # noqa: S608
    return f"""
        SELECT film.*, decision.outcome, decision.category, decision.probability,
               decision.laterality AS decided_side, decision.details
        FROM (
            SELECT film_id, path, member, SOPInstanceUID, COLUMNS('^({names})$'),
                   CASE WHEN {unfit} THEN Other END AS unfit
            FROM films {chosen}
        ) AS film
        JOIN decision USING (film_id)
        WHERE decision.outcome IN ('{Outcome.AGREE}', '{Outcome.REPAIR}')
          AND decision.category NOT IN ('', '{OTHER}')
        ORDER BY film_id
    """  # noqa: S608 - see above


def _film(folder: Path, row: Mapping[str, Any]) -> Film:
    tags: dict[str, TagValue] = {}
    unfit: Mapping[str, TagValue] = json.loads(row["unfit"]) if row["unfit"] else {}
    for keyword in (*TAGS_READ, _STUDY):
        value = row.get(keyword)
        value = unfit.get(keyword) if value is None else value
        if value is not None:
            is_json = isinstance(value, str) and keyword.endswith("Sequence")
            tags[keyword] = json.loads(str(value)) if is_json else value
    location = film_location(folder, row["path"], row["member"])
    return Film(row["film_id"], row["SOPInstanceUID"], location, tags)


def _decision(row: Mapping[str, Any]) -> Decision:
    return Decision(
        row["film_id"],
        Outcome(row["outcome"]),
        row["category"],
        row["probability"],
        row["decided_side"],
        json.loads(row["details"]),
    )
