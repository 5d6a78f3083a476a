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
_CODE_VALUE: Final = 0x00080100
_CODE_SCHEME: Final = 0x00080102

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
    code, scheme = _concept(data, item, encodings)
    known = content_rule(code, scheme, options)
    return known or ContentRule(Action.CLEAN, f"option:{Option.CLEAN_STRUCTURED_CONTENT}")


def identity_in_item(
    data: bytes, item: list[RawElement], encodings: Encodings, options: frozenset[Option]
) -> tuple[str, list[str]] | None:
    """What a content item itself states of identity: of what kind, and its values.

    None for one that states none, or that an option keeps. Names of people are not looked for here,
    since their VR tells them.
    """
    concept = _concept(data, item, encodings)
    kind = _identifying().get(concept)
    rule = content_rule(*concept, options)
    if kind is None or (rule is not None and rule.action is Action.KEEP):
        return None
    values = [element for element in item if element.tag in VALUE_TAGS]
    return kind, [text for element in values for text in readings_of(data, element, encodings)]


def _concept(data: bytes, item: list[RawElement], encodings: Encodings) -> tuple[str, str]:
    """Code and coding scheme of a content item's concept name; empty where it has none."""
    code = scheme = ""
    for element in item:
        if element.tag == _CONCEPT_NAME and element.items:
            for inner in element.items[0]:
                if inner.tag == _CODE_VALUE:
                    code = text_of(data, inner, encodings).strip()
                elif inner.tag == _CODE_SCHEME:
                    scheme = text_of(data, inner, encodings).strip()
    return code, scheme


@cache
def content_rule(code: str, scheme: str, options: frozenset[Option]) -> ContentRule | None:
    """What table E.3.4-1 says of a concept; None where it does not name it."""
    row = _rows().get((code, scheme))
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
def _rows() -> Mapping[tuple[str, str], Mapping[str, str]]:
    return {(row["code"], row["scheme"]): row for row in data_rows("content_items.csv")}


@cache
def _identifying() -> Mapping[tuple[str, str], str]:
    rows = data_rows("content_identity.csv")
    return {(row["code"], row["scheme"]): row["kind"] for row in rows}
