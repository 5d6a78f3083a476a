"""Classifier and detector joined."""

from dataclasses import dataclass

import pytest

from plainfilm.errors import InputError
from plainfilm.findings import fuse, fused_probability


@dataclass(frozen=True)
class Scored:
    score: float


BOXES = [Scored(0.9), Scored(0.5), Scored(0.51), Scored(0.1)]


@pytest.mark.parametrize(
    ("p_abnormal", "kept"),
    [
        (0.30, [0.9, 0.5, 0.51, 0.1]),  # at the threshold the film is abnormal: all stay
        (1.00, [0.9, 0.5, 0.51, 0.1]),
        (0.29, [0.9, 0.51]),  # below it only scores above 0.5, which 0.5 is not
        (0.00, [0.9, 0.51]),
    ],
)
def test_what_stays_by_the_published_rule(p_abnormal: float, kept: list[float]) -> None:
    assert [box.score for box in fuse(BOXES, p_abnormal, 0.3)] == kept


@pytest.mark.parametrize(
    ("p_abnormal", "scores", "fused"),
    [
        (0.4, [0.2, 0.8], 0.6),
        (0.4, [], 0.2),  # no box is a score of 0
        (1.0, [1.0], 1.0),
    ],
)
def test_the_probability_of_both(p_abnormal: float, scores: list[float], fused: float) -> None:
    assert fused_probability(p_abnormal, [Scored(one) for one in scores]) == pytest.approx(fused)


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.1])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="no probability"):
        fuse(BOXES, wrong, 0.5)
    with pytest.raises(InputError, match="no probability"):
        fuse(BOXES, 0.5, wrong)
    with pytest.raises(InputError, match="no probability"):
        fused_probability(wrong, BOXES)
