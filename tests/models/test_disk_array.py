"""Arrays in files: a disk that is full is told before anything is computed."""

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from plainfilm.errors import SettingsError
from plainfilm.models.disk_array import array_on_disk


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may become larger than 64 KiB, as where a disk or a quota is used up."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_array_is_in_the_file(tmp_path: Path) -> None:
    found = array_on_disk(tmp_path / "a.npy", np.float16, (3, 4))
    assert not found.any()
    found[1] = 2
    assert np.load(tmp_path / "a.npy")[1].tolist() == [2, 2, 2, 2]


def test_the_whole_file_has_its_room_at_once(tmp_path: Path) -> None:
    array_on_disk(tmp_path / "a.npy", np.uint8, (1 << 20,))
    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= 1 << 20


@pytest.mark.usefixtures("small_files")
def test_a_disk_without_room_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot hold 0\.1 GB of films.*TMPDIR"):
        array_on_disk(tmp_path / "a.npy", np.uint8, (1 << 27,))
    assert not list(tmp_path.iterdir())
