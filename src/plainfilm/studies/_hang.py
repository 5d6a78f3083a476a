"""The films of a study and its priors in reading order."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import SettingsError
from plainfilm.studies._films import StudyFilm, read_films
from plainfilm.studies._hanging_rules import HangingRules, load_hanging_rules, place_in
from plainfilm.studies._orientation import mending
from plainfilm.vocabulary import CATEGORIES, OTHER

__all__ = ["Hanging", "HungFilm", "hang"]

_VIEW_OF: Final = {category.name: category.view for category in CATEGORIES}
_FAR: Final = datetime(9999, 1, 1)  # noqa: DTZ001 - DICOM's times have no zone


class _Relevance(IntEnum):
    """How a film's part relates to those of the study, the nearest first."""

    SAME_PART = 0
    RELATED_PART = 1
    OTHER_PART = 2


class _Kind(IntEnum):
    """What stands last in a row."""

    VIEW = 0
    OTHER = 1
    COLLAGE = 2
    UNDECIDED = 3


@dataclass(frozen=True, slots=True)
class HungFilm:
    """One film in its place.

    Attributes:
        path: the file; its member where the file is a zip.
        category: empty where nothing is decided.
        laterality: `R`, `L`, `B` or empty.
        row: 0 for the study, 1 for its first prior.
        position: from the left, 0 first.
        rotate_degrees_clockwise: 0, 90, 180 or 270, before flipping.
        flip_horizontal: left for right.
        invert: show the grey values inverted.
        relevance: `study`, or `same_part`, `related_part`, `other_part` for films of priors.
        why: what turning, flipping, inverting and standing last rest on.
    """

    film_id: int
    sop_instance_uid: str
    study_instance_uid: str
    path: str
    member: str | None
    category: str
    laterality: str
    row: int
    position: int
    rotate_degrees_clockwise: int
    flip_horizontal: bool
    invert: bool
    relevance: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hanging:
    """Films by row and position.

    Attributes:
        undated: studies of the patient that may be earlier, but whose dates do not tell.
    """

    films: tuple[HungFilm, ...]
    undated: int


def hang(
    archive: Archive,
    study_instance_uid: str,
    *,
    priors: int | None = None,
    rules: HangingRules | None = None,
) -> Hanging:
    """Put a study's films, and those of the patient's earlier studies, in reading order.

    Priors with a part of the study come first, then those with a related part, then others; among
    them the newest first. The order depends on nothing but what the archive holds.

    Args:
        priors: how many earlier studies at most; the rules' number where not given.
        rules: the bundled ones where not given.
    Raises:
        SettingsError: the archive has no film of that study, or `priors` is negative.
    """
    rules = rules or load_hanging_rules()
    wanted = rules.priors if priors is None else priors
    if wanted < 0:
        raise SettingsError(f"priors ({wanted}) must not be negative")
    films = read_films(archive, _OF_PATIENT, study=study_instance_uid)
    current = [film for film in films if film.study_instance_uid == study_instance_uid]
    if not current:
        raise SettingsError(f"{archive.path} has no film of the study {study_instance_uid}")
    parts = frozenset(film.body_part for film in current if film.body_part)
    earlier, undated = _earlier(films, current)
    earlier.sort(key=lambda prior: _rank_of_prior(prior, parts, rules))
    rows = [current, *earlier[:wanted]]
    hung = [film for row, of in enumerate(rows) for film in _hung(of, row, parts, rules)]
    return Hanging(tuple(hung), undated)


_OF_PATIENT: Final = """
study.patient_pk = (SELECT patient_pk FROM study WHERE study_instance_uid = $study)
"""


