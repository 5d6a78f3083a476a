"""The codes of an audit in words: elements, actions, rules, verdicts."""

import re
from typing import Final

from plainfilm.deid.profile import data_rows
from plainfilm.dicom import element_entry

__all__ = ["ACTIONS", "BOX_REASONS", "describe_element", "method_of", "reason_for"]

ACTIONS: Final = {
    "X": "removed",
    "Z": "emptied",
    "D": "replaced by a dummy value",
    "U": "UID replaced, the same everywhere",
    "C": "cleaned of identity, the rest kept",
    "K": "kept",
}
"""Action codes of DICOM PS3.15 table E.1-1a, in the order in which a reader looks for them."""

_RULES: Final = {
    "E.1-1": "table E.1-1, Basic Profile",
    "identity": "the film's own identity was found in it",
    "unlisted": "not in table E.1-1",
    "private": "private element",
    "unknown": "not in the data dictionary",
    "invalid": "value breaks its value representation",
    "pseudonym": "new id made with the key",
    "file": "file meta information, written anew",
}

BOX_REASONS: Final = {
    "header": "is in the film's header",
    "name": "looks like a name",
    "date": "looks like a date",
    "time": "looks like a time",
    "number": "looks like an id",
    "unknown_word": "a word of no list",
    "side": "side marker",
    "technique": "word of technique",
    "unreadable": "could not be read",
}

_TAG: Final = re.compile(r"([0-9A-F]{4})([0-9A-F]{4})\Z")


def describe_element(path: str) -> tuple[str, str, str]:
    """Tag, keyword and VR of the element that a path ends in; empty where they are not known."""
    match = _TAG.search(path.upper())
    if match is None:
        return "", path.capitalize(), ""
    entry = element_entry(int(match[1] + match[2], 16))
    keyword, vr = ("", "") if entry is None else (entry.keyword, entry.vr)
    return f"({match[1]},{match[2]})", keyword, vr


def reason_for(action: str, rule: str) -> str:
    """Why an element was treated so, such as `removed: table E.1-1, Basic Profile`."""
    done = ACTIONS.get(action, action)
    kind, _, name = rule.partition(":")
    if kind == "option":
        return f"{done}: option {method_of(name)}"
    if kind == "custom":
        return f"{done}: own rule {name}"
    return f"{done}: {_RULES.get(rule, rule)}"


def method_of(option: str) -> str:
    """An option as PS3.16 CID 7050 names it, with its code; the name itself where it has none."""
    for row in data_rows("deidentification_methods.csv"):
        if row["option"] == option:
            return f"{row['meaning'].removesuffix(' Option')} ({row['code']})"
    return option
