"""Reading reports from where they lie: tables, messages, documents, folders of them."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from plainfilm.errors import BadSource, Reason
from plainfilm.records import SourceReport
from plainfilm.reports._hl7 import read_messages
from plainfilm.reports._openi import read_openi
from plainfilm.reports._structured import read_structured_report
from plainfilm.reports._tables import Columns, read_csv, read_json_lines, refuse_duplicates
from plainfilm.text_files import decode, read_bytes

__all__ = ["read_reports"]

_Document: TypeAlias = Callable[[str, str], Iterable[SourceReport]]
"""Reads the reports of one file, given its path and the name to use where it has none."""


def read_reports(
    path: Path,
    *,
    id_column: str = "id",
    text_column: str = "text",
    header_columns: tuple[str, ...] = (),
) -> Iterator[SourceReport]:
    """Read reports from a file or a folder.

    - `.csv`: columns `id,text`, and `accession_number, study_instance_uid` where they are known.
    - `.jsonl`, `.ndjson`: the same keys on each line.
    - `.txt`: one report; its id is the file's name without the ending.
    - `.xml`: one report in the form of the OpenI collection of the NLM; its id is its `uId`.
    - `.hl7`: HL7 v2 messages ORU^R01; the id is the accession number.
    - `.dcm`: a DICOM structured report; the id is its SOP Instance UID.
    - A folder is searched through for the last four kinds; the id of a `.txt` is its path there.
      DICOM objects that are no structured reports are left out.

    Text is UTF-8, else Latin-1. Tables are checked as a whole before the first report is given,
    then read in a stream; memory does not grow with them (see `ids_twice`).

    Args:
        id_column, text_column: the names of these columns in a table, in any case.
        header_columns: columns of a table that go into `SourceReport.header`. Messages and
            structured reports have theirs filled with patient, staff and ids in any case.
    Raises:
        BadSource: there is nothing at the path, or nothing that reports are read from.
        BadTable: columns are missing (the message names those found), ids are missing or there
            more than once (the message names them), or a file holds binary bytes, bad XML, bad
            JSON or messages of another type.
        UnreadableDicom: a `.dcm` is not DICOM, or is damaged.
    """
    columns = Columns(id_column, text_column, header_columns)
    if path.is_dir():
        return _from_folder(path)
    if not path.exists():
        raise BadSource(f"{path}: there is no such file or folder", Reason.FILE_VANISHED)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return read_csv(path, columns)
    if suffix in {".jsonl", ".ndjson"}:
        return read_json_lines(path, columns)
    if suffix in _READERS:
        return _from_file(path, _READERS[suffix])
    raise BadSource(
        f"{path}: reports are read from .csv, .jsonl, .txt, .xml, .hl7, .dcm or a folder"
    )


def _from_file(path: Path, read: _Document) -> Iterator[SourceReport]:
    reports = list(read(str(path), path.stem))
    if not reports:
        raise BadSource(f"{path}: holds no report")
    _refuse_twice(path, reports)
    return iter(reports)


def _refuse_twice(path: Path, reports: Iterable[SourceReport]) -> None:
    seen: dict[str, bool] = {}
    for report in reports:
        seen[report.name] = report.name in seen
    twice = [name for name, again in seen.items() if again]
    refuse_duplicates(path, twice, len(twice))


def _from_folder(folder: Path) -> Iterator[SourceReport]:
    files = sorted(_files(str(folder)))
    if not files:
        raise BadSource(f"{folder}: holds no {', '.join(_READERS)} file")
    return _from_files(folder, files)


def _files(folder: str) -> Iterator[str]:
    """Paths of the files that reports are read from, hidden ones left out."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if name[name.rfind(".") :].lower() in _READERS and not name.startswith("."):
                yield os.path.join(parent, name)  # noqa: PTH118  # thousands; Path is slower


def _from_files(folder: Path, files: Iterable[str]) -> Iterator[SourceReport]:
    seen: set[str] = set()
    inside = len(str(folder)) + 1
    for path in files:
        stem, suffix = os.path.splitext(path)  # noqa: PTH122
        for report in _READERS[suffix.lower()](path, stem[inside:].replace(os.sep, "/")):
            if report.name in seen:
                refuse_duplicates(folder, [report.name], 1)
            seen.add(report.name)
            yield report


def _read_txt(path: str, name: str) -> list[SourceReport]:
    return [SourceReport(name, decode(read_bytes(path), path))]


def _read_xml(path: str, name: str) -> list[SourceReport]:
    return [read_openi(read_bytes(path), path, name)]


def _read_hl7(path: str, _: str) -> Iterable[SourceReport]:
    return read_messages(read_bytes(path), path)


def _read_dicom(path: str, _: str) -> list[SourceReport]:
    report = read_structured_report(Path(path))
    return [report] if report else []


_READERS: Final[dict[str, _Document]] = {
    ".txt": _read_txt,
    ".xml": _read_xml,
    ".hl7": _read_hl7,
    ".dcm": _read_dicom,
}