def _earlier(
    films: Iterable[StudyFilm], current: Sequence[StudyFilm]
) -> tuple[list[list[StudyFilm]], int]:
    """The studies before the current one, and how many cannot be dated against it."""
    studies: defaultdict[int, list[StudyFilm]] = defaultdict(list)
    for film in films:
        if film.study_pk != current[0].study_pk:
            studies[film.study_pk].append(film)
    judged = [(study, _is_before(study, current)) for study in studies.values()]
    earlier = [study for study, before in judged if before]
    return earlier, sum(before is None for _, before in judged)


def _is_before(study: Sequence[StudyFilm], current: Sequence[StudyFilm]) -> bool | None:
    """None where dates, or the times of one day, are missing."""
    (day, hour), (own_day, own_hour) = _began(study), _began(current)
    if day is None or own_day is None:
        return None
    if day != own_day:
        return day < own_day
    return None if hour is None or own_hour is None else hour < own_hour


def _began(study: Sequence[StudyFilm]) -> tuple[date | None, time | None]:
    days = [film.study_date for film in study if film.study_date]
    hours = [film.study_time for film in study if film.study_time]
    return min(days, default=None), min(hours, default=None)


def _rank_of_prior(
    prior: Sequence[StudyFilm], parts: frozenset[str], rules: HangingRules
) -> tuple[int, int, int, str]:
    day, hour = _began(prior)
    seconds = hour.hour * 3600 + hour.minute * 60 + hour.second if hour else 0
    nearest = min(_relevance(film, parts, rules) for film in prior)
    newest = -day.toordinal() if day else 0
    return nearest, newest, -seconds, prior[0].study_instance_uid


def _relevance(film: StudyFilm, parts: frozenset[str], rules: HangingRules) -> _Relevance:
    if film.body_part in parts:
        return _Relevance.SAME_PART
    if any(rules.are_related(film.body_part, part) for part in parts):
        return _Relevance.RELATED_PART
    return _Relevance.OTHER_PART


def _hung(
    films: Sequence[StudyFilm], row: int, parts: frozenset[str], rules: HangingRules
) -> Iterator[HungFilm]:
    """One row, from left to right."""

    def place(film: StudyFilm) -> tuple[object, ...]:
        relevance = _relevance(film, parts, rules) if row else _Relevance.SAME_PART
        return _kind(film, rules), relevance, *_reading_place(film, rules)

    for position, film in enumerate(sorted(films, key=place)):
        relevance = _relevance(film, parts, rules).name.lower() if row else "study"
        yield _in_place(film, row, position, relevance, rules)


def _reading_place(film: StudyFilm, rules: HangingRules) -> tuple[object, ...]:
    """Part, view, side, and the newer first. Both sides of a view stand beside one another."""
    view = _VIEW_OF.get(film.category, "")
    age = (_FAR - film.taken).total_seconds() if film.taken else math.inf
    return (
        (place_in(rules.parts, film.body_part), film.body_part),
        (place_in(rules.views, view), view),
        place_in(rules.sides, film.laterality),
        age,
        film.instance_number,
        film.sop_instance_uid,
    )


def _kind(film: StudyFilm, rules: HangingRules) -> _Kind:
    if not film.category:
        return _Kind.UNDECIDED
    if film.probability("collage") >= rules.collage:
        return _Kind.COLLAGE
    return _Kind.OTHER if film.category == OTHER else _Kind.VIEW


def _in_place(
    film: StudyFilm, row: int, position: int, relevance: str, rules: HangingRules
) -> HungFilm:
    mended = mending(film, rules)
    kind = _kind(film, rules)
    last = () if kind is _Kind.VIEW else (f"last: {kind.name.lower()}",)
    return HungFilm(
        film_id=film.film_id,
        sop_instance_uid=film.sop_instance_uid,
        study_instance_uid=film.study_instance_uid,
        path=str(film.location.path),
        member=film.location.member,
        category=film.category,
        laterality=film.laterality,
        row=row,
        position=position,
        rotate_degrees_clockwise=mended.rotate,
        flip_horizontal=mended.flip,
        invert=mended.invert,
        relevance=relevance,
        why=(*mended.why, *last),
    )
