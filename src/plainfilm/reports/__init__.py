"""Reports to labels: sections, mentions, context, one value per finding, with the evidence.

`read_reports` reads reports from tables, messages, documents and folders of them; a `Labeler`
labels many reports with one label set and one lexicon, `label_text` a single one; `LabelReports`
is the step over an archive's reports, `label_files` labels a whole source into a table. What a
phrase means is data: `lexicon/<language>/` holds a file for each finding, the cues of negation and
doubt, and the titles of sections; `load_lexicon` adds a folder of the user's own.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.reports._files import LabelCounts, LabelSummary, label_files
    from plainfilm.reports._labeler import Labeler, label_text
    from plainfilm.reports._lexicon import LANGUAGES, Lexicon, load_lexicon
    from plainfilm.reports._sections import SECTION_CHOICES
    from plainfilm.reports._sources import read_reports
    from plainfilm.reports._step import LabelReports

__all__ = [
    "LANGUAGES",
    "SECTION_CHOICES",
    "LabelCounts",
    "LabelReports",
    "LabelSummary",
    "Labeler",
    "Lexicon",
    "label_files",
    "label_text",
    "load_lexicon",
    "read_reports",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "LANGUAGES": "_lexicon",
        "SECTION_CHOICES": "_sections",
        "LabelCounts": "_files",
        "LabelReports": "_step",
        "LabelSummary": "_files",
        "Labeler": "_labeler",
        "Lexicon": "_lexicon",
        "label_files": "_files",
        "label_text": "_labeler",
        "load_lexicon": "_lexicon",
        "read_reports": "_sources",
    },
)
