"""The elements of a dataset with their paths."""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from plainfilm.deid.content_items import CONTENT
from plainfilm.dicom import DataElement, Dataset

__all__ = [
    "MARKS",
    "PIXELS",
    "Place",
    "by_path",
    "children",
    "concept_of",
    "dataset_text",
    "items_of",
]

MARKS: Final = frozenset({0x00120062, 0x00120063, 0x00120064, 0x00280301, 0x00280303})
"""Attributes by which an object says that it is de-identified: tools set them, whatever was there
before."""

PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})


class Place(NamedTuple):
    """An element and where it is.

    Attributes:
        path: without item numbers, such as `00400275/00400007`; what failures are counted by.
        exact: with item numbers, or the concepts of content items; what pairs a clean element with
            its original.
        within: tag of the sequence that holds the element; None at the top level.
    """

    element: DataElement
    path: str
    exact: str
    within: int | None


def children(dataset: Dataset, parent: Place | None = None, item: str = "") -> Iterator[Place]:
    """The elements of a dataset, or of one item of a sequence; of no deeper level."""
    path = exact = ""
    within = None
    if parent is not None:
        path, exact = f"{parent.path}/", f"{parent.exact}[{item}]/"
        within = int(parent.element.tag)
    for element in dataset:
        tag = f"{int(element.tag):08X}"
        yield Place(element, path + tag, exact + tag, within)


def items_of(place: Place) -> Iterator[tuple[str, Dataset]]:
    """The items of a sequence, each with what tells it from its siblings.

    That is the number; of content items the concept, since others may be gone in a clean report.
    """
    seen: Counter[str] = Counter()
    for number, item in enumerate(place.element.value or ()):
        if place.element.tag != CONTENT:
            yield str(number), item
            continue
        name = " ".join(concept_of(item))
        yield f"{name} {seen[name]}", item
        seen[name] += 1


def concept_of(item: Dataset) -> tuple[str, str, str]:
    """Code and coding scheme of a content item's concept name, and its value type; or empty."""
    kind = dataset_text(item, "ValueType")
    for concept in item.get("ConceptNameCodeSequence") or ():
        scheme = dataset_text(concept, "CodingSchemeDesignator")
        return dataset_text(concept, "CodeValue"), scheme, kind
    return "", "", kind


def by_path(dataset: Dataset) -> dict[str, Place]:
    """Every element at every depth, by its exact path."""
    found: dict[str, Place] = {}
    waiting = list(children(dataset))
    while waiting:
        place = waiting.pop()
        found[place.exact] = place
        if place.element.VR == "SQ":
            for name, item in items_of(place):
                waiting.extend(children(item, place, name))
    return found


def dataset_text(dataset: Dataset, keyword: str) -> str:
    """The text of a top-level element of one value; empty where there is none."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip(" \0")
