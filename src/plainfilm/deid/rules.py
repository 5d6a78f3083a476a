"""A user's own rules: what becomes of single attributes, in a small TOML file.

```toml
[[rule]]
tag = "StationName"            # a keyword, or (0008,1010)
action = "keep"                # keep remove empty dummy replace clean new_uid shift_date
i_know = true                  # StationName may identify: the profile would remove it

[[rule]]
tag = "ProtocolName"
where = "top"                  # default: anywhere, in sequences as well
modality = ["CR", "DX"]        # default: every modality
action = "replace"
value = "CHEST"

[[rule]]
creator = "ACME 1.1"           # a private element: its creator, and the tag with xx for the block
tag = "(0019,xx23)"
action = "keep"
i_know = true
```

A rule goes before the profile's table; of several that match, the first one counts.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from plainfilm.deid.dates import parse_date
from plainfilm.deid.profile import Action, Option, always_has_value, rule_for
from plainfilm.dicom import element_entry, keyword_vr, standard_keywords
from plainfilm.dicom.dictionary import keyword_tag
from plainfilm.errors import SettingsError

__all__ = ["CustomAction", "CustomRule", "check_rules", "load_rules"]


class CustomAction(StrEnum):
    """What a rule may ask for."""

    KEEP = "keep"
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    REPLACE = "replace"
    CLEAN = "clean"
    NEW_UID = "new_uid"
    SHIFT_DATE = "shift_date"

    @property
    def code(self) -> Action:
        """The action code of PS3.15 table E.1-1a that says the same."""
        return _CODES[self]


_CODES: Final = {
    CustomAction.KEEP: Action.KEEP,
    CustomAction.REMOVE: Action.REMOVE,
    CustomAction.EMPTY: Action.EMPTY,
    CustomAction.DUMMY: Action.DUMMY,
    CustomAction.REPLACE: Action.DUMMY,
    CustomAction.CLEAN: Action.CLEAN,
    CustomAction.NEW_UID: Action.NEW_UID,
    CustomAction.SHIFT_DATE: Action.CLEAN,
}


@dataclass(frozen=True, slots=True)
class CustomRule:
    """One rule, checked.

    Attributes:
        number: its place in the file, from 1.
        tag: such as 0x00081010; of a private element without its block, such as 0x00190023.
        creator: the private creator; empty for a standard attribute.
        anywhere: in sequences as well, not only at the top level.
        modalities: the values of Modality it is for; empty for all.
        verbatim: kept as it is, without a search for the patient's identity in it.
    """

    number: int
    tag: int
    creator: str
    action: CustomAction
    value: str = ""
    anywhere: bool = True
    modalities: tuple[str, ...] = ()
    verbatim: bool = False

    def matches(self, tag: int, creator: str, modality: str, *, is_top: bool) -> bool:
        """Whether the rule is for this element of this film."""
        number = tag & 0xFFFF00FF if creator else tag
        return (
            number == self.tag
            and creator == self.creator
            and (self.anywhere or is_top)
            and (not self.modalities or modality in self.modalities)
        )


_FIELDS: Final = ("tag", "creator", "where", "action", "value", "modality", "i_know")
_TAG: Final = re.compile(r"\(?([0-9A-Fa-f]{4}),\s*([0-9A-Fa-fx]{4})\)?")
_CODE_STRING: Final = re.compile(r"[A-Z0-9 _]{0,16}")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)*")
_TEXT_LENGTHS: Final = {"AE": 16, "CS": 16, "LO": 64, "LT": 10240, "PN": 64, "SH": 16, "ST": 1024}
_TEXT: Final = frozenset({*_TEXT_LENGTHS, "UC", "UR", "UT"}) - {"PN"}
_REPLACED: Final = frozenset({*_TEXT_LENGTHS, "UC", "UT", "DA", "DS", "IS", "UI"})

# What makes the film a film, and what the product itself writes into it.
_NOT_FOR_RULES: Final = frozenset(
    map(
        keyword_tag,
        (
            *("SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID"),
            *("SeriesInstanceUID", "PatientID", "PatientName", "StudyID"),
            *("PatientIdentityRemoved", "DeidentificationMethod"),
            *("DeidentificationMethodCodeSequence", "LongitudinalTemporalInformationModified"),
            *("BurnedInAnnotation", "Rows", "Columns", "SamplesPerPixel", "BitsAllocated"),
            *("BitsStored", "HighBit", "PixelRepresentation", "PhotometricInterpretation"),
            *("PlanarConfiguration", "NumberOfFrames"),
        ),
    )
)


def load_rules(path: Path) -> tuple[CustomRule, ...]:
    """Read and check a file of rules.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or has a rule that cannot be followed;
            the message names the rule and says what to do.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise SettingsError(f"rules {path} cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"rules {path}: not valid TOML: {exc}") from exc
    if unknown := sorted(content.keys() - {"rule"}):
        raise SettingsError(f"rules {path}: {unknown[0]} is unknown; rules begin with [[rule]]")
    entries = content.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"rules {path}: write [[rule]] with two brackets before each rule")
    rules = []
    for number, entry in enumerate(entries, 1):
        try:
            rules.append(_rule(number, entry))
        except ValueError as exc:
            name = entry.get("tag", "no tag")
            raise SettingsError(f"rules {path}: rule {number} ({name}): {exc}") from exc
    _refuse_unreachable(rules, path)
    return tuple(rules)


