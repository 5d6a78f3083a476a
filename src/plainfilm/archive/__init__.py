"""The archive: a catalog of films, their tags in Parquet, the runs of steps and their results."""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.archive.archive import Archive
    from plainfilm.archive.ingest import IngestSummary
    from plainfilm.archive.output_folder import claim_folder, film_folders
    from plainfilm.archive.report_rows import ReportSummary
    from plainfilm.archive.runs import RunSummary
    from plainfilm.archive.sources import OWN_PREFIX

__all__ = [
    "OWN_PREFIX",
    "Archive",
    "IngestSummary",
    "ReportSummary",
    "RunSummary",
    "claim_folder",
    "film_folders",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "OWN_PREFIX": "sources",
        "Archive": "archive",
        "IngestSummary": "ingest",
        "ReportSummary": "report_rows",
        "RunSummary": "runs",
        "claim_folder": "output_folder",
        "film_folders": "output_folder",
    },
)
