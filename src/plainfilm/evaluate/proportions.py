"""Proportions with the interval of one's choice."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from plainfilm.errors import SettingsError
from plainfilm.evaluate.intervals import Estimate, wald, wilson

__all__ = ["INTERVALS", "WILSON_95", "Proportion", "ProportionInterval"]

_Interval: TypeAlias = Callable[
    [ArrayLike, ArrayLike, float], tuple[NDArray[np.float64], NDArray[np.float64]]
]

INTERVALS: Final[dict[str, _Interval]] = {"wilson": wilson, "wald": partial(wald, cut=False)}
"""By name. Wald's is not cut to [0, 1] here: it is for comparison with papers that print it so."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many; the estimate is undefined where there are none."""

    count: int
    of: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class ProportionInterval:
    """How intervals of proportions are made.

    Attributes:
        method: a key of `INTERVALS`.
        confidence: in (0, 1).
    Raises:
        SettingsError: there is no such method, or `confidence` is not in (0, 1).
    """

    method: str = "wilson"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.method not in INTERVALS:
            known = ", ".join(INTERVALS)
            raise SettingsError(f"there is no interval {self.method}; known: {known}")
        if not 0 < self.confidence < 1:
            raise SettingsError(f"confidence ({self.confidence}) must lie between 0 and 1")

    def of(self, count: int, of: int) -> Proportion:
        """A proportion with its interval."""
        if not of:
            return Proportion(count, of, Estimate(None))
        low, high = INTERVALS[self.method](count, of, self.confidence)
        return Proportion(count, of, Estimate(count / of, float(low), float(high)))


WILSON_95: Final = ProportionInterval()
