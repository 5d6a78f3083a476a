"""What a worker writes down of a batch of films: one Parquet file, whole or not at all."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from plainfilm.deid.treatment import Treatment
from plainfilm.errors import ArchiveError

if TYPE_CHECKING:
    from plainfilm.deid.burned_text import TextBox

__all__ = ["PARTS", "PART_SCHEMA", "FilmAudit", "write_part"]

PARTS: Final = "parts"
"""The folder of parts within the audit's."""

_TREATMENT: Final = pa.struct(
    [("path", pa.string()), ("action", pa.string()), ("rule", pa.string()), ("old", pa.binary())]
)
_BOX: Final = pa.struct(
    [
        ("frame", pa.int32()),
        ("x", pa.int32()),
        ("y", pa.int32()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("turn", pa.int32()),
        ("verdict", pa.string()),
        ("why", pa.string()),
    ]
)
PART_SCHEMA: Final = pa.schema(
    [
        ("film", pa.string()),
        ("patient", pa.string()),
        ("study", pa.string()),
        ("withheld", pa.string()),
        ("detail", pa.string()),
        ("film_id", pa.int64()),
        ("thumbnail", pa.binary()),
        ("recorded", pa.timestamp("us")),
        ("treatments", pa.list_(_TREATMENT)),
        ("boxes", pa.list_(_BOX)),
    ]
)


@dataclass(frozen=True, slots=True)
class FilmAudit:
    """What was done to one film.

    Attributes:
        uid, patient, study: the new ids, also of a film that is withheld; `uid` is never empty,
            since a film's newest record replaces its earlier ones.
        withheld: reason code; empty for a film that was released.
        detail: of a withheld film; names no path, and no value of a tag.
        film_id: the archive's number of the film; 0 where there is none that lasts.
        thumbnail: PNG of the result, where text was blackened or is doubtful; see
            `result_thumbnail`.
    """

    uid: str
    patient: str
    study: str
    treatments: tuple[Treatment, ...]
    boxes: "tuple[TextBox, ...]"
    withheld: str = ""
    detail: str = ""
    film_id: int = 0
    thumbnail: bytes = b""


def write_part(folder: Path, films: Sequence[FilmAudit]) -> None:
    """Write what was done to a batch of films into a file of its own in `folder/parts`.

    The file is written beside its place and renamed, so that a killed worker leaves no half part.
    Parts stay until `finish_audit` has joined them: those of a killed run too.

    Raises:
        ArchiveError: the part cannot be written.
    """
    if not films:
        return
    # Microseconds tell records of one film apart; films of one batch count on from its start.
    started = time.time_ns() // 1_000
    parts = folder / PARTS
    name = f"{started}-{os.getpid()}-{os.urandom(4).hex()}.parquet"
    partial = parts / f".{name}.partial"
    try:
        parts.mkdir(parents=True, exist_ok=True)
        pq.write_table(_table(films, started), partial, compression="zstd")
        partial.replace(parts / name)
    except OSError as exc:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ArchiveError(f"cannot write the audit in {parts}: {exc.strerror}") from exc


def _table(films: Sequence[FilmAudit], started: int) -> pa.Table:
    columns: dict[str, Any] = {
        "film": [film.uid for film in films],
        "patient": [film.patient for film in films],
        "study": [film.study for film in films],
        "withheld": [film.withheld or None for film in films],
        "detail": [_safe(film.detail) for film in films],
        "film_id": [film.film_id or None for film in films],
        "thumbnail": [film.thumbnail or None for film in films],
        "recorded": np.arange(started, started + len(films)).astype("datetime64[us]"),
        "treatments": _lists([film.treatments for film in films], _TREATMENT),
        "boxes": _lists([film.boxes for film in films], _BOX),
    }
    return pa.Table.from_pydict(columns, schema=PART_SCHEMA)


def _lists(rows: Sequence[Sequence[Any]], item: pa.StructType) -> pa.ListArray:
    """Lists of structs from the attributes of records; built by column, since films have many."""
    offsets = np.cumsum([0, *map(len, rows)])
    flat = [record for row in rows for record in row]
    arrays = [pa.array(list(map(attrgetter(field.name), flat)), field.type) for field in item]
    structs = pa.StructArray.from_arrays(arrays, fields=list(item))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)


def _safe(detail: str) -> str | None:
    """A detail without a path: an audit that named originals would lead from new ids to old."""
    return detail if detail and not any(mark in detail for mark in "/\\") else None
