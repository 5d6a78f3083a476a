"""What becomes of an element, as far as its place alone decides: worked out once, used for all.

The table, the options, the IOD's types and the user's rules are brought together here. What the
value itself decides (whether it holds the patient's name, whether a date is one) is left to the
cleaner, which is told by `Treat` what to look at.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Final

from plainfilm.deid.content_items import CONTENT, REFERENCE, VALUE_TAGS, ContentRule
from plainfilm.deid.profile import (
    Action,
    Option,
    Rule,
    attribute_type,
    data_rows,
    resolve,
    rule_for,
)
from plainfilm.deid.rules import CustomAction, CustomRule
from plainfilm.deid.treat import Decision, Treat
from plainfilm.dicom import element_entry, is_structured_report

__all__ = ["Place", "place", "private_decision"]

_TEXT: Final = frozenset({"AE", "AS", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_TEMPORAL: Final = frozenset({"DA", "DT", "TM"})
_NUMBERS_AS_TEXT: Final = frozenset({"DS", "IS"})

_TIMEZONE: Final = 0x00080201
_PATIENT_ID: Final = 0x00100020
_ACCESSION_NUMBER: Final = 0x00080050
_PIXEL_GROUP: Final = 0x7FE0
_PIXELS: Final = {
    0x7FE00008: ("OF",),
    0x7FE00009: ("OD",),
    0x7FE00010: ("OB", "OW", "OB or OW"),
}
_OFFSETS: Final = {0x7FE00001: "OV", 0x7FE00002: "OV", 0x7FE00003: "UV"}
_ICON: Final = 0x00880200
_OVERLAY: Final = 0x60
_OVERLAY_DATA: Final = 0x3000

# An attribute of date or time that the table does not name is treated as those that it names.
_UNLISTED_DATE: Final = Rule(
    "",
    "",
    "",
    Action.REMOVE,
    {Option.RETAIN_FULL_DATES: Action.KEEP, Option.RETAIN_MODIFIED_DATES: Action.CLEAN},
)
_UNLISTED_NAME: Final = Rule("", "", "", Action.EMPTY, {})

# Attributes that hold descriptions, by their keywords; long texts are descriptions whatever their
# keyword, unless `technical_texts.csv` names them.
_LONG_TEXTS: Final = frozenset({"LT", "ST", "UC", "UT"})
_DESCRIBING: Final = {
    "LO": re.compile(
        r"(?:Comments?|Description(?:Trial)?|Explanation|Label|Notes?|Reason|Remarks?|Text)$|^Reason"
    ),
    # Labels of at most 16 characters number and name parts of a device.
    "SH": re.compile(r"(?:Comments?|Description|Notes?|Reason|Remarks?|Text)$"),
}
_CODES: Final = re.compile(r"^(?:Coding|Context|Mapping)|Code(?:Value)?$|Identifier$")

# UIDs of classes, codes and formats: they name no instance (PS3.3, PS3.6 annex A).
_CLASS_UIDS: Final = ("SOPClassUID", "TransferSyntaxUID", "CodingSchemeUID", "ContextUID")


_REMEMBERED: Final = 1 << 13


@dataclass(slots=True)
class Place:
    """A kind of dataset or item: everything but the tag that decisions depend on.

    Attributes:
        within: the sequence that holds the item; None at the top level.
        describes: the item belongs to a sequence that an option cleans, so that its texts are
            descriptions too.
        content: what becomes of the value, where the item is a content item.
        is_report: within the content of a structured report.
        decisions: the decisions so far, by tag and VR.
        insides: the places that items are; shared by all places of one kind of film.
    """

    options: frozenset[Option]
    rules: tuple[CustomRule, ...]
    sop_class_uid: str
    modality: str
    within: int | None = None
    describes: bool = False
    content: ContentRule | None = None
    is_report: bool = False
    decisions: dict[tuple[int, str], Decision] = field(default_factory=dict)
    insides: "dict[tuple[int, bool, ContentRule | None, bool], Place]" = field(default_factory=dict)

    def decision(self, tag: int, vr: str) -> Decision:
        """What becomes of a standard element here."""
        found = self.decisions.get((tag, vr))
        if found is None:
            if len(self.decisions) >= _REMEMBERED:
                self.decisions.clear()
            found = self.decisions[tag, vr] = _decide(self, tag, vr)
        return found

    @property
    def keeps_private(self) -> bool:
        """Whether any private element may stay."""
        return Option.RETAIN_SAFE_PRIVATE in self.options or any(
            rule.creator for rule in self.rules
        )

    def inside(
        self, sequence: int, *, describes: bool, content: ContentRule | None = None
    ) -> "Place":
        """The place that the items of a sequence are."""
        is_report = self.is_report or (
            sequence == CONTENT and is_structured_report(self.sop_class_uid)
        )
        key = sequence, describes, content, is_report
        found = self.insides.get(key)
        if found is None:
            found = self.insides[key] = replace(
                self,
                within=sequence,
                describes=describes,
                content=content,
                is_report=is_report,
                decisions={},
            )
        return found


@lru_cache(1024)
def place(
    options: frozenset[Option],
    rules: tuple[CustomRule, ...],
    sop_class_uid: str,
    modality: str,
) -> Place:
    """The top level of films of a kind, with the decisions that earlier films have needed."""
    return Place(options, rules, sop_class_uid, modality)


def _decide(where: Place, tag: int, vr: str) -> Decision:
    """Work out what becomes of an element of a standard group."""
    asked = _custom(where, tag, vr, "") or _content(where, tag, vr)
    if asked is not None:
        return asked
    path = f"{tag:08X}"
    entry = element_entry(tag)
    keyword = entry.keyword if entry is not None else ""
    rule = rule_for(tag)
    group = tag >> 16
    is_unknown = group < 0x0008 or not tag & 0xFFFF or (rule is None and not keyword)
    if is_unknown or (entry is not None and entry.vr == "SQ" and vr != "SQ"):
        # Command, file meta, DICOMDIR; group lengths; what the dictionary does not know; bytes
        # where a sequence should be, which may hold anything.
        code = "unknown" if is_unknown else "invalid"
        return Decision(Treat.REMOVE, Action.REMOVE, code, path)
    special = _pixels_or_overlay(where, tag, vr, path, keyword)
    if special is not None:
        return special
    if tag in (_ACCESSION_NUMBER, _PATIENT_ID):
        # Ids that stay linked: Z permits a value (table E.1-1a), and archives need one.
        treat = Treat.PATIENT_ID if tag == _PATIENT_ID else Treat.ACCESSION_NUMBER
        return Decision(treat, Action.EMPTY, "pseudonym", path, keyword=keyword)
    if rule is None:
        return _unlisted(where, tag, vr, keyword)
    return _listed(where, tag, vr, rule, "E.1-1", keyword)


def _pixels_or_overlay(where: Place, tag: int, vr: str, path: str, keyword: str) -> Decision | None:
    if tag >> 16 == _PIXEL_GROUP:
        return _pixels(where, tag, vr, path, keyword)
    if tag >> 24 == _OVERLAY and Option.CLEAN_GRAPHICS in where.options:
        return _overlay(tag, vr, path, keyword)
    return None


def _unlisted(where: Place, tag: int, vr: str, keyword: str) -> Decision:
    """An attribute that the table does not name stays, unless its VR tells of a time or name."""
    code = "unlisted"
    if vr in _TEMPORAL:
        return _listed(where, tag, vr, _UNLISTED_DATE, code, keyword)
    if vr == "PN":
        return _listed(where, tag, vr, _UNLISTED_NAME, code, keyword)
    decision = Decision(Treat.REMOVE, Action.KEEP, code, f"{tag:08X}")
    if _is_description(vr, keyword):
        if Option.CLEAN_DESCRIPTORS in where.options:
            treat, action = Treat.CLEAN_TEXT, Action.CLEAN
        else:
            treat, action = Treat.EMPTY, Action.EMPTY
        return decision._replace(treat=treat, action=action, keyword=keyword)
    return _kept(where, tag, vr, decision, keyword)


def _is_description(vr: str, keyword: str) -> bool:
    """Whether anyone may have written anything into an attribute that the table does not name."""
    if keyword in _technical_texts() or keyword.endswith("Meaning"):
        return False
    endings = _DESCRIBING.get(vr)
    return vr in _LONG_TEXTS or (endings is not None and endings.search(keyword) is not None)


@cache
def _technical_texts() -> frozenset[str]:
    return frozenset(row["keyword"] for row in data_rows("technical_texts.csv"))


def _pixels(where: Place, tag: int, vr: str, path: str, keyword: str) -> Decision:
    """Pixel data stay at the top level and in icons, which the search for burned-in text sees."""
    kept = Decision(Treat.VERBATIM, Action.KEEP, "unlisted", path, keyword=keyword)
    if is_structured_report(where.sop_class_uid):
        return kept._replace(treat=Treat.REMOVE, action=Action.REMOVE, rule="invalid")
    if where.within in (None, _ICON) and vr in _PIXELS.get(tag, ()):
        return kept
    if where.within is None and vr == _OFFSETS.get(tag):
        return kept._replace(treat=Treat.KEEP_BYTES)
    return Decision(Treat.REMOVE, Action.REMOVE, "invalid", path, keyword=keyword)


def _listed(where: Place, tag: int, vr: str, rule: Rule, code: str, keyword: str) -> Decision:
    kind = attribute_type(tag, where.within, where.sop_class_uid)
    action = resolve(rule, where.options, kind)
    basic = resolve(rule, frozenset(), kind)
    deciding = sorted(
        option for option, asked in rule.options.items()
        if option in where.options and asked is action
    )  # fmt: skip
    if deciding:
        code = f"option:{deciding[0]}"
    decision = Decision(
        Treat.REMOVE, action, code, f"{tag:08X}", basic, kind in ("1", "1C"), keyword=keyword
    )
    if action is Action.KEEP:
        return _kept(where, tag, vr, decision, keyword, describes=False)
    return decision._replace(
        treat=_treat(action, tag, vr, basic), describes=action is Action.CLEAN and vr == "SQ"
    )


def _treat(action: Action, tag: int, vr: str, basic: Action) -> Treat:
    if action is Action.CLEAN:
        if vr in _TEMPORAL or tag == _TIMEZONE:
            return Treat.SHIFT
        if vr == "SQ":
            return Treat.DESCEND
        return Treat.CLEAN_TEXT if vr in _TEXT else _treat(basic, tag, vr, basic)
    if action is Action.NEW_UID or (action is Action.DUMMY and vr == "UI"):
        # New UIDs say as little as a dummy, and the object stays valid.
        return Treat.DESCEND if vr == "SQ" else Treat.NEW_UID
    if action is Action.DUMMY:
        return Treat.DUMMY_SEQUENCE if vr == "SQ" else Treat.DUMMY
    return Treat.EMPTY if action is Action.EMPTY else Treat.REMOVE


def _kept(
    where: Place,
    tag: int,
    vr: str,
    decision: Decision,
    keyword: str,
    *,
    describes: bool | None = None,
) -> Decision:
    """An element that stays, but for the film's own identity, should that be in it."""
    describes = where.describes if describes is None else describes
    if vr == "SQ":
        return decision._replace(treat=Treat.DESCEND, describes=describes, keyword=keyword)
    if vr == "UI" and (Option.RETAIN_UIDS in where.options or keyword.endswith(_CLASS_UIDS)):
        return decision._replace(treat=Treat.KEEP_UID, keyword=keyword)
    if vr in _TEXT and keyword.endswith("Meaning"):
        return decision._replace(
            treat=Treat.KEEP_MEANING, keyword=keyword, fallback=Action.DUMMY, needs_value=True
        )
    if describes and vr in _TEXT - {"CS"} and _CODES.search(keyword) is None:
        return decision._replace(treat=Treat.CLEAN_TEXT, action=Action.CLEAN, keyword=keyword)
    return decision._replace(treat=treat_kept(vr), keyword=keyword)


