"""Claims: ingest commits 2,500 films/s on 2 cores and is 3 times a loop of pydicom and SQLite;
ingest again, with nothing new, passes 15,000 files/s.

    python benchmarks/ingest.py [--films N] [--rounds N]

The loop is what a script without plainfilm does: pydicom reads each header, and one row with the
same identifying values and all tags as JSON goes into SQLite, one transaction for all. plainfilm
starts its worker processes anew in each round, and that time counts. Both take turns.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

import pydicom

from generated_films import write_films

RATE: Final = 2_500
RATIO: Final = 3.0
AGAIN_RATE: Final = 15_000
_WORKERS: Final = 2
_COLUMNS: Final = (
    "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID", "AccessionNumber",
    "StudyDate", "StudyDescription", "Modality", "SeriesDescription", "Rows", "Columns",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    ours, again, peer = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = len(write_films(folder / "films", arguments.films))
        for turn in range(arguments.rounds):
            archive, films = folder / f"archive{turn}", folder / "films"
            ours.append(_ingest(archive, films, count, new=True))
            again.append(_ingest(archive, films, count, new=False))
            peer.append(_loop(folder / f"loop{turn}.db", films))
    ratio = median(peer) / median(ours)
    print(f"films: {count}, rounds: {arguments.rounds}, cores: {len(os.sched_getaffinity(0))}")
    print(f"plainfilm ingest: {count / median(ours):,.0f} films/s, {_spread(count, ours)}")
    print(
        f"pydicom and SQLite in a loop: {count / median(peer):,.0f} films/s, {_spread(count, peer)}"
    )
    print(f"ratio: {ratio:.1f}")
    print(f"plainfilm ingest again: {count / median(again):,.0f} files/s")
    reached = (
        ratio >= RATIO and count / median(ours) >= RATE and count / median(again) >= AGAIN_RATE
    )
    return 0 if reached else 1


def _spread(count: int, seconds: list[float]) -> str:
    return f"from {count / max(seconds):,.0f} to {count / min(seconds):,.0f}"


def _ingest(archive_folder: Path, films: Path, count: int, *, new: bool) -> float:
    """Seconds of an ingest into a new archive, or of one that finds nothing new."""
    # Here, as in the command line: worker processes import this module again.
    from plainfilm.archive import Archive
    from plainfilm.engine import LocalEngine

    with Archive.create(archive_folder) if new else Archive.open(archive_folder) as archive:
        began = time.perf_counter()
        with LocalEngine(_WORKERS) as engine:
            summary = archive.ingest([films], engine=engine)
            taken = time.perf_counter() - began
    assert (summary.films if new else summary.known) == count
    return taken


def _loop(database: Path, films: Path) -> float:

    began = time.perf_counter()
    connection = sqlite3.connect(database)
    names = ", ".join(_COLUMNS)
    connection.execute(f"CREATE TABLE film ({names}, path, tags)")
    marks = ", ".join("?" * (len(_COLUMNS) + 2))
    for path in sorted(films.rglob("*.dcm")):
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        values = [dataset.get(column) for column in _COLUMNS]
        row = [value if value is None else str(value) for value in values]
        tags = json.dumps(dataset.to_json_dict())
        connection.execute(f"INSERT INTO film VALUES ({marks})", (*row, str(path), tags))
    connection.commit()
    connection.close()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
