"""What the tags that say what a film shows may hold: codes of regions and views, and where each
attribute belongs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.vocabulary import _tables

_TYPES: Final = frozenset({"1", "1C", "2", "2C", "3"})  # PS3.5 section 7.4

_VIEW_COLUMNS: Final = ("sct_code", "srt_code", "meaning", "context_group", "views", "source")

VIEW_CODES: Final = "4010"
"""The context group of ViewCodeSequence (PS3.16 CID 4010, DX View)."""

FILM_TEXTS: Final = (
    "SeriesDescription",
    "AcquisitionDeviceProcessingDescription",
    "ImageComments",
    "ProtocolName",
)
"""Tags whose text is about one film or its series, not a whole study; the more specific first."""

SIDE_TAGS: Final = ("ImageLaterality", "Laterality")
"""Tags that hold a side and nothing else, that of the image first."""

DIRECTIONS: Final = frozenset("APRLHF")
"""The letters of PatientOrientation (PS3.3 C.7.6.1.1.1)."""

EPONYMOUS_CODES: Final = "4012"
"""The context group of ProjectionEponymousNameCodeSequence (PS3.16 CID 4012)."""


@dataclass(frozen=True, slots=True)
class ViewAgreement:
    """What may be said of one view without contradicting it.

    Attributes:
        agreeing: the views that texts and codes may name.
        plane: `frontal` or `sagittal`; empty where the film is in neither.
    """

    agreeing: frozenset[str]
    plane: str


@dataclass(frozen=True, slots=True)
class Edges:
    """The patient's directions at two edges of an upright film: letters of PatientOrientation
    (0020,0020; PS3.3 C.7.6.1.1.1).

    Attributes:
        lower: empty where the category does not tell.
        right: empty where the film may be seen from either side.
    """

    lower: str = "F"
    right: str = ""


@dataclass(frozen=True, slots=True)
class HeldAttribute:
    """How an object holds an attribute.

    Attributes:
        type: of the attribute (PS3.5 section 7.4).
        module_shown_by: where the module is the writer's choice, the attributes of which one or
            more show that it is there; adding to a module that is not there would leave its
            required attributes wanting.
    """

    type: str
    module_shown_by: tuple[str, ...]


@cache
def region_parts() -> Mapping[tuple[str, str], frozenset[str]]:
    """(Coding scheme, code) → the body parts that the region shows, none where it is no part.

    The schemes are SCT (SNOMED CT), and SRT (SNOMED RT), which older films carry.
    """
    columns = ("sct_code", "srt_code", "meaning", "body_parts", "source")
    return _by_code("region_codes.csv", columns, "body_parts")


@cache
def code_views() -> Mapping[tuple[str, str], frozenset[str]]:
    """(Coding scheme, code) → the views that the code may mean."""
    return _by_code("view_codes.csv", _VIEW_COLUMNS, "views")


@cache
def view_code_group(sct_code: str) -> str:
    """The context group of a view's SNOMED CT code: `4010`, `4012`, or empty for neither."""
    for _, row in _bundled("view_codes.csv", _VIEW_COLUMNS):
        if row["sct_code"] == sct_code:
            return row["context_group"]
    return ""


@cache
def view_agreement(view: str) -> ViewAgreement:
    """What agrees with a view of the category table; a view of a user's own agrees with itself."""
    columns = ("view", "agreeing", "plane", "source")
    for where, row in _bundled("view_agreement.csv", columns):
        if row["plane"] not in {"frontal", "sagittal", ""}:
            raise BadTable(f"{where}: plane must be frontal, sagittal or empty")
        if row["view"] == view:
            return ViewAgreement(frozenset(row["agreeing"].split()), row["plane"])
    return ViewAgreement(frozenset({view}), "")


@cache
def upright_edges() -> Mapping[str, Edges]:
    """Category → what lies at the edges of a film that is shown upright and not mirrored."""
    edges: dict[str, Edges] = {}
    for where, row in _bundled("upright_edges.csv", ("category", "lower", "right", "source")):
        if not {row["lower"], row["right"]} <= {*DIRECTIONS, ""}:
            raise BadTable(
                f"{where}: edges must be one of {', '.join(sorted(DIRECTIONS))} or empty"
            )
        edges[row["category"]] = Edges(row["lower"], row["right"])
    return edges


@cache
def film_attributes() -> Mapping[str, Mapping[str, HeldAttribute]]:
    """SOP Class UID → keyword → how the object's modules hold the attribute, of those that say what
    a film shows."""
    objects: dict[str, dict[str, HeldAttribute]] = {}
    columns = ("sop_class_uid", "object", "keyword", "type", "module_shown_by", "source")
    for where, row in _bundled("film_objects.csv", columns):
        if row["type"] not in _TYPES:
            raise BadTable(f"{where}: type must be one of {', '.join(sorted(_TYPES))}")
        held = HeldAttribute(row["type"], tuple(row["module_shown_by"].split()))
        objects.setdefault(row["sop_class_uid"], {})[row["keyword"]] = held
    return objects


def _by_code(
    name: str, columns: tuple[str, ...], words: str
) -> Mapping[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for where, row in _bundled(name, columns):
        for scheme, code in (("SCT", row["sct_code"]), ("SRT", row["srt_code"])):
            if code and (scheme, code) in found:
                raise BadTable(f"{where}: {scheme} {code} is there twice")
            if code:
                found[scheme, code] = frozenset(row[words].split())
    return found


def _bundled(name: str, columns: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    rows = _tables.rows(_tables.bundled_text(name), columns, name)
    return [(f"{name}, line {line}", row) for line, row in rows]
