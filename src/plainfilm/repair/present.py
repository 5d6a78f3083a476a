"""What a film's tags say already, held against the category that it was decided to be."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Final

from plainfilm.categories import category_from_text, parts_agree
from plainfilm.records import TagValue
from plainfilm.vocabulary import Category, code_views, region_parts, view_agreement

__all__ = [
    "Verdict",
    "codes_of",
    "judge_body_part",
    "judge_region",
    "judge_view_code",
    "judge_view_position",
    "shown",
    "view_of_position",
]

# PS3.16 section 8.1: the designators under which SNOMED RT codes were written.
_SCHEMES: Final = {"SNM3": "SRT", "99SDM": "SRT", "SNOMED-RT": "SRT"}


class Verdict(Enum):
    """What a present value is worth."""

    RIGHT = auto()
    MISSING = auto()
    CONTRADICTS = auto()
    NOT_UNDERSTOOD = auto()


def shown(value: TagValue) -> str:
    """A value as a table shows it: text, or codes as `SCT 816094009 (Chest)`."""
    items = value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else None
    if items is None:
        return "" if value is None else str(value)
    if items and isinstance(items[0], Mapping):
        return "; ".join(_shown_code(item) for item in items if isinstance(item, Mapping))
    return "\\".join(shown(item) for item in items)


def _shown_code(item: Mapping[str, TagValue]) -> str:
    scheme, code = shown(item.get("CodingSchemeDesignator")), shown(item.get("CodeValue"))
    modifiers = [name for name in item if name.endswith("ModifierCodeSequence") and item[name]]
    inner = "".join(f", modified by {shown(item[name])}" for name in modifiers)
    return f"{scheme} {code} ({shown(item.get('CodeMeaning'))}{inner})"


def judge_body_part(value: TagValue, category: Category) -> Verdict:
    """BodyPartExamined; a wider or narrower part is right: `SPINE`, `HAND` for a finger."""
    text = shown(value).replace("\\", ", ")
    if not text.strip():
        return Verdict.MISSING
    if text.strip() == category.body_part_examined:
        return Verdict.RIGHT
    part = category_from_text({"BodyPartExamined": text}).body_part
    if not part:
        return Verdict.NOT_UNDERSTOOD
    return Verdict.RIGHT if parts_agree(part, category.body_part) else Verdict.CONTRADICTS


def judge_view_position(value: TagValue, category: Category) -> Verdict:
    """ViewPosition, in the Standard's terms and in those that devices write."""
    if not shown(value).strip():
        return Verdict.MISSING
    view = view_of_position(value, category)
    if not view:
        return Verdict.NOT_UNDERSTOOD
    agrees = view in view_agreement(category.view).agreeing
    return Verdict.RIGHT if agrees else Verdict.CONTRADICTS


def view_of_position(value: TagValue, category: Category) -> str:
    """The view that ViewPosition names on this part, in the text rules' words; empty for none."""
    texts = {"BodyPartExamined": category.body_part_examined, "ViewPosition": shown(value)}
    return category_from_text(texts).view


def judge_region(value: TagValue, category: Category) -> Verdict:
    """AnatomicRegionSequence."""
    return _judge_codes(value, region_parts(), lambda part: parts_agree(part, category.body_part))


def judge_view_code(value: TagValue, category: Category) -> Verdict:
    """ViewCodeSequence and ProjectionEponymousNameCodeSequence."""
    agreeing = view_agreement(category.view).agreeing
    return _judge_codes(value, code_views(), agreeing.__contains__)


def _judge_codes(
    value: TagValue,
    meanings: Mapping[tuple[str, str], frozenset[str]],
    agrees: Callable[[str], bool],
) -> Verdict:
    codes = codes_of(value)
    if not codes:
        return Verdict.MISSING
    words = [word for code in codes for word in meanings.get(code, ())]
    if not words:
        return Verdict.NOT_UNDERSTOOD
    return Verdict.RIGHT if any(map(agrees, words)) else Verdict.CONTRADICTS


def codes_of(value: TagValue) -> list[tuple[str, str]]:
    """(Coding scheme, code) of each item of a code sequence."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        return []
    found = []
    for item in value:
        if isinstance(item, Mapping) and item.get("CodeValue"):
            scheme = shown(item.get("CodingSchemeDesignator")).strip()
            found.append((_SCHEMES.get(scheme, scheme), shown(item["CodeValue"]).strip()))
    return found
