"""Claim: headers are de-identified at least 5 times as fast as the faster of two peers, two cores.

    python benchmarks/deid_headers.py [--films N]

Films are read from disk, de-identified and written to disk: by `Deidentify` without Clean Pixel
Data, its audit included, by dicognito's `Anonymizer` and by dicom-anonymizer's `anonymize`. Each
runs in two processes on its half of the same generated films (some ninety elements and eight
sequences; pixels of a few hundred bytes, which all three carry over), in turns, so that a busy
machine slows all alike; starting up is not counted, and of each tool's times the fastest counts.
Before anything is timed, the films that plainfilm wrote are read by pydicom, and none may hold its
patient's name or id.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pydicom

from generated_films import write_films
from peers import peer_python

CLAIM: Final = 5.0
_ROUNDS: Final = 3
_PROCESSES: Final = 2
_PEERS: Final = {
    "dicognito": "deid-dicognito",
    "dicom-anonymizer": "deid-dicom-anonymizer",
}
_LOOP: Final = Path(__file__).with_name("deid_headers_loop.py")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=1000)
    count = parser.parse_args().films
    pythons = {"plainfilm": Path(sys.executable)}
    pythons |= {name: peer_python(listed) for name, listed in _PEERS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in pythons}
    # In memory where there is such a place, so that no disk is measured.
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        paths = write_films(Path(folder) / "in", count)
        for turn in range(_ROUNDS):
            for name, python in pythons.items():
                out = Path(folder) / f"{name}-{turn}"
                seconds[name].append(_run(name, python, paths, out))
                if name == "plainfilm" and turn == 0:
                    _check(paths, out)
    rates = {name: count / min(times) for name, times in seconds.items()}
    for name, rate in rates.items():
        print(f"{name}: {rate:.0f} films/s")
    ratio = rates.pop("plainfilm") / max(rates.values())
    print(f"ratio to the faster peer: {ratio:.1f}")
    return 0 if ratio >= CLAIM else 1


def _run(name: str, python: Path, paths: list[Path], out: Path) -> float:
    """Seconds until the slower of two processes is done."""
    halves = [paths[number::_PROCESSES] for number in range(_PROCESSES)]
    started = [
        subprocess.Popen(
            [str(python), str(_LOOP), name, str(out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in halves
    ]
    for process, half in zip(started, halves, strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps([str(path) for path in half]) + "\n")
        process.stdin.flush()
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()  # it has imported what it needs and done one film
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"{name} failed")
    return max(float(result) for result in results)


def _check(paths: list[Path], out: Path) -> None:
    written = sorted(out.rglob("*.dcm"))
    if len(written) < len(paths):
        raise SystemExit(f"only {len(written)} of {len(paths)} films were written")
    planted = set()
    for path in paths:
        film = pydicom.dcmread(path, stop_before_pixels=True)
        planted |= {str(film.PatientID).encode(), str(film.StudyInstanceUID).encode()}
    content = b"\n".join(path.read_bytes() for path in written)
    if any(value in content for value in planted):
        raise SystemExit("identity is left in what plainfilm wrote")


if __name__ == "__main__":
    sys.exit(main())
