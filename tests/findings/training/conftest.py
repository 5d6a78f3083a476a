"""Tests of training need PyTorch, which only CI installs; elsewhere they are left out."""

import os
from importlib.util import find_spec

if find_spec("torch") is None:
    if os.environ.get("CI"):
        raise ImportError("PyTorch is missing: pip install 'plainfilm[train]'")
    collect_ignore_glob = ["test_*.py"]
