"""The words that every room shares: the thirty categories of films and the sets of findings.

Both are data tables beside this file, each row with its source. `load_categories` reads a table
of the user's own in the same form, so that a category can be added without touching code.
"""

from plainfilm.vocabulary._categories import CATEGORIES, OTHER, Category, Code, load_categories
from plainfilm.vocabulary._findings import (
    LABEL_SETS,
    NO_FINDING,
    Finding,
    findings,
    label_set,
)

__all__ = [
    "CATEGORIES",
    "LABEL_SETS",
    "NO_FINDING",
    "OTHER",
    "Category",
    "Code",
    "Finding",
    "findings",
    "label_set",
    "load_categories",
]
