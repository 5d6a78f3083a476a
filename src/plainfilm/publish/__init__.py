"""What leaves the archive: datasets in layouts that people already read, and the report page.

Only de-identified copies are read here. A dataset is written beside its final place and renamed
when complete, never changed afterwards, and its ids and splits are keyed hashes.
"""

from plainfilm.publish.mimic_cxr_jpg import publish_mimic_cxr_jpg
from plainfilm.publish.page import write_report_page
from plainfilm.publish.summary import LabelCounts, PublishSummary, SplitCounts

__all__ = [
    "LabelCounts",
    "PublishSummary",
    "SplitCounts",
    "publish_mimic_cxr_jpg",
    "write_report_page",
]