def treat_kept(vr: str) -> Treat:
    """What to look at in an element that stays."""
    if vr == "AS":
        return Treat.KEEP_AGE
    if vr in _TEXT or vr == "PN":
        return Treat.KEEP_TEXT
    if vr in _NUMBERS_AS_TEXT:
        return Treat.KEEP_NUMBER
    if vr in _TEMPORAL:
        return Treat.KEEP_TIME
    if vr == "UI":
        return Treat.NEW_UID
    return Treat.KEEP_BYTES


def _overlay(tag: int, vr: str, path: str, keyword: str) -> Decision:
    """An element of an overlay that stays; text drawn in the plane is the pixels' to clean."""
    code = f"option:{Option.CLEAN_GRAPHICS}"
    if tag & 0xFFFF == _OVERLAY_DATA:
        return Decision(Treat.VERBATIM, Action.CLEAN, code, path, keyword=keyword)
    if vr in _TEXT - {"CS"}:
        return Decision(Treat.CLEAN_TEXT, Action.CLEAN, code, path, keyword=keyword)
    return Decision(treat_kept(vr), Action.KEEP, code, path, keyword=keyword)


def _content(where: Place, tag: int, vr: str) -> Decision | None:
    """The value of a content item, as its concept demands; None for what is none."""
    asked = where.content
    if tag == REFERENCE and where.is_report:
        code = f"option:{Option.CLEAN_STRUCTURED_CONTENT}"
        return Decision(Treat.CONTENT_REFERENCE, Action.CLEAN, code, f"{tag:08X}")
    if asked is None or tag not in VALUE_TAGS:
        return None
    treat = Treat.NEW_UID if vr == "UI" else Treat.DUMMY
    if asked.action is Action.KEEP:
        treat = Treat.KEEP_UID if vr == "UI" else treat_kept(vr)
    elif asked.action is Action.CLEAN and vr in _TEMPORAL:
        if Option.RETAIN_MODIFIED_DATES in where.options:
            treat = Treat.SHIFT
        elif Option.RETAIN_FULL_DATES in where.options:
            treat = Treat.KEEP_TIME
    elif asked.action is Action.CLEAN and vr in _TEXT:
        treat = Treat.CLEAN_TEXT
    return Decision(treat, asked.action, asked.rule, f"{tag:08X}", Action.DUMMY, needs_value=True)


