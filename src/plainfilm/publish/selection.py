"""What is there to publish: the clean films of an archive, and what is known of them.

Only `clean_film` and tables keyed by catalog numbers are read here; no path of an original, no
header value of an original and no report text enters a published dataset.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import BadTable, PrivacyError
from plainfilm.records import CleanFilm

__all__ = [
    "CleanFilms",
    "CleanRow",
    "Decided",
    "chosen_films",
    "film_decisions",
    "label_sets",
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
    """The clean films of an archive as of one moment, in the order of the catalog.

    Args:
        where: an SQL condition on `films` that chooses some.
    Raises:
        PrivacyError: nothing was de-identified; an original is never published.
        BadTable: `where` is not a condition, or no clean film meets it.
    """

    def __init__(self, archive: Archive, where: str | None = None) -> None:
        # Kept as Arrow: as Python objects, half a million films would take gigabytes.
        self._table = archive.arrow(_CLEAN_FILMS.format(films=chosen_films(where)))
        if not len(self) and where and archive.rows(_ANY_CLEAN)[0]["n"]:
            raise BadTable("no de-identified film meets the condition, so there is none to publish")
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
WHERE clean_film.film_id IN ({films})
ORDER BY clean_film.film_id
"""

_ANY_CLEAN: Final = "SELECT count(*) AS n FROM clean_film"


def chosen_films(where: str | None) -> str:
    """The SQL that selects the ids of the clean films that a condition on `films` chooses."""
    every = "SELECT film_id FROM clean_film"
    if where is None:
        return every
    # The condition is the user's own SQL, run read-only in a closed DuckDB.
    return f"{every} WHERE film_id IN (SELECT film_id FROM films WHERE {where}\n)"  # noqa: S608


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
ORDER BY report.study_pk, label.finding
"""


def label_sets(archive: Archive) -> list[str]:
    """The sets of which the archive has labels."""
    rows = archive.rows("SELECT DISTINCT label_set FROM label ORDER BY label_set")
    return [row["label_set"] for row in rows]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a film was decided to be; empty where that is not known."""

    category: str = ""
    laterality: str = ""


def film_decisions(archive: Archive) -> dict[int, Decided]:
    """film_id → what the film was decided to be, only where something was."""
    rows = archive.rows(
        "SELECT film_id, category, laterality FROM decision"
        " WHERE category <> '' OR laterality <> ''"
    )
    return {row["film_id"]: Decided(row["category"], row["laterality"]) for row in rows}
