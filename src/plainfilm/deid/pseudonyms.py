"""New ids and date offsets from a keyed hash.

Everything is HMAC-SHA-256 of the old value under one key, with a purpose in front so that equal
strings of different purposes give unrelated results. So the same key gives the same new ids in
every run and in every worker without any table of old and new, and without the key nobody can try
out old ids.

Widths: without a table two old ids could meet in one new id, so the ids are wide. By the birthday
bound the chance of any meeting is n²/2N. With N = 10^18 for patients it is 5 · 10^-7 among a
million; the eight digits of MIMIC-CXR (N = 10^7) would expect a first meeting among 4,000 patients.
Layouts that need eight digits map these ids on publishing, where all ids are known. Study ids and
accession numbers have 15 digits, since the Standard allows 16 characters; a study's folder stands
inside its patient's, so only studies of one patient could meet.
"""

import datetime
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from plainfilm.dicom import is_standard_uid
from plainfilm.errors import SettingsError

__all__ = ["KeyedHash", "PatientPseudonym"]

MINIMUM_KEY_BYTES: Final = 16
PATIENT_DIGITS: Final = 18
STUDY_DIGITS: Final = 15
MAXIMUM_OFFSET_DAYS: Final = 3650
_BLAKE2_KEY: Final = 64


@dataclass(frozen=True, slots=True)
class PatientPseudonym:
    """A patient's new id, and by how much all of the patient's dates move.

    Attributes:
        offset: -1 to -3,650 whole days; the same for all films of the patient.
    """

    patient_id: str
    offset: datetime.timedelta


@dataclass(frozen=True, slots=True)
class KeyedHash:
    """Maps old ids to new ones under one key.

    Raises:
        SettingsError: the key has fewer than 16 bytes.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < MINIMUM_KEY_BYTES:
            message = f"the key has {len(self.key)} bytes; {MINIMUM_KEY_BYTES} are the least"
            raise SettingsError(message)

    def uid(self, old: str) -> str:
        """`2.25.` and the integer of a UUID (version 8, RFC 9562) made from the old UID.

        UIDs that the Standard itself defines name classes and codes, not things of a patient, and
        stay as they are.
        Source: DICOM PS3.5 B.2.
        """
        return old if is_standard_uid(old) else _new_uid(self, old)

    def patient(self, patient_id: str, issuer: str, study_uid: str) -> PatientPseudonym:
        """The pseudonym of a patient, known by id and its issuer.

        A film without PatientID gets a patient of its study alone: joining such films by name
        would join different people, and joining all of them certainly would.
        """
        return _new_patient(self, patient_id.strip(), issuer.strip(), study_uid)

    def patient_id(self, old: str) -> str:
        """The new id for another patient's id that a film mentions."""
        return self.patient(old, "", "").patient_id

    def study_id(self, study_uid: str) -> str:
        """`s` and 15 digits, for StudyID and the study's folder."""
        return "s" + self._digits("study", study_uid, STUDY_DIGITS)

    def accession_number(self, old: str) -> str:
        """`a` and 15 digits."""
        return "a" + self._digits("accession", old.strip(), STUDY_DIGITS)

    def audit_hash(self, old: str | bytes) -> bytes:
        """Eight bytes by which the audit tells whether two old values were the same."""
        value = old.encode("utf-8", "surrogateescape") if isinstance(old, str) else old
        hasher = self.audit_hasher()
        hasher.update(value)
        return hasher.digest()

    def audit_hasher(self) -> "hashlib.blake2b":
        """A fresh hasher whose digest of a value is its `audit_hash`."""
        return _audit_hasher(self.key).copy()

    def _digits(self, purpose: str, old: str, width: int) -> str:
        return f"{self.number(purpose, old) % 10**width:0{width}}"

    def number(self, purpose: str, old: str) -> int:
        """128 bits that tell nothing of `old` without the key; other ones for each purpose."""
        return int.from_bytes(self.digest(purpose, old)[:16], "big")

    def digest(self, purpose: str, old: str) -> bytes:
        """32 bytes likewise."""
        message = f"plainfilm deid {purpose}\0{old}".encode("utf-8", "surrogateescape")
        return hmac.digest(self.key, message, hashlib.sha256)


# The films of a study come together and share all ids but their own.
_REMEMBERED: Final = 1 << 12


@lru_cache(_REMEMBERED)
def _new_uid(keyed: KeyedHash, old: str) -> str:
    number = int.from_bytes(keyed.digest("uid", old)[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76  # version 8: custom
    number = number & ~(0x3 << 62) | 2 << 62  # the variant of RFC 9562
    return f"2.25.{number}"


@lru_cache(_REMEMBERED)
def _new_patient(
    keyed: KeyedHash, patient_id: str, issuer: str, study_uid: str
) -> PatientPseudonym:
    identity = "\0".join(("id", patient_id, issuer) if patient_id else ("study", study_uid))
    days = 1 + keyed.number("date offset", identity) % MAXIMUM_OFFSET_DAYS
    new_id = f"p{keyed.number('patient', identity) % 10**PATIENT_DIGITS:0{PATIENT_DIGITS}}"
    return PatientPseudonym(new_id, datetime.timedelta(days=-days))


@lru_cache(8)
def _audit_hasher(key: bytes) -> "hashlib.blake2b":
    # BLAKE2b's own keyed mode (RFC 7693), since this is done for every element of every film.
    short = key if len(key) <= _BLAKE2_KEY else hashlib.sha256(key).digest()
    return hashlib.blake2b(digest_size=8, key=short, person=b"plainfilm audit")
