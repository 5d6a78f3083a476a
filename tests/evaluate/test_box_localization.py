"""Localisation as for ChestX-ray8, and the pointing game, by hand."""

import numpy as np
import pytest

from plainfilm.errors import InputError
from plainfilm.evaluate import (
    Bootstrap,
    ImageBoxes,
    LocalizationScore,
    iobb,
    iou,
    localization,
    pair_boxes,
    pointing_game,
)

TRUE = [0, 0, 100, 100]
INSIDE = [0, 0, 50, 50]  # IoBB 1, IoU 0.25
HALF = [50, 0, 150, 100]  # IoBB 0.5, IoU 1/3
AWAY = [200, 200, 300, 300]


def scores(
    predicted: list[tuple[str, list[float]]], truth: list[tuple[str, list[float]]]
) -> dict[tuple[str, str, float], LocalizationScore]:
    said, true = (
        ImageBoxes(
            [film for film, _ in rows], ["Mass"] * len(rows), [box for _, box in rows],
            None if rows is truth else [0.5] * len(rows),
        )
        for rows in (predicted, truth)
    )  # fmt: skip
    found = localization(pair_boxes(said, true), bootstrap=Bootstrap(20))
    return {(each.label, each.measure, each.overlap): each for each in found}


def test_overlaps_are_areas_shared() -> None:
    one, other = np.array([INSIDE, HALF, AWAY], float), np.array([TRUE] * 3, float)
    np.testing.assert_allclose(iobb(one, other), [1, 0.5, 0])
    np.testing.assert_allclose(iou(one, other), [0.25, 1 / 3, 0])


def test_accuracy_is_of_true_boxes_and_false_positives_are_per_film() -> None:
    found = scores(
        [("a", INSIDE), ("a", AWAY), ("b", HALF), ("c", AWAY)],
        [("a", TRUE), ("b", TRUE), ("b", AWAY)],
    )
    # label, measure, T: true boxes found of 3, boxes that are right for none on films a and b.
    for measure, overlap, hits, alarms in [
        ("iobb", 0.1, 2, 1),
        ("iobb", 0.25, 2, 1),
        ("iobb", 0.5, 1, 2),  # an overlap has to exceed T
        ("iobb", 0.9, 1, 2),
        ("iou", 0.1, 2, 1),
        ("iou", 0.25, 1, 2),
        ("iou", 0.5, 0, 3),
    ]:
        score = found["Mass", measure, overlap]
        assert (score.accuracy.count, score.accuracy.of, score.films) == (hits, 3, 2)
        assert score.false_positives.value == alarms / 2
        assert score.false_positives.low is not None
        every = found["all", measure, overlap]
        assert (every.accuracy, every.false_positives.value) == (score.accuracy, alarms / 2)


def test_without_predictions_nothing_is_found_and_nothing_false() -> None:
    found = scores([], [("a", TRUE)])
    assert found["Mass", "iou", 0.1].accuracy.estimate.value == 0
    assert found["Mass", "iou", 0.1].false_positives.value == 0


def test_several_boxes_may_be_right_for_one() -> None:
    found = scores([("a", INSIDE), ("a", [50, 50, 100, 100])], [("a", TRUE)])
    score = found["Mass", "iobb", 0.5]
    assert (score.accuracy.count, score.false_positives.value) == (1, 0)


TRUTH = ImageBoxes(["a", "a", "b"], ["Mass", "Mass", "Nodule"], [TRUE, AWAY, TRUE])


def test_a_point_in_any_box_of_its_label_hits() -> None:
    films = ["a", "b", "c", "b"]
    labels = ["Mass", "Nodule", "Mass", "Mass"]  # the last two have nothing to hit
    points = [[250, 250], [100.5, 50], [1, 1], [1, 1]]
    mass, nodule, every = pointing_game(films, labels, points, TRUTH)
    assert (mass.label, mass.accuracy.count, mass.accuracy.of) == ("Mass", 1, 1)
    assert (nodule.accuracy.count, nodule.accuracy.of) == (0, 1)
    assert every.accuracy.estimate.value == 0.5
    *_, tolerant = pointing_game(films, labels, points, TRUTH, tolerance=15)
    assert tolerant.accuracy.count == 2


def test_a_label_without_points_is_undefined() -> None:
    _, nodule, _ = pointing_game(["a"], ["Mass"], [[1, 1]], TRUTH)
    assert nodule.accuracy.estimate.value is None


def test_points_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        pointing_game(["a"], ["Mass"], [[np.nan, 1]], TRUTH)
    with pytest.raises(InputError, match="2 points do not fit"):
        pointing_game(["a"], ["Mass"], [[1, 1], [2, 2]], TRUTH)
