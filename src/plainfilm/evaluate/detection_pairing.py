"""Files of predicted and of true boxes, checked and brought together film by film."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable
from plainfilm.evaluate.box_localization import PointingScore, pointing_game
from plainfilm.evaluate.box_tables import (
    FileBoxes,
    FilmSizes,
    read_box_file,
    read_film_list,
    read_points,
)
from plainfilm.evaluate.boxes import BoxPair, ImageBoxes, pair_boxes
from plainfilm.evaluate.csv_tables import listed
from plainfilm.evaluate.proportions import WILSON_95, ProportionInterval

__all__ = ["DetectionPair", "pair_detections", "score_points"]

_BLANKS: Final = re.compile(r"[\W_]+")
_FARTHEST: Final = 1e6  # pixels; no film is so large, and areas stay exact


@dataclass(frozen=True, slots=True, eq=False)
class DetectionPair:
    """Detectors' boxes and the true ones on the same films.

    Attributes:
        detectors: name → its boxes beside the true ones.
        truth: the true boxes that are scored.
        films_without_boxes: films that were looked at and have no true box.
        films_only_predicted: films on which there are predictions but that the truth does not
            know; not compared.
        labels_left_out: names of lesions that are not scored.
        faults: boxes that were left out: file, place, and what is wrong.
        cut: boxes that reached over their film's edge, and were cut there.
    """

    detectors: Mapping[str, BoxPair]
    truth: ImageBoxes
    films_without_boxes: int
    films_only_predicted: tuple[str, ...]
    labels_left_out: tuple[str, ...]
    faults: tuple[str, ...]
    cut: int

    @property
    def first(self) -> BoxPair:
        return next(iter(self.detectors.values()))


def pair_detections(
    predicted: Mapping[str, Path],
    truth: Path,
    *,
    films: Path | None = None,
    labels: Sequence[str] | None = None,
    label_of: Callable[[str], str | None] | None = None,
    common: bool = False,
    skip_bad_boxes: bool = False,
) -> DetectionPair:
    """Read files of boxes and bring them together.

    Films are called by their names, without folders and the ending of an image. Names of lesions
    are compared without regard to capitals, and to `_` or `-` in place of blanks.

    Args:
        predicted: detector → its file; CSV or COCO's JSON, like the truth.
        films: a list of the films that were looked at (CSV, `image_id`, perhaps `width` and
            `height`). Without it they are the images of the truth's COCO file, or the films that
            the truth's CSV names.
        labels: of lesions to score; where not given, those of the truth.
        label_of: what a file calls a lesion → its label; None where it is not known.
        common: leave out lesions that are no label, and predictions on films that the truth does
            not know, and list them; else they are an error.
        skip_bad_boxes: leave out boxes that cannot be used, and list them; else they are an error.
    Raises:
        BadTable: a file cannot be read, or there is what `common` or `skip_bad_boxes` would leave
            out: no numbers, NaN, xmin > xmax, no area, wholly outside the film, a true box whose
            film is not listed (the message says where); or nothing is left to score.
    """
    true = read_box_file(truth, scores=False)
    said = {name: read_box_file(path, scores=True, truth=true) for name, path in predicted.items()}
    known = true.films if films is None else read_film_list(films)
    checks = _Checks(true, known, skip_bad_boxes)
    names = _Labels(true.label, labels, label_of)
    true_boxes = checks.boxes(true, names, of=known)
    names.refuse_unknown(truth, allowed=common)
    if not names.labels:
        raise BadTable(f"{truth}: there is no box to find")
    lone: dict[str, None] = {}
    found: dict[str, ImageBoxes] = {}
    for name, file in said.items():
        boxes = checks.boxes(file, names)
        names.refuse_unknown(file.path, allowed=common)
        unknown = sorted(set(boxes.image_id.tolist()).difference(known))
        if unknown and not common:
            raise BadTable(
                f"{file.path} has boxes on {len(unknown):,} films that {truth} does not know:"
                f" {listed(unknown)}; where they were looked at and show nothing, name them in a"
                " list of films, or leave them out as not in common"
            )
        lone |= dict.fromkeys(unknown)
        found[name] = _on(boxes, known)
    pairs = {
        name: pair_boxes(boxes, true_boxes, images=known, labels=names.labels)
        for name, boxes in found.items()
    }
    with_boxes = len(np.unique(true_boxes.image_id))
    return DetectionPair(
        pairs,
        true_boxes,
        len(known) - with_boxes,
        tuple(lone),
        tuple(names.unknown),
        tuple(checks.faults),
        checks.cut,
    )


def score_points(
    points: Path,
    pair: DetectionPair,
    *,
    label_of: Callable[[str], str | None] | None = None,
    common: bool = False,
    tolerance: float = 0,
    interval: ProportionInterval = WILSON_95,
) -> tuple[PointingScore, ...]:
    """Play the pointing game with points from a CSV: `image_id, lesion_type, x, y`.

    Args:
        label_of, common: as `pair_detections`.
        tolerance, interval: as `pointing_game`.
    Raises:
        BadTable: the file cannot be read, a point is no number, or a film has two points of a
            label; or, unless `common`, a film is not known or a lesion none of those scored.
    """
    films, labels, places = read_points(points)
    names = _Labels((), pair.first.labels, label_of)
    meant = [names.of(name) for name in labels]
    names.refuse_unknown(points, allowed=common)
    unknown = sorted(set(films).difference(pair.first.images))
    if unknown and not common:
        raise BadTable(f"{points}: points on films that are not known: {listed(unknown)}")
    keys = Counter(key for key in zip(films, meant, strict=True) if key[1])
    twice = sorted({film for (film, _), count in keys.items() if count > 1})
    if twice:
        raise BadTable(f"{points}: films with several points of one label: {listed(twice)}")
    return pointing_game(films, meant, places, pair.truth, tolerance=tolerance, interval=interval)


class _Labels:
    """Which label a lesion goes by.

    Attributes:
        labels: those that are scored.
        unknown: names that are none of them, as they were met.
    """

    def __init__(
        self,
        true_names: Iterable[str],
        labels: Sequence[str] | None,
        label_of: Callable[[str], str | None] | None,
    ) -> None:
        self._label_of = label_of or (lambda name: name)
        if labels is None:
            every = (self._label_of(name) for name in dict.fromkeys(true_names) if name)
            first_spelling = {_plain(name): name for name in reversed([*filter(None, every)])}
            labels = sorted(first_spelling.values())
        self.labels = tuple(dict.fromkeys(labels))
        self._known = {_plain(name): name for name in self.labels}
        self.unknown: dict[str, None] = {}

    def of(self, name: str) -> str:
        """The label; empty where the name is unknown, which is noted."""
        meant = self._label_of(name)
        label = None if meant is None else self._known.get(_plain(meant))
        if label is None:
            self.unknown[name] = None
        return label or ""

    def refuse_unknown(self, path: Path, *, allowed: bool) -> None:
        """Raise BadTable that names the unknown ones, unless they are allowed."""
        if self.unknown and not allowed:
            raise BadTable(
                f"{path}: names of lesions that are not scored: {listed(self.unknown)}; scored are"
                f" {listed(self.labels)}"
            )


class _Checks:
    """Turns what files say into boxes; notes what cannot be used, and what was cut."""

    def __init__(self, truth: FileBoxes, films: FilmSizes, skip: bool) -> None:
        self._names = truth.names
        self._sizes: dict[str, tuple[float, float] | None] = {**truth.films}
        for film, size in films.items():
            self._sizes[film] = size or self._sizes.get(film)
        self._skip = skip
        self.faults: list[str] = []
        self.cut = 0

    def boxes(self, file: FileBoxes, names: _Labels, *, of: FilmSizes | None = None) -> ImageBoxes:
        """A file's boxes of known labels.

        Args:
            of: films that the boxes have to be of.
        """
        film = [each if each in self._sizes else self._names.get(each, each) for each in file.film]
        limits = np.array([self._sizes.get(each) or (np.inf, np.inf) for each in film])
        limits = limits.reshape(-1, 2)
        inside = _cut(file.corners, limits)
        lost = [place for place, each in enumerate(film) if of is not None and each not in of]
        faults = {file.where[place]: "its film is not there" for place in lost}
        faults |= _number_faults(file, inside) | dict(file.faults)
        self._settle(file.path, faults)
        good = np.array([where not in faults for where in file.where], bool)
        meant = zip(file.label, good.tolist(), strict=True)
        labels = np.array([names.of(name) if usable else "" for name, usable in meant], np.str_)
        kept = good & (labels != "")
        self.cut += int((inside[kept] != file.corners[kept]).any(axis=1).sum())
        return ImageBoxes(
            np.array(film, np.str_)[kept],
            labels[kept],
            inside[kept],
            None if file.score is None else file.score[kept],
        )

    def _settle(self, path: Path, faults: Mapping[str, str]) -> None:
        told = [f"{where} ({what})" for where, what in faults.items()]
        if told and not self._skip:
            raise BadTable(f"{path}: {len(told):,} boxes cannot be used: {listed(told)}")
        self.faults += [f"{path}, {each}" for each in told]


def _number_faults(file: FileBoxes, inside: NDArray[np.float64]) -> dict[str, str]:
    """Where → what is wrong with the numbers; of several faults the first."""
    corners = file.corners
    score = np.zeros(len(corners)) if file.score is None else file.score
    with np.errstate(invalid="ignore", over="ignore"):
        sides, left = corners[:, 2:] - corners[:, :2], inside[:, 2:] - inside[:, :2]
    wrong = {
        "a corner is no number": ~np.isfinite(corners).all(axis=1),
        "a corner is beyond any film": (np.abs(corners) > _FARTHEST).any(axis=1),
        "the score is no number": ~np.isfinite(score),
        "xmin > xmax": sides[:, 0] < 0,
        "ymin > ymax": sides[:, 1] < 0,
        "no area": (sides == 0).any(axis=1),
        "outside the film": (left <= 0).any(axis=1),
    }
    found: dict[int, str] = {}
    for what, rows in wrong.items():
        for place in np.flatnonzero(rows).tolist():
            found.setdefault(place, what)
    return {file.where[place]: found[place] for place in sorted(found)}


def _cut(corners: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes cut at their films' edges, of width and height (boxes, 2)."""
    both = np.concatenate([limits, limits], axis=1)
    return np.clip(corners, 0, both)


def _on(boxes: ImageBoxes, films: FilmSizes) -> ImageBoxes:
    kept = np.array([film in films for film in boxes.image_id.tolist()], bool)
    score = None if boxes.score is None else boxes.score[kept]
    return ImageBoxes(boxes.image_id[kept], boxes.label[kept], boxes.corners[kept], score)


def _plain(name: str) -> str:
    return _BLANKS.sub(" ", name).strip().casefold()
