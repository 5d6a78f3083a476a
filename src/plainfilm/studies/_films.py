"""What the archive knows of a study's films: tags, decisions, dates."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.records import Location, Outcome
from plainfilm.studies._moments import parse_date, parse_datetime, parse_moment, parse_time
from plainfilm.vocabulary import CATEGORIES, FILM_TEXTS, SIDE_TAGS

__all__ = ["StudyFilm", "read_films"]

_PART_OF: Final = {category.name: category.body_part for category in CATEGORIES}
_KEYWORDS: Final = (
    "AcquisitionDate",
    "AcquisitionDateTime",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "InstanceNumber",
    "PatientOrientation",
    "StudyTime",
)


@dataclass(frozen=True, slots=True)
class StudyFilm:
    """One film of a study.

    Attributes:
        patient_pk, study_pk: the catalog's keys.
        study_date, study_time: None where the tags do not say.
        taken: when the film was made; None where the tags do not say.
        patient_orientation: the patient's directions towards the film's right and lower edge.
        outcome: of the decision; None for a film that none was made for.
        category: empty where nothing is decided.
        body_part: of the category, or of an `other` film's texts; empty where neither tells it.
        laterality: `R`, `L`, `B` or empty.
        details: of the decision.
    """

    film_id: int
    sop_instance_uid: str
    location: Location
    patient_pk: int
    study_pk: int
    study_instance_uid: str
    accession_number: str
    study_date: date | None
    study_time: time | None
    taken: datetime | None
    instance_number: int
    patient_orientation: tuple[str, ...]
    outcome: Outcome | None
    category: str
    body_part: str
    laterality: str
    details: Mapping[str, Any]

    def probability(self, name: str) -> float:
        """A probability among the decision's details; 0 where the pixels did not tell it."""
        value = self.details.get(name)
        return float(value) if isinstance(value, (int, float)) else 0.0

    @property
    def shows_both_sides(self) -> bool:
        """Whether a text or tag of the film's own says so. A study's `bilateral` tells that both
        sides were to be made, not that one film shows both."""
        evidence: Any = self.details.get("text_evidence") or ()
        sources = {item["source"] for item in evidence if item["says"] == "laterality"}
        return self.laterality == "B" and not sources.isdisjoint((*FILM_TEXTS, *SIDE_TAGS))


def read_films(archive: Archive, condition: str, **values: object) -> list[StudyFilm]:
    """The films of studies, ordered by patient, study and film.

    Args:
        condition: SQL of our own over the catalog's tables.
        values: its parameters.
    """
    wanted = ", ".join(tag_columns(archive, _KEYWORDS))
    sql = _FILMS.format(tags=wanted, condition=condition)
    return [_film(archive, row) for row in archive.rows(sql, **values)]


def tag_columns(archive: Archive, keywords: tuple[str, ...]) -> list[str]:
    """SQL for the columns of some tags; NULL for those that no film of the archive has."""
    there = set(archive.arrow("SELECT * FROM tags LIMIT 0").column_names)
    return [f"tags.{word}" if word in there else f"NULL AS {word}" for word in keywords]


_FILMS: Final = """
SELECT film.film_id, film.sop_instance_uid, film.path, film.member,
       study.patient_pk, study.study_pk, study.study_instance_uid, study.accession_number,
       study.study_date, {tags},
       decision.outcome, decision.category, decision.laterality, decision.details,
       prediction.details ->> 'body_part' AS text_part
FROM film
JOIN series ON series.series_pk = film.series_pk
JOIN study ON study.study_pk = series.study_pk
JOIN tags ON tags.film_id = film.film_id
LEFT JOIN decision ON decision.film_id = film.film_id
LEFT JOIN prediction ON prediction.film_id = film.film_id AND prediction.task = 'category_text'
WHERE {condition}
ORDER BY study.patient_pk, study.study_pk, film.film_id
"""


def _film(archive: Archive, row: Mapping[str, Any]) -> StudyFilm:
    category = row["category"] or ""
    part = _PART_OF.get(category, row["text_part"] or "") if category else ""
    return StudyFilm(
        film_id=row["film_id"],
        sop_instance_uid=row["sop_instance_uid"],
        location=Location(archive.path / row["path"], row["member"] or None),
        patient_pk=row["patient_pk"],
        study_pk=row["study_pk"],
        study_instance_uid=row["study_instance_uid"],
        accession_number=row["accession_number"] or "",
        study_date=parse_date(row["study_date"]),
        study_time=parse_time(row["StudyTime"]),
        taken=_taken(row),
        instance_number=row["InstanceNumber"] or 0,
        patient_orientation=tuple(row["PatientOrientation"] or ()),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        category=category,
        body_part=part,
        laterality=row["laterality"] or "",
        details=json.loads(row["details"]) if row["details"] else {},
    )


def _taken(row: Mapping[str, Any]) -> datetime | None:
    """When a film was exposed (PS3.3 C.7.6.1: content date and time where acquisition's lack)."""
    day = row["AcquisitionDate"] or row["ContentDate"] or row["study_date"]
    return parse_datetime(row["AcquisitionDateTime"]) or parse_moment(
        day, row["AcquisitionTime"] or row["ContentTime"]
    )
