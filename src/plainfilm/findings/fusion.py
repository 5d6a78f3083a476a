"""Classifier and detector joined, both ways that the VinDr-SpineXR framework joins them.

Source: Nguyen et al., VinDr-SpineXR: A deep learning framework for spinal lesions detection and
classification from radiographs (MICCAI 2021), section 2, decision rule.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

from plainfilm.errors import InputError

__all__ = ["SURE", "Scored", "fuse", "fused_probability"]

SURE: Final = 0.5
"""The score above which a box stays though the classifier calls the film normal."""


class Scored(Protocol):
    """A box, of whatever kind, that knows its score in [0, 1]."""

    @property
    def score(self) -> float: ...


OneBox = TypeVar("OneBox", bound=Scored)


def fuse(
    boxes: Iterable[OneBox], p_abnormal: float, threshold: float, sure: float = SURE
) -> list[OneBox]:
    """The boxes that stay after the classifier was heard, in their order.

    Args:
        p_abnormal: what the classifier gives the film, in [0, 1].
        threshold: from which it calls a film abnormal (c*): then all boxes stay.
        sure: else, only boxes with a score above it.
    Raises:
        InputError: a probability is none.
    """
    _check(p_abnormal)
    _check(threshold)
    if p_abnormal >= threshold:
        return list(boxes)
    return [box for box in boxes if box.score > sure]


def fused_probability(p_abnormal: float, boxes: Sequence[Scored]) -> float:
    """The probability that a film is abnormal, of both: the mean of what the classifier gives and
    the highest score of a box; a film without boxes counts as 0 there.

    Raises:
        InputError: a probability is none.
    """
    _check(p_abnormal)
    highest = max((box.score for box in boxes), default=0.0)
    _check(highest)
    return (p_abnormal + highest) / 2


def _check(probability: float) -> None:
    if not 0 <= probability <= 1:  # NaN fails, too
        raise InputError(f"{probability} is no probability; it must be 0 to 1")
