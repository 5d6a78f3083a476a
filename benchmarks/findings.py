"""Claim: `findings` takes a quarter of the time of a plain loop of pydicom and PyTorch.

    python benchmarks/findings.py [--films 500] [--model NAME|PATH]

The films are those of `classify.py`: 2500 rows x 2000 columns, 12 of 16 bits, a fifth each in
explicit VR little endian, RLE, JPEG lossless, JPEG-LS and JPEG 2000 (lossless). They lie in an
archive in which each is decided to be a frontal chest film, so that the router sends all of them to
the model.

`plainfilm findings ARCHIVE` runs as a user runs it: start-up, routing, worker processes, decoding,
the network with its heat maps, boxes, and the rows in the catalog. The peer runs the same network,
read from the same ONNX file into a PyTorch module (`eager_network.py`), on one film after the other
(`classify_loop.py`): pydicom with GDCM and OpenJPEG, modality LUT, VOI LUT, area interpolation. It
makes no boxes and writes nothing, its start-up is not counted, and PyTorch takes as many threads as
it likes. Both should mostly find the same label likeliest.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from classify import run_peer, write_films
from plainfilm.archive import Archive
from plainfilm.engine import LocalEngine
from plainfilm.models import DEFAULT_CHEST, find_finding_model
from plainfilm.records import Decision, Film, Outcome

LEAST_RATIO = 4.0


@dataclass(frozen=True)
class DecideChest:
    """Decides every film to be a frontal chest film, as `categorize` would."""

    name: ClassVar[str] = "category"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    def process(self, batch: Sequence[Film]) -> list[Decision]:
        return [Decision(film.film_id, Outcome.AGREE, "chest_pa_ap", 0.99) for film in batch]


def make_archive(folder: Path, films: Path) -> None:
    with Archive.create(folder) as archive, LocalEngine(workers=1) as engine:
        archive.ingest([films], engine=engine)
        archive.run(DecideChest(), engine=engine)


def run_ours(archive: Path, model: Path) -> float:
    command = [sys.executable, "-m", "plainfilm", "findings", str(archive)]
    begin = time.perf_counter()
    done = subprocess.run(
        [*command, "--chest-model", str(model), "--json"], check=True, capture_output=True
    )
    seconds = time.perf_counter() - begin
    print(f"plainfilm read {json.loads(done.stdout)['chest']['read']} films")
    return seconds


def our_best(archive: Path) -> dict[str, str]:
    """File name → the likeliest label."""
    with Archive.open(archive) as opened:
        rows = opened.rows(
            "SELECT path, arg_max(task, probability) AS task FROM prediction"
            " JOIN film USING (film_id) WHERE task LIKE 'chest:%' GROUP BY path"
        )
    return {Path(row["path"]).name: row["task"].partition(":")[2] for row in rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--model", default=DEFAULT_CHEST)
    options = parser.parse_args()
    model = find_finding_model(options.model)
    with tempfile.TemporaryDirectory() as name:
        folder, archive = Path(name) / "films", Path(name) / "archive"
        folder.mkdir()
        films = write_films(folder, options.films)
        make_archive(archive, folder)
        ours = run_ours(archive, model.network)
        by_syntax, theirs_best = run_peer(
            films, model.network, model.card.side, model.card.labels, "findings"
        )
        best = our_best(archive)
    theirs = sum(itertools.chain(*by_syntax.values()))
    for syntax, seconds in by_syntax.items():
        print(f"peer, {syntax:<20} {statistics.median(seconds) * 1000:6.0f} ms a film")
    same = sum(best.get(file) == label for file, label in theirs_best.items())
    print(f"same likeliest label: {same} of {len(films)}")
    print(f"plainfilm {len(films) / ours:6.1f} films/s   peer {len(films) / theirs:5.1f} films/s")
    print(f"ratio {theirs / ours:.2f}, at least {LEAST_RATIO} claimed")
    return 0 if theirs / ours >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
