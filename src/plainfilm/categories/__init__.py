"""Which category a film is, told from its texts: series, protocol, study, body part, view.

The rules are data (`rules/*.csv`): words for body parts, views, sides and counts of views in
English, German, Spanish, Portuguese and French. `category_from_text` judges one film's texts,
`exam_from_text` reads what an examination's name asks for, `CategoryFromText` is the step over an
archive's films, `map_descriptions` does a whole table.
Precision comes first: where the texts do not name one part and one view, the category is empty.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.categories._classify import (
        CLASSIFIED_COLUMNS,
        ClassifiedFile,
        classify_files,
        row_of,
        write_classified,
    )
    from plainfilm.categories._decide import TextCategory, category_from_text
    from plainfilm.categories._exam import ExamPart, ExamText, ViewCount, exam_from_text
    from plainfilm.categories._explain import explain
    from plainfilm.categories._fusion import DecideCategory
    from plainfilm.categories._parts import parts_agree
    from plainfilm.categories._pixels import CategoryFromPixels, PixelCategory, silent_on
    from plainfilm.categories._sources import Evidence
    from plainfilm.categories._step import CategoryFromText
    from plainfilm.categories._table import MappingSummary, map_descriptions

__all__ = [
    "CLASSIFIED_COLUMNS",
    "CategoryFromPixels",
    "CategoryFromText",
    "ClassifiedFile",
    "DecideCategory",
    "Evidence",
    "ExamPart",
    "ExamText",
    "MappingSummary",
    "PixelCategory",
    "TextCategory",
    "ViewCount",
    "category_from_text",
    "classify_files",
    "exam_from_text",
    "explain",
    "map_descriptions",
    "parts_agree",
    "row_of",
    "silent_on",
    "write_classified",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "CLASSIFIED_COLUMNS": "_classify",
        "CategoryFromPixels": "_pixels",
        "CategoryFromText": "_step",
        "ClassifiedFile": "_classify",
        "DecideCategory": "_fusion",
        "Evidence": "_sources",
        "ExamPart": "_exam",
        "ExamText": "_exam",
        "MappingSummary": "_table",
        "PixelCategory": "_pixels",
        "TextCategory": "_decide",
        "ViewCount": "_exam",
        "category_from_text": "_decide",
        "classify_files": "_classify",
        "exam_from_text": "_exam",
        "explain": "_explain",
        "map_descriptions": "_table",
        "parts_agree": "_parts",
        "row_of": "_classify",
        "silent_on": "_pixels",
        "write_classified": "_classify",
    },
)
