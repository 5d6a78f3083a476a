"""Goes through a film's elements, and treats each as the decisions and its value demand."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from plainfilm.deid.content_items import CONTENT, CONTENT_SEQUENCES, ContentRule, rule_of_item
from plainfilm.deid.dates import shift_date, shift_datetime, valid_time, valid_utc_offset
from plainfilm.deid.decisions import Place
from plainfilm.deid.defined_terms import is_defined_term
from plainfilm.deid.descriptors import clean_descriptor
from plainfilm.deid.dummies import dummy_items, dummy_value
from plainfilm.deid.file_meta import file_meta_treatments
from plainfilm.deid.identity import KnownIdentity
from plainfilm.deid.private_elements import judge_private
from plainfilm.deid.profile import Action, Option
from plainfilm.deid.pseudonyms import KeyedHash, PatientPseudonym
from plainfilm.deid.raw_values import (
    SPELLED_VRS,
    are_numbers,
    capped_age,
    features_of_raw,
    is_medical_code,
    is_moment,
    is_uid,
    long_integers,
    tells_in_raw,
    text_of,
    values_of,
)
from plainfilm.deid.report_content import ReportContent
from plainfilm.deid.telling_texts import telling_spans, tells_of_someone
from plainfilm.deid.treat import Decision, Treat
from plainfilm.deid.treatment import Treatment
from plainfilm.dicom import (
    DEFAULT_ENCODINGS,
    Encodings,
    RawElement,
    encode_element,
    encode_item,
    encode_text,
    encodings_in,
)

__all__ = ["Cleaner"]

_PRIVATE: Final = 0x00010000
_DESCENDING: Final = frozenset({Treat.DESCEND, Treat.DUMMY_SEQUENCE})
_REFERENCE: Final = frozenset({0x00081150, 0x00081155})
_SCHEME: Final = "CodingSchemeDesignator"
_CODE_SCHEME: Final = 0x00080102
_STANDARD_SCHEMES: Final = frozenset(
    ("DCM", "SCT", "SRT", "SNM3", "99SDM", "LN", "RADLEX", "UCUM", "FMA", "NCIt", "UMLS", "I10")
)
"""Coding schemes that nobody puts own terms in (PS3.16 table 8-1)."""


_LEAST_IDENTIFYING_BYTES: Final = 6

Treated = tuple[Action, str, bytes | None]
"""The action, who decided, and the element as it will be written; None where it goes."""


class Cleaner:
    """Cleans one film.

    Attributes:
        treatments: what was done so far.
    """

    def __init__(
        self,
        data: bytes,
        keyed: KeyedHash,
        patient: PatientPseudonym,
        identity: KnownIdentity,
        *,
        implicit: bool,
        report: ReportContent | None = None,
    ) -> None:
        """
        Args:
            report: the content of a structured report; None for a film.
        """
        self.treatments: list[Treatment] = []
        self._data = data
        self._keyed = keyed
        self._patient = patient
        self._identity = identity
        self._implicit = implicit
        self._report = report
        self._new_hasher = keyed.audit_hasher().copy
        self._found: dict[tuple[bytes, Encodings], bool] = {}
        self._handlers: dict[Treat, Callable[[RawElement, Decision], Treated]] = {
            Treat.REMOVE: self._remove,
            Treat.EMPTY: self._without_value,
            Treat.DUMMY: self._without_value,
            Treat.DUMMY_SEQUENCE: self._dummy_sequence,
            Treat.VERBATIM: self._verbatim,
            Treat.KEEP_TEXT: self._keep_text,
            Treat.KEEP_AGE: self._keep_age,
            Treat.KEEP_NUMBER: self._keep_number,
            Treat.KEEP_TIME: self._keep_time,
            Treat.KEEP_BYTES: self._keep_bytes,
            Treat.KEEP_UID: self._keep_uid,
            Treat.KEEP_MEANING: self._keep_meaning,
            Treat.NEW_UID: self._new_uid,
            Treat.CLEAN_TEXT: self._clean_text,
            Treat.SHIFT: self._shift,
            Treat.DESCEND: self._descend,
            Treat.PATIENT_ID: self._patient_id,
            Treat.ACCESSION_NUMBER: self._accession_number,
            Treat.REPLACE: self._replace,
            Treat.CONTENT_REFERENCE: self._content_reference,
        }

    def clean(
        self, elements: list[RawElement], where: Place, encodings: Encodings, path: str = ""
    ) -> dict[int, bytes]:
        """The elements of a dataset or item that stay, as they will be written, by tag."""
        self._where, self._encodings, self._path = where, encodings, path
        self._siblings = elements
        kept: dict[int, bytes] = {}
        creators: dict[int, RawElement] = {}
        treatments, handlers, keep = self.treatments, self._handlers, Action.KEEP
        decisions = where.decisions
        for read in elements:
            element = read
            if element.tag & _PRIVATE:
                element, decision, creator = judge_private(
                    element, where, creators, self._creator_name
                )
                if creator is not None:
                    kept[creator.tag] = self._same(creator)
            else:
                known = decisions.get((element.tag, element.vr))
                decision = known or where.decision(element.tag, element.vr)
            handler = handlers[decision.treat]
            if decision.treat in _DESCENDING:
                place = len(treatments)
                action, rule, content = handler(element, decision)
                # The items have had their own.
                self._where, self._encodings, self._path = where, encodings, path
                self._siblings = elements
                is_whole = action in (Action.DUMMY, Action.REMOVE)
                old = self._audit_hash(element) if is_whole else b""
                treatments.insert(place, Treatment(path + decision.path, action, rule, old))
            else:
                action, rule, content = handler(element, decision)
                if action is keep:
                    treatments.append(_kept(path + decision.path, rule))
                else:
                    old = self._audit_hash(element)
                    treatments.append(Treatment(path + decision.path, action, rule, old))
            if content is not None:
                kept[element.tag] = content
        return kept

    def file_meta(self, elements: list[RawElement]) -> None:
        """Record what becomes of the file meta group, which is written anew."""
        self._encodings = DEFAULT_ENCODINGS
        self.treatments += file_meta_treatments(elements, self._audit_hash)

    # Without the value

    def _remove(self, element: RawElement, decision: Decision) -> Treated:
        return Action.REMOVE, decision.rule, None

    def _verbatim(self, element: RawElement, decision: Decision) -> Treated:
        return decision.action, decision.rule, self._same(element)

    def _without_value(self, element: RawElement, decision: Decision) -> Treated:
        return self._basic(element, decision, decision.action)

    def _basic(self, element: RawElement, decision: Decision, action: Action) -> Treated:
        """The actions X, Z and D."""
        rule = decision.rule
        if action is Action.REMOVE:
            return action, rule, None
        if action is Action.EMPTY:
            return action, rule, self._element(element, b"")
        if element.vr == "SQ":
            items = dummy_items(decision.keyword, implicit=self._implicit)
            return action, rule, self._element(element, items)
        if element.vr == "UI":
            return self._new_uid(element, decision)
        return Action.DUMMY, rule, self._element(element, dummy_value(element.vr))

    def _dummy_sequence(self, element: RawElement, decision: Decision) -> Treated:
        items = element.items or []
        if element.items is not None and all(
            {inner.tag for inner in item} == _REFERENCE for item in items
        ):
            # New UIDs say as little as a dummy, and the object stays valid.
            _, rule, content = self._descend(element, decision)
            return Action.NEW_UID, rule, content
        return self._basic(element, decision, Action.DUMMY)

    def _replace(self, element: RawElement, decision: Decision) -> Treated:
        return Action.DUMMY, decision.rule, self._element(element, decision.value.encode())

    # Ids

    def _patient_id(self, element: RawElement, decision: Decision) -> Treated:
        return self._pseudonym(element, decision, self._keyed.patient_id)

    def _accession_number(self, element: RawElement, decision: Decision) -> Treated:
        return self._pseudonym(element, decision, self._keyed.accession_number)

    def _pseudonym(
        self, element: RawElement, decision: Decision, renew: Callable[[str], str]
    ) -> Treated:
        text = self._text(element).strip()
        value = renew(text).encode() if text else b""
        return Action.EMPTY, decision.rule, self._element(element, value)

    def _new_uid(self, element: RawElement, decision: Decision) -> Treated:
        values = self._values(element)
        renewed = [self._keyed.uid(value) if value else "" for value in values]
        if renewed == values:
            return Action.KEEP, decision.rule, self._same(element)
        return Action.NEW_UID, decision.rule, self._texts(element, renewed)

    def _keep_uid(self, element: RawElement, decision: Decision) -> Treated:
        if all(is_uid(value) for value in self._values(element) if value):
            return Action.KEEP, decision.rule, self._same(element)
        return self._new_uid(element, decision)

    # Kept values

    def _keep_text(self, element: RawElement, decision: Decision) -> Treated:
        if not self._is_found(element):
            return decision.action, decision.rule, self._same(element)
        values = self._values(element)
        kept = [self._without_identity(value, element.vr, decision.keyword) for value in values]
        if kept == values:
            return decision.action, decision.rule, self._same(element)
        if decision.keyword == _SCHEME:
            # A scheme named after its institution; a code is not valid without one (PS3.3 8.2).
            return Action.DUMMY, "identity", self._texts(element, ["99ANON"])
        return Action.CLEAN, "identity", self._texts(element, kept)

    def _is_found(self, element: RawElement) -> bool:
        key = self._data[element.value : element.end], self._encodings
        found = self._found.get(key)
        if found is None:
            # A film says the same thing in many places.
            found = tells_in_raw(*key) or self._identity.matches(features_of_raw(*key))
            self._found[key] = found
        return found

    def _without_identity(self, value: str, vr: str, keyword: str) -> str:
        if vr == "CS" and (is_medical_code(value) or is_defined_term(keyword, value)):
            return value
        tells = tells_of_someone(value)
        if not tells and not self._identity.found_in(value):
            return value
        # A code must stay one of its defined terms; what is left of a cut one would not be.
        if vr in ("AE", "CS", "UR"):
            return ""
        return self._identity.without(value, telling_spans(value) if tells else ())

    def _keep_meaning(self, element: RawElement, decision: Decision) -> Treated:
        """The meaning of a standard code; of another one it is as good as a description."""
        for sibling in self._siblings:
            if sibling.tag == _CODE_SCHEME and self._text(sibling).strip() in _STANDARD_SCHEMES:
                return self._keep_text(element, decision)
        return self._clean_text(element, decision)

    def _keep_age(self, element: RawElement, decision: Decision) -> Treated:
        values = self._values(element)
        kept = [capped_age(value) for value in values]
        if kept == values:
            return decision.action, decision.rule, self._same(element)
        return Action.CLEAN, decision.rule, self._texts(element, kept)

    def _keep_number(self, element: RawElement, decision: Decision) -> Treated:
        # Readers pass text in a number on as it is.
        raw = self._data[element.value : element.end]
        if not are_numbers(raw):
            return Action.REMOVE, "invalid", None
        if len(raw) >= _LEAST_IDENTIFYING_BYTES and any(
            self._identity.is_number(digits) for digits in long_integers(raw)
        ):
            return Action.REMOVE, "identity", None
        return decision.action, decision.rule, self._same(element)

    def _keep_time(self, element: RawElement, decision: Decision) -> Treated:
        """A date or time in full; what is none could be anything."""
        if all(is_moment(value, element.vr) for value in self._values(element) if value):
            return decision.action, decision.rule, self._same(element)
        action, _, content = self._basic(element, decision, decision.fallback)
        return action, "invalid", content

    def _keep_bytes(self, element: RawElement, decision: Decision) -> Treated:
        if element.end - element.value >= _LEAST_IDENTIFYING_BYTES:
            value = self._data[element.value : element.end]
            if self._identity.found_in_bytes(value):
                return Action.REMOVE, "identity", None
        return decision.action, decision.rule, self._same(element)

    # Cleaned values

    def _clean_text(self, element: RawElement, decision: Decision) -> Treated:
        values = self._values(element)
        if self._report is not None and self._where.is_report:
            kept = [self._report.cleaned(value, element.vr) for value in values]
        else:
            kept = [clean_descriptor(value, self._identity) for value in values]
        if not any(kept) and decision.needs_value:
            return self._basic(element, decision, decision.fallback)
        if kept == values:
            return Action.CLEAN, decision.rule, self._same(element)
        return Action.CLEAN, decision.rule, self._texts(element, kept)

    def _shift(self, element: RawElement, decision: Decision) -> Treated:
        values = self._values(element)
        if not values and not decision.needs_value:
            return Action.CLEAN, decision.rule, self._same(element)
        moved = [self._shifted(element, value) if value else "" for value in values]
        shifted = [value for value in moved if value is not None]
        if len(shifted) < len(moved) or (decision.needs_value and not any(shifted)):
            return self._basic(element, decision, decision.fallback)
        if shifted == values:
            return Action.CLEAN, decision.rule, self._same(element)
        return Action.CLEAN, decision.rule, self._texts(element, shifted)

    def _shifted(self, element: RawElement, value: str) -> str | None:
        if element.vr == "DA":
            return shift_date(value, self._patient.offset)
        if element.vr == "DT":
            return shift_datetime(value, self._patient.offset)
        valid = valid_time(value) if element.vr == "TM" else valid_utc_offset(value)
        return value if valid else None

    def _content_reference(self, element: RawElement, decision: Decision) -> Treated:
        old = self._data[element.value : element.end]
        new = b"" if self._report is None else self._report.reference(old)
        if not new:
            return Action.REMOVE, "invalid", None
        action = Action.KEEP if new == old else decision.action
        return action, decision.rule, self._element(element, new)

    # Sequences

    def _descend(self, element: RawElement, decision: Decision) -> Treated:
        where, encodings = self._where, self._encodings
        path = f"{self._path}{decision.path}"
        inside = where.inside(element.tag, describes=decision.describes)
        is_content = (
            element.tag in CONTENT_SEQUENCES and Option.CLEAN_STRUCTURED_CONTENT in where.options
        )
        before = len(self.treatments)
        items: list[bytes] = []
        dropped = frozenset() if self._report is None else self._report.dropped
        if element.items is None and element.value < element.end:
            return Action.REMOVE, "invalid", None  # bytes that may hold anything
        for number, item in enumerate(element.items or ()):
            own = encodings_in(self._data, item, encodings)
            place = inside
            if is_content:
                rule = rule_of_item(self._data, item, own, where.options)
                if rule.action is Action.REMOVE or f"{path}[{number}]/" in dropped:
                    self._drop_item(item, f"{path}[{number}]/", rule)
                    continue
                place = where.inside(element.tag, describes=decision.describes, content=rule)
            kept = self.clean(item, place, own, f"{path}[{number}]/")
            items.append(encode_item(b"".join(kept[tag] for tag in sorted(kept))))
        if element.tag == CONTENT and not items and element.items:
            return Action.REMOVE, decision.rule, None  # an empty sequence would not be valid
        if all(treatment.action == Action.KEEP for treatment in self.treatments[before:]):
            return decision.action, decision.rule, self._same(element)
        return decision.action, decision.rule, self._element(element, b"".join(items))

    def _drop_item(self, item: list[RawElement], path: str, rule: ContentRule) -> None:
        for element in item:
            old = self._audit_hash(element)
            treatment = Treatment(f"{path}{element.tag:08X}", Action.REMOVE, rule.rule, old)
            self.treatments.append(treatment)

    # Bytes and texts

    def _same(self, element: RawElement) -> bytes:
        return self._data[element.start : element.end]

    def _element(self, element: RawElement, value: bytes) -> bytes:
        if len(value) % 2:
            value += b"\0" if element.vr in ("UI", "OB", "UN") else b" "
        return encode_element(element.tag, element.vr[:2], value, implicit=self._implicit)

    def _texts(self, element: RawElement, values: list[str]) -> bytes:
        return self._element(element, encode_text("\\".join(values), self._encodings))

    def _creator_name(self, element: RawElement) -> str:
        text = self._text(element).strip()
        return "" if self._identity.found_in(text) else text

    def _text(self, element: RawElement) -> str:
        return text_of(self._data, element, self._encodings)

    def _values(self, element: RawElement) -> list[str]:
        return values_of(self._data, element, self._encodings)

    def _audit_hash(self, element: RawElement) -> bytes:
        value = self._data[element.value : element.end]
        if element.items is None:
            if not value.isascii() and element.vr in SPELLED_VRS:
                value = self._text(element).encode()
            value = value.rstrip(b" \0")
        hasher = self._new_hasher()
        hasher.update(value)
        return hasher.digest()


@lru_cache(1 << 13)
def _kept(path: str, rule: str) -> Treatment:
    """One treatment for all elements that stay in one place: most of a film's."""
    return Treatment(path, Action.KEEP, rule, b"")
