"""Claim: films that share a cluster of tags look alike, nearer to their medoid than by chance.

    python benchmarks/visual_similarity.py [--epochs N] [--model DIR] [--data ../shared/data]

Films of `unifesp_dev` and `nih_chestxray14_1000`. The convolutional autoencoder of `train films`
learns from one half of the patients; everything is measured on the films of the other half. Their
tags are what is known of them: BodyPartExamined and ViewPosition as readers labelled the films,
Rows and Columns of the published images. Clusters are made by these tags, of the published numbers
of clusters; a film's distance from its medoid is the cosine distance of the network's vectors.
Claimed: means over the numbers of clusters are lower than where films are dealt to the same
clusters at random (p < 0.05, two-tailed). Clusters made by the vectors themselves are the other
bound.

Reported: the same tests between all columns of the tags and a tenth of them, by truncated SVD and
by the tag autoencoder, which learns from the first half.

Peers of the network, by what a film's nearest film of another patient shows: principal components
of the same squares, as many as the bottleneck has numbers, fitted to the same films
(scikit-learn), and thumbnails of 32 x 32. Reported.
"""

import argparse
import csv
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from plainfilm.clusters import (
    Compression,
    Encoded,
    FeatureSettings,
    TagTable,
    TruncatedSvd,
    Uncompressed,
    build_features,
    judge_by_k,
    k_medoids,
)
from plainfilm.clusters.film_squares import film_squares
from plainfilm.clusters.training import Notes, Plan, train_tags, write_model
from plainfilm.clusters.training.film_autoencoder import BOTTLENECK
from plainfilm.clusters.training.film_training import FilmPlan, train_films, write_film_model
from plainfilm.evaluate import PAPER_KS
from plainfilm.evaluate.clusters_visual import (
    VisualEvaluation,
    VisualScore,
    compare_visually,
    cosine_to_medoids,
)
from plainfilm.models import FilmEncoder, find_film_model
from plainfilm.records import Film, Location

Vectors = NDArray[np.float32]

HERE: Final = Path(__file__).parent
_THUMBNAIL: Final = 32
_SHOWS: Final = "Shows"  # judged by, and no feature
_SOURCES: Final = ("unifesp_dev", "nih_chestxray14_1000")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a film."""

    path: Path
    patient: str
    part: str
    view: str

    @property
    def shows(self) -> str:
        """Part and view; films from the front and from the back show the same."""
        return f"{self.part} {'frontal' if self.view in {'PA', 'AP'} else self.view}"


def development_films(data: Path) -> list[Known]:
    found: list[Known] = []
    for source in _SOURCES:
        with (data / source / "labels.csv").open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                patient = f"{source} {row.get('patient') or row['Patient ID']}"
                part = row.get("part") or "chest"
                view = row.get("view") or row["View Position"]
                found.append(Known(data / source / row["file"], patient, part, view))
    return found


def in_first_half(patient: str) -> bool:
    return hashlib.sha256(patient.encode()).digest()[0] % 2 == 0


def tag_table(films: Sequence[Known]) -> TagTable:
    sizes = []
    for film in films:
        with Image.open(film.path) as image:
            sizes.append(image.size)
    columns, rows = zip(*sizes, strict=True)
    return TagTable.of(
        pa.table(
            {
                "BodyPartExamined": [film.part.upper() for film in films],
                "ViewPosition": [film.view.upper() for film in films],
                "Rows": rows,
                "Columns": columns,
                _SHOWS: [film.shows for film in films],
            }
        ),
        also=[_SHOWS],
    )


def as_records(films: Sequence[Known]) -> list[Film]:
    return [Film(place, "", Location(film.path)) for place, film in enumerate(films)]


def trained_network(films: Sequence[Known], epochs: int, folder: Path) -> None:
    began = time.perf_counter()
    told = began

    def tell(what: str, done: int, of: int) -> None:
        nonlocal told
        if time.perf_counter() - told > 60:
            told = time.perf_counter()
            print(f"  {what}: {done} of {of}, {told - began:.0f} s", file=sys.stderr, flush=True)

    plan = FilmPlan(epochs=epochs)
    found = train_films(as_records(films), [film.patient for film in films], plan, tell)
    write_film_model(folder, folder.name, "1", found, plan, "research only")
    print(
        f"network: {found.films:,} films, {epochs} epochs, {time.perf_counter() - began:.0f} s;"
        f" mean squared error on {found.held_out} films of other patients {found.error:.4f}"
        f" (mean film {found.mean_film_error:.4f})"
    )


def squares_of(films: Sequence[Known], side: int) -> NDArray[np.uint8]:
    squares, places, _ = film_squares(as_records(films), side)
    assert len(places) == len(films)
    return squares


def principal_components(learnt: NDArray[np.uint8]) -> Callable[[NDArray[np.uint8]], Vectors]:
    from sklearn.decomposition import PCA

    model = PCA(BOTTLENECK, svd_solver="randomized", random_state=0)
    model.fit(learnt.reshape(len(learnt), -1).astype(np.float32) / 255)

    def project(squares: NDArray[np.uint8]) -> Vectors:
        flat = squares.reshape(len(squares), -1).astype(np.float32) / 255
        found: Vectors = model.transform(flat)
        again = np.square(model.inverse_transform(found) - flat).mean()
        print(f"principal components: mean squared error on the other half {again:.4f}")
        return found

    return project


def thumbnails(squares: NDArray[np.uint8]) -> Vectors:
    step = squares.shape[1] // _THUMBNAIL
    blocks = squares.reshape(len(squares), _THUMBNAIL, step, _THUMBNAIL, step)
    found: Vectors = blocks.mean((2, 4)).reshape(len(squares), -1).astype(np.float32)
    return found


def nearest(vectors: Vectors, films: Sequence[Known]) -> NDArray[np.int64]:
    """(films,), the place of each film's nearest one of another patient."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    patients = np.array([film.patient for film in films])
    cosines[patients[:, np.newaxis] == patients] = -2
    found: NDArray[np.int64] = cosines.argmax(axis=1)
    return found


