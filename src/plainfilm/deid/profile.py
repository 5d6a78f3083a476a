"""The confidentiality profile of DICOM PS3.15 annex E: its table, its options, its resolution."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from plainfilm.errors import SettingsError

__all__ = [
    "DEFAULT_OPTIONS",
    "Action",
    "Option",
    "Rule",
    "always_has_value",
    "attribute_type",
    "check_options",
    "data_rows",
    "profile_rules",
    "report_options",
    "resolve",
    "rule_for",
]


class Action(StrEnum):
    """What is done to one element (PS3.15 table E.1-1a)."""

    DUMMY = "D"
    EMPTY = "Z"
    REMOVE = "X"
    KEEP = "K"
    CLEAN = "C"
    NEW_UID = "U"


class Option(StrEnum):
    """The options of the Basic Profile (PS3.15 E.3), named as the table's columns are."""

    RETAIN_SAFE_PRIVATE = "retain_safe_private"
    RETAIN_UIDS = "retain_uids"
    RETAIN_DEVICE_IDENTITY = "retain_device_identity"
    RETAIN_INSTITUTION_IDENTITY = "retain_institution_identity"
    RETAIN_PATIENT_CHARACTERISTICS = "retain_patient_characteristics"
    RETAIN_FULL_DATES = "retain_longitudinal_full_dates"
    RETAIN_MODIFIED_DATES = "retain_longitudinal_modified_dates"
    CLEAN_DESCRIPTORS = "clean_descriptors"
    CLEAN_STRUCTURED_CONTENT = "clean_structured_content"
    CLEAN_GRAPHICS = "clean_graphics"
    CLEAN_PIXEL_DATA = "clean_pixel_data"  # of E.3.1; it has no column, since it is no attribute's


DEFAULT_OPTIONS: Final = frozenset(
    {Option.CLEAN_DESCRIPTORS, Option.CLEAN_PIXEL_DATA, Option.RETAIN_MODIFIED_DATES}
)