def check_rules(rules: Iterable[CustomRule], options: frozenset[Option]) -> None:
    """Raise SettingsError for a rule that promises what the options don't let happen."""
    for rule in rules:
        if rule.action is not CustomAction.KEEP or rule.creator:
            continue
        entry = element_entry(rule.tag)
        if entry is not None and entry.vr == "UI" and Option.RETAIN_UIDS not in options:
            problem = "UIDs stay with --retain uids only, all of them, so that they still agree"
        elif rule.tag & 0xFF00FFFF == _OVERLAY_DATA and Option.CLEAN_GRAPHICS not in options:
            problem = "overlays stay with --clean graphics only, so that text in them is removed"
        else:
            continue
        raise SettingsError(f"rule {rule.number} ({_written(rule.tag)}): {problem}")


def _written(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _rule(number: int, entry: Mapping[str, object]) -> CustomRule:
    if unknown := sorted(entry.keys() - set(_FIELDS)):
        raise ValueError(f"{unknown[0]} is unknown; a rule has {', '.join(_FIELDS)}")
    creator = _text(entry, "creator")
    action = _one_of(entry, "action", [str(action) for action in CustomAction], None)
    where = _one_of(entry, "where", ["anywhere", "top"], "anywhere")
    i_know = entry.get("i_know", False)
    if i_know is not True and i_know is not False:
        raise ValueError("i_know is true or false, without quotes")
    if "value" in entry and action != CustomAction.REPLACE:
        raise ValueError('only action = "replace" has a value')
    rule = CustomRule(
        number,
        _private_tag(_text(entry, "tag")) if creator else _tag(_text(entry, "tag")),
        creator,
        CustomAction(action),
        _text(entry, "value"),
        where == "anywhere",
        _modalities(entry.get("modality", [])),
        i_know and action == CustomAction.KEEP,
    )
    _check_target(rule)
    _check_action(rule, i_know=i_know)
    return rule


def _text(entry: Mapping[str, object], field: str) -> str:
    value = entry.get(field, "")
    if isinstance(value, str):
        return value
    raise ValueError(f"{field} is text, in quotes")


def _one_of(
    entry: Mapping[str, object], field: str, allowed: list[str], default: str | None
) -> str:
    value = entry.get(field, default)
    if value not in allowed:
        raise ValueError(f"{field} is one of {', '.join(allowed)}")
    return str(value)


def _modalities(value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise ValueError('modality is a name or a list of names, such as ["CR", "DX"]')
    return tuple(sorted(listed))


def _tag(text: str) -> int:
    if not text:
        raise ValueError("it has no tag; give a keyword such as StationName, or (0008,1010)")
    match = _TAG.fullmatch(text)
    if match is None:
        if keyword_vr(text) is None:
            close = [word for word in standard_keywords() if word.lower() == text.lower()]
            hint = f"; did you mean {close[0]}?" if close else "; give a keyword or (gggg,eeee)"
            raise ValueError(f"the Standard has no such keyword{hint}")
        return keyword_tag(text)
    if "x" in match[2]:
        raise ValueError("xx stands for the block of a private element; name its creator")
    tag = int(match[1] + match[2], 16)
    if tag >> 16 & 1:
        raise ValueError('a private element needs its creator, such as creator = "ACME 1.1"')
    return tag


def _private_tag(text: str) -> int:
    match = _TAG.fullmatch(text)
    if match is None or not int(match[1], 16) & 1 or not match[2].startswith("xx"):
        raise ValueError("with a creator the tag is (gggg,xxee), with gggg odd")
    return int(match[1], 16) << 16 | int(match[2][2:], 16)


def _check_target(rule: CustomRule) -> None:
    group = rule.tag >> 16
    if rule.tag in _NOT_FOR_RULES:
        raise ValueError("this attribute is the product's own to write; leave the rule out")
    if not rule.creator and (group < 0x0008 or group == 0x7FE0 or not rule.tag & 0xFFFF):
        raise ValueError("file meta, group lengths and pixels are not for rules; leave it out")
    if not rule.creator and element_entry(rule.tag) is None and rule.action is CustomAction.KEEP:
        raise ValueError("the Standard does not know this element, so it can't be kept")


def _check_action(rule: CustomRule, *, i_know: bool) -> None:
    """Refuse actions that do not fit, and those that keep identity without a word."""
    entry = None if rule.creator else element_entry(rule.tag)
    vr = "" if entry is None else entry.vr
    action = rule.action
    if rule.creator and action not in _PRIVATE_ACTIONS:
        raise ValueError(f"a private element takes {', '.join(sorted(_PRIVATE_ACTIONS))}")
    if action is CustomAction.NEW_UID and vr != "UI":
        raise ValueError("new_uid is for attributes of VR UI; use dummy or remove")
    if action is CustomAction.SHIFT_DATE and vr not in ("DA", "DT"):
        raise ValueError("shift_date is for attributes of VR DA and DT; use dummy or remove")
    if action is CustomAction.CLEAN and not rule.creator and vr not in _TEXT | {"SQ"}:
        raise ValueError("clean is for text and sequences; use remove, empty or keep")
    if action is CustomAction.DUMMY and vr in ("UI", ""):
        raise ValueError("there is no dummy UID; use new_uid")
    if action is CustomAction.REPLACE:
        _check_value(rule.value, vr, "" if entry is None else entry.vm)
    if action in _EMPTYING and not rule.creator and always_has_value(rule.tag):
        raise ValueError("films are not valid without this attribute; use dummy, replace or clean")
    keeps = action in (CustomAction.KEEP, CustomAction.SHIFT_DATE)
    identifies = bool(rule.creator) or rule_for(rule.tag) is not None
    if keeps and identifies and not i_know and vr != "SQ" and not _shifts_anyway(rule):
        raise ValueError(
            "this attribute may identify the patient; if you know what it holds, add i_know = true"
        )


_EMPTYING: Final = frozenset({CustomAction.REMOVE, CustomAction.EMPTY})
_OVERLAY_DATA: Final = 0x60003000
_PRIVATE_ACTIONS: Final = frozenset(
    {CustomAction.KEEP, CustomAction.REMOVE, CustomAction.EMPTY, CustomAction.CLEAN}
)


def _shifts_anyway(rule: CustomRule) -> bool:
    """Whether the table's own option for modified dates does what the rule asks for."""
    known = rule_for(rule.tag)
    shifts = known is not None and Action.CLEAN in known.options.values()
    return rule.action is CustomAction.SHIFT_DATE and shifts


def _check_value(value: str, vr: str, vm: str) -> None:
    if vm.split("-", maxsplit=1)[0] != "1":
        raise ValueError(f"replace gives one value, and this attribute has {vm}; use remove")
    if vr not in _REPLACED:
        raise ValueError("replace is for text, numbers, dates and UIDs; use dummy or remove")
    fits = {
        "CS": _CODE_STRING.fullmatch(value) is not None,
        "DA": parse_date(value) is not None,
        "DS": len(value) <= 16 and _NUMBER.fullmatch(value) is not None,
        "IS": len(value) <= 12 and re.fullmatch(r"[+-]?\d+", value) is not None,
        "UI": len(value) <= 64 and _UID.fullmatch(value) is not None,
    }.get(vr, len(value) <= _TEXT_LENGTHS.get(vr, len(value)))
    if not value or not value.isascii() or not fits or "\\" in value:
        raise ValueError(f"value is missing or not one valid value of VR {vr}")


def _refuse_unreachable(rules: list[CustomRule], path: Path) -> None:
    for place, rule in enumerate(rules):
        for earlier in rules[:place]:
            same = (earlier.tag, earlier.creator) == (rule.tag, rule.creator)
            wider = earlier.anywhere or not rule.anywhere
            all_modalities = not earlier.modalities or (
                rule.modalities and set(rule.modalities) <= set(earlier.modalities)
            )
            if same and wider and all_modalities:
                raise SettingsError(
                    f"rules {path}: rule {rule.number} never counts, since rule {earlier.number}"
                    " comes first and is for the same attribute; remove one of them"
                )
