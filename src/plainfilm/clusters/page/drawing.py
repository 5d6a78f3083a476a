"""The map of clusters, drawn as SVG."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.films import FilmClusters
from plainfilm.clusters.plane import FlatMap
from plainfilm.pages import Markup, element

__all__ = ["color_of", "drawn_map"]

_COLORS: Final = (
    "#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#3fa9a1", "#d4a915", "#9c755f",
    "#e377a2", "#7f9c3b", "#6b6ecf", "#c26a3c",
)  # fmt: skip
_OTHERS: Final = "#8d959b"
_WIDTH: Final = 1000
_LEAST_HEIGHT: Final = 320
_MOST_HEIGHT: Final = 580
_MARGIN: Final = 30
_MOST_FILMS: Final = 20_000
_LABEL: Final = 22  # pixels that a cluster's number needs for itself


def color_of(cluster: int) -> str:
    """The color of a cluster; all but the largest share one."""
    return _COLORS[cluster] if cluster < len(_COLORS) else _OTHERS


def drawn_map(found: FilmClusters, flat: FlatMap, names: Sequence[str | int]) -> Markup:
    """Films as dots in their cluster's color, medoids numbered, suspicious films ringed.

    Of more than 20,000 films, so many are drawn, evenly chosen; medoids and suspicious ones always.
    """
    places, height = _scaled(flat.points)
    return element(
        "svg",
        element("g", _films(found, places), class_="dots"),
        element("g", _suspicious(found, places, names), class_="odd"),
        element("g", _medoids(found, places), class_="medoids"),
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        aria_label="Map of the films; those with like tags lie near one another",
        class_="map",
    )


def _scaled(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """(films, 2) in pixels, from the upper left, and the height; one scale in both directions."""
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = (float(length) for length in high - low)
    room = np.array([_WIDTH, _MOST_HEIGHT]) - 2 * _MARGIN
    scale = min(room[0] / (wide or 1.0), room[1] / (tall or 1.0))
    height = int(np.clip(tall * scale + 2 * _MARGIN, _LEAST_HEIGHT, _MOST_HEIGHT))
    middle = np.array([_WIDTH, height]) / 2
    centred = (points - (low + high) / 2) * np.array([scale, -scale])
    return np.round(centred + middle).astype(np.int64), height


def _films(found: FilmClusters, places: NDArray[np.int64]) -> Iterator[Markup]:
    """A path for each cluster, the largest below; a dot for all films at the same pixel."""
    films = len(places)
    rows = np.unique(np.linspace(0, films - 1, min(films, _MOST_FILMS)).astype(np.int64))
    labels = found.clustering.labels[rows]
    for cluster in np.unique(labels).tolist():
        dots = np.unique(places[rows[labels == cluster]], axis=0).tolist()
        path = "".join(f"M{x} {y}h0" for x, y in dots)
        yield element("path", d=path, style=f"stroke:{color_of(cluster)}")


def _suspicious(
    found: FilmClusters, places: NDArray[np.int64], names: Sequence[str | int]
) -> Iterator[Markup]:
    for row in dict.fromkeys(item.row for item in found.suspicions):
        x, y = places[row].tolist()
        yield element("circle", element("title", f"{names[row]}"), cx=x, cy=y, r=6)


def _medoids(found: FilmClusters, places: NDArray[np.int64]) -> Iterator[Markup]:
    """Numbers of the clusters, the largest first; one that would cover another is left out."""
    taken: list[tuple[int, int]] = []
    for cluster, row in enumerate(found.clustering.medoids.tolist()):
        x, y = places[row].tolist()
        words = ", ".join(word.text for word in found.words[cluster])
        color = f"fill:{color_of(cluster)}"
        title = element("title", f"Cluster {cluster}: {words}")
        yield element("circle", title, cx=x, cy=y, r=5, style=color)
        if all(max(abs(x - a), abs(y - b)) >= _LABEL for a, b in taken):
            taken.append((x, y))
            yield element("text", f"{cluster}", x=x, y=y - 9)
