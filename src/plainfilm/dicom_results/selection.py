"""What the archive knows of its films' findings, as readings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.archive.film_rows import film_location
from plainfilm.dicom_results.reading import Finding, Model, Reading
from plainfilm.findings import ABSENT, FUSED, LESIONS, POSSIBLE, PRESENT
from plainfilm.records import Box, Film

__all__ = ["FilmReading", "FilmReadings", "ModelUsed"]

_CHUNK: Final = 1_000
_SURE_TURN: Final = 0.9  # as sure as the models' own turning was
_PRESENCE: Final[Mapping[str, bool]] = {PRESENT: True, POSSIBLE: False, ABSENT: False}


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """A model that said something, and the bytes that it was."""

    model: Model
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class FilmReading:
    """One film and what models say of it for one task.

    Attributes:
        classifier: the model of the findings; None where there was only a detector.
    """

    film: Film
    study_uid: str
    reading: Reading
    classifier: ModelUsed | None


class FilmReadings:
    """What `plainfilm findings` left in an archive, as of one moment, by film_id and task.

    Args:
        where: an SQL condition on `films`.
    Raises:
        BadTable: `where` is not a condition.
    """

    def __init__(self, archive: Archive, where: str | None = None) -> None:
        self._folder = archive.path
        # Kept as Arrow: as Python objects, the answers on half a million films would take
        # gigabytes.
        self._answers = archive.arrow(_ANSWERS.format(chosen=_chosen(where)))
        self._boxes = _Boxes(_rows(archive.arrow(_BOXES)))
        self.films = len(self._answers.column("film_id").unique())

    def __iter__(self) -> Iterator[FilmReading]:
        for (film_id, task), rows in groupby(_rows(self._answers), _of_task):
            yield self._reading(list(rows), self._boxes.of(film_id, task), task)

    def _reading(self, rows: Sequence[dict[str, Any]], boxes: list[Box], task: str) -> FilmReading:
        first = rows[0]
        told = {row["task"].partition(":")[2]: row for row in rows}
        joined, detector = told.pop(FUSED, None), told.pop(LESIONS, None)
        findings = tuple(_finding(label, row) for label, row in told.items())
        classifier = _model_used(next(iter(told.values()))) if told else None
        locator = _model_used(detector) if detector is not None else classifier
        reading = Reading(
            task=task,
            moment=max(datetime.fromisoformat(row["started"]) for row in rows),
            findings=findings,
            boxes=tuple(boxes),
            locator=None if locator is None else locator.model,
            turn=_turn(json.loads(first["decided"] or "{}")),
            joined=None if joined is None else joined["probability"],
        )
        location = film_location(self._folder, first["path"], first["member"])
        film = Film(first["film_id"], first["sop_instance_uid"], location)
        return FilmReading(film, first["study_instance_uid"], reading, classifier)


class _Boxes:
    """Boxes in the order of films and tasks, taken as the films come."""

    def __init__(self, rows: Iterator[dict[str, Any]]) -> None:
        self._groups = groupby(rows, _of_task)
        self._next = next(self._groups, None)

    def of(self, film_id: int, task: str) -> list[Box]:
        """The boxes of a film, best first; films must be asked for in their order."""
        while self._next is not None and self._next[0] < (film_id, task):
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != (film_id, task):
            return []
        return [Box(**row) for row in self._next[1]]


def _of_task(row: Mapping[str, Any]) -> tuple[int, str]:
    return row["film_id"], row["task"].partition(":")[0]


def _rows(table: Any) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=_CHUNK):
        yield from batch.to_pylist()


def _finding(label: str, row: Mapping[str, Any]) -> Finding:
    used = _model_used(row)
    return Finding(label, row["probability"], _PRESENCE.get(row["value"]), used.model)


def _model_used(row: Mapping[str, Any]) -> ModelUsed:
    details = json.loads(row["details"])
    return ModelUsed(Model(details["model"], details["version"]), details["sha256"])


def _turn(decided: Mapping[str, Any]) -> int:
    turn, probability = decided.get("turn"), decided.get("turn_probability")
    sure = isinstance(probability, (int, float)) and probability >= _SURE_TURN
    return turn if sure and turn in (90, 180, 270) else 0


def _chosen(where: str | None) -> str:
    # The condition is the user's own SQL, run read-only in a closed DuckDB.
    return f"AND film_id IN (SELECT film_id FROM films WHERE {where}\n)" if where else ""  # noqa: S608


# A task with a colon is an answer on a finding, such as `chest:Effusion`; the steps are those that
# leave them, so that no other step's tasks are taken for findings.
_ANSWERS: Final = """
SELECT film.film_id, film.path, film.member, film.sop_instance_uid, study.study_instance_uid,
       prediction.task, prediction.value, prediction.probability, prediction.details,
       run.started, decision.details AS decided
FROM prediction
JOIN run USING (run_id) JOIN film USING (film_id) JOIN series USING (series_pk)
JOIN study USING (study_pk) LEFT JOIN decision USING (film_id)
WHERE run.step LIKE 'findings%' AND contains(prediction.task, ':') {chosen}
ORDER BY film_id, split_part(prediction.task, ':', 1), prediction.task
"""
_BOXES: Final = """
SELECT film_id, task, label, x_min AS xmin, y_min AS ymin, x_max AS xmax, y_max AS ymax, score
FROM box ORDER BY film_id, task, score DESC, label, xmin, ymin
"""
