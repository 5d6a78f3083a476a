"""Reports to labels: sections, mentions, context, one value per finding, with the evidence.

`read_reports` reads reports from tables and folders, `label_text` labels one report,
`LabelReports` is the step over an archive's reports, `label_files` labels a whole source into a
table. What a phrase means is data: `lexicon/*.toml`, `cues.toml`, `normal_statements.toml` and
`sections.csv`.
"""

from plainfilm.reports._files import LabelCounts, LabelSummary, label_files
from plainfilm.reports._labeler import label_text
from plainfilm.reports._sections import SECTION_CHOICES
from plainfilm.reports._sources import read_reports
from plainfilm.reports._step import LabelReports

__all__ = [
    "SECTION_CHOICES",
    "LabelCounts",
    "LabelReports",
    "LabelSummary",
    "label_files",
    "label_text",
    "read_reports",
]
