"""What films have to agree on: ids, references and dates over a whole folder."""

from typing import Final

from plainfilm.deid.check.facts import OFFSET_TOLERANCE, FilmFacts
from plainfilm.deid.check.scores import Check, Tally

__all__ = ["Across"]

_SOP, _SERIES, _STUDY, _PATIENT = "00080018", "0020000E", "0020000D", "00100020"
_NAME, _BIRTH, _STUDY_DATE, _REFERENCE = "00100010", "00100030", "00080020", "00081155"
_WHOLE: Final = ""


class Across:
    """Takes the facts of one film after the other; holds hashes only, some hundred bytes a film."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._patient_of_film: dict[bytes, bytes] = {}
        self._study_of: dict[bytes, bytes] = {}
        self._patient_of: dict[bytes, bytes] = {}
        self._date_of: dict[bytes, bytes] = {}
        self._name_of: dict[bytes, bytes] = {}
        self._birth_of: dict[bytes, bytes] = {}
        self._new_uid_of: dict[bytes, bytes] = {}
        self._old_uid_of: dict[bytes, bytes] = {}
        self._new_patient_of: dict[bytes, bytes] = {}
        self._old_patient_of: dict[bytes, bytes] = {}
        self._offset_of: dict[bytes, int] = {}
        self._references: list[tuple[bytes, bytes]] = []

    def take(self, film: FilmFacts) -> None:
        """Judge a film by those before it."""
        self._take_ids(film)
        self._agree(self._date_of, film.study, film.study_date, _STUDY_DATE, "two_study_dates")
        self._agree(self._name_of, film.patient, film.name, _NAME, "two_names")
        self._agree(self._birth_of, film.patient, film.birth_date, _BIRTH, "two_birth_dates")
        self._take_changes(film)
        self._references += [(film.patient, reference) for reference in film.references]

    def finish(self) -> None:
        """Judge the references, which may lead to films that came later."""
        for patient, reference in self._references:
            other = self._patient_of_film.get(reference)
            good = other is None or other == patient
            self._tally.judge(good, Check.UID_CONSISTENT, _REFERENCE, "other_patients_film")
        self._references = []

    def _take_ids(self, film: FilmFacts) -> None:
        new = film.uid not in self._patient_of_film
        self._tally.judge(new, Check.UID_CONSISTENT, _SOP, "uid_used_twice")
        self._patient_of_film[film.uid] = film.patient
        known = bool(film.patient)
        self._tally.judge(known, Check.PATID_CONSISTENT, _PATIENT, "no_patient_id")
        self._agree(self._study_of, film.series, film.study, _SERIES, "series_in_two_studies")
        self._agree(self._patient_of, film.study, film.patient, _STUDY, "study_of_two_patients")

    def _take_changes(self, film: FilmFacts) -> None:
        """What became of old ids and dates; nothing is known of it without the originals."""
        for old, new in film.changed_uids:
            self._agree(self._new_uid_of, old, new, _WHOLE, "uid_became_two")
            self._agree(self._old_uid_of, new, old, _WHOLE, "two_uids_became_one")
        if not film.old_patient:
            return
        old, new = film.old_patient, film.patient
        self._agree(self._new_patient_of, old, new, _PATIENT, "patient_became_two")
        self._agree(self._old_patient_of, new, old, _PATIENT, "two_patients_became_one")
        if film.offsets:
            first = self._offset_of.setdefault(old, film.offsets[0])
            good = abs(first - film.offsets[0]) <= OFFSET_TOLERANCE
            self._tally.judge(good, Check.DATE_CONSISTENT, _STUDY_DATE, "offsets_differ")

    def _agree(
        self, known: dict[bytes, bytes], key: bytes, value: bytes, path: str, reason: str
    ) -> None:
        """Judge whether what belongs to a key is what belonged to it before."""
        if key and value:
            good = known.setdefault(key, value) == value
            self._tally.judge(good, _CHECK_OF[reason], path, reason)


_CHECK_OF: Final = {
    "series_in_two_studies": Check.UID_CONSISTENT,
    "study_of_two_patients": Check.UID_CONSISTENT,
    "uid_became_two": Check.UID_CONSISTENT,
    "two_uids_became_one": Check.UID_CONSISTENT,
    "two_study_dates": Check.DATE_CONSISTENT,
    "two_names": Check.PATID_CONSISTENT,
    "two_birth_dates": Check.PATID_CONSISTENT,
    "patient_became_two": Check.PATID_CONSISTENT,
    "two_patients_became_one": Check.PATID_CONSISTENT,
}
