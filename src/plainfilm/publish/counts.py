"""Counting what papers tell of a dataset: splits, people, categories, labels."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from plainfilm.evaluate import (
    NOT_MENTIONED,
    CoOccurrence,
    LabelFrequency,
    LabelMatrix,
    cooccurrence,
    label_frequencies,
    tables,
)
from plainfilm.evaluate.tables import Cell, Grid
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.layouts.layout import Contents
from plainfilm.publish.published import PublishedFilm
from plainfilm.vocabulary import NO_FINDING

__all__ = ["NOT_RETAINED", "PaperTables", "count_tables"]

NOT_RETAINED: Final = "not retained"
_ALL: Final = "all"
_VIEWS: Final = ("frontal", "lateral", "other", "")
_UNDECIDED: Final = "(undecided)"
_SEXES: Final = {"F": "female", "M": "male", "O": "other"}


@dataclass(frozen=True, slots=True)
class PaperTables:
    """What is counted in a dataset.

    Attributes:
        splits, label_splits, categories, people: one record for each row of the table.
        labels, together: of the label set; None where no published study has a labelled report.
        ages: sex → ages in years of the patients at their first study; of those who have both.
    """

    splits: list[dict[str, Cell]]
    label_splits: list[dict[str, Cell]]
    categories: list[dict[str, Cell]]
    people: list[dict[str, Cell]]
    labels: tuple[LabelFrequency, ...] | None
    together: CoOccurrence | None
    ages: Mapping[str, Sequence[float]]

    @property
    def retained(self) -> bool:
        """Whether de-identification left age or sex of any patient."""
        return any(cell != NOT_RETAINED for cell in list(self.people[-1].values())[2:])

    def grids(self) -> Iterator[Grid]:
        """The tables for people."""
        yield self.split_grid()
        yield self.people_grid()
        yield _grid("Films by category and split", self.categories)
        if self.labels is not None and self.together is not None:
            yield tables.frequency_grid(self.labels)
            yield _grid("Studies in which a label is positive, by split", self.label_splits)
            yield tables.cooccurrence_grid(self.together)

    def split_grid(self) -> Grid:
        return _grid("Images, studies and patients by split", self.splits)

    def people_grid(self) -> Grid:
        return _grid("Sex, and age in years, of the patients at their first study", self.people)


def count_tables(contents: Contents) -> PaperTables:
    """Count a dataset. Labels are of studies with a labelled report; co-occurrence is of films."""
    films = [image.film for image in contents.images]
    studies = {film.study_pk: film.split for film in films if film.study_pk in contents.labels}
    of_films = [film.study_pk for film in films if film.study_pk in contents.labels]
    findings = [name for name in contents.findings if name != NO_FINDING]
    labelled = bool(studies)
    return PaperTables(
        splits=[_split(name, part, contents) for name, part in _parts(films)],
        label_splits=_label_splits(studies, contents) if labelled else [],
        categories=_categories(films),
        people=[_people(name, part) for name, part in _parts(films)],
        labels=label_frequencies(_matrix(studies, contents.findings, contents))
        if labelled
        else None,
        together=cooccurrence(_matrix(of_films, findings, contents)) if labelled else None,
        ages=_ages_by_sex(films),
    )


def _parts(films: Sequence[PublishedFilm]) -> Iterator[tuple[str, list[PublishedFilm]]]:
    for name in SPLITS:
        yield name, [film for film in films if film.split == name]
    yield _ALL, list(films)


def _split(name: str, films: Sequence[PublishedFilm], contents: Contents) -> dict[str, Cell]:
    studies = {film.study_pk for film in films}
    views = Counter(film.view for film in films)
    return {
        "split": name,
        "images": len(films),
        "studies": len(studies),
        "studies_with_labels": sum(study in contents.labels for study in studies),
        "patients": len({film.patient for film in films}),
        **{view or "unknown_view": views[view] for view in _VIEWS},
    }


def _matrix(studies: Iterable[int], names: Sequence[str], contents: Contents) -> LabelMatrix:
    """The labels of studies, each as often as it is named."""
    of_each = list(studies)
    values = np.array(
        [[contents.labels[study].get(name, NOT_MENTIONED) for name in names] for study in of_each],
        np.int8,
    ).reshape(len(of_each), len(names))
    return LabelMatrix(tuple(map(str, of_each)), tuple(names), values)


def _label_splits(studies: Mapping[int, str], contents: Contents) -> list[dict[str, Cell]]:
    sizes = Counter(studies.values())
    positive = Counter(
        (finding, split)
        for study, split in studies.items()
        for finding, value in contents.labels[study].items()
        if value == 1
    )
    return [
        {"label": finding}
        | {
            key: cell
            for split in SPLITS
            for key, cell in (
                (split, positive[finding, split]),
                (f"{split}_percent", _percent(positive[finding, split], sizes[split])),
            )
        }
        for finding in contents.findings
    ]


def _percent(count: int, of: int) -> float | None:
    return round(100 * count / of, 2) if of else None


def _categories(films: Iterable[PublishedFilm]) -> list[dict[str, Cell]]:
    counts = Counter((film.category or _UNDECIDED, film.split) for film in films)
    totals: Counter[str] = Counter()
    for (category, _), count in counts.items():
        totals[category] += count
    ordered = sorted(totals, key=lambda name: (-totals[name], name))
    return [
        {
            "category": name,
            **{split: counts[name, split] for split in SPLITS},
            _ALL: totals[name],
        }
        for name in ordered
    ]


def _first_films(films: Iterable[PublishedFilm]) -> list[PublishedFilm]:
    """One film of each patient: of its first study, as the archive met them."""
    first: dict[str, PublishedFilm] = {}
    for film in sorted(films, key=lambda film: (film.study_pk, film.film_id)):
        first.setdefault(film.patient, film)
    return list(first.values())


def _people(name: str, films: Sequence[PublishedFilm]) -> dict[str, Cell]:
    """Sex and age of the patients; `not retained` where de-identification left neither."""
    first = _first_films(films)
    sexes = Counter(_SEXES.get(film.sex, "unknown") for film in first)
    ages = sorted(film.age_years for film in first if film.age_years is not None)
    retained = any(film.sex for film in first)
    record: dict[str, Cell] = {"split": name, "patients": len(first)}
    for sex in (*_SEXES.values(), "unknown"):
        record[sex] = sexes[sex] if retained or not first else NOT_RETAINED
    figures = (
        ("age_known", len(ages)),
        ("age_mean", round(statistics.fmean(ages), 1) if ages else None),
        ("age_sd", round(statistics.stdev(ages), 1) if len(ages) > 1 else None),
        ("age_median", round(statistics.median(ages), 1) if ages else None),
        ("age_least", round(ages[0], 1) if ages else None),
        ("age_most", round(ages[-1], 1) if ages else None),
    )
    return record | {key: cell if ages or not first else NOT_RETAINED for key, cell in figures}


def _ages_by_sex(films: Iterable[PublishedFilm]) -> dict[str, list[float]]:
    ages: dict[str, list[float]] = {sex: [] for sex in _SEXES.values()}
    for film in _first_films(films):
        if film.age_years is not None and film.sex in _SEXES:
            ages[_SEXES[film.sex]].append(film.age_years)
    return {sex: known for sex, known in ages.items() if known}


def _grid(title: str, records: Sequence[Mapping[str, Cell]]) -> Grid:
    columns = tuple(name.replace("_", " ") for name in records[0]) if records else ()
    return Grid(title, columns, tuple(tuple(map(_text, row.values())) for row in records))


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, (int, float)) else cell
