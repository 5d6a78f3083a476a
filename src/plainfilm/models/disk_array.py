"""Arrays that are larger than memory should hold, kept in files."""

import math
import sys
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import SettingsError

if sys.platform == "linux":
    from os import posix_fallocate

__all__ = ["array_on_disk"]

Kind = TypeVar("Kind", bound="np.generic[Any]")


def array_on_disk(file: Path, kind: type[Kind], shape: tuple[int, ...]) -> NDArray[Kind]:
    """Make an array of zeros that lives in a file; the system reads from it what is needed.

    The whole file is given its room at once: where a disk fills up under a mapped file, the system
    ends the process (SIGBUS).

    Raises:
        SettingsError: the disk has no room for it, or the file cannot be written.
    """
    try:
        found = np.lib.format.open_memmap(file, mode="w+", dtype=kind, shape=shape)
        if sys.platform == "linux":
            with file.open("r+b") as stream:
                posix_fallocate(stream.fileno(), 0, file.stat().st_size)
    except OSError as error:
        file.unlink(missing_ok=True)
        size = math.prod(shape) * np.dtype(kind).itemsize
        raise SettingsError(
            f"{file.parent} cannot hold {size / 1e9:.1f} GB of films ({error.strerror}); make room,"
            " or have TMPDIR name a folder on another disk"
        ) from error
    return found
