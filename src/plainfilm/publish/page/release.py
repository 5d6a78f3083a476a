"""Sections on what leaves: de-identification, withheld films, the published dataset's splits."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import Reason
from plainfilm.pages import Column, Content, Section, counted, element, paragraph, table
from plainfilm.publish.film_table import FILMS, read_films
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.page.parts import listing

__all__ = ["deidentification", "splits", "withheld"]

_FILMS = Column("Films", number=True)

# DICOM PS3.15 table E.1-1a.
_ACTIONS: Final = {
    "X": "removed",
    "Z": "emptied",
    "D": "replaced by a dummy value",
    "U": "UID replaced, the same everywhere",
    "C": "cleaned of identity, the rest kept",
    "K": "kept",
}

_TREATED: Final = """
SELECT entry.key AS action, count(*) AS films, sum(CAST(entry.value AS BIGINT)) AS elements
FROM clean_film, json_each(clean_film.actions) AS entry
GROUP BY entry.key
ORDER BY elements DESC, action
"""


def deidentification(archive: Archive) -> Section:
    """How many header elements were treated, by the standard's action codes."""
    total = archive.rows("SELECT count(*) AS films FROM clean_film")[0]["films"]
    if not total:
        body: Content = paragraph("No film was de-identified yet.")
        return Section("deidentification", "De-identification", body)
    body = (
        paragraph(
            f"{counted(total, 'film has', 'films have')} a de-identified copy. "
            "Originals are not changed."
        ),
        table(
            "Header elements treated, by action of DICOM PS3.15 table E.1-1",
            (Column("Action"), Column("Meaning"), Column("Elements", number=True), _FILMS),
            (
                (row["action"], _ACTIONS.get(row["action"], ""), int(row["elements"]), row["films"])
                for row in archive.rows(_TREATED)
            ),
        ),
    )
    return Section("deidentification", "De-identification", body)


_WITHHELD: Final = f"""
SELECT item_id AS film_id, step, detail
FROM step_result
WHERE item_kind = 'film' AND reason = '{Reason.BURNED_IN_TEXT}'
ORDER BY film_id
"""  # noqa: S608 - a code of our own


def withheld(archive: Archive) -> Section:
    """Films that stay inside because text seems to be burned into their pixels."""
    found = listing(archive, _WITHHELD)
    if not found.total:
        body: Content = paragraph("No film was withheld for text in its pixels.")
        return Section("withheld", "Withheld films", body)
    body = table(
        "Films withheld for text burned into the pixels; a person should look at them",
        (Column("Film"), Column("Found by"), Column("Why")),
        ((str(row["film_id"]), row["step"], row["detail"]) for row in found.rows),
        found.rest,
    )
    notice = f"{counted(found.total, 'film')} withheld for text burned into the pixels"
    return Section("withheld", "Withheld films", body, notice)


def splits(dataset: Path) -> Section:
    """Films, studies and patients of each split, counted anew from the dataset's own table.

    Raises:
        BadTable: the folder has no table of films, or one that cannot be read.
    """
    films: defaultdict[str, int] = defaultdict(int)
    studies: defaultdict[str, set[str]] = defaultdict(set)
    patients: defaultdict[str, set[str]] = defaultdict(set)
    rows_by_film, _ = read_films(dataset / FILMS)
    for row in rows_by_film.values():
        films[row.split] += 1
        studies[row.split].add(row.study_id)
        patients[row.split].add(row.subject_id)
    rows = [(name, films[name], len(studies[name]), len(patients[name])) for name in SPLITS]
    everyone = set().union(*patients.values())
    shared = sum(map(len, patients.values())) - len(everyone)
    rows.append(("all", sum(films.values()), len(set().union(*studies.values())), len(everyone)))
    body = (
        paragraph("The dataset ", element("code", dataset.name), _sharing(shared)),
        table(
            "Splits of the dataset",
            (
                Column("Split"),
                _FILMS,
                Column("Studies", number=True),
                Column("Patients", number=True),
            ),
            rows,
        ),
    )
    return Section("splits", "Published dataset", body, _leak_notice(shared))


def _sharing(shared: int) -> str:
    return ": no patient is in two splits." if not shared else f": {_leak_notice(shared)}."


def _leak_notice(shared: int) -> str:
    return f"{counted(shared, 'patient')} in more than one split" if shared else ""
