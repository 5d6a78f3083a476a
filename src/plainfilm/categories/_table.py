"""`map-descriptions`: a table of descriptions in, the same table with categories out."""

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import IO, Final, Protocol, TypeAlias

from plainfilm.categories._decide import BUNDLED, CategoryIndex, judge, reader
from plainfilm.categories._reading import Reading
from plainfilm.categories._sources import CACHED, KEYWORDS
from plainfilm.errors import BadTable, Reason
from plainfilm.text_files import CsvReader, csv_reader, known_columns, write_beside
from plainfilm.vocabulary import CATEGORIES, OTHER, Category

__all__ = ["MappingSummary", "map_descriptions"]

_REQUIRED: Final = {
    "study_description": "StudyDescription",
    "series_description": "SeriesDescription",
    "body_part_examined": "BodyPartExamined",
}
_OPTIONAL: Final = {
    "view_position": "ViewPosition",
    "protocol_name": "ProtocolName",
    "laterality": "ImageLaterality",
}
_ADDED: Final = ("category", "body_part", "view", "laterality", "evidence")
_CHUNK_BYTES: Final = 1 << 20


class _Writer(Protocol):
    """What csv.writer returns."""

    def writerow(self, row: Iterable[str], /) -> object: ...


_Answer: TypeAlias = tuple[tuple[str, ...], bool]
"""The values of the added columns, and whether the sources disagreed."""


@dataclass(frozen=True, slots=True)
class MappingSummary:
    """What `map_descriptions` did.

    Attributes:
        categories: rows per category, `other` included.
        undecided: rows whose texts do not say enough.
        disagreeing: rows in which one source contradicts the one that decided.
    """

    rows: int
    undecided: int
    disagreeing: int
    categories: dict[str, int]

    @property
    def other(self) -> int:
        return self.categories.get(OTHER, 0)


def map_descriptions(
    in_csv: Path, out_csv: Path, categories: Sequence[Category] = CATEGORIES
) -> MappingSummary:
    """Add `category, body_part, view, laterality, evidence` to a table of descriptions.

    The input needs the columns `study_description, series_description, body_part_examined` and may
    have `view_position, protocol_name, laterality`, in any order and case. Its other columns pass
    through. Columns that already have an added name are replaced (`laterality` is read first).
    Rows stream: memory does not grow with the table. UTF-8 is read, else Latin-1; a table separated
    by `;` or tabs is read too, and written with commas.

    Raises:
        BadTable: the file cannot be opened or is no CSV table, a column is missing (the message
            names the known ones of those found), a row is longer than the header or a quote is
            not closed. No output is left then.
    """
    index = BUNDLED if categories is CATEGORIES else CategoryIndex(categories)
    try:
        with (
            in_csv.open(encoding=_encoding(in_csv), newline="") as source,
            write_beside(out_csv) as target,
        ):
            return _map_rows(source, target, index, in_csv)
    except OSError as exc:
        message = f"{exc.filename or in_csv}: cannot be read or written ({exc.strerror})"
        raise BadTable(message, Reason.FILE_UNREADABLE) from exc


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if b"\0" in chunk:
                raise BadTable(f"{path}: holds zero bytes, so it is no text")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return "latin-1"
    return "utf-8-sig"


def _map_rows(
    source: IO[str], target: IO[str], index: CategoryIndex, where: Path
) -> MappingSummary:
    reader = csv_reader(source)
    try:
        return _map(reader, csv.writer(target, lineterminator="\n"), index, where)
    except csv.Error as exc:
        raise BadTable(f"{where}, line {reader.line_num}: no CSV ({exc})") from exc


def _map(reader: CsvReader, writer: _Writer, index: CategoryIndex, where: Path) -> MappingSummary:
    header = [name.strip() for name in next(filter(None, reader), [])]
    columns = _columns(header, where)
    kept = [place for place, name in enumerate(header) if name.lower() not in _ADDED]
    writer.writerow([*(header[place] for place in kept), *_ADDED])
    texts_of, answer = itemgetter(*columns.values()), _answerer(tuple(columns), index)
    counts: Counter[str] = Counter()
    disagreeing, width, all_kept = 0, len(header), len(kept) == len(header)
    for row in reader:
        if len(row) != width:
            if not row:
                continue
            if len(row) > width:
                raise BadTable(f"{where}, line {reader.line_num}: more values than columns")
            row.extend([""] * (width - len(row)))
        added, disagrees = answer(texts_of(row))
        counts[added[0]] += 1
        disagreeing += disagrees
        writer.writerow([*(row if all_kept else [row[place] for place in kept]), *added])
    total = counts.total()
    undecided = counts.pop("", 0)
    return MappingSummary(total, undecided, disagreeing, dict(sorted(counts.items())))


def _columns(header: Sequence[str], where: Path) -> dict[str, int]:
    """DICOM keyword → place in the row, in the order in which the rules read."""
    places = {name.lower(): place for place, name in reversed(list(enumerate(header)))}
    missing = [name for name in _REQUIRED if name not in places]
    if missing:
        found = known_columns(header)
        raise BadTable(f"{where}: missing columns {', '.join(missing)}; found {found}")
    named = {
        keyword: places[name]
        for name, keyword in {**_REQUIRED, **_OPTIONAL}.items()
        if name in places
    }
    return {keyword: named[keyword] for keyword in KEYWORDS if keyword in named}


def _answerer(
    sources: tuple[str, ...], index: CategoryIndex
) -> Callable[[tuple[str, ...]], _Answer]:
    """What the added columns hold, by the texts of a row. Rows differ in names and numbers, which
    say nothing: what was read is remembered, not the rows."""

    @lru_cache(maxsize=CACHED)
    def answer(readings: tuple[Reading | None, ...]) -> _Answer:
        result = judge(sources, readings, index)
        evidence = "; ".join(map(str, result.evidence))
        if result.disagreement:
            evidence += "; but " + "; ".join(map(str, result.disagreement))
        added = (result.category, result.body_part, result.view, result.laterality, evidence)
        return added, bool(result.disagreement)

    readers = tuple(map(reader, sources))

    def answer_texts(texts: tuple[str, ...]) -> _Answer:
        return answer(
            tuple([read(text) if text else None for read, text in zip(readers, texts, strict=True)])
        )

    return answer_texts
