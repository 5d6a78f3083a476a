"""Keeping pydicom's remarks on bad input to itself.

pydicom reports every breach of the Standard as a Python warning and a log line, and both may quote
the offending value. plainfilm's messages never carry values, so the calls into pydicom run inside
`quiet_pydicom`, and what matters of what it noticed becomes a typed error instead.
"""

import logging
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydicom.errors import BytesLengthException, InvalidDicomError

__all__ = ["PYDICOM_ERRORS", "quiet_pydicom"]

# What pydicom raises on bytes that break the Standard. Not `Exception`: a MemoryError is not the
# file's fault.
PYDICOM_ERRORS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

# `warnings.catch_warnings` swaps process-wide state; the lock keeps two threads from restoring
# each other's. Reentrant, since reading a dataset may decode its values.
_LOCK = threading.RLock()
_LOGGER = logging.getLogger("pydicom")


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Silence pydicom's warnings and log lines for the length of the block, and only there."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        was_disabled, _LOGGER.disabled = _LOGGER.disabled, True
        try:
            yield
        finally:
            _LOGGER.disabled = was_disabled
