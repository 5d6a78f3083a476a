"""Claim: 1,000,000 films of 56 columns are clustered on two cores in 60 seconds and 2 GiB.

    python benchmarks/k_medoids_large.py [--films 1000000] [--k 15]

The time is of `k_medoids` alone, its compiled loops loaded; the memory is the whole process's peak,
the films themselves in it. A tenth of the films are clustered first: ten times as many take at most
eleven times as long. The peer is scikit-learn's MiniBatchKMeans with its own defaults, which has
neither medoids nor the Manhattan distance: only its time is compared.
"""

import argparse
import os
import resource
import sys
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from plainfilm.clusters import k_medoids

COLUMNS: Final = 56
MOST_SECONDS: Final = 60
MOST_GIB: Final = 2
MOST_GROWTH: Final = 11
_PART: Final = 100_000


def make_films(films: int) -> NDArray[np.float32]:
    """200 kinds of film, each spread around a centre of its own."""
    random = np.random.default_rng(0)
    centres = random.random((200, COLUMNS), np.float32)
    found = np.empty((films, COLUMNS), np.float32)
    for start in range(0, films, _PART):
        part = found[start : start + _PART]
        part[:] = centres[random.integers(0, 200, len(part))]
        part += 0.1 * random.standard_normal(part.shape, np.float32)
    return found.clip(0, 1, out=found)


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--films", type=int, default=1_000_000)
    parser.add_argument("--k", type=int, default=15)
    options = parser.parse_args()
    films = make_films(options.films)
    before = peak_gib()
    k_medoids(films[:300], 3)
    k_medoids(films[:300], 3, exact_up_to=100, sample=100)
    seconds = []
    for count in (options.films // 10, options.films):
        begin = time.perf_counter()
        found = k_medoids(films[:count], options.k)
        seconds.append(time.perf_counter() - begin)
        print(
            f"{count:,} x {COLUMNS}, K = {options.k}: {seconds[-1]:.2f} s, loss {found.loss:,.0f}"
        )
    peak = peak_gib()
    begin = time.perf_counter()
    MiniBatchKMeans(options.k, random_state=0).fit_predict(films)
    peer_seconds = time.perf_counter() - begin
    growth = seconds[1] / seconds[0]
    print(
        f"{len(os.sched_getaffinity(0))} cores; growth {growth:.1f}; peak {peak:.2f} GiB, of it"
        f" {before:.2f} with the films made\n"
        f"MiniBatchKMeans {peer_seconds:.2f} s, ratio {seconds[1] / peer_seconds:.1f}"
    )
    kept = seconds[1] <= MOST_SECONDS and peak <= MOST_GIB and growth <= MOST_GROWTH
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
