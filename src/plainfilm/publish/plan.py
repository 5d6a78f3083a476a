"""Where each film goes in a dataset: its ids and its split, decided before any image is made."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plainfilm.errors import PrivacyError
from plainfilm.publish.identifiers import (
    STUDY_IDS,
    SUBJECT_IDS,
    assign_ids,
    film_id,
)
from plainfilm.publish.layouts.layout import Place
from plainfilm.publish.patients import SplitRequest
from plainfilm.publish.selection import CleanFilms, CleanRow

__all__ = ["Plan", "Planned", "plan_places"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A film's place, with the catalog's numbers of its study and patient."""

    place: Place
    study_pk: int
    patient_pk: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Where all films go.

    Attributes:
        films: film_id → its place.
        pinned: subject_ids that a list put into the test split.
    """

    films: Mapping[int, Planned]
    pinned: frozenset[str]


def plan_places(clean: CleanFilms, request: SplitRequest, key: bytes) -> Plan:
    """Give every clean film its ids and its split.

    Patients and studies are taken in the order in which the archive met them, so that those that
    come later never take an id away from an earlier one.

    Raises:
        PrivacyError: copies under several keys are mixed.
        SettingsError: the key is too short, or the sizes of the splits cannot be met.
        BadTable: the list of test patients cannot be used.
    """
    rows = sorted(clean, key=lambda row: (row.patient_pk, row.study_pk, row.film.film_id))
    _refuse_mixed(rows)
    subjects = assign_ids((row.film.patient for row in rows), SUBJECT_IDS, key)
    studies = assign_ids((row.film.study for row in rows), STUDY_IDS, key)
    pinned = request.pinned(subjects)
    splits = request.splits(rows, subjects, pinned, key)
    numbers = _numbers(rows)
    places = {
        row.film.film_id: Planned(
            Place(
                film_id=row.film.film_id,
                patient=row.film.patient,
                study=row.film.study,
                uid=row.film.uid,
                subject_id=subjects[row.film.patient],
                study_id=studies[row.film.study],
                dicom_id=film_id(row.film.uid, key),
                number=numbers[row.film.film_id],
                split=splits[row.film.patient],
            ),
            row.study_pk,
            row.patient_pk,
        )
        for row in rows
    }
    return Plan(places, frozenset(str(subjects[patient]) for patient in pinned))


def _numbers(rows: Sequence[CleanRow]) -> Mapping[int, int]:
    """film_id → its number among the films of its patient, in the order in which they came."""
    counts: Counter[int] = Counter()
    numbers: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: row.film.film_id):
        numbers[row.film.film_id] = counts[row.patient_pk]
        counts[row.patient_pk] += 1
    return numbers


def _refuse_mixed(rows: Sequence[CleanRow]) -> None:
    """Refuse copies under several keys: one patient would be two, perhaps in two splits.

    Raises:
        PrivacyError: a patient or a study of the archive has more than one new id.
    """
    patients = {(row.patient_pk, row.film.patient) for row in rows}
    studies = {(row.study_pk, row.film.study) for row in rows}
    mixed = len(patients) - len({patient for patient, _ in patients})
    mixed += len(studies) - len({study for study, _ in studies})
    if mixed:
        msg = "de-identified copies under different keys or PatientIDs are mixed"
        detail = f"{mixed} patients or studies have more than one new id"
        raise PrivacyError(f"{msg}: {detail}; run `plainfilm deidentify --again` over all films")
