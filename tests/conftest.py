"""Fixtures that more than one room's tests use."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
