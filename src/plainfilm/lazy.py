"""Packages whose public names are imported on first use.

A worker that only reads headers needs neither pydicom nor SciPy nor SQLAlchemy; loading them takes
longer than reading a thousand films.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["lazy_exports"]


def lazy_exports(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Make a package's `__getattr__` (PEP 562) from public name → module that defines it."""

    def get(name: str) -> object:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home}"), name)

    return get
