"""Rules applied to the films of an archive."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.archive.film_rows import film_location
from plainfilm.archive.tags import OTHER
from plainfilm.records import Location, Outcome
from plainfilm.route.rules import FilmFacts, Route, Rules

__all__ = ["FilmRoutes", "RoutedFilm"]

_CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True)
class RoutedFilm:
    """One film, and where it goes.

    Attributes:
        categorized: whether the archive holds a decision on it.
    """

    film_id: int
    sop_instance_uid: str
    location: Location
    route: Route
    categorized: bool


class FilmRoutes:
    """Every film of an archive as of one moment with its way, in the order of the catalog.

    Args:
        where: an SQL condition on `films` that chooses some, such as `Modality = 'DX'`.
    Attributes:
        absent_keywords: that rules ask for and no film of the archive has.
    Raises:
        BadTable: `where` is not a condition.
    """

    def __init__(self, archive: Archive, rules: Rules, *, where: str | None = None) -> None:
        self._folder = archive.path
        self._rules = rules
        self._keywords = rules.keywords()
        there = frozenset(
            archive.arrow("SELECT * FROM tags LIMIT 0").column_names if self._keywords else ()
        )
        self.absent_keywords = tuple(word for word in self._keywords if word not in there)
        # Kept as Arrow: as Python objects, a million films would take gigabytes.
        self._table = archive.arrow(_statement(self._keywords, there, where))

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[RoutedFilm]:
        for batch in self._table.to_batches(max_chunksize=_CHUNK):
            columns = [column.to_pylist() for column in batch.columns]
            yield from map(self._routed, zip(*columns, strict=True))

    def _routed(self, row: tuple[Any, ...]) -> RoutedFilm:
        film_id, uid, path, member, outcome, category, probability, laterality, *values = row
        words = len(self._keywords)
        # A value that is not of its column's type was kept as text, elsewhere.
        found = [
            other if one is None else one
            for one, other in zip(values[:words], values[words:], strict=True)
        ]
        facts = FilmFacts(
            outcome=Outcome(outcome) if outcome else None,
            category=category or "",
            probability=probability,
            laterality=laterality or "",
            tags=dict(zip(self._keywords, found, strict=True)),
        )
        location = film_location(self._folder, path, member)
        route = self._rules.destination(facts)
        return RoutedFilm(film_id, uid, location, route, outcome is not None)


def _statement(keywords: Sequence[str], there: Collection[str], where: str | None) -> str:
    """The columns that `_routed` takes: of a film, its decision, and its tags as far as `there`."""
    columns, joins, chosen = list(_COLUMNS), _JOIN_DECISION, ""
    if keywords:
        columns += [f'tags."{word}"' if word in there else "NULL" for word in keywords]
        columns += [
            f"json_extract_string(tags.{OTHER}, '$.{word}')" if OTHER in there else "NULL"
            for word in keywords
        ]
        joins += " LEFT JOIN tags ON tags.film_id = film.film_id"
    if where is not None:
        # The condition is the user's own SQL, run read-only in a closed DuckDB.
        chosen = f"WHERE film.film_id IN (SELECT film_id FROM films WHERE {where}\n)"  # noqa: S608
    return f"SELECT {', '.join(columns)} FROM film {joins} {chosen} ORDER BY film.film_id"  # noqa: S608


_COLUMNS: Final = (
    "film.film_id",
    "film.sop_instance_uid",
    "film.path",
    "film.member",
    "decision.outcome",
    "decision.category",
    "decision.probability",
    "decision.laterality",
)
_JOIN_DECISION: Final = "LEFT JOIN decision ON decision.film_id = film.film_id"
