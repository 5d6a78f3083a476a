"""The audit of a de-identification: what was done to every element and every box of text.

Workers write parts while they de-identify (`write_part`); after the run the parts are joined
(`finish_audit`) into `films.parquet`, `audit.parquet`, `boxes.parquet` and a page for people,
`audit.html`, in the folder that `audit_folder` names: beside the clean films, never among them.
Old values are there as keyed hashes only; there is no path and no text that was read.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.deid.audit.finish import AuditSummary, audit_folder, finish_audit
    from plainfilm.deid.audit.parts import FilmAudit, write_part
    from plainfilm.deid.audit.thumbnails import result_thumbnail

__all__ = [
    "AuditSummary",
    "FilmAudit",
    "audit_folder",
    "finish_audit",
    "result_thumbnail",
    "write_part",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "AuditSummary": "finish",
        "FilmAudit": "parts",
        "audit_folder": "finish",
        "finish_audit": "finish",
        "result_thumbnail": "thumbnails",
        "write_part": "parts",
    },
)
