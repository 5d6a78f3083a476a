"""Tests of training need PyTorch, which only CI installs; elsewhere they are left out."""

import os
from importlib import import_module
from importlib.util import find_spec

import pytest

if find_spec("torch") is None:
    if os.environ.get("CI"):
        raise ImportError("PyTorch is missing: pip install 'plainfilm[train]'")
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def seeded() -> None:
    """PyTorch begins with the same numbers, and adds them up in the same order."""
    import torch  # noqa: PLC0415 - see above

    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture
def torchvision() -> None:
    """Leaves a test out where no torchvision is there, or none that fits this PyTorch."""
    try:
        import_module("torchvision.ops")
    except (ImportError, RuntimeError, OSError) as error:
        pytest.skip(f"no torchvision that fits this PyTorch: {error}")
