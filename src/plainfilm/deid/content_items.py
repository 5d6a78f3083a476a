"""Content items of structured reports and acquisition contexts (PS3.15 E.3.4)."""

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from plainfilm.deid.profile import Action, Option, data_rows
from plainfilm.deid.raw_values import readings_of, text_of
from plainfilm.dicom import Encodings, RawElement

__all__ = [
    "CONTENT",
    "CONTENT_SEQUENCES",
    "REFERENCE",
    "VALUE_TAGS",
    "ContentRule",
    "content_rule",
    "identity_in_item",
    "rule_of_item",
]

CONTENT: Final = 0x0040A730
"""ContentSequence, of structured reports."""

REFERENCE: Final = 0x0040DB73
"""ReferencedContentItemIdentifier: the numbers, from 1, of the items that lead to another one."""

_CONCEPT_NAME: Final = 0x0040A043
_VALUE_TYPE: Final = 0x0040A040
_CODE_VALUE: Final = 0x00080100
_CODE_SCHEME: Final = 0x00080102
_MEASURED: Final = 0x0040A300
_NUMBER: Final = 0x0040A30A
_UNIT: Final = 0x004008EA

_COORDINATES: Final = frozenset({"SCOORD", "SCOORD3D", "TCOORD"})
_SUBJECT_AGE: Final = ("121033", "DCM")
_NINETY_YEARS: Final = {"a": 90, "mo": 1080, "wk": 4696, "d": 32872}
"""In the units of TID 1007, from UCUM."""

# The sequences that Clean Structured Content is for (table E.1-1).
CONTENT_SEQUENCES: Final = frozenset({0x00400555, 0x00400610, CONTENT, 0x0040B020})

VALUE_TAGS: Final = frozenset(
    {
        0x0040A120,  # DateTime
        0x0040A121,  # Date
        0x0040A122,  # Time
        0x0040A123,  # PersonName
        0x0040A124,  # UID
        0x0040A160,  # TextValue
    }
)
"""Where a content item's value stands; those of codes, numbers and references are as elsewhere."""


class ContentRule(NamedTuple):
    """What becomes of a content item's value.

    Attributes:
        rule: who decided: `E.3.4-1` or an option.
    """

    action: Action
    rule: str


def rule_of_item(
    data: bytes, item: list[RawElement], encodings: Encodings, options: frozenset[Option]
) -> ContentRule:
    """What becomes of a content item's value; of one that no table names, it is cleaned."""
    concept = _concept(data, item, encodings)
    known = content_rule(*concept, options)
    if known is None:
        return ContentRule(Action.CLEAN, f"option:{Option.CLEAN_STRUCTURED_CONTENT}")
    if concept[:2] == _SUBJECT_AGE and not _is_below_ninety(data, item, encodings):
        return ContentRule(Action.REMOVE, known.rule)
    return known


def _is_below_ninety(data: bytes, item: list[RawElement], encodings: Encodings) -> bool:
    """Whether an item measures an age that may be told, as ages in a header may."""
    measured = _first_item(item, _MEASURED)
    unit, _ = _code(data, _first_item(measured, _UNIT), encodings)
    ages = [text_of(data, one, encodings).strip() for one in measured if one.tag == _NUMBER]
    return bool(ages) and all(
        age.replace(".", "", 1).isdecimal() and float(age) < _NINETY_YEARS.get(unit, 0)
        for age in ages
    )


def identity_in_item(
    data: bytes, item: list[RawElement], encodings: Encodings, options: frozenset[Option]
) -> tuple[str, list[str]] | None:
    """What a content item itself states of identity: of what kind, and its values.

    None for one that states none, or that an option keeps. Names of people are not looked for here,
    since their VR tells them.
    """
    concept = _concept(data, item, encodings)
    kind = _identifying().get(concept[:2])
    rule = content_rule(*concept, options)
    if kind is None or (rule is not None and rule.action is Action.KEEP):
        return None
    values = [element for element in item if element.tag in VALUE_TAGS]
    return kind, [text for element in values for text in readings_of(data, element, encodings)]


def _concept(data: bytes, item: list[RawElement], encodings: Encodings) -> tuple[str, str, str]:
    """Code and coding scheme of a content item's concept name, and its value type; or empty."""
    kind = next((text_of(data, one, encodings) for one in item if one.tag == _VALUE_TYPE), "")
    return *_code(data, _first_item(item, _CONCEPT_NAME), encodings), kind.strip()


def _first_item(elements: list[RawElement], sequence: int) -> list[RawElement]:
    """The elements of a sequence's first item; none where there is no such sequence."""
    return next((one.items[0] for one in elements if one.tag == sequence and one.items), [])


def _code(data: bytes, item: list[RawElement], encodings: Encodings) -> tuple[str, str]:
    """Value and scheme of a code."""
    code = scheme = ""
    for element in item:
        if element.tag == _CODE_VALUE:
            code = text_of(data, element, encodings).strip()
        elif element.tag == _CODE_SCHEME:
            scheme = text_of(data, element, encodings).strip()
    return code, scheme


@cache
def content_rule(
    code: str, scheme: str, value_type: str, options: frozenset[Option]
) -> ContentRule | None:
    """What table E.3.4-1 says of a concept; None where it does not name it.

    What it says of one type of value goes for others, too, since people mix them up; but not for
    coordinates, which say nothing of anyone.
    """
    rows = _rows().get((code, scheme), [])
    row = next((row for row in rows if row["value_type"] == value_type), None)
    if row is None and rows and value_type not in _COORDINATES:
        row = rows[0]
    if row is None:
        return None
    chosen = {
        option: Action(row[option]) for option in Option if option in options and row.get(option)
    }
    for action in (Action.CLEAN, Action.KEEP):
        for option, asked in sorted(chosen.items()):
            if asked is action:
                return ContentRule(action, f"option:{option}")
    # X/D: the content items of a template may be mandatory, so a dummy keeps it valid.
    return ContentRule(Action(row["basic_profile"].split("/")[-1]), "E.3.4-1")


@cache
def _rows() -> Mapping[tuple[str, str], list[dict[str, str]]]:
    """Code and coding scheme → what is said of each type of value, of most concepts of one."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in data_rows("content_items.csv"):
        found.setdefault((row["code"], row["scheme"]), []).append(row)
    return found


@cache
def _identifying() -> Mapping[tuple[str, str], str]:
    rows = data_rows("content_identity.csv")
    return {(row["code"], row["scheme"]): row["kind"] for row in rows}
