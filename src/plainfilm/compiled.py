"""Loops that Numba compiles: no Python objects inside, and threads may run them side by side."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

__all__ = ["compiled"]

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile on the first call, and keep the result on disk for the next process.

    Without fast mathematics: sums keep their order, so that every machine finds the same.
    """
    try:
        found = njit(nogil=True, cache=True)(function)
    except RuntimeError:
        # Neither beside the source nor in the user's cache folder can be written, as in many
        # containers; then every process compiles anew.
        found = njit(nogil=True)(function)
    return cast("Callable[P, R]", found)