def private_decision(
    where: Place, tag: int, vr: str, creator: str, *, is_safe: bool
) -> Decision | None:
    """What keeps a private element, and how it is treated; None where nothing does."""
    custom = _custom(where, tag, vr, creator)
    if custom is not None:
        return custom
    if not is_safe or Option.RETAIN_SAFE_PRIVATE not in where.options:
        return None
    code = f"option:{Option.RETAIN_SAFE_PRIVATE}"
    if vr in _TEMPORAL:
        return _listed(where, tag, vr, _UNLISTED_DATE, code, "")
    if vr == "PN":
        return None
    return _kept(where, tag, vr, Decision(Treat.REMOVE, Action.KEEP, code, f"{tag:08X}"), "")


def _custom(where: Place, tag: int, vr: str, creator: str) -> Decision | None:
    """What the user's own rules say of an element; None where they are silent."""
    for rule in where.rules:
        if not rule.matches(tag, creator, where.modality, is_top=where.within is None):
            continue
        decision = Decision(
            Treat.REMOVE, rule.action.code, f"custom:{rule.number}", f"{tag:08X}", value=rule.value
        )
        if rule.action is CustomAction.KEEP:
            if rule.verbatim and vr != "SQ":
                return decision._replace(treat=Treat.VERBATIM)
            return _kept(where, tag, vr, decision, "", describes=False)
        treat = {
            CustomAction.REPLACE: Treat.REPLACE,
            CustomAction.SHIFT_DATE: Treat.SHIFT,
        }.get(rule.action) or _treat(rule.action.code, tag, vr, Action.REMOVE)
        return decision._replace(treat=treat, describes=rule.action is CustomAction.CLEAN)
    return None
