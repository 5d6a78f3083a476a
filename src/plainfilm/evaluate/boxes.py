"""Boxes on films: predicted and true ones as columns of numbers, and how far they overlap."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plainfilm.errors import InputError

__all__ = [
    "BoxPair",
    "CodedBoxes",
    "ImageBoxes",
    "areas",
    "iobb",
    "iou",
    "pair_boxes",
    "same_place",
]


@dataclass(frozen=True, slots=True, eq=False, init=False)
class ImageBoxes:
    """Boxes of many films, one in each row.

    Attributes:
        image_id, label: (boxes,) text: the film, and what the box holds.
        corners: (boxes, 4) float64: xmin, ymin, xmax, ymax, in pixels, where 0 is the outer edge of
            the first pixel.
        score: (boxes,) float64, higher where the box is more likely right; None for true boxes.
    Raises:
        InputError: lengths differ, a number is not finite, or a box has no area (the message has
            its row, counted from 0).
    """

    image_id: NDArray[np.str_]
    label: NDArray[np.str_]
    corners: NDArray[np.float64]
    score: NDArray[np.float64] | None

    def __init__(
        self,
        image_id: Sequence[str] | NDArray[np.str_],
        label: Sequence[str] | NDArray[np.str_],
        corners: ArrayLike,
        score: ArrayLike | None = None,
    ) -> None:
        set_field = object.__setattr__
        set_field(self, "image_id", np.asarray(image_id, np.str_))
        set_field(self, "label", np.asarray(label, np.str_))
        set_field(self, "corners", np.asarray(corners, np.float64).reshape(-1, 4))
        set_field(self, "score", None if score is None else np.asarray(score, np.float64))
        self._check()

    def __len__(self) -> int:
        return len(self.corners)

    def _check(self) -> None:
        columns = [self.image_id, self.label, *([] if self.score is None else [self.score])]
        if any(column.shape != (len(self),) for column in columns):
            raise InputError(
                f"{len(self)} boxes do not fit columns of lengths"
                f" {', '.join(str(len(column)) for column in columns)}"
            )
        wrong = ~np.isfinite(self.corners).all(axis=1)
        wrong |= (self.corners[:, 2:] <= self.corners[:, :2]).any(axis=1)
        if wrong.any():
            raise InputError(
                f"box {int(np.argmax(wrong))}: xmin < xmax and ymin < ymax must hold, in finite"
                f" numbers ({int(wrong.sum()):,} such boxes)"
            )
        if self.score is not None and not np.isfinite(self.score).all():
            raise InputError(f"the score of box {int(np.argmin(np.isfinite(self.score)))} is NaN")


@dataclass(frozen=True, slots=True, eq=False)
class CodedBoxes:
    """Boxes whose films and labels are places in lists.

    Attributes:
        image, label: (boxes,) intp.
        corners, score: as in `ImageBoxes`; scores of true boxes are 1.
    """

    image: NDArray[np.intp]
    label: NDArray[np.intp]
    corners: NDArray[np.float64]
    score: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.corners)

    def rows(self, places: NDArray[np.intp]) -> "CodedBoxes":
        """Some of them, in this order."""
        return CodedBoxes(
            self.image[places], self.label[places], self.corners[places], self.score[places]
        )


@dataclass(frozen=True, slots=True, eq=False)
class BoxPair:
    """Predicted and true boxes of the same films.

    Attributes:
        images: every film, those without any box among them.
        labels: those that are scored.
        predicted: ordered by label, then film, then falling score; equal scores as they came.
        truth: as they came.
    """

    images: tuple[str, ...]
    labels: tuple[str, ...]
    predicted: CodedBoxes
    truth: CodedBoxes


def pair_boxes(
    predicted: ImageBoxes,
    truth: ImageBoxes,
    *,
    images: Collection[str] | None = None,
    labels: Sequence[str] | None = None,
) -> BoxPair:
    """Bring predicted and true boxes together.

    Args:
        predicted: with scores.
        images: the films that were looked at; where not given, those that have a box of either
            kind, so that films on which there was nothing and nothing was found are not counted.
        labels: those to score, where not given those of the truth. Boxes of others are left out.
    Raises:
        InputError: predictions have no scores, or a box lies on a film that is not in `images`.
    """
    if predicted.score is None:
        raise InputError("predicted boxes need scores")
    there = np.union1d(predicted.image_id, truth.image_id)
    films = there if images is None else np.unique(np.array(sorted(images), np.str_))
    lost = np.setdiff1d(there, films)
    if len(lost):
        raise InputError(
            f"{len(lost):,} films have boxes but are not in the list of films, {lost[0]} among them"
        )
    names = tuple(np.unique(truth.label).tolist()) if labels is None else tuple(labels)
    said, true = (_coded(boxes, films, names) for boxes in (predicted, truth))
    order = np.lexsort((-said.score, said.image, said.label))
    return BoxPair(tuple(films.tolist()), names, said.rows(order), true)


def same_place(
    predicted: CodedBoxes, truth: CodedBoxes
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every predicted box with every true one of the same film and label: the rows of both."""
    films = 1 + max(int(boxes.image.max(initial=0)) for boxes in (predicted, truth))
    true_key = truth.label * films + truth.image
    order = np.argsort(true_key, kind="stable")
    said_key = predicted.label * films + predicted.image
    start, end = (np.searchsorted(true_key[order], said_key, side) for side in ("left", "right"))
    several = end - start
    said = np.repeat(np.arange(len(predicted)), several)
    within = np.arange(len(said)) - np.repeat(np.cumsum(several) - several, several)
    return said, order[np.repeat(start, several) + within]


def areas(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(boxes,) from (boxes, 4)."""
    sides = corners[:, 2:] - corners[:, :2]
    return np.asarray(sides[:, 0] * sides[:, 1])


def iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each box of one list with that in the same place of the other.

    Args:
        one, other: (boxes, 4), with areas above 0.
    Returns:
        (boxes,) in [0, 1].
    """
    shared = _intersection(one, other)
    return shared / (areas(one) + areas(other) - shared)


def iobb(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over the predicted box, in pairs as in `iou`.

    Source: Wang et al., ChestX-ray8, CVPR 2017, section 4.2.
    """
    return _intersection(predicted, true) / areas(predicted)


def _intersection(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def _coded(boxes: ImageBoxes, films: NDArray[np.str_], labels: tuple[str, ...]) -> CodedBoxes:
    place_of = {name: place for place, name in enumerate(labels)}
    kinds, kind_of = np.unique(boxes.label, return_inverse=True)
    label = np.array([place_of.get(name, -1) for name in kinds.tolist()], np.intp)[kind_of]
    score = np.ones(len(boxes)) if boxes.score is None else boxes.score
    coded = CodedBoxes(np.searchsorted(films, boxes.image_id), label, boxes.corners, score)
    return coded.rows(np.flatnonzero(label >= 0))
