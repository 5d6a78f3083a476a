"""Claim: FasterPAM takes at most twice the time of its authors' own, and finds as good medoids.

    python benchmarks/k_medoids.py [--films 5000] [--rounds 5]

5,000 films of 565 columns as tags make them: kinds of film that share most of their one-hot encoded
tags, Manhattan distances, K = 15 and 150. The peer is the package kmedoids (Rust, GPL-3; on all
cores, as is its default), in its own environment (`benchmarks/peers/k-medoids.txt`), with the same
distances. Each round is another seed for both; times are medians, losses are means over the
rounds. With `--openi`, the films are the public headers of OpenI instead: crudely encoded, as no
more than a second opinion.
"""

import argparse
import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from statistics import mean, median
from typing import Final

import numpy as np
from numpy.typing import NDArray

import openi
from peers import peer_python
from plainfilm.clusters import faster_pam
from plainfilm.clusters.distances import as_points, pairwise

KS: Final = (15, 150)
MOST_TIME: Final = 2.0
MOST_LOSS: Final = 1.005
COLUMNS: Final = 565
_HEADERS: Final = "nlmcxr_dicom_metadata.csv.gz"

# Prints seconds and losses of each K and round.
PEER: Final = """
import json, sys, time, kmedoids, numpy
distances = numpy.load(sys.argv[1])
rounds = int(sys.argv[2])
kmedoids.fasterpam(distances[:200, :200].copy(), 3, random_state=0)
found = {}
for k in map(int, sys.argv[3:]):
    found[k] = []
    for seed in range(rounds):
        begin = time.perf_counter()
        done = kmedoids.fasterpam(distances, k, random_state=seed)
        found[k].append((time.perf_counter() - begin, float(done.loss)))
print(json.dumps(found))
"""


def make_films(films: int, seed: int = 0) -> NDArray[np.float32]:
    """(films, COLUMNS): 300 kinds, each like one of 30 but for a few tags; some films deviate."""
    random = np.random.default_rng(seed)
    sizes = np.full(61, 9)
    sizes[:16] += 1
    parents = np.column_stack([random.integers(0, size, 30) for size in sizes])
    kinds = parents[random.integers(0, 30, 300)]
    changed = random.random(kinds.shape) < 0.2
    kinds[changed] = random.integers(0, 9, changed.sum())
    values = kinds[random.choice(300, films, p=random.dirichlet(np.full(300, 0.5)))]
    changed = random.random(values.shape) < 0.04
    values[changed] = random.integers(0, 9, changed.sum())
    found = np.zeros((films, COLUMNS), np.float32)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    for tag, start in enumerate(starts):
        found[np.arange(films), start + values[:, tag]] = 1
    numbers = random.random((films, 20)).astype(np.float32)
    found[:, -20:] *= numbers
    return found


def openi_films(films: int) -> NDArray[np.float32]:
    """Headers of real radiographs: numbers scaled, other tags of up to 60 values one-hot."""
    with zipfile.ZipFile(openi.wheel()) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(_HEADERS))
        text = gzip.decompress(archive.read(name)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    blocks = []
    for tag in rows[0]:
        known, places = np.unique([row[tag] for row in rows], return_inverse=True)
        if len(known) < 2 or len(known) > 400:
            continue
        try:
            numbers = np.array([float(value or "nan") for value in known])
        except ValueError:
            if len(known) <= 60:
                blocks.append(np.eye(len(known), dtype=np.float32)[places])
            continue
        scaled = (numbers - np.nanmin(numbers)) / (np.nanmax(numbers) - np.nanmin(numbers) or 1)
        blocks.append(np.nan_to_num(scaled).astype(np.float32)[places, None])
    found = np.hstack(blocks)
    return found[np.random.default_rng(0).permutation(len(found))[:films]]


def run_peer(distances: NDArray[np.float32], rounds: int) -> dict[int, list[tuple[float, float]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "distances.npy"
        np.save(path, distances)
        command = [str(peer_python("k-medoids")), "-c", PEER, str(path), str(rounds)]
        done = subprocess.run(
            [*command, *map(str, KS)], check=True, stdout=subprocess.PIPE, text=True
        )
    found: dict[int, list[tuple[float, float]]] = {
        int(k): rows for k, rows in json.loads(done.stdout).items()
    }
    return found


def run_own(distances: NDArray[np.float32], rounds: int) -> dict[int, list[tuple[float, float]]]:
    faster_pam(distances[:200, :200], 3)  # compiled, or loaded from where that was kept
    found: dict[int, list[tuple[float, float]]] = {}
    for k in KS:
        for seed in range(rounds):
            begin = time.perf_counter()
            loss = faster_pam(distances, k, seed=seed).loss
            found.setdefault(k, []).append((time.perf_counter() - begin, loss))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--openi", action="store_true")
    options = parser.parse_args()
    films = openi_films(options.films) if options.openi else make_films(options.films)
    points = as_points(films, "manhattan")
    pairwise(as_points(films[:100], "manhattan"))
    begin = time.perf_counter()
    distances = pairwise(points)
    print(f"{films.shape[0]:,} x {films.shape[1]}: distances {time.perf_counter() - begin:.2f} s")
    own, peer = run_own(distances, options.rounds), run_peer(distances, options.rounds)
    kept = True
    for k in KS:
        seconds, losses = zip(*own[k], strict=True)
        peer_seconds, peer_losses = zip(*peer[k], strict=True)
        slower = median(seconds) / median(peer_seconds)
        worse = mean(losses) / mean(peer_losses)
        print(
            f"K = {k:3}: plainfilm {median(seconds):.3f} s, loss {mean(losses):,.2f}"
            f" ({min(losses):,.2f} to {max(losses):,.2f}); kmedoids {median(peer_seconds):.3f} s,"
            f" loss {mean(peer_losses):,.2f} ({min(peer_losses):,.2f} to {max(peer_losses):,.2f});"
            f" ratio of times {slower:.2f}, of losses {worse:.5f}"
        )
        kept = kept and slower <= MOST_TIME and worse <= MOST_LOSS
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
