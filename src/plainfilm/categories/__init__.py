"""Which category a film is, told from its texts: series, protocol, study, body part, view.

The rules are data (`rules/*.csv`): words for body parts, views, sides and counts of views in
English, German, Spanish, Portuguese and French. `category_from_text` judges one film's texts,
`CategoryFromText` is the step over an archive's films, `map_descriptions` does a whole table.
Precision comes first: where the texts do not name one part and one view, the category is empty.
"""

from plainfilm.categories._decide import Evidence, TextCategory, category_from_text
from plainfilm.categories._step import CategoryFromText
from plainfilm.categories._table import MappingSummary, map_descriptions

__all__ = [
    "CategoryFromText",
    "Evidence",
    "MappingSummary",
    "TextCategory",
    "category_from_text",
    "map_descriptions",
]
