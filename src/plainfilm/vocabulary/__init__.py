"""The words that every room shares: the thirty categories of films and the sets of findings.

Both are data tables beside this file, each row with its source. `load_categories` reads a table
of the user's own in the same form, so that a category can be added without touching code.
"""

from plainfilm.vocabulary._categories import CATEGORIES, OTHER, Category, Code, load_categories
from plainfilm.vocabulary._film_tags import (
    DIRECTIONS,
    EPONYMOUS_CODES,
    FILM_TEXTS,
    SIDE_TAGS,
    VIEW_CODES,
    Edges,
    HeldAttribute,
    ViewAgreement,
    code_views,
    film_attributes,
    region_parts,
    upright_edges,
    view_agreement,
    view_code_group,
)
from plainfilm.vocabulary._findings import (
    LABEL_SETS,
    NO_FINDING,
    SPINE_FINDINGS,
    Finding,
    findings,
    known_finding,
    label_set,
)

__all__ = [
    "CATEGORIES",
    "DIRECTIONS",
    "EPONYMOUS_CODES",
    "FILM_TEXTS",
    "LABEL_SETS",
    "NO_FINDING",
    "OTHER",
    "SIDE_TAGS",
    "SPINE_FINDINGS",
    "VIEW_CODES",
    "Category",
    "Code",
    "Edges",
    "Finding",
    "HeldAttribute",
    "ViewAgreement",
    "code_views",
    "film_attributes",
    "findings",
    "known_finding",
    "label_set",
    "load_categories",
    "region_parts",
    "upright_edges",
    "view_agreement",
    "view_code_group",
]
