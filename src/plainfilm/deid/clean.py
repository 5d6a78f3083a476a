"""The de-identification of one film's header (DICOM PS3.15 annex E)."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from plainfilm.deid.dates import shift_date, shift_datetime, valid_time, valid_utc_offset
from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.descriptors import clean_descriptor
from plainfilm.deid.dummies import dummy_element
from plainfilm.deid.element_text import texts_of
from plainfilm.deid.folding import fold
from plainfilm.deid.identity import KnownIdentity, identity_of
from plainfilm.deid.profile import (
    DEFAULT_OPTIONS,
    Action,
    Option,
    Rule,
    attribute_type,
    check_options,
    resolve,
    rule_for,
)
from plainfilm.deid.pseudonyms import KeyedHash, PatientPseudonym
from plainfilm.dicom import DataElement, Dataset, DicomSequence, keyword_vr
from plainfilm.errors import Reason, UnreadableDicom

__all__ = ["CleanHeader", "clean_dataset"]

_TEXT: Final = frozenset({"AE", "AS", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_TEMPORAL: Final = frozenset({"DA", "DT", "TM"})
_NUMBERS_AS_TEXT: Final = frozenset({"DS", "IS"})
_SPELLED: Final = _TEXT | _TEMPORAL | _NUMBERS_AS_TEXT | {"PN", "UI"}
_BYTES: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})

# An attribute of date or time that the table does not name is treated as those that it names.
_UNLISTED_DATE: Final = Rule(
    "",
    "",
    "",
    Action.REMOVE,
    {Option.RETAIN_FULL_DATES: Action.KEEP, Option.RETAIN_MODIFIED_DATES: Action.CLEAN},
)
_UNLISTED_NAME: Final = Rule("", "", "", Action.EMPTY, {})

# UIDs of classes, codes and formats: they name no instance (PS3.3, PS3.6 annex A).
_CLASS_UIDS: Final = ("SOPClassUID", "TransferSyntaxUID", "CodingSchemeUID", "ContextUID")

_REFERENCE: Final = frozenset({"ReferencedSOPClassUID", "ReferencedSOPInstanceUID"})

_UID: Final = re.compile(r"[0-9.]{1,64}", re.ASCII)
_NUMBER: Final = re.compile(r"([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)?", re.ASCII)
_AGE: Final = re.compile(r"\d{3}[DWMY]", re.ASCII)
_MAXIMUM_AGE: Final = "090Y"
"""Older patients are few enough to be found, so they count as ninety (45 CFR 164.514(b)(2)(i))."""


@dataclass(frozen=True, slots=True)
class CleanHeader:
    """A de-identified copy of a dataset, and what was done to it.

    Attributes:
        patient, study, uid: the new PatientID, StudyID and SOP Instance UID.
        actions: how many elements were treated, by action code; `K` are those that stayed.
    """

    dataset: Dataset
    patient: str
    study: str
    uid: str
    actions: Mapping[str, int]


def clean_dataset(
    dataset: Dataset, keyed: KeyedHash, options: frozenset[Option] = DEFAULT_OPTIONS
) -> CleanHeader:
    """De-identify a header; the dataset given stays as it is.

    Private elements, overlays, curves, group lengths and elements that the data dictionary does
    not know are removed at every depth. The file meta group keeps its transfer syntax only; the
    preamble is zeros. PixelData is passed on untouched.

    Raises:
        SettingsError: options that contradict each other or are not offered.
        UnreadableDicom: SOP Instance, Series or Study Instance UID is missing.
    Source: DICOM PS3.15 annex E, edition 2026d.
    """
    check_options(options)
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        if not _text(dataset, keyword):
            raise UnreadableDicom(f"{keyword} is missing", Reason.MISSING_UID)
    study_uid = _text(dataset, "StudyInstanceUID")
    patient = keyed.patient(
        _text(dataset, "PatientID"), _text(dataset, "IssuerOfPatientID"), study_uid
    )
    cleaner = _Cleaner(
        keyed,
        options,
        patient,
        keyed.study_id(study_uid),
        identity_of(dataset, options),
        _text(dataset, "SOPClassUID"),
    )
    clean = cleaner.clean(dataset, None, describes=False)
    cleaner.complete(clean)
    _reset_file(clean, dataset)
    uid = str(clean["SOPInstanceUID"].value)
    return CleanHeader(clean, patient.patient_id, cleaner.study_id, uid, _counts(cleaner))


def _counts(cleaner: "_Cleaner") -> dict[str, int]:
    return {str(action): count for action, count in sorted(cleaner.actions.items())}


def _text(dataset: Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    return value.strip(" \0") if isinstance(value, str) else ""


def _reset_file(clean: Dataset, source: Dataset) -> None:
    meta = getattr(source, "file_meta", None)
    if meta is not None:
        clean.file_meta = type(meta)()
        if "TransferSyntaxUID" in meta:
            clean.file_meta.TransferSyntaxUID = meta.TransferSyntaxUID
    clean.preamble = bytes(128)


@dataclass(slots=True)
class _Cleaner:
    """Walks one film; holds what all its elements are judged by."""

    keyed: KeyedHash
    options: frozenset[Option]
    patient: PatientPseudonym
    study_id: str
    identity: KnownIdentity
    sop_class_uid: str
    actions: Counter[str] = field(default_factory=Counter)

    def clean(self, dataset: Dataset, within: int | None, *, describes: bool) -> Dataset:
        """A clean copy of a dataset or item.

        Args:
            within: the sequence that holds the item.
            describes: the item belongs to a sequence that Clean Descriptors keeps, so that its
                texts are descriptions too.
        """
        clean = Dataset()
        for element in dataset:
            action, treated = self._treat(element, within, describes=describes)
            self.actions[action] += 1
            if treated is not None:
                clean.add(treated)
        return clean

    def complete(self, clean: Dataset) -> None:
        """Put the new ids in place, also where the film came without any."""
        for keyword, vr, value in (
            ("PatientID", "LO", self.patient.patient_id),
            ("PatientName", "PN", self.patient.patient_id),
            ("StudyID", "SH", self.study_id),
        ):
            clean.add_new(keyword, vr, value)

    def _treat(
        self, element: DataElement, within: int | None, *, describes: bool
    ) -> tuple[Action, DataElement | None]:
        if not _belongs(element):
            return Action.REMOVE, None
        rule = rule_for(element.tag) or _unlisted_rule(element)
        if rule is None:
            return self._keep(element, describes=describes)
        if (new_id := self._new_id(element)) is not None:
            return Action.EMPTY, new_id
        kind = attribute_type(element.tag, within, self.sop_class_uid)
        action = resolve(rule, self.options, kind)
        return action, self._apply(action, element, rule, kind)

    def _apply(
        self, action: Action, element: DataElement, rule: Rule, kind: str | None
    ) -> DataElement | None:
        if action is Action.CLEAN:
            return self._cleaned(element, rule, kind)
        if action is Action.KEEP:
            return self._keep(element, describes=False)[1]
        if action is Action.NEW_UID:
            return self._new_uids(element)
        if action is Action.DUMMY and (element.VR == "UI" or _is_reference(element)):
            # New UIDs say as little as a dummy, and the object stays valid.
            return self._new_uids(element)
        return _without_value(action, element)

    def _new_id(self, element: DataElement) -> DataElement | None:
        """Ids that stay linked: Z permits a value (PS3.15 table E.1-1a), and archives need one."""
        value = element.value
        if element.keyword == "AccessionNumber" and isinstance(value, str) and value.strip():
            return _replaced(element, self.keyed.accession_number(value))
        if element.keyword == "PatientID" and isinstance(value, str) and value.strip():
            return _replaced(element, self.keyed.patient_id(value))
        return None

    # Keep

    def _keep(self, element: DataElement, *, describes: bool) -> tuple[Action, DataElement | None]:
        """An element that stays: without the film's own identity, should that be in it."""
        vr = element.VR
        if vr == "SQ":
            return Action.KEEP, self._descend(element, describes=describes)
        if vr == "UI":
            return self._keep_uid(element)
        if describes and vr in _TEXT - {"CS"} and element.keyword.endswith("Meaning"):
            return Action.CLEAN, self._cleaned_text(element)
        if vr in _TEXT:
            return self._keep_text(element)
        if self._hides_identity(element):
            return Action.REMOVE, None
        return Action.KEEP, element

    def _descend(self, element: DataElement, *, describes: bool) -> DataElement:
        items = [
            self.clean(item, int(element.tag), describes=describes) for item in element.value or ()
        ]
        return DataElement(element.tag, "SQ", DicomSequence(items))

    def _keep_uid(self, element: DataElement) -> tuple[Action, DataElement]:
        is_uid = all(_UID.fullmatch(value.strip(" \0")) for value in texts_of(element) if value)
        is_kept = Option.RETAIN_UIDS in self.options or element.keyword.endswith(_CLASS_UIDS)
        if is_kept and is_uid:
            return Action.KEEP, element
        treated = self._new_uids(element)
        same = treated.value == element.value
        return (Action.KEEP if same else Action.NEW_UID), treated

    def _keep_text(self, element: DataElement) -> tuple[Action, DataElement]:
        values = texts_of(element)
        kept = [self._without_identity(value, element.VR) for value in values]
        if kept == values:
            return Action.KEEP, element
        if element.keyword == "CodingSchemeDesignator":
            # A scheme named after its institution; a code is not valid without one (PS3.3 8.2).
            return Action.DUMMY, _replaced(element, "99ANON")
        return Action.CLEAN, _replaced(element, kept)

    def _without_identity(self, value: str, vr: str) -> str:
        if vr == "AS":
            return _age(value)
        if not self.identity.found_in(value) or (vr == "CS" and _is_medical(value)):
            return value
        # A code must stay one of its defined terms; what is left of a cut one would not be.
        return "" if vr in ("AE", "CS", "UR") else self.identity.without(value)

    def _hides_identity(self, element: DataElement) -> bool:
        if element.VR in _NUMBERS_AS_TEXT:
            # Readers pass text in a number on as it is.
            numbers = {number for number in self.identity.numbers if len(number) > 5}
            values = [value.strip(" \0") for value in texts_of(element)]
            return any(value in numbers or not _NUMBER.fullmatch(value) for value in values)
        if element.VR in _BYTES and element.tag not in _PIXELS:
            value = element.value
            return isinstance(value, bytes) and self.identity.found_in_bytes(value)
        return False

    # Clean

    def _cleaned(self, element: DataElement, rule: Rule, kind: str | None) -> DataElement | None:
        """Action C; where nothing can be cleaned the Basic Profile's own action."""
        treated: DataElement | None = None
        if element.VR in _TEMPORAL or element.keyword == "TimezoneOffsetFromUTC":
            treated = self._shifted(element)
        elif element.VR == "SQ":
            treated = self._descend(element, describes=True)
        elif element.VR in _TEXT:
            treated = self._cleaned_text(element)
        if treated is not None and (treated.VM or kind not in ("1", "1C")):
            return treated
        basic = resolve(rule, frozenset(), kind)
        return _without_value(basic, element)

    def _shifted(self, element: DataElement) -> DataElement | None:
        moved = [self._shifted_value(element.VR, value) for value in texts_of(element)]
        if any(value is None for value in moved):
            return None
        return _replaced(element, [value for value in moved if value is not None])

    def _shifted_value(self, vr: str, value: str) -> str | None:
        if not value:
            return value
        if vr == "DA":
            return shift_date(value, self.patient.offset)
        if vr == "DT":
            return shift_datetime(value, self.patient.offset)
        valid = valid_time(value) if vr == "TM" else valid_utc_offset(value)
        return value if valid else None

    def _cleaned_text(self, element: DataElement) -> DataElement:
        values = texts_of(element)
        kept = [clean_descriptor(value, self.identity) for value in values]
        return element if kept == values else _replaced(element, kept)

    # New UIDs

    def _new_uids(self, element: DataElement) -> DataElement:
        if element.VR == "SQ":
            return self._descend(element, describes=False)
        values = [value.strip(" \0") for value in texts_of(element)]
        return _replaced(element, [self.keyed.uid(value) if value else "" for value in values])


