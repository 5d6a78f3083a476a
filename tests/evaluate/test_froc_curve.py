"""FROC by hand, and against a plain count."""

import numpy as np
import pytest

from plainfilm.evaluate import ImageBoxes, froc, iou
from random_boxes import random_boxes

FOUND = [0, 0, 10, 10]
MISSED = [50, 50, 60, 60]


def test_points_are_shares_of_lesions_and_false_alarms_per_film() -> None:
    truth = ImageBoxes(["a", "b"], ["x", "x"], [FOUND, FOUND])
    predicted = ImageBoxes(
        ["a", "a", "b", "c"], ["x"] * 4, [FOUND, MISSED, FOUND, MISSED], [0.9, 0.8, 0.7, 0.7]
    )
    curve = froc(predicted, truth, images=["a", "b", "c", "d"])
    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.8, 0.7]  # equal scores are kept together
    assert curve.sensitivity.tolist() == [0, 0.5, 0.5, 1]
    assert curve.false_alarms.tolist() == [0, 0, 0.25, 0.5]
    assert [curve.at(alarms) for alarms in (0, 0.25, 0.49, 0.5, 8)] == [0.5, 0.5, 0.5, 1, 1]


def test_films_without_boxes_make_false_alarms_rarer() -> None:
    truth = ImageBoxes(["a"], ["x"], [FOUND])
    predicted = ImageBoxes(["a"], ["x"], [MISSED], [0.9])
    assert froc(predicted, truth).false_alarms[-1] == 1
    assert froc(predicted, truth, images=["a", "b"]).false_alarms[-1] == 0.5


def test_a_box_of_another_label_is_a_false_alarm() -> None:
    truth = ImageBoxes(["a", "a"], ["x", "y"], [FOUND, MISSED])
    predicted = ImageBoxes(["a"], ["y"], [FOUND], [0.9])
    assert froc(predicted, truth).sensitivity[-1] == 0


def test_the_curve_is_a_plain_count() -> None:
    """At each threshold the boxes below it are as if they had never been: matched anew, by hand."""
    predicted, truth = random_boxes(5, 12, 2)
    curve = froc(predicted, truth)
    films = len({*predicted.image_id.tolist(), *truth.image_id.tolist()})
    assert len(curve.thresholds) > 10
    for threshold, alarms, found in zip(
        curve.thresholds, curve.false_alarms, curve.sensitivity, strict=True
    ):
        kept = np.flatnonzero(predicted.score >= threshold)
        hits = hits_by_hand(
            predicted, truth, kept[np.argsort(-predicted.score[kept], kind="stable")]
        )
        assert found == pytest.approx(hits / len(truth))
        assert alarms == pytest.approx((len(kept) - hits) / films)


def hits_by_hand(predicted: ImageBoxes, truth: ImageBoxes, rows: np.ndarray) -> int:
    """Boxes that find a lesion, in this order: of those not yet found, that which they overlap most
    (of equal ones the last), by at least a half."""
    left = set(range(len(truth)))
    for row in rows:
        best, chosen = 0.5 - 1e-10, None
        for place in sorted(left):
            same_film = truth.image_id[place] == predicted.image_id[row]
            if not same_film or truth.label[place] != predicted.label[row]:
                continue
            (overlap,) = iou(predicted.corners[[row]], truth.corners[[place]])
            if overlap >= best:
                best, chosen = overlap, place
        left.discard(chosen)
    return len(truth) - len(left)


def test_without_lesions_there_is_no_sensitivity() -> None:
    nothing = ImageBoxes([], [], np.empty((0, 4)))
    predicted = ImageBoxes(["a"], ["x"], [FOUND], [0.9])
    assert froc(predicted, nothing, labels=("x",)).at(1) is None
