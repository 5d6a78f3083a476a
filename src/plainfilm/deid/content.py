"""Content items of structured reports and acquisition contexts (PS3.15 E.3.4)."""

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from plainfilm.deid.profile import Action, Option, data_rows

__all__ = ["CONTENT_SEQUENCES", "VALUE_TAGS", "ContentRule", "content_rule"]

# The sequences that Clean Structured Content is for (table E.1-1).
CONTENT_SEQUENCES: Final = frozenset({0x00400555, 0x00400610, 0x0040A730, 0x0040B020})

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