def tell_neighbours(name: str, vectors: Vectors, films: Sequence[Known]) -> None:
    shows = np.array([film.shows for film in films])
    same = shows[nearest(vectors, films)] == shows
    other = np.array([film.part != "chest" for film in films])
    print(
        f"{name:32}{same.mean():8.3f}{same[other].mean():12.3f}  of {len(films):,}; {other.sum():,}"
    )


def at_random(vectors: Vectors) -> Vectors:
    return vectors[np.random.default_rng(0).permutation(len(vectors))]


def by_looks(vectors: Vectors, ks: Sequence[int]) -> dict[tuple[str, int], VisualScore]:
    scores = {}
    for k in ks:
        found = k_medoids(vectors, k, metric="cosine")
        apart = cosine_to_medoids(vectors, found.labels, found.medoids)
        scores["vectors themselves", k] = VisualScore.of(apart, found.medoids)
    return scores


def scores_of(
    table: TagTable, vectors: Vectors, compression: Compression, ks: Sequence[int]
) -> dict[tuple[str, int], VisualScore]:
    """(`original` or `compressed`, K) → score."""
    found = judge_by_k(table, ks, by=[_SHOWS], compression=compression, vectors=vectors)
    assert found.visual is not None
    return dict(found.visual.scores)


def tag_autoencoder(table: TagTable, folder: Path) -> Encoded:
    features = build_features(table, FeatureSettings(leave_out=[_SHOWS]))
    plan = Plan()
    found = train_tags(features, plan, lambda _what, _done, _of: None)
    write_model(folder, folder.name, "1", found, features, plan, Notes())
    print(f"tag autoencoder: {found.shape.bottleneck} numbers of {len(features.columns)} columns")
    return Encoded.by(folder)


def told(scores: Mapping[tuple[str, int], VisualScore]) -> VisualEvaluation:
    """Print visual similarity of clusters; the first kind of data is compared with the others."""
    found = compare_visually(scores)
    for grid in found.grids():
        print(grid.title)
        for row in (grid.columns, *grid.rows):
            print("  " + "".join(f"{cell:>28}" for cell in row))
    return found


def judged(table: TagTable, encoded: Encoded, vectors: Vectors) -> bool:
    """Whether what is claimed holds."""
    by_chance = scores_of(table, at_random(vectors), Uncompressed(), PAPER_KS)
    chance = {("chance", k): score for (_, k), score in by_chance.items()}
    by_svd = scores_of(table, vectors, TruncatedSvd(), PAPER_KS)
    print("\ntruncated SVD, and bounds")
    found = told(by_svd | chance | by_looks(vectors, PAPER_KS))
    print("\nautoencoder, of the columns that it was trained with")
    told(scores_of(table, vectors, encoded, PAPER_KS))
    pair = next(pair for key, pair in found.comparisons.items() if key[-1] == "chance")
    return pair.different and pair.first[0] < pair.second[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--model", type=Path, help="kept here, and taken from here if it is there")
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data")
    given = parser.parse_args()
    films = development_films(given.data)
    learnt = [film for film in films if in_first_half(film.patient)]
    shown = [film for film in films if not in_first_half(film.patient)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = given.model or folder / "film-vectors"
        if not model.exists():
            trained_network(learnt, given.epochs, model)
        encoder = FilmEncoder(find_film_model(model))
        squares = squares_of(shown, encoder.side)
        vectors = encoder(squares)
        encoded = tag_autoencoder(tag_table(learnt), folder / "tags")
        held = judged(tag_table(shown), encoded, vectors)
        components = principal_components(squares_of(learnt, encoder.side))(squares)
    random = np.random.default_rng(0).standard_normal((len(shown), 99)).astype(np.float32)
    print("nearest film of another patient shows the same part and view: all films; no chest")
    tell_neighbours("autoencoder of films", vectors, shown)
    tell_neighbours("principal components", components, shown)
    tell_neighbours("thumbnails", thumbnails(squares), shown)
    tell_neighbours("chance", random, shown)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
