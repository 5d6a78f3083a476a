"""Reading reports from where they lie: CSV, JSON Lines, folders of .txt or .xml files."""

import csv
import io
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from plainfilm.errors import BadSource, BadTable, Reason
from plainfilm.records import SourceReport

_REQUIRED: Final = ("id", "text")
_LINKS: Final = ("accession_number", "study_instance_uid")
_NAMED_AT_MOST: Final = 10
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_LONGEST_FIELD: Final = min(sys.maxsize, 256 * 1024 * 1024)
"""Characters in one CSV field; the csv module's own limit of 128 Ki is too small for a report."""

_Row: TypeAlias = tuple[int, Mapping[str, str]]


def read_reports(path: Path) -> Iterator[SourceReport]:
    """Read reports from a file or a folder.

    A `.csv` needs the columns `id,text` and may have `accession_number, study_instance_uid`; a
    `.jsonl` needs the same keys on each line. A folder is searched through for `.txt` (the id is
    the path without its ending) and `.xml` files (the form of the OpenI collection of the NLM; the
    id is its `uId`). A single `.txt` or `.xml` file is one report. Text is UTF-8, else Latin-1.

    Tables are checked as a whole before the first report is given, then read in a stream.

    Raises:
        BadSource: there is nothing at the path, or the folder holds no report.
        BadTable: columns are missing (the message names those found), ids are missing or there
            more than once (the message names them), or a file holds binary bytes or bad XML.
    """
    if path.is_dir():
        return _from_folder(path)
    if not path.exists():
        raise BadSource(f"{path}: there is no such file or folder", Reason.FILE_VANISHED)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _from_rows(path, _csv_rows)
    if suffix in {".jsonl", ".ndjson"}:
        return _from_rows(path, _json_rows)
    if suffix in _READERS:
        return iter([_READERS[suffix](path, path.stem)])
    raise BadSource(f"{path}: reports are read from .csv, .jsonl, .txt, .xml or a folder")


def _from_rows(path: Path, read: Callable[[Path], Iterator[_Row]]) -> Iterator[SourceReport]:
    _check_ids(path, read(path))
    return (
        SourceReport(
            row["id"].strip(), row["text"], *(row.get(link, "").strip() for link in _LINKS)
        )
        for _, row in read(path)
    )


def _check_ids(path: Path, rows: Iterable[_Row]) -> None:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for line, row in rows:
        name = row["id"].strip()
        if not name:
            raise BadTable(f"{path}, line {line}: the id is empty")
        if name in seen:
            twice[name] = None
        seen.add(name)
    _refuse_duplicates(path, list(twice))


def _refuse_duplicates(path: Path, names: list[str]) -> None:
    if names:
        shown = ", ".join(names[:_NAMED_AT_MOST])
        more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
        raise BadTable(f"{path}: ids that are there more than once: {shown}{more}")


def _csv_rows(path: Path) -> Iterator[_Row]:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    with _opened(path) as stream:
        reader = csv.DictReader(_checked_lines(stream, path))
        try:
            names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
            _require_columns(path, names)
            reader.fieldnames = names
            for row in reader:
                if None in row:
                    raise BadTable(f"{path}, line {reader.line_num}: more values than columns")
                yield reader.line_num, {key: value or "" for key, value in row.items()}
        except csv.Error as exc:
            raise BadTable(f"{path}, line {reader.line_num}: no CSV ({exc})") from exc


def _require_columns(where: Path | str, found: Iterable[str]) -> None:
    missing = [name for name in _REQUIRED if name not in found]
    if missing:
        listed = ", ".join(found) or "none"
        raise BadTable(f"{where}: missing columns {', '.join(missing)}; found {listed}")


def _json_rows(path: Path) -> Iterator[_Row]:
    with _opened(path) as stream:
        for line, text in enumerate(_checked_lines(stream, path), start=1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except ValueError as exc:
                raise BadTable(f"{path}, line {line}: no JSON") from exc
            if not isinstance(row, dict):
                raise BadTable(f"{path}, line {line}: not a JSON object")
            _require_columns(f"{path}, line {line}", row)
            yield (
                line,
                {key: str(row[key] or "") for key in (*_REQUIRED, *_LINKS) if key in row},
            )


def _from_folder(folder: Path) -> Iterator[SourceReport]:
    files = sorted(
        entry for entry in folder.rglob("*") if entry.suffix.lower() in _READERS and entry.is_file()
    )
    if not files:
        raise BadSource(f"{folder}: holds no .txt or .xml file")
    return _from_files(folder, files)


def _from_files(folder: Path, files: Iterable[Path]) -> Iterator[SourceReport]:
    seen: set[str] = set()
    for path in files:
        name = path.relative_to(folder).with_suffix("").as_posix()
        report = _READERS[path.suffix.lower()](path, name)
        if report.name in seen:
            _refuse_duplicates(folder, [report.name])
        seen.add(report.name)
        yield report


def _read_txt(path: Path, name: str) -> SourceReport:
    return SourceReport(name, _decode(_bytes(path), path))


def _read_xml(path: Path, name: str) -> SourceReport:
    """One OpenI report: its abstract's parts become titled sections."""
    data = _bytes(path)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BadTable(f"{path}: XML that declares entities is not read")
    try:
        root = ET.fromstring(data)  # noqa: S314  # entities were refused above
    except ET.ParseError as exc:
        raise BadTable(f"{path}: no well-formed XML (line {exc.position[0]})") from exc
    parts = [
        f"{part.get('Label', '').strip()}: {(part.text or '').strip()}"
        for part in root.iter("AbstractText")
        if (part.text or "").strip()
    ]
    unique = root.find("uId")
    given = unique.get("id", "").strip() if unique is not None else ""
    return SourceReport(given or name, "\n\n".join(parts))


_READERS: Final[dict[str, Callable[[Path, str], SourceReport]]] = {
    ".txt": _read_txt,
    ".xml": _read_xml,
}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        message = f"{path}: cannot be opened ({exc.strerror})"
        raise BadSource(message, Reason.FILE_UNREADABLE) from exc


def _decode(data: bytes, path: Path) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if _BINARY.search(text):
        raise BadTable(f"{path}: holds binary bytes, so it is no text in UTF-8 or Latin-1")
    return text


def _opened(path: Path) -> io.TextIOWrapper:
    try:
        return path.open(encoding=_encoding(path), newline="")
    except OSError as exc:
        message = f"{path}: cannot be opened ({exc.strerror})"
        raise BadSource(message, Reason.FILE_UNREADABLE) from exc


def _encoding(path: Path) -> str:
    """UTF-8 where the whole file is; else Latin-1."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _checked_lines(stream: Iterable[str], path: Path) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        if _BINARY.search(line):
            raise BadTable(f"{path}, line {number}: holds binary bytes")
        yield line
