"""Where tags come from: the Parquet parts of an archive, or a CSV table, in batches."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from plainfilm.clusters.tag_table import FILM_ID, VALUE_SEPARATOR, TagTable, is_gathered
from plainfilm.errors import BadTable, Reason
from plainfilm.evaluate.csv_tables import CsvTable

__all__ = ["read_csv", "read_parts"]

_BATCH: Final = 20_000
_LISTED: Final = re.compile(r"\[\s*(['\"]).*\1\s*\]", re.DOTALL)
_BETWEEN: Final = re.compile(r"['\"]\s*,\s*['\"]")


def read_parts(
    parts: Sequence[Path],
    *,
    film_ids: NDArray[np.int64] | None = None,
    also: Collection[str] = (),
) -> TagTable:
    """Read the tags of films from Parquet files, in the archive's layout: a row for each film with
    `film_id`, and a column for each tag. Columns of tags that are never features are not read.

    Args:
        film_ids: the films to take, in ascending order; all where not given.
        also: keywords to gather though they are never features.
    Raises:
        BadTable: a part cannot be read, or there are no films.
    """
    aside: dict[str, None] = {}
    batches = (batch for part in parts for batch in _batches(part, film_ids, also, aside))
    table = TagTable.of(batches, also=also)
    return TagTable(table.film_ids, table.columns, tuple(aside))


def _batches(
    part: Path,
    film_ids: NDArray[np.int64] | None,
    also: Collection[str],
    aside: dict[str, None],
) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(part) as opened:
            names = opened.schema_arrow.names
            taken = [name for name in names if name in also or is_gathered(name)]
            aside |= dict.fromkeys(name for name in names if name not in taken and name != FILM_ID)
            for batch in opened.iter_batches(_BATCH, columns=[FILM_ID, *taken]):
                yield batch if film_ids is None else _chosen(batch, film_ids)
    except (OSError, pa.ArrowException, KeyError) as exc:
        raise BadTable(f"{part}: the tags cannot be read", Reason.FILE_UNREADABLE) from exc


def _chosen(batch: pa.RecordBatch, film_ids: NDArray[np.int64]) -> pa.RecordBatch:
    own = batch.column(FILM_ID).to_numpy(zero_copy_only=False)
    there = np.isin(own, film_ids)
    return batch if there.all() else batch.filter(pa.array(there))


def read_csv(path: Path, *, also: Collection[str] = ()) -> TagTable:
    """Read the tags of films from a CSV table with a row for each film.

    Columns are named by DICOM keyword or by the tag's name. Values of a tag that has several are
    separated by a backslash, or written as a Python list.

    Args:
        also: keywords to gather though they are never features.
    Raises:
        BadTable: the table cannot be read, or has no rows, or two columns of one tag.
    """
    table = CsvTable(path)
    try:
        return TagTable.of(_csv_batches(table), also=also)
    except BadTable as exc:
        raise exc if str(exc).startswith(str(path)) else BadTable(f"{path}: {exc}") from exc


def _csv_batches(table: CsvTable) -> Iterator[pa.RecordBatch]:
    rows: list[list[str]] = []
    for _, row in table.rows():
        rows.append(row)
        if len(rows) == _BATCH:
            yield _batch(table.columns, rows)
            rows = []
    if rows:
        yield _batch(table.columns, rows)


def _batch(names: Sequence[str], rows: Sequence[Sequence[str]]) -> pa.RecordBatch:
    columns: list[Any] = [
        pa.array([_value(text) for text in column], pa.string())
        for column in zip(*rows, strict=True)
    ]
    # Films of a table are named by their row.
    return pa.RecordBatch.from_arrays(columns, names=["" if n == FILM_ID else n for n in names])


def _value(text: str) -> str:
    """A Python list as DICOM writes several values; any other text as it is."""
    if not text.startswith("[") or not _LISTED.fullmatch(text.strip()):
        return text
    return _BETWEEN.sub(lambda _: VALUE_SEPARATOR, text.strip()[1:-1].strip()[1:-1])
