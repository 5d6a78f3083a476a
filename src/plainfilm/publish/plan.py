"""Where each film goes in a dataset: its ids and its split, decided before any image is made."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from plainfilm.errors import PrivacyError
from plainfilm.publish.film_table import FilmRow
from plainfilm.publish.identifiers import (
    STUDY_IDS,
    SUBJECT_IDS,
    assign_ids,
    film_id,
)
from plainfilm.publish.layouts.layout import Layout, Place
from plainfilm.publish.patients import SplitRequest
from plainfilm.publish.selection import CleanFilms, CleanRow
from plainfilm.publish.versions import Previous

__all__ = ["Plan", "Planned", "plan_places"]

_Value = TypeVar("_Value", int, str)


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


def plan_places(
    chosen: CleanFilms,
    every: CleanFilms,
    request: SplitRequest,
    key: bytes,
    *,
    layout: Layout,
    previous: Previous | None = None,
) -> Plan:
    """Give every chosen film its ids and its split.

    Patients and studies are taken in the order in which the archive met them, so that those that
    come later never take an id away from an earlier one. Ids and numbers are given to all clean
    films of the archive, so that they do not depend on which are chosen; those of the version
    before are kept, and belong to nobody else.

    Args:
        every: all clean films of the archive.
    Raises:
        PrivacyError: copies under several keys are mixed.
        SettingsError: the key is too short, or the sizes of the splits cannot be met.
        BadTable: the list of test patients cannot be used.
    """
    rows = sorted(chosen, key=_order)
    _refuse_mixed(rows)
    everyone = rows if chosen is every else sorted(every, key=_order)
    before = _Before.of(everyone, key, previous)
    subjects = before.subjects(everyone, key)
    studies = before.studies(everyone, key)
    numbers = _numbers(everyone, subjects, before, layout)
    published = {row.film.patient: subjects[row.film.patient] for row in rows}
    pinned = request.pinned(published)
    splits = request.splits(rows, before.splits(rows, published), pinned, key)
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


def _order(row: CleanRow) -> tuple[int, int, int]:
    return row.patient_pk, row.study_pk, row.film.film_id


@dataclass(frozen=True, slots=True)
class _Before:
    """What the version before gave to films.

    Attributes:
        films: all of that version.
        known: film_id → its row, of those that are still in the archive.
    """

    films: Sequence[FilmRow]
    known: Mapping[int, FilmRow]

    @classmethod
    def of(cls, rows: Iterable[CleanRow], key: bytes, previous: Previous | None) -> Self:
        if previous is None:
            return cls((), {})
        named = ((row.film.film_id, film_id(row.film.uid, key)) for row in rows)
        known = {number: previous.films[name] for number, name in named if name in previous.films}
        return cls(tuple(previous.films.values()), known)

    def subjects(self, rows: Sequence[CleanRow], key: bytes) -> dict[str, int]:
        """Clean patient id → subject_id."""
        return assign_ids(
            (row.film.patient for row in rows),
            SUBJECT_IDS,
            key,
            known=self._first(rows, lambda row: row.film.patient, lambda row: int(row.subject_id)),
            reserved=self._reserved(lambda row: int(row.subject_id)),
        )

    def studies(self, rows: Sequence[CleanRow], key: bytes) -> dict[str, int]:
        """Clean study id → study_id."""
        return assign_ids(
            (row.film.study for row in rows),
            STUDY_IDS,
            key,
            known=self._first(rows, lambda row: row.film.study, lambda row: int(row.study_id)),
            reserved=self._reserved(lambda row: int(row.study_id)),
        )

    def splits(self, rows: Sequence[CleanRow], subjects: Mapping[str, int]) -> dict[str, str]:
        """Clean patient id → split, of those who were in that version."""
        by_subject = {int(film.subject_id): film.split for film in self.films}
        kept = {
            patient: by_subject[subject]
            for patient, subject in subjects.items()
            if subject in by_subject
        }
        return kept | self._first(rows, lambda row: row.film.patient, lambda row: row.split)

    def _first(
        self,
        rows: Iterable[CleanRow],
        name: Callable[[CleanRow], str],
        value: Callable[[FilmRow], _Value],
    ) -> dict[str, _Value]:
        """What the first known film of each patient or study says."""
        found: dict[str, _Value] = {}
        for row in rows:
            if row.film.film_id in self.known:
                found.setdefault(name(row), value(self.known[row.film.film_id]))
        return found

    def _reserved(self, value: Callable[[FilmRow], int]) -> set[int]:
        # Where no film is known again, their UIDs are new, and the hashes tell who is who.
        return set(map(value, self.films)) if self.known else set()


def _numbers(
    rows: Sequence[CleanRow], subjects: Mapping[str, int], before: _Before, layout: Layout
) -> Mapping[int, int]:
    """film_id → its number among the films of its patient, in the order in which they came.

    A number of the version before is kept, and given to no other film.
    """
    taken: defaultdict[int, set[int]] = defaultdict(set)
    for film in before.films:
        number = layout.number_of(film.image)
        if number is not None:
            taken[int(film.subject_id)].add(number)
    numbers: dict[int, int] = {}
    following: Counter[int] = Counter()
    for row in sorted(rows, key=lambda row: row.film.film_id):
        subject = subjects[row.film.patient]
        known = before.known.get(row.film.film_id)
        number = layout.number_of(known.image) if known else None
        if known is None or number is None or int(known.subject_id) != subject:
            while following[subject] in taken[subject]:
                following[subject] += 1
            number = following[subject]
            following[subject] += 1
        numbers[row.film.film_id] = number
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
