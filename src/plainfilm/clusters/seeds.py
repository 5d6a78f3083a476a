"""The seed of what is drawn at random."""

from typing import Final

from plainfilm.errors import SettingsError

__all__ = ["check_seed"]

_LARGEST: Final = (1 << 63) - 1
"""NumPy takes more, PyTorch does not."""


def check_seed(seed: int) -> None:
    """Check that NumPy and PyTorch can both begin at a seed.

    Raises:
        SettingsError: it is negative or too large.
    """
    if not 0 <= seed <= _LARGEST:
        raise SettingsError(f"a seed ({seed}) is a whole number from 0 to 2^63 - 1")
