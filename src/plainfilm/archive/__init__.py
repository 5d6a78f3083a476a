"""The archive: a catalog of films, their tags in Parquet, the runs of steps and their results."""

from plainfilm.archive.archive import Archive
from plainfilm.archive.ingest import IngestSummary
from plainfilm.archive.report_rows import ReportSummary
from plainfilm.archive.runs import RunSummary

__all__ = ["Archive", "IngestSummary", "ReportSummary", "RunSummary"]
