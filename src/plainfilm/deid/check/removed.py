"""What has to be gone from a header: element by element, by the profile's own table.

Without the original a value that the profile removes counts as left unless it is a dummy, a
pseudonym, or consists of words of radiography; a kept text is searched for what looks like
identity. With the original the evidence decides: a value that is another than it was has been
replaced, and every text is searched for the identity that the original states.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from plainfilm.deid.check.elements import (
    MARKS,
    PIXELS,
    Place,
    by_path,
    children,
    dataset_text,
    items_of,
)
from plainfilm.deid.check.facts import hashed
from plainfilm.deid.check.scores import Check, Tally
from plainfilm.deid.check.values import (
    is_dummy,
    is_empty,
    looks_like_name,
    suspicious_text,
    valid_uid,
)
from plainfilm.deid.content_items import CONTENT
from plainfilm.deid.dates import parse_date
from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.descriptors import clean_descriptor
from plainfilm.deid.element_text import texts_of
from plainfilm.deid.folding import fold
from plainfilm.deid.identity import KnownIdentity, identity_of
from plainfilm.deid.profile import Action, Option, Rule, attribute_type, resolve, rule_for
from plainfilm.dicom import DataElement, Dataset, is_structured_report

__all__ = ["CLASS_UIDS", "NOBODY", "TEXT", "HeaderCheck"]

TEXT: Final = frozenset({"AE", "AS", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_TEMPORAL: Final = frozenset({"DA", "DT", "TM"})
NOBODY: Final = KnownIdentity(frozenset(), (), frozenset())

CLASS_UIDS: Final = ("SOPClassUID", "TransferSyntaxUID", "CodingSchemeUID", "ContextUID")
"""Keywords that end so name classes, formats and codes, not things of a patient."""

_WELL_KNOWN: Final = "1.2.840.10008."
_REFERENCE: Final = "ReferencedSOPInstanceUID"
_PATIENT_ID: Final = 0x00100020
# plainfilm's own new AccessionNumber and StudyID.
_PSEUDONYMS: Final = {0x00080050: re.compile(r"a\d{15}"), 0x00200010: re.compile(r"s\d{15}")}
# A dataset of codes: values and versions look like numbers and dates, and are neither.
_CODED_ENTRY: Final = range(0x00080100, 0x00080120)


@dataclass(slots=True)
class HeaderCheck:
    """The check of one header; `run` judges all of it once.

    Attributes:
        options: of the profile, as they were asked for or are claimed.
        original: the film that the clean one was made from; None where it is not known.
        changed_uids, references, offsets: what `run` found, for `FilmFacts`.
    """

    clean: Dataset
    options: frozenset[Option]
    tally: Tally
    original: Dataset | None = None
    identity: KnownIdentity = NOBODY
    changed_uids: set[tuple[bytes, bytes]] = field(default_factory=set)
    references: set[bytes] = field(default_factory=set)
    offsets: set[int] = field(default_factory=set)
    _before: dict[str, Place] = field(default_factory=dict)
    _sop_class: str = ""

    def __post_init__(self) -> None:
        self._sop_class = dataset_text(self.clean, "SOPClassUID")
        if self.original is not None:
            self.identity = identity_of(self.original, self.options)
            self._before = by_path(self.original)

    def run(self) -> None:
        """Judge every element."""
        waiting = list(children(self.clean))
        while waiting:
            place = waiting.pop()
            if self._enter(place):
                for name, item in items_of(place):
                    waiting.extend(children(item, place, name))

    def finds_identity(self, text: str) -> bool:
        """Whether what the original says of people is in a text."""
        return self.identity.found_in(text)

    def _enter(self, place: Place) -> bool:
        """Judge an element; whether the items of a sequence are to be judged one by one."""
        element = place.element
        if element.tag in MARKS or element.tag in PIXELS or element.tag & 0xFFFF == 0:
            return False
        group = element.tag >> 16
        if group % 2:
            return self._private(place)
        if group >> 8 in (0x50, 0x60):
            self._graphics(place, "curve" if group >> 8 == 0x50 else "overlay")
            return False
        rule = rule_for(element.tag)
        kind = attribute_type(element.tag, place.within, self._sop_class)
        action = None if rule is None else resolve(rule, self.options, kind)
        if element.VR == "SQ":
            return self._sequence(place, action)
        self._value(place, rule, action)
        return False

    def _private(self, place: Place) -> bool:
        safe = Option.RETAIN_SAFE_PRIVATE in self.options
        if not safe:
            gone = is_empty(place.element)
            self.tally.judge(gone, Check.TEXT_REMOVED, place.path, "private")
            return False
        if place.element.VR == "SQ":
            return True
        self._kept_text(place)
        return False

    def _graphics(self, place: Place, reason: str) -> None:
        kept = Option.CLEAN_GRAPHICS in self.options
        gone = kept or is_empty(place.element)
        self.tally.judge(gone, Check.TEXT_REMOVED, place.path, reason)

    def _sequence(self, place: Place, action: Action | None) -> bool:
        gone_by_rule = action in (Action.REMOVE, Action.EMPTY, Action.DUMMY)
        # With the original, the items tell one by one what was replaced.
        if gone_by_rule and self.original is None and not _only_references(place):
            gone = is_dummy(place.element)
            self.tally.judge(gone, Check.TEXT_REMOVED, place.path, "value_remains")
            return False
        return True

    def _value(self, place: Place, rule: Rule | None, action: Action | None) -> None:
        element = place.element
        if element.VR == "UI":
            self._uid(place)
        elif element.VR == "PN":
            self._name(place, kept=action is Action.KEEP)
        elif element.VR in _TEMPORAL:
            self._date(place, rule, action)
        elif action in (None, Action.KEEP) or (action is Action.CLEAN and self._is_prose(place)):
            self._kept_text(place)
        else:
            self._removed(place, rule)

    def _is_prose(self, place: Place) -> bool:
        """Whether a text is a report's, which keeps its sentences, and no description."""
        in_content = place.path.startswith(f"{CONTENT:08X}/")
        return in_content and place.element.VR in TEXT and is_structured_report(self._sop_class)

    # What the profile removes, empties, replaces or cleans

    def _removed(self, place: Place, rule: Rule | None) -> None:
        element = place.element
        if is_dummy(element) or self._is_pseudonym(element):
            self.tally.judge(True, Check.TEXT_REMOVED, place.path, "")
            return
        if rule is not None and Option.CLEAN_DESCRIPTORS in rule.options and element.VR in TEXT:
            plain = self._is_plain_description(element)
            reason = "identity" if self._identifies(element) else "free_text"
            if plain or self.original is None:
                self.tally.judge(plain, Check.TEXT_REMOVED, place.path, reason)
                return
        self.tally.judge(*self._replaced(place, Check.TEXT_REMOVED, "value_remains"))

    def _replaced(self, place: Place, check: Check, alone: str) -> tuple[bool, Check, str, str]:
        """How to judge a value by its original: has it been replaced by one that says nothing?"""
        if self.original is None:
            return False, check, place.path, alone
        before = self._before.get(place.exact)
        if before is not None and before.element.value == place.element.value:
            return False, check, place.path, "unchanged"
        return not self._identifies(place.element), check, place.path, "identity"

    def _identifies(self, element: DataElement) -> bool:
        return any(self.finds_identity(text) for text in texts_of(element))

    def _is_pseudonym(self, element: DataElement) -> bool:
        if self.original is not None:
            return False  # the evidence decides
        if element.tag == _PATIENT_ID:
            return True  # patients have to be told apart, and what tells them is anyone's choice
        pattern = _PSEUDONYMS.get(int(element.tag))
        return pattern is not None and pattern.fullmatch(str(element.value)) is not None

    def _is_plain_description(self, element: DataElement) -> bool:
        return all(clean_descriptor(text, self.identity) == text for text in texts_of(element))

    def _name(self, place: Place, *, kept: bool) -> None:
        element = place.element
        if kept or is_dummy(element):
            self.tally.judge(True, Check.TEXT_REMOVED, place.path, "")
            return
        if self.original is None:
            named = any(looks_like_name(text) for text in texts_of(element))
            self.tally.judge(not named, Check.TEXT_REMOVED, place.path, "name_remains")
        else:
            self.tally.judge(*self._replaced(place, Check.TEXT_REMOVED, "name_remains"))

    # Dates

    def _date(self, place: Place, rule: Rule | None, action: Action | None) -> None:
        element = place.element
        if is_dummy(element):
            self.tally.judge(True, Check.DATE_SHIFTED, place.path, "")
            return
        if self._keeps_dates(action):
            return
        if self.original is not None:
            self._date_against(place)
            return
        said = dataset_text(self.clean, "LongitudinalTemporalInformationModified").upper()
        moved = action is Action.CLEAN or (
            rule is None and Option.RETAIN_MODIFIED_DATES in self.options
        )
        reason = "said_removed" if said == "REMOVED" else "date_remains"
        self.tally.judge(moved and said != "REMOVED", Check.DATE_SHIFTED, place.path, reason)

    def _keeps_dates(self, action: Action | None) -> bool:
        return action is Action.KEEP or (
            action is None and Option.RETAIN_FULL_DATES in self.options
        )

    def _date_against(self, place: Place) -> None:
        before = self._before.get(place.exact)
        if before is None or place.element.VR == "TM":
            return  # a time of day is no date: it stays where dates are moved by whole days
        days = [
            (parse_date(new[:8]), parse_date(old[:8]))
            for new, old in zip(texts_of(place.element), texts_of(before.element), strict=False)
        ]
        moved = {(new - old).days for new, old in days if new is not None and old is not None}
        self.tally.judge(0 not in moved, Check.DATE_SHIFTED, place.path, "unchanged")
        self.offsets |= moved

    # UIDs

    def _uid(self, place: Place) -> None:
        element = place.element
        uids = [text.strip(" \0") for text in texts_of(element)]
        valid = all(valid_uid(uid) for uid in uids if uid)
        self.tally.judge(valid, Check.UID_CONSISTENT, place.path, "invalid_uid")
        if element.keyword == _REFERENCE:
            self.references.update(hashed(uid) for uid in uids)
        if element.keyword.endswith(CLASS_UIDS) or self.original is None:
            return
        before = self._before.get(place.exact)
        old = [] if before is None else [text.strip(" \0") for text in texts_of(before.element)]
        pairs = [
            (was, now)
            for was, now in zip(old, uids, strict=False)
            if was and now and not was.startswith(_WELL_KNOWN)
        ]
        if Option.RETAIN_UIDS not in self.options:
            for was, now in pairs:
                self.tally.judge(was != now, Check.UID_CHANGED, place.path, "unchanged")
        self.changed_uids.update((hashed(was), hashed(now)) for was, now in pairs)

    # What stays

    def _kept_text(self, place: Place) -> None:
        element = place.element
        if element.VR == "UN" or isinstance(element.value, bytes):
            self._bytes(place)
            return
        texts = [text for text in texts_of(element) if text.strip(" \0")]
        if not texts:
            return
        if any(self._shows(text, element.VR) for text in texts):
            self.tally.judge(False, Check.TEXT_REMOVED, place.path, "identity")
            return
        searched = element.VR in TEXT - {"CS", "AS"} and int(element.tag) not in _CODED_ENTRY
        found = [reason for text in texts if searched and (reason := suspicious_text(text))]
        self.tally.judge(not found, Check.TEXT_REMOVED, place.path, found[0] if found else "")

    def _shows(self, text: str, vr: str) -> bool:
        if vr not in TEXT:  # numbers: a dose may be a day of birth by chance, an id hardly
            return self.identity.is_number(text.strip())
        if vr == "CS" and all(map(is_medical_word, fold(text).replace("_", " ").split())):
            return False  # a term such as HAND, which no patient of that name could have put there
        return self.finds_identity(text)

    def _bytes(self, place: Place) -> None:
        value = place.element.value
        if not isinstance(value, bytes) or is_empty(place.element):
            return
        if place.element.VR == "UN" and not place.element.keyword:
            self.tally.judge(False, Check.TEXT_REMOVED, place.path, "unknown")
        else:
            shows = self.identity.found_in_bytes(value)
            self.tally.judge(not shows, Check.TEXT_REMOVED, place.path, "identity")


def _only_references(place: Place) -> bool:
    """Whether a sequence holds references to instances and nothing else: new UIDs say nothing."""
    names = {"ReferencedSOPClassUID", "ReferencedSOPInstanceUID"}
    return all({inner.keyword for inner in item} == names for item in place.element.value or ())
