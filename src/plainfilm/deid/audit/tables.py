"""The SQL of an audit: parts and earlier files in, joined files out."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from plainfilm.deid.audit.meanings import describe_element, reason_for
from plainfilm.deid.audit.parts import PART_SCHEMA

__all__ = ["RELEASED", "TOTALS", "connected", "load", "open_joined", "write"]

THUMBNAILS_KEPT: Final = 200
_MEMORY_LIMIT: Final = "512MB"
_THREADS: Final = 2

# DuckDB takes these characters of a path for a pattern, unless they stand in brackets.
_PATTERN: Final = re.compile(r"[*?\[]")

_TIME: Final = pa.timestamp("us")
_FILMS: Final = pa.schema(
    [
        ("film", pa.string()),
        ("patient", pa.string()),
        ("study", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("film_id", pa.int64()),
        *((name, pa.int64()) for name in ("removed", "emptied", "replaced", "new_uids")),
        *((name, pa.int64()) for name in ("cleaned", "kept", "boxes", "doubtful")),
        ("recorded", _TIME),
    ]
)
_AUDIT: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("film", "patient", "study", "path", "tag", "keyword")),
        *((name, pa.string()) for name in ("vr", "action", "rule", "reason", "old")),
        ("recorded", _TIME),
    ]
)
_BOXES: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("film", "patient", "study")),
        *((name, pa.int32()) for name in ("frame", "x", "y", "width", "height", "turn")),
        ("verdict", pa.string()),
        ("why", pa.string()),
        ("recorded", _TIME),
    ]
)
_THUMBNAILS: Final = pa.schema(
    [
        ("film", pa.string()),
        ("doubtful", pa.int64()),
        ("boxes", pa.int64()),
        ("png", pa.binary()),
        ("recorded", _TIME),
    ]
)
_JOINED: Final = {"films": _FILMS, "audit": _AUDIT, "boxes": _BOXES, "thumbnails": _THUMBNAILS}

# Of equal records the one of the earlier file is taken: its part was joined, but not yet deleted.
_CHOSEN: Final = """
CREATE TABLE chosen AS
SELECT DISTINCT ON (film) * FROM (
  SELECT film, patient, study, reason AS withheld, detail, film_id, recorded, false AS fresh
  FROM old_films
  UNION ALL
  SELECT film, patient, study, withheld, detail, film_id, recorded, true FROM parts
)
ORDER BY film, recorded DESC, fresh
"""
_PATH_ENDS: Final = """
SELECT DISTINCT upper(right(path, 8)) FROM (
  SELECT unnest(treatments).path AS path FROM parts
)
"""
_RULES: Final = """
SELECT DISTINCT treated.action, treated.rule FROM (SELECT unnest(treatments) AS treated FROM parts)
"""
_WRITTEN: Final = {
    "audit": """
SELECT old.* FROM old_audit AS old
SEMI JOIN chosen ON chosen.film = old.film AND chosen.recorded = old.recorded AND NOT chosen.fresh
UNION ALL
SELECT film, patient, study, treated.path, element.tag, element.keyword, element.vr,
  treated.action, treated.rule, meaning.reason, nullif(lower(hex(treated.old)), ''), recorded
FROM (
  SELECT parts.film, parts.patient, parts.study, parts.recorded, unnest(treatments) AS treated
  FROM parts JOIN chosen
  ON chosen.film = parts.film AND chosen.recorded = parts.recorded AND chosen.fresh
)
JOIN element ON element.path_end = upper(right(treated.path, 8))
JOIN meaning ON meaning.action = treated.action AND meaning.rule = treated.rule
""",
    "boxes": """
SELECT old.* FROM old_boxes AS old
SEMI JOIN chosen ON chosen.film = old.film AND chosen.recorded = old.recorded AND NOT chosen.fresh
UNION ALL
SELECT film, patient, study, box.frame, box.x, box.y, box.width, box.height, box.turn,
  box.verdict, box.why, recorded
FROM (
  SELECT parts.film, parts.patient, parts.study, parts.recorded, unnest(boxes) AS box
  FROM parts JOIN chosen
  ON chosen.film = parts.film AND chosen.recorded = parts.recorded AND chosen.fresh
)
""",
    "films": """
SELECT film, patient, study, if(withheld IS NULL, 'released', 'withheld') AS outcome,
  withheld AS reason, detail, film_id,
  coalesce(removed, 0) AS removed, coalesce(emptied, 0) AS emptied,
  coalesce(replaced, 0) AS replaced, coalesce(new_uids, 0) AS new_uids,
  coalesce(cleaned, 0) AS cleaned, coalesce(kept, 0) AS kept,
  coalesce(boxes, 0) AS boxes, coalesce(doubtful, 0) AS doubtful, recorded
