"""Which predicted boxes found a true one: greedy by score, one true box once."""

from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate.boxes import BoxPair, CodedBoxes, areas, iou, same_place

__all__ = ["Matches", "match_boxes"]

_ALMOST_1 = 1 - 1e-10
"""Boxes that are the same may overlap by a little less than 1 in floating point."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What became of predicted boxes, at several thresholds of overlap.

    Attributes:
        predicted: the boxes that took part, in the order of `BoxPair.predicted`.
        rank: (boxes,): how many boxes of the film and label have a higher score.
        hit: (boxes, thresholds) bool: found a true box that counts.
        passed_over: (boxes, thresholds) bool: counts neither as hit nor as false alarm.
        counts: (true boxes,) bool: whether a true box counts; else it is of another size.
    """

    predicted: CodedBoxes
    rank: NDArray[np.intp]
    hit: NDArray[np.bool_]
    passed_over: NDArray[np.bool_]
    counts: NDArray[np.bool_]


def match_boxes(
    pair: BoxPair,
    overlaps: NDArray[np.float64],
    *,
    most: int | None = 100,
    smallest: float = 0,
    largest: float = inf,
) -> Matches:
    """Match boxes of each film and label.

    In the order of falling scores, each predicted box takes the true box that it overlaps most
    (of equal ones the last), among those that no box took before.

    Args:
        overlaps: (thresholds,), the intersection over union that is at least needed.
        most: boxes of a film and label that take part, those of the highest scores; None for all.
        smallest, largest: areas in square pixels. True boxes of other areas do not count; a box
            that finds none that counts may take one of them and is then passed over, as is one
            that finds none at all and is itself of another area.
    Source: Lin et al., Microsoft COCO, ECCV 2014, in the form of pycocotools' COCOeval.
    """
    rank = _ranks(pair.predicted)
    if most is not None and len(rank) and rank.max() >= most:
        rows = np.flatnonzero(rank < most)
        said, rank = pair.predicted.rows(rows), rank[rows]
    else:
        said = pair.predicted
    size = areas(pair.truth.corners)
    counts = (size >= smallest) & (size <= largest)
    taken = _matched(said, pair.truth, rank, counts, np.minimum(overlaps, _ALMOST_1))
    found = taken >= 0
    hit = found & counts[taken] if len(counts) else found
    own = areas(said.corners)
    other_size = ((own < smallest) | (own > largest))[:, np.newaxis]
    return Matches(said, rank, hit, np.where(found, ~hit, other_size), counts)


def _ranks(boxes: CodedBoxes) -> NDArray[np.intp]:
    """The place of each box among those of its film and label; they stand side by side."""
    places = np.arange(len(boxes))
    first = np.ones(len(boxes), bool)
    first[1:] = (np.diff(boxes.image) != 0) | (np.diff(boxes.label) != 0)
    return np.asarray(places - np.maximum.accumulate(np.where(first, places, 0)), np.intp)


def _matched(
    predicted: CodedBoxes,
    truth: CodedBoxes,
    rank: NDArray[np.intp],
    counts: NDArray[np.bool_],
    overlaps: NDArray[np.float64],
) -> NDArray[np.intp]:
    """(boxes, thresholds): the true box that each predicted one took, or -1."""
    said, true = same_place(predicted, truth)
    overlap = iou(predicted.corners[said], truth.corners[true])
    near = np.flatnonzero(overlap >= overlaps.min())
    # Rounds by rank; in each, the candidates of a box stand together, the best of them last.
    near = near[
        np.lexsort((true[near], overlap[near], counts[true[near]], said[near], rank[said[near]]))
    ]
    said, true, overlap = said[near], true[near], overlap[near]
    rounds = np.flatnonzero(np.diff(rank[said], prepend=-1, append=len(rank)))
    matched = np.full((len(predicted), len(overlaps)), -1, np.intp)
    taken = np.zeros((len(truth), len(overlaps)), bool)
    for start, end in pairwise(rounds):
        # A film and label have one box in a round, so that no two boxes want the same true one.
        box, candidate = said[start:end], true[start:end]
        free = (overlap[start:end, np.newaxis] >= overlaps) & ~taken[candidate]
        firsts = np.flatnonzero(np.diff(box, prepend=-1))
        places = np.where(free, np.arange(end - start)[:, np.newaxis], -1)
        best = np.maximum.reduceat(places, firsts, axis=0)
        row, threshold = np.nonzero(best >= 0)
        chosen = candidate[best[row, threshold]]
        matched[box[firsts[row]], threshold] = chosen
        taken[chosen, threshold] = True
    return matched
