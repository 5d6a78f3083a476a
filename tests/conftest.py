"""Fixtures that more than one room's tests use."""

import os
import shutil
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def missing_peer(name: str) -> None:
    """Skip the test for want of a peer; in CI that is an error."""
    message = f"{name} is not installed; `make test` installs it where it may"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of development films beside the checkout."""
    if not SHARED_DATA.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the development films are not beside the checkout")
        pytest.skip("needs the development films beside the checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def dcmtk() -> Path:
    """The folder of dcmtk's programs."""
    found = shutil.which("dcmdump")
    if found is None:
        missing_peer("dcmtk")
    return Path(str(found)).parent
