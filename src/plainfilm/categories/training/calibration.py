"""Making probabilities mean what they say."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

__all__ = ["flag_temperature", "temperature"]

_RANGE: Final = (0.2, 5.0)


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The number to divide logits by, so that softmax gives the likeliest probabilities.

    Args:
        logits: (n, classes).
        truth: (n,) the number of each film's class.
    Returns:
        In [0.2, 5]; 1 where the truth is the same for all films, or there are none, since such
        films tell nothing.
    Source: Guo et al., ICML 2017, section 4.2.
    """
    if not _tells(truth):
        return 1.0
    rows = np.arange(len(truth))
    return _fitted(lambda heat: -log_softmax(logits / heat, axis=1)[rows, truth].mean())


def flag_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """`temperature` for a yes-or-no head: logits (n,), truth (n,) booleans."""
    if not _tells(truth):
        return 1.0
    sign = np.where(truth, -1.0, 1.0)
    return _fitted(lambda heat: np.logaddexp(0, sign * logits / heat).mean())


def _tells(truth: np.ndarray) -> bool:
    return len(np.unique(truth)) > 1


def _fitted(loss: Callable[[float], float]) -> float:
    found = minimize_scalar(loss, bounds=_RANGE, method="bounded")
    return round(float(found.x), 4)
