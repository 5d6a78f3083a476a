"""Claim: an ingest of 100,000 films peaks at no more than 1.3 times the memory of one of 10,000.

    python benchmarks/ingest_memory.py [--films N]

Each ingest runs in a process of its own with two workers; the peak is the largest resident set of
the driver, and of the largest worker, as the system counts them. All films are different, which
asks more of memory than hard links to a few.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from generated_films import write_films
from plainfilm.archive import Archive
from plainfilm.engine import LocalEngine

CLAIM: Final = 1.3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--measure", nargs=2, metavar=("ARCHIVE", "FILMS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        _measure(*map(Path, arguments.measure))
        return 0
    peaks = {count: _peaks(count) for count in (arguments.films // 10, arguments.films)}
    for count, (driver, worker) in peaks.items():
        print(f"{count:,} films: driver {driver:,.0f} MiB, largest worker {worker:,.0f} MiB")
    few, many = (max(peak) for peak in peaks.values())
    print(f"ratio: {many / few:.2f}")
    return 0 if many / few <= CLAIM else 1


def _peaks(count: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        films = Path(folder) / "films"
        write_films(films, count)
        command = [sys.executable, __file__, "--measure", str(Path(folder) / "archive"), str(films)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["films"] == count
    return found["driver"], found["worker"]


def _measure(archive_folder: Path, films: Path) -> None:
    with Archive.create(archive_folder) as archive, LocalEngine(2) as engine:
        summary = archive.ingest([films], engine=engine)
        pool = engine._pool  # noqa: SLF001 - the workers' ids are the pool's own
        workers = list(pool._processes) if pool else []  # noqa: SLF001
        peaks = {"driver": _peak(os.getpid()), "worker": max(map(_peak, workers))}
    print(json.dumps({"films": summary.films, **peaks}))


def _peak(process: int) -> float:
    """The largest resident set that a process ever had, in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
