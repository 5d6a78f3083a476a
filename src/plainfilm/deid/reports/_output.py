"""Where cleaned reports go: a table or a tree of text files, and the audit beside them."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

from plainfilm.deid.reports._step import CleanedReport
from plainfilm.errors import BadSource, Reason
from plainfilm.records import Rejection
from plainfilm.text_files import write_beside

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["AUDIT_FILE", "TABLE_FILE", "ReportRun", "write_table", "write_tree"]

TABLE_FILE: Final = "reports.csv"
AUDIT_FILE: Final = "reports.parquet"
UNLINKED: Final = "unlinked"
"""Folder of an archive's reports that found no study."""

_COLUMNS: Final = ("id", "patient_id", "study_id", "accession_number", "text")
_ROWS: Final = 50_000


@dataclass(slots=True)
class ReportRun:
    """What a run came to.

    Attributes:
        removed: masks by kind.
    """

    clean: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)


class _Sink(Protocol):
    def __call__(self, report: CleanedReport) -> None: ...


def write_table(reports: Iterable[CleanedReport | Rejection], out: Path, audit: Path) -> ReportRun:
    """Write `reports.csv` with `id, patient_id, study_id, accession_number, text` into `out`, and
    `reports.parquet` with a row for each mask into `audit`; both whole or not at all.

    Raises:
        BadSource: a file cannot be written.
    """
    with _told(out), ExitStack() as stack:
        out.mkdir(parents=True, exist_ok=True)
        spans = stack.enter_context(_AuditFile(audit))
        table = csv.writer(stack.enter_context(write_beside(out / TABLE_FILE)), lineterminator="\n")
        table.writerow(_COLUMNS)

        def write(report: CleanedReport) -> None:
            table.writerow(
                (report.name, report.patient, report.study, report.accession_number, report.text)
            )

        return _write(reports, write, spans)


def write_tree(reports: Iterable[CleanedReport | Rejection], out: Path, audit: Path) -> ReportRun:
    """Write each report as `<patient>/<study>/<report>.txt` below `out`, reports without a study
    into `unlinked/`; and the audit as `write_table` does.

    Raises:
        BadSource: a file cannot be written.
    """
    with _told(out), _AuditFile(audit) as spans:

        def write(report: CleanedReport) -> None:
            linked = report.patient and report.study
            folder = out / report.patient / report.study if linked else out / UNLINKED
            folder.mkdir(parents=True, exist_ok=True)
            with write_beside(folder / f"{report.name}.txt") as stream:
                stream.write(report.text)

        return _write(reports, write, spans)


@contextmanager
def _told(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        message = f"{out}: cannot be written ({exc.strerror})"
        raise BadSource(message, Reason.FILE_UNREADABLE) from exc


def _write(
    reports: Iterable[CleanedReport | Rejection], write: _Sink, audit: "_AuditFile"
) -> ReportRun:
    run = ReportRun()
    for report in reports:
        if isinstance(report, Rejection):
            run.rejected[report.reason] += 1
            if len(run.rejections) < _LISTED:
                run.rejections.append(report)
            continue
        write(report)
        audit.add(report)
        run.clean += 1
        run.removed.update(span.kind for span in report.spans)
    return run


_LISTED: Final = 100


class _AuditFile:
    """The audit's Parquet file, written in row groups beside its place and then renamed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / AUDIT_FILE
        self._partial = folder / f".{AUDIT_FILE}.partial"
        self._columns: list[list[object]] = [[] for _ in _audit_fields()]
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        import pyarrow.parquet as pq  # noqa: PLC0415  # slow to load, and only needed here

        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self._partial, self._schema())
        return self

    def add(self, report: CleanedReport) -> None:
        for span in report.spans:
            row = (report.name, report.patient, report.study, *span)
            for column, value in zip(self._columns, row, strict=True):
                column.append(value)
        if len(self._columns[0]) >= _ROWS:
            self._flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)

    def _flush(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        if self._writer is not None and self._columns[0]:
            self._writer.write_table(pa.table(self._columns, schema=self._schema()))
        self._columns = [[] for _ in _audit_fields()]

    def _schema(self) -> "pa.Schema":
        import pyarrow as pa  # noqa: PLC0415

        return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in _audit_fields()])


def _audit_fields() -> tuple[tuple[str, str], ...]:
    return (
        ("report", "string"),
        ("patient", "string"),
        ("study", "string"),
        ("start", "int32"),
        ("end", "int32"),
        ("kind", "string"),
        ("rule", "string"),
        ("old", "binary"),
    )
