"""Calibration, thresholds, poses and doubted labels."""

import numpy as np
import pytest
from scipy.special import softmax

from plainfilm.categories.training.calibration import flag_temperature, temperature
from plainfilm.categories.training.held_out import Poses, calibrated, thresholds
from plainfilm.categories.training.label_review import cross_validated, suspect_labels
from plainfilm.models import Threshold


def _drawn(random: np.random.Generator, logits: np.ndarray) -> np.ndarray:
    """A truth that the logits describe exactly."""
    chances = softmax(logits, axis=1).cumsum(axis=1)
    return (random.random((len(logits), 1)) > chances).sum(axis=1)


@pytest.mark.parametrize("heat", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_logits_too_hot_is_found(heat: float) -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 2, (6_000, 5))
    truth = _drawn(random, logits)
    assert temperature(logits * heat, truth) == pytest.approx(heat, rel=0.08)


def test_a_flags_temperature_is_found() -> None:
    random = np.random.default_rng(2)
    logits = random.normal(0, 2, 8_000)
    truth = random.random(8_000) < 1 / (1 + np.exp(-logits))
    assert flag_temperature(logits * 3, truth) == pytest.approx(3, rel=0.1)


def test_a_patients_own_films_do_not_calibrate_it() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(0, 2, (400, 4))
    truth = _drawn(random, logits)
    patients = [f"p{n // 4}" for n in range(400)]
    before = calibrated(logits, truth, patients, np.zeros(4, bool))
    changed = truth.copy()
    changed[:4] = (truth[:4] + 1) % 4  # one patient's truth is another
    after = calibrated(logits, changed, patients, np.zeros(4, bool))
    assert np.array_equal(before[:4], after[:4])
    assert not np.array_equal(before, after)


def test_a_class_that_is_not_covered_is_never_likely() -> None:
    logits = np.array([[5.0, 1.0, 0.0]] * 20)
    truth = np.array([1] * 20)
    patients = [str(n) for n in range(20)]
    probabilities = calibrated(logits, truth, patients, np.array([True, False, False]))
    assert (probabilities[:, 0] == 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(1)


def test_strong_categories_go_straight_weak_and_rare_ones_do_not() -> None:
    truth = np.repeat([0, 1, 2], [20, 20, 5])
    predicted = truth.copy()
    predicted[20:24] = 2  # four of twenty wrong: the second is weak
    probabilities = np.eye(3)[predicted] * 0.9 + 0.03
    found = thresholds(probabilities, truth, ("good", "weak", "rare"))
    assert found == {
        "good": Threshold(0.90, 0.0),
        "weak": Threshold(None, 0.70),
        "rare": Threshold(None, 0.70),
    }


def test_a_pose_is_what_it_says() -> None:
    square = np.arange(16, dtype=np.uint8).reshape(4, 4)
    asked = np.array(["mirrored", "turn", "inverted"])
    poses = Poses(np.array([0, 1, 2]), np.array([1, 0, 0], bool), np.array([0, 0, 1], bool), asked)
    laid = poses.apply(np.stack([square] * 3), np.arange(3))
    assert np.array_equal(laid[0], square[:, ::-1])
    assert np.array_equal(laid[1], np.rot90(square, -1))
    assert np.array_equal(laid[2], 255 - np.rot90(square, 2))


def test_a_film_is_laid_in_one_way_at_a_time() -> None:
    poses = Poses.drawn(600, seed=1)
    changed = np.stack([poses.turn > 0, poses.mirrored, poses.inverted])
    assert changed.sum(axis=0).max() == 1
    for row, head in zip(changed, ("turn", "mirrored", "inverted"), strict=True):
        assert row[poses.asked == head].mean() > 0.3
        assert not row[poses.asked != head].any()


def test_planted_wrong_labels_are_found_and_few_others() -> None:
    random = np.random.default_rng(4)
    truth = random.integers(0, 4, 400)
    features = random.normal(0, 1, (4, 64))[truth] * 2 + random.normal(0, 1, (400, 64))
    labels = truth.copy()
    wrong = random.choice(400, 20, replace=False)
    labels[wrong] = (labels[wrong] + 1) % 4
    patients = [f"p{n // 2}" for n in range(400)]
    found = suspect_labels(cross_validated(features, labels, patients, seed=0), labels)
    listed = {suspect.number for suspect in found}
    assert len(listed & set(wrong.tolist())) >= 18
    assert len(listed - set(wrong.tolist())) <= 4
    first = found[0]
    assert (first.given, first.likely) == (labels[first.number], truth[first.number])