FROM chosen
LEFT JOIN (
  SELECT film, count(*) FILTER (action = 'X') AS removed, count(*) FILTER (action = 'Z') AS emptied,
    count(*) FILTER (action = 'D') AS replaced, count(*) FILTER (action = 'U') AS new_uids,
    count(*) FILTER (action = 'C') AS cleaned, count(*) FILTER (action = 'K') AS kept
  FROM new_audit GROUP BY film
) USING (film)
LEFT JOIN (
  SELECT film, count(*) AS boxes, count(*) FILTER (verdict = 'doubtful') AS doubtful
  FROM new_boxes GROUP BY film
) USING (film)
ORDER BY patient, study, film
""",
    "thumbnails": f"""
SELECT film, doubtful, boxes, png, recorded FROM (
  SELECT old.film, old.png, old.recorded FROM old_thumbnails AS old
  SEMI JOIN chosen ON chosen.film = old.film AND chosen.recorded = old.recorded AND NOT chosen.fresh
  UNION ALL
  SELECT parts.film, parts.thumbnail, parts.recorded FROM parts
  JOIN chosen ON chosen.film = parts.film AND chosen.recorded = parts.recorded AND chosen.fresh
  WHERE parts.thumbnail IS NOT NULL AND chosen.withheld IS NULL
)
JOIN (SELECT film, doubtful, boxes FROM new_films) USING (film)
ORDER BY doubtful > 0 DESC, boxes DESC, film LIMIT {THUMBNAILS_KEPT}
""",  # noqa: S608 - a number of ours
}

RELEASED: Final = "SELECT film, patient, study FROM chosen WHERE withheld IS NULL ORDER BY film"
TOTALS: Final = """
SELECT count(*), count(*) FILTER (outcome = 'released'),
  coalesce(sum(removed + emptied + replaced + new_uids + cleaned + kept), 0)::BIGINT,
  coalesce(sum(boxes), 0)::BIGINT, coalesce(sum(doubtful), 0)::BIGINT
FROM films
"""


@contextmanager
def connected(folder: Path) -> Iterator[Any]:
    """A DuckDB in bounded memory, which puts what does not fit beside the audit's files."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY_LIMIT}'")
        connection.execute(f"SET threads = {_THREADS}")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET temp_directory = $1", [str(folder / ".duckdb")])
        yield connection


def load(connection: Any, folder: Path, parts: Sequence[Path]) -> None:
    """Open earlier files and new parts, and choose the newest record of each film."""
    for name, schema in _JOINED.items():
        path = folder / f"{name}.parquet"
        _open(connection, f"old_{name}", [path] if path.exists() else [], schema)
    _open(connection, "parts", parts, PART_SCHEMA)
    connection.execute(_CHOSEN)
    ends = [row[0] for row in connection.execute(_PATH_ENDS).fetchall()]
    elements = [(end, *describe_element(end)) for end in ends]
    connection.register("element", _table(("path_end", "tag", "keyword", "vr"), elements))
    rules = connection.execute(_RULES).fetchall()
    meanings = [(action, rule, reason_for(action, rule)) for action, rule in rules]
    connection.register("meaning", _table(("action", "rule", "reason"), meanings))


def write(connection: Any, folder: Path) -> None:
    """Write the joined files beside their places, then put all of them there."""
    partials = {name: folder / f".{name}.parquet.partial" for name in _WRITTEN}
    for name, sql in _WRITTEN.items():
        target = _quoted(str(partials[name]))
        connection.execute(f"COPY ({sql}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
        _open(connection, f"new_{name}", [partials[name]], _JOINED[name])
    for name, partial in partials.items():
        partial.replace(folder / f"{name}.parquet")


def open_joined(connection: Any, folder: Path) -> None:
    """Make the joined files views named films, audit, boxes and thumbnails."""
    for name, schema in _JOINED.items():
        _open(connection, name, [folder / f"{name}.parquet"], schema)


def _open(connection: Any, name: str, paths: Sequence[Path], schema: pa.Schema) -> None:
    if not paths:
        connection.register(name, schema.empty_table())
        return
    files = ", ".join(_quoted(_PATTERN.sub(r"[\g<0>]", str(path))) for path in paths)
    connection.execute(f"CREATE VIEW {name} AS FROM read_parquet([{files}])")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> pa.Table:
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(names))]
    return pa.table(dict(zip(names, columns, strict=True)))
