"""The tags that are read, which of them speak of the film itself, and what is kept of them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from plainfilm.categories._reading import Named
from plainfilm.vocabulary import FILM_TEXTS, SIDE_TAGS

CACHED: Final = 16_384
"""Findings that are remembered, each: a table repeats what it says, whatever names it adds."""

FILM_SOURCES: Final = FILM_TEXTS

EXAM_SOURCES: Final = (
    "PerformedProcedureStepDescription",
    "StudyDescription",
    "RequestedProcedureDescription",
)
"""Texts about a whole examination, which may hold several films."""

PART_SOURCES: Final = (*FILM_SOURCES, *EXAM_SOURCES, "BodyPartExamined")
VIEW_SOURCES: Final = (*FILM_SOURCES, "ViewPosition", *EXAM_SOURCES, "BodyPartExamined")
KEYWORDS: Final = (*PART_SOURCES, "ViewPosition", *SIDE_TAGS)
"""Every tag that the rules read."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that one source says.

    Attributes:
        source: DICOM keyword.
        says: `body_part`, `view` or `laterality`.
        term: the word of the rule tables that was found; never the tag's whole text.
    """

    source: str
    says: str
    value: str
    term: str

    def __str__(self) -> str:
        return f"{self.source} '{self.term}': {self.says} {self.value}"


@lru_cache(maxsize=CACHED)
def evidence_of(source: str, says: str, named: Named) -> Evidence:
    """What one source names, as evidence."""
    return Evidence(source, says, named.value, named.term)
