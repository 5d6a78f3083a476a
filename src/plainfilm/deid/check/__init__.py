"""The check of any folder of DICOM that claims to be de-identified, made by whatever tool.

Public: `check_folder`, which scores a folder per action as the MIDI-B challenge does, alone or
against the originals; what it gives back, `CheckReport`; and `write_check_page`.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.deid.check.folder import check_folder
    from plainfilm.deid.check.page import write_check_page
    from plainfilm.deid.check.report import CheckReport
    from plainfilm.deid.check.scores import CHECK_TEXT, LEAKS, REASONS, Check, Finding, Score

__all__ = [
    "CHECK_TEXT",
    "LEAKS",
    "REASONS",
    "Check",
    "CheckReport",
    "Finding",
    "Score",
    "check_folder",
    "write_check_page",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "CHECK_TEXT": "scores",
        "Check": "scores",
        "CheckReport": "report",
        "Finding": "scores",
        "LEAKS": "scores",
        "REASONS": "scores",
        "Score": "scores",
        "check_folder": "folder",
        "write_check_page": "page",
    },
)
