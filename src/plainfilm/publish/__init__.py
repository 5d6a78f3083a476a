"""What leaves the archive: datasets in layouts that people already read, and the report page.

Only de-identified copies are read here. A dataset is written beside its final place and renamed
when complete, never changed afterwards, and its ids and splits are keyed hashes.
"""

from plainfilm.publish.dataset import publish
from plainfilm.publish.describe import DatasetOptions
from plainfilm.publish.export import ExportImage
from plainfilm.publish.images import ImageFormat, Resize
from plainfilm.publish.layouts import LAYOUTS, Layout, MimicCxrJpg, WebDataset, find_layout
from plainfilm.publish.leaks import NearDuplicates
from plainfilm.publish.page import write_report_page
from plainfilm.publish.splits import SplitSizes
from plainfilm.publish.summary import LabelCounts, PublishSummary, SplitCounts

__all__ = [
    "LAYOUTS",
    "DatasetOptions",
    "ExportImage",
    "ImageFormat",
    "LabelCounts",
    "Layout",
    "MimicCxrJpg",
    "NearDuplicates",
    "PublishSummary",
    "Resize",
    "SplitCounts",
    "SplitSizes",
    "WebDataset",
    "find_layout",
    "publish",
    "write_report_page",
]
