"""De-identification of report text, with `___` in the place of identity as in MIMIC-CXR.

`clean_report` cleans one text; the step `CleanReports` with `clean_all` cleans a stream of them,
and `write_table` and `write_tree` write what comes of it. What is known of a report's people comes
from its film (`known_from_dataset`) or from values of a table (`known_from_values`,
`known_from_texts`); people that nobody told of are found by what stands beside their names. Words
and phrases are data: `cues.csv` and the lists of names beside this module, `month_names.csv` of the
room.
"""

from plainfilm.deid.reports._clean import MASK, CleanReport, RemovedSpan, clean_report
from plainfilm.deid.reports._known import (
    KnownPerson,
    known_from_dataset,
    known_from_texts,
    known_from_values,
    known_people,
)
from plainfilm.deid.reports._language import is_understood
from plainfilm.deid.reports._output import (
    AUDIT_FILE,
    TABLE_FILE,
    ReportRun,
    write_table,
    write_tree,
)
from plainfilm.deid.reports._spans import Kind
from plainfilm.deid.reports._step import AuditSpan, CleanedReport, CleanReports, clean_all

__all__ = [
    "AUDIT_FILE",
    "MASK",
    "TABLE_FILE",
    "AuditSpan",
    "CleanReport",
    "CleanReports",
    "CleanedReport",
    "Kind",
    "KnownPerson",
    "RemovedSpan",
    "ReportRun",
    "clean_all",
    "clean_report",
    "is_understood",
    "known_from_dataset",
    "known_from_texts",
    "known_from_values",
    "known_people",
    "write_table",
    "write_tree",
]
