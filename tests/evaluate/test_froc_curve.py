"""FROC by hand, and against a plain count."""

import numpy as np
import pytest

from plainfilm.evaluate import ImageBoxes, froc, pair_boxes
from plainfilm.evaluate.box_matching import match_boxes
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
    predicted, truth = random_boxes(5, 30, 3)
    pair = pair_boxes(predicted, truth)
    matches = match_boxes(pair, np.array([0.5]), most=None)
    curve = froc(predicted, truth)
    for threshold, alarms, found in zip(
        curve.thresholds, curve.false_alarms, curve.sensitivity, strict=True
    ):
        kept = matches.predicted.score >= threshold
        assert found == pytest.approx((matches.hit[:, 0] & kept).sum() / len(truth))
        assert alarms == pytest.approx((~matches.hit[:, 0] & kept).sum() / len(pair.images))


def test_without_lesions_there_is_no_sensitivity() -> None:
    nothing = ImageBoxes([], [], np.empty((0, 4)))
    predicted = ImageBoxes(["a"], ["x"], [FOUND], [0.9])
    assert froc(predicted, nothing, labels=("x",)).at(1) is None
