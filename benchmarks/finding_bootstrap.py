"""Claim: AUROC, sensitivity, specificity and F1 of 2,078 films from 10,000 resamples in 2 s.

    python benchmarks/finding_bootstrap.py [--films 2078] [--resamples 10000] [--rounds 3]

Random probabilities of one finding, no two alike. The peer is scikit-learn on rows drawn with
replacement, as papers do it, in its own environment
(`benchmarks/peers/bootstrap-scikit-learn.txt`), timed on few resamples. First the figures of both
on the films themselves must agree to 1e-9. The claim holds when the best round takes at most 2 s;
the exit code says so.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from peers import peer_python
from plainfilm.evaluate import Bootstrap, FindingScore, score_findings

MOST_SECONDS = 2.0
PEER_RESAMPLES = 100
THRESHOLD = 0.5

# Reads a file of arrays and the number of resamples; prints the figures on all films, and the
# seconds that a resample took.
PEER = """
import json, sys, time
import numpy as np
from sklearn.metrics import f1_score, recall_score, roc_auc_score

arrays = np.load(sys.argv[1])
truth, score, threshold = arrays["truth"], arrays["score"], float(arrays["threshold"])

def figures(truth, score):
    called = score >= threshold
    return [roc_auc_score(truth, score), recall_score(truth, called),
            recall_score(truth, called, pos_label=0), f1_score(truth, called)]

random = np.random.default_rng(0)
found, count = figures(truth, score), int(sys.argv[2])
start = time.perf_counter()
for _ in range(count):
    rows = random.integers(0, len(truth), len(truth))
    figures(truth[rows], score[rows])
print(json.dumps({"figures": found, "seconds": (time.perf_counter() - start) / count}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=2_078)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    truth = (random.random((options.films, 1)) < 0.5).astype(np.int8)
    score = random.beta(2 + 2 * truth, 4 - 2 * truth)
    peer = run_peer(truth, score)
    seconds = []
    for _ in range(options.rounds):
        start = time.perf_counter()
        found = score_findings(
            truth, score, ("abnormal",),
            thresholds=THRESHOLD, bootstrap=Bootstrap(options.resamples),
        )  # fmt: skip
        seconds.append(time.perf_counter() - start)
    check(found.findings[0], peer["figures"])
    ratio = peer["seconds"] * options.resamples / min(seconds)
    print(f"rounds: {', '.join(f'{each:.2f}' for each in seconds)} s")
    print(f"scikit-learn: {1000 * peer['seconds']:.2f} ms a resample, {ratio:.0f} x")
    held = min(seconds) <= MOST_SECONDS
    print(f"{options.resamples:,} resamples of {options.films:,} films in {min(seconds):.2f} s:"
          f" {'holds' if held else 'DOES NOT HOLD'}")  # fmt: skip
    return 0 if held else 1


def run_peer(truth: np.ndarray, score: np.ndarray) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / "arrays.npz"
        np.savez(arrays, truth=truth[:, 0], score=score[:, 0], threshold=THRESHOLD)
        command = [str(peer_python("bootstrap-scikit-learn")), "-c", PEER, str(arrays)]
        ran = subprocess.run(
            [*command, str(PEER_RESAMPLES)], check=True, capture_output=True, text=True
        )
    return json.loads(ran.stdout)


def check(score: FindingScore, expected: list[float]) -> None:
    own = [score.auroc.value, score.sensitivity.value, score.specificity.value, score.f1.value]
    np.testing.assert_allclose(np.array(own, np.float64), expected, atol=1e-9)


if __name__ == "__main__":
    sys.exit(main())
