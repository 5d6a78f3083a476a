"""One built sample for the whole folder: building it is the slow part."""

from pathlib import Path

import pytest

from plainfilm.demo import SampleSource, build_sample_source
from plainfilm.demo._tables import load_scenario


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSource:
    return build_sample_source(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def paths_by_kind(sample: SampleSource) -> dict[str, Path]:
    """Where each kind of planted file is."""
    return {planted.kind: sample.folder / planted.path for planted in load_scenario().planted}
