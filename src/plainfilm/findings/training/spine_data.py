"""From films with boxes of lesions to films that are abnormal or not."""

from plainfilm.errors import BadTable
from plainfilm.findings.training.chest_data import FilmTable, FindingFilm
from plainfilm.findings.training.detection_data import BoxedFilms

__all__ = ["ABNORMAL", "abnormality_table"]

ABNORMAL = "abnormal"
"""The one finding of the spine's classifier, which the fusion with a detector asks for."""


def abnormality_table(data: BoxedFilms) -> FilmTable:
    """A film with a lesion is abnormal.

    Films that the data give to the test are left out: nothing is chosen by them, not even the
    threshold.

    Raises:
        BadTable: all films that are left are abnormal, or none is.
    """
    films = tuple(
        FindingFilm(film.name, film.location, film.patient, (float(bool(film.labels)),))
        for film in data.films
        if film.part != "test"
    )
    if len({film.labels for film in films}) < 2:
        raise BadTable("both normal and abnormal films are needed, and all are of one kind")
    return FilmTable((ABNORMAL,), films)
