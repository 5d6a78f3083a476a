"""What is there to publish: the clean films of an archive, and what is known of them.

Only `clean_film` and tables keyed by catalog numbers are read here; no path of an original, no
header value of an original and no report text enters a published dataset.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import PrivacyError
from plainfilm.records import CleanFilm

__all__ = [
    "CleanFilms",
    "CleanRow",
    "StepUse",
    "film_categories",
    "lineage",
    "study_labels",
]

_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class CleanRow:
    """A clean film with the catalog numbers of its study and patient."""

    film: CleanFilm
    study_pk: int
    patient_pk: int


class CleanFilms:
    """Every clean film of an archive as of one moment, in the order of the catalog.

    Raises:
        PrivacyError: nothing was de-identified; an original is never published.
    """

    def __init__(self, archive: Archive) -> None:
        # Kept as Arrow: as Python objects, half a million films would take gigabytes.
        self._table = archive.arrow(_CLEAN_FILMS)
        if not len(self):
            msg = "the archive has no de-identified films, and originals are never published"
            raise PrivacyError(f"{msg}; run `plainfilm deidentify` first")

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[CleanRow]:
        for batch in self._table.to_batches(max_chunksize=_CHUNK):
            for row in batch.to_pylist():
                film = CleanFilm(
                    film_id=row["film_id"],
                    path=Path(row["path"]),
                    patient=row["patient"],
                    study=row["study"],
                    uid=row["uid"],
                )
                yield CleanRow(film, row["study_pk"], row["patient_pk"])


_CLEAN_FILMS: Final = """
SELECT clean_film.film_id, clean_film.path, clean_film.patient, clean_film.study, clean_film.uid,
       study.study_pk, study.patient_pk
FROM clean_film
JOIN film ON film.film_id = clean_film.film_id
JOIN series ON series.series_pk = film.series_pk
JOIN study ON study.study_pk = series.study_pk
ORDER BY clean_film.film_id
"""


def study_labels(archive: Archive, label_set: str) -> dict[int, dict[str, int]]:
    """What the reports of each study say: study_pk → finding → 1, 0 or -1.

    A study is there when at least one of its reports was labelled, with an empty mapping when
    they mention nothing. Where its reports disagree, positive counts over uncertain over negative.
    """
    studies: dict[int, dict[str, int]] = {
        row["study_pk"]: {} for row in archive.rows(_LABELLED, label_set=label_set)
    }
    for row in archive.rows(_LABELS, label_set=label_set):
        value = (0, -1, 1)[row["strength"]]
        studies.setdefault(row["study_pk"], {})[row["finding"]] = value
    return studies


_LABELLED: Final = """
SELECT DISTINCT report.study_pk
FROM report
JOIN step_result ON step_result.item_kind = 'report' AND step_result.item_id = report.report_id
JOIN run ON run.run_id = step_result.run_id
WHERE report.study_pk IS NOT NULL AND step_result.reason IS NULL
  AND run.parameters ->> 'label_set' = $label_set
"""

_LABELS: Final = """
SELECT report.study_pk, label.finding,
       max(CASE label.value WHEN 1 THEN 2 WHEN -1 THEN 1 ELSE 0 END) AS strength
FROM report
JOIN label ON label.report_id = report.report_id
WHERE report.study_pk IS NOT NULL AND label.label_set = $label_set
GROUP BY report.study_pk, label.finding
"""


def film_categories(archive: Archive) -> dict[int, str]:
    """What each film was decided to be: film_id → category, only where one was."""
    rows = archive.rows("SELECT film_id, category FROM decision WHERE category <> ''")
    return {row["film_id"]: row["category"] for row in rows}


@dataclass(frozen=True, slots=True)
class StepUse:
    """A step that had a part in the data: `parameters` is their hash, `items` how many it did."""

    step: str
    version: str
    parameters: str
    items: int


def lineage(archive: Archive) -> list[StepUse]:
    """The steps that made what is to be published, in the order of their names."""
    return [StepUse(**row) for row in archive.rows(_LINEAGE)]


_LINEAGE: Final = """
SELECT step, version, parameters, count(*) AS items
FROM step_result
WHERE reason IS NULL
GROUP BY step, version, parameters
ORDER BY step, version, parameters
"""