def _belongs(element: DataElement) -> bool:
    """Whether an element may be in a film at all and can be judged."""
    group = element.tag >> 16
    if group < 0x0008 or element.tag & 0xFFFF == 0:  # command, file meta, DICOMDIR; group length
        return False
    if rule_for(element.tag) is not None:
        return True
    # A value that broke the rules of its VR was read as UN or as bytes; it can't be judged.
    known = keyword_vr(element.keyword) if element.keyword else None
    if known is None or (isinstance(element.value, bytes) and element.VR in _SPELLED):
        return False
    return element.VR != "UN" or known[0] == "UN"


def _unlisted_rule(element: DataElement) -> Rule | None:
    if element.VR in _TEMPORAL:
        return _UNLISTED_DATE
    return _UNLISTED_NAME if element.VR == "PN" else None


def _is_medical(code: str) -> bool:
    """Whether a code is a term such as HAND, which no patient of that name could have put there."""
    return all(is_medical_word(word) for word in fold(code).replace("_", " ").split())


def _age(value: str) -> str:
    if not _AGE.fullmatch(value.strip()):
        return ""
    return min(value, _MAXIMUM_AGE) if value.endswith("Y") else value


def _is_reference(element: DataElement) -> bool:
    """Whether an element is a sequence of references to instances and of nothing else."""
    return element.VR == "SQ" and all(
        {inner.keyword for inner in item} == _REFERENCE for item in element.value or ()
    )


def _without_value(action: Action, element: DataElement) -> DataElement | None:
    if action is Action.REMOVE:
        return None
    if action is Action.EMPTY:
        return _replaced(element, [])
    return dummy_element(element)


def _replaced(element: DataElement, values: list[str] | str) -> DataElement:
    """The same element with other text, which is taken as it is."""
    value: object = values
    if element.VR == "SQ":
        value = DicomSequence()
    elif isinstance(values, list) and len(values) < 2:
        value = values[0] if values else element.empty_value
    # pydicom would warn, quoting the value, where the source broke the rules of its VR.
    return DataElement(element.tag, element.VR, value, already_converted=True)
