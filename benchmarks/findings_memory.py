"""Claim: `findings` over ten times as many films peaks at no more than 1.3 times the memory.

    python benchmarks/findings_memory.py [--films 400]

The films and the archive are those of `findings.py`, 2500 rows x 2000 columns. The bundled model
reads a tenth of them, then all of them anew, with two workers. A process's peak is its largest
resident set as the system counts it, looked up ten times a second; printed are the driver's and the
largest worker's, and the sum over all processes, which counts what they share more than once.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from classify import write_films
from findings import make_archive

CLAIM: Final = 1.3


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=400)
    count = parser.parse_args().films
    with tempfile.TemporaryDirectory() as folder:
        films, archive = Path(folder) / "films", Path(folder) / "archive"
        films.mkdir()
        write_films(films, count)
        make_archive(archive, films)
        few, many = (_peaks(archive, some) for some in (count // 10, count))
    print(f"ratio of the sums: {sum(many) / sum(few):.2f}")
    return 0 if sum(many) <= CLAIM * sum(few) else 1


def _peaks(archive: Path, count: int) -> list[float]:
    """The peak of each process in MiB, the driver's first."""
    command = [sys.executable, "-m", "plainfilm", "findings", str(archive), "--again", "--json"]
    command += ["--workers", "2", "--where", f"film_id <= {count}"]
    peaks: dict[int, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        while driver.poll() is None:
            peaks |= {
                process: _peak(process) or peaks.get(process, 0) for process in _of(driver.pid)
            }
            time.sleep(0.1)
        assert driver.stdout is not None
        read = json.loads(driver.stdout.read())["chest"]["read"]
    assert read == count
    ours = peaks.pop(driver.pid)
    largest = max(peaks.values())
    print(
        f"{read:,} films: driver {ours:,.0f} MiB, largest worker {largest:,.0f} MiB, sum"
        f" {ours + sum(peaks.values()):,.0f} MiB"
    )
    return [ours, *peaks.values()]


def _of(process: int) -> list[int]:
    """A process and all that come of it."""
    try:
        listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []
    return [process, *(each for child in listed for each in _of(int(child)))]


def _peak(process: int) -> float:
    """The largest resident set that a process ever had, in MiB; 0 where it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(found[0]) / 1024 if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
