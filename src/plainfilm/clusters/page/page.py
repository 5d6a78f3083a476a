"""Putting the page together and writing it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from plainfilm.clusters.films import FilmClusters
from plainfilm.clusters.page import sections
from plainfilm.clusters.page.sections import ShowFilm
from plainfilm.evaluate.clusters_visual import VisualScore
from plainfilm.pages import Section, page, tiles, write_page

__all__ = ["ShowFilm", "write_cluster_page"]

_TITLE: Final = "What kinds of film these are"
_FOOTER: Final = (
    "This page shows what tags hold and how films are called: keep it inside the hospital. It needs"
    " no other file and no network."
)
_COPIES: Final = " Thumbnails are of de-identified copies only."


def write_cluster_page(
    found: FilmClusters,
    path: Path,
    names: Sequence[str | int],
    *,
    show: ShowFilm | None = None,
    visual: Sequence[VisualScore] | None = None,
) -> None:
    """Write one HTML file: a map of the clusters, what sets each apart, and what looks wrong.

    Args:
        path: the file; one that is there is replaced.
        names: (films,), what each film is called.
        show: makes a figure of a film, of a de-identified copy; without it there are none.
        visual: (clusters,), how much each cluster's films look alike.
    Raises:
        ArchiveError: the page cannot be written.
    """
    facts = (
        ("films", len(found.table)),
        ("features", found.features.matrix.shape[1]),
        ("clusters", len(found.clustering.medoids)),
        ("tags to review", len(found.suspicions)),
        ("films far off", len(found.far)),
    )
    made = _sections(found, names, show, visual)
    footer = _FOOTER + (_COPIES if show is not None else "")
    write_page(page(_TITLE, made, tiles=tiles(facts), footer=footer), path)


def _sections(
    found: FilmClusters,
    names: Sequence[str | int],
    show: ShowFilm | None,
    visual: Sequence[VisualScore] | None,
) -> Iterator[Section]:
    yield sections.plane(found, names)
    yield sections.clusters(found, names, show, visual)
    yield sections.review(found, names, show)
    yield sections.far(found, names, show)
    if (told := sections.judged(found)) is not None:
        yield told
