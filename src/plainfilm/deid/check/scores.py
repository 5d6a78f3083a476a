"""What is scored, and what a failure is called.

The ten actions are those of MIDI-B, the Medical Image De-Identification Benchmark, whose answer
key names for each element what is to happen to it. Here the profile, the object's definition and
the original take the place of the key. Two scores are ours: dates that agree with each other, and
the marks by which an object says what was done to it.

Source: Rutherford et al., A DICOM dataset for evaluation of medical image de-identification,
Scientific Data 2021, table 8 (answer key actions); CBIIT/MIDI_validation_script.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["CHECK_TEXT", "LEAKS", "REASONS", "Check", "Finding", "Score", "Tally"]


class Check(StrEnum):
    """One action category."""

    TEXT_REMOVED = "text_removed"
    DATE_SHIFTED = "date_shifted"
    UID_CHANGED = "uid_changed"
    PIXELS_HIDDEN = "pixels_hidden"
    PATID_CONSISTENT = "patid_consistent"
    UID_CONSISTENT = "uid_consistent"
    DATE_CONSISTENT = "date_consistent"
    TAG_RETAINED = "tag_retained"
    TEXT_NOTNULL = "text_notnull"
    TEXT_RETAINED = "text_retained"
    PIXELS_RETAINED = "pixels_retained"
    MARKS_SET = "marks_set"


CHECK_TEXT: Final = {
    Check.TEXT_REMOVED: "what the profile removes is gone, and no kept text identifies",
    Check.DATE_SHIFTED: "dates are removed or moved",
    Check.UID_CHANGED: "UIDs are not those of the originals",
    Check.PIXELS_HIDDEN: "no text that identifies is in the pixels",
    Check.PATID_CONSISTENT: "one patient stays one patient, and nobody else",
    Check.UID_CONSISTENT: "UIDs are valid, and the same UID becomes the same everywhere",
    Check.DATE_CONSISTENT: "dates of a study and a patient agree with each other",
    Check.TAG_RETAINED: "attributes that have to be there are there",
    Check.TEXT_NOTNULL: "attributes that need a value have one",
    Check.TEXT_RETAINED: "what the profile keeps is as it was",
    Check.PIXELS_RETAINED: "pixels can be decoded, and are as they were outside of filled boxes",
    Check.MARKS_SET: "the object says that and how it was de-identified",
}

LEAKS: Final = frozenset(
    {Check.TEXT_REMOVED, Check.DATE_SHIFTED, Check.UID_CHANGED, Check.PIXELS_HIDDEN}
)
"""Failures of these may let somebody be found; failures of the others spoil a data set."""

_NOT_SURE: Final = frozenset({"doubtful_text"})

REASONS: Final = {
    "value_remains": "holds a value that the profile removes, and that is no dummy",
    "unchanged": "holds the original's value",
    "identity": "the original's identity is in it",
    "name_remains": "looks like a person's name",
    "free_text": "has words that are not of radiography",
    "name_in_text": "a name seems to be in the text",
    "date_in_text": "a date is in the text",
    "phone_in_text": "a telephone number is in the text",
    "email_in_text": "an e-mail address is in the text",
    "private": "a private element that holds a value",
    "overlay": "an overlay",
    "curve": "a curve",
    "unknown": "an element that the data dictionary does not know",
    "preamble": "the preamble holds more than zeros",
    "file_meta": "the file meta information names a system or holds private information",
    "date_remains": "a date that the profile removes, with nothing said of it being moved",
    "said_removed": "a date, where the object says that all are removed",
    "text_in_pixels": "text that may identify is in the pixels",
    "doubtful_text": "something like text, which could not be read, is in the pixels: look at it",
    "said_burned_in": "the object says that text is burned in",
    "invalid_uid": "no valid UID",
    "uid_used_twice": "another film has the same SOP Instance UID",
    "file_meta_uid": "the file meta information names another SOP Instance UID",
    "series_in_two_studies": "a series lies in two studies",
    "study_of_two_patients": "a study belongs to two patients",
    "other_patients_film": "refers to a film of another patient",
    "uid_became_two": "one old UID became two new ones",
    "two_uids_became_one": "two old UIDs became one new one",
    "no_patient_id": "there is no PatientID",
    "two_names": "a patient has two names",
    "two_birth_dates": "a patient has two birth dates",
    "patient_became_two": "one patient became two",
    "two_patients_became_one": "two patients became one",
    "wrong_order": "the patient was born after the study, or the film was made before it",
    "two_study_dates": "films of one study have different study dates",
    "offsets_differ": "dates of one patient moved by different numbers of days",
    "missing": "is missing",
    "empty": "is empty",
    "changed": "is not as it was",
    "words_lost": "has lost words of radiography",
    "cannot_be_decoded": "cannot be decoded",
    "not_said": "is missing or does not say so",
}
"""Reason codes in words."""


class Finding(NamedTuple):
    """One failure: of what, where, why; never with a value.

    Attributes:
        path: `00081030`, `00400275/00400007` inside a sequence; `preamble`, `file name`; empty
            for the film as a whole.
    """

    check: Check
    path: str
    reason: str

    @property
    def is_leak(self) -> bool:
        """Whether it may let somebody be found; what is only doubtful is to be looked at."""
        return self.check in LEAKS and self.reason not in _NOT_SURE


@dataclass(frozen=True, slots=True)
class Score:
    """How often an action was as it should be."""

    passed: int
    failed: int

    @property
    def percent(self) -> float | None:
        """0 to 100; None where there was nothing to judge."""
        total = self.passed + self.failed
        return 100 * self.passed / total if total else None


@dataclass(slots=True)
class Tally:
    """What was judged so far."""

    passed: Counter[Check] = field(default_factory=Counter)
    failed: Counter[Finding] = field(default_factory=Counter)

    def judge(self, good: bool, check: Check, path: str, reason: str) -> None:
        """Count one judgement; `reason` is for the case that it is not good."""
        if good:
            self.passed[check] += 1
        else:
            self.failed[Finding(check, path, reason)] += 1

    def scores(self) -> Mapping[Check, Score]:
        """The score of each check, in the checks' order."""
        failed: Counter[Check] = Counter()
        for finding, count in self.failed.items():
            failed[finding.check] += count
        return {check: Score(self.passed[check], failed[check]) for check in Check}