_PRIVATE_ROW: Final = "(gggg,eeee) where gggg is odd"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of table E.1-1.

    Attributes:
        tag: `(0010,0020)`; `x` stands for any hex digit; the row of private elements says so.
        basic: the Basic Profile's action, which may be a combination such as `X/Z/D`.
        options: the options that change the action, and to what.
    """

    tag: str
    keyword: str
    name: str
    basic: str
    options: Mapping[Option, Action]


@cache
def profile_rules() -> tuple[Rule, ...]:
    """All rows of the table, in order of tag."""
    return tuple(
        Rule(
            row["tag"],
            row["keyword"],
            row["name"],
            row["basic_profile"],
            MappingProxyType({option: Action(row[option]) for option in Option if row.get(option)}),
        )
        for row in data_rows("confidentiality_profile.csv")
    )


@cache
def _rules_by_tag() -> Mapping[int, Rule]:
    # The patterned rows (private, 50xx, 60xx) are left out: `rule_for` knows them by group.
    return {
        _number(rule.tag): rule
        for rule in profile_rules()
        if rule.tag != _PRIVATE_ROW and "x" not in rule.tag
    }


@cache
def _patterned_rules() -> Mapping[str, Rule]:
    return {rule.tag: rule for rule in profile_rules() if "x" in rule.tag or "g" in rule.tag}


def rule_for(tag: int) -> Rule | None:
    """The row of the table that governs an element; None where the table does not name it.

    Overlays are governed as a whole: a plane without its data is not valid, and its label and
    description are free text, so the row of Overlay Data stands for all of group 60xx.
    """
    group = tag >> 16
    if group % 2:
        # Groups FFFA and FFFC are even; every odd group is private or illegal (PS3.5 7.1).
        return _patterned_rules()[_PRIVATE_ROW]
    if group >> 8 == 0x50:
        return _patterned_rules()["(50xx,xxxx)"]
    if group >> 8 == 0x60:
        return _patterned_rules()["(60xx,3000)"]
    return _rules_by_tag().get(tag)


def check_options(options: Iterable[Option]) -> None:
    """Raise SettingsError where options contradict each other."""
    chosen = frozenset(options)
    if {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES} <= chosen:
        raise SettingsError("dates are either kept in full or modified, not both")
    if Option.CLEAN_GRAPHICS in chosen and Option.CLEAN_PIXEL_DATA not in chosen:
        raise SettingsError("graphics are cleaned with the pixels; headers alone can't keep them")


def report_options(options: frozenset[Option]) -> frozenset[Option]:
    """The options for structured reports beside films that are cleaned with `options`.

    Their content is cleaned in any case. They have neither pixels nor overlays.

    Raises:
        SettingsError: free text is to be removed, and hardly anything else is in a report.
    """
    if Option.CLEAN_DESCRIPTORS not in options:
        raise SettingsError("structured reports are made of free text, which is to be removed")
    cleaned = options - {Option.CLEAN_PIXEL_DATA, Option.CLEAN_GRAPHICS}
    return cleaned | {Option.CLEAN_STRUCTURED_CONTENT}


def resolve(rule: Rule, options: frozenset[Option], element_type: str | None) -> Action:
    """The one action for an element.

    | an option chosen says | then |
    |---|---|
    | C, alone or beside K | C: of two options the more careful one wins |
    | K | K |
    | nothing | the Basic Profile's action, resolved by the element's type |

    Args:
        element_type: `1`, `1C`, `2`, `2C` or `3`; None where the IOD is not known, which takes
            the alternative that keeps any object valid.
    Source: DICOM PS3.15 E.1.1 and table E.1-1a.
    """
    chosen = {action for option, action in rule.options.items() if option in options}
    for action in (Action.CLEAN, Action.KEEP):
        if action in chosen:
            return action
    return _resolve_type(rule.basic, element_type)


def _resolve_type(basic: str, element_type: str | None) -> Action:
    """Pick from a combination what the element's type demands.

    | basic  | type 1, 1C | type 2, 2C | type 3 | type unknown |
    |--------|---|---|---|---|
    | Z      | D | Z | Z | Z |
    | X/Z    | Z | Z | X | Z |
    | X/D    | D | D | X | D |
    | Z/D    | D | Z | Z | D |
    | X/Z/D  | D | Z | X | D |
    | X/Z/U* | U | Z | X | U |
    """
    if basic == Action.EMPTY:
        # Z permits a dummy, which an attribute of type 1 needs (PS3.5 7.4.1).
        return Action.DUMMY if element_type in ("1", "1C") else Action.EMPTY
    choices = basic.rstrip("*").split("/")
    if len(choices) == 1:
        return Action(basic)
    if element_type == "3":
        return Action(choices[0])
    if element_type in ("2", "2C") and "Z" in choices:
        return Action.EMPTY
    return Action(choices[-1])


# The radiograph IODs by SOP Class (PS3.4 table B.5-1).
_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
_IOD_OF_SOP_CLASS: Final = {
    f"{_STORAGE}1": "CR",
    f"{_STORAGE}1.1": "DX",  # Digital X-Ray, for presentation
    f"{_STORAGE}1.1.1": "DX",  # … for processing
    f"{_STORAGE}1.2": "MG",  # Digital Mammography, for presentation
    f"{_STORAGE}1.2.1": "MG",  # … for processing
    f"{_STORAGE}1.3": "IO",  # Digital Intra-Oral, for presentation
    f"{_STORAGE}1.3.1": "IO",  # … for processing
    f"{_STORAGE}7": "SC",
    f"{_STORAGE}7.1": "MFSC",  # multi-frame: single bit
    f"{_STORAGE}7.2": "MFSC",  # … grayscale byte
    f"{_STORAGE}7.3": "MFSC",  # … grayscale word
    f"{_STORAGE}7.4": "MFSC",  # … true color
}


def attribute_type(tag: int, within: int | None, sop_class_uid: str) -> str | None:
    """The type of an attribute of table E.1-1 in an IOD; None where the IOD is not known.

    Args:
        within: the sequence that holds the attribute; None at the top level.
    Source: DICOM PS3.3, by way of `attribute_types.csv`.
    """
    iod = _IOD_OF_SOP_CLASS.get(sop_class_uid)
    if iod is None:
        return None
    types = _types()
    return types.get((tag, within, iod)) or types.get((tag, within, "*")) or "3"


def always_has_value(tag: int) -> bool:
    """Whether an attribute is of type 1 at the top level of every radiograph IOD."""
    if tag in _ALWAYS:
        return True
    kinds = {_types().get((tag, None, iod)) for iod in set(_IOD_OF_SOP_CLASS.values())}
    return kinds == {"1"}


# Type 1 though table E.1-1 does not name them: General Series (PS3.3 C.7.3.1).
_ALWAYS: Final = frozenset({0x00080060})


@cache
def _types() -> Mapping[tuple[int, int | None, str], str]:
    return {
        (_number(row["tag"]), _number(row["within"]) if row["within"] else None, iod): row["type"]
        for row in data_rows("attribute_types.csv")
        if "x" not in row["tag"]
        for iod in row["iods"].split()
    }


def _number(tag: str) -> int:
    return int(tag[1:5] + tag[6:10], 16)


def data_rows(name: str) -> list[dict[str, str]]:
    """The rows of a data table of this room; lines that begin with # tell where it comes from."""
    text = resources.files("plainfilm.deid").joinpath(name).read_text("utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return list(csv.DictReader(lines))
