"""Claim: intervals of every figure from 10,000 resamples of 3,000 reports x 14 labels in seconds.

    python benchmarks/bootstrap.py [--reports 3000] [--resamples 10000]

Random labels, every report different, which is the slowest case. The peer is scikit-learn's
`precision_recall_fscore_support` on rows drawn with replacement, in its own environment
(`benchmarks/peers/bootstrap-scikit-learn.txt`); it is timed on few resamples. First the figures of
both on the reports themselves must agree, per label, micro and macro. The claim holds when a
resample takes at most a hundredth of the peer's time; the exit code says so.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from peers import peer_python
from plainfilm.evaluate import NOT_MENTIONED, TASKS, Bootstrap, TaskAgreement, label_agreement

LABELS = 14
LEAST_RATIO = 100
MEASURES = ("precision", "recall", "f1")

# Reads a file of arrays and the number of resamples; prints the figures on all reports, per task
# (labels, then micro, then macro), and the seconds that a resample took.
PEER = """
import json, sys, time, numpy as np
from sklearn.metrics import precision_recall_fscore_support as score
data = np.load(sys.argv[1])
tasks = json.loads(sys.argv[3])
def figures(rows):
    all_tasks = []
    for values in tasks:
        true = np.isin(data["truth"][rows], values)
        said = np.isin(data["predicted"][rows], values)
        def of(average):
            found = score(true, said, average=average, zero_division=np.nan)[:3]
            return np.array(found).reshape(3, -1)
        all_tasks.append(np.hstack([of(average) for average in (None, "micro", "macro")]).tolist())
    return all_tasks
random = np.random.default_rng(1)
size = len(data["truth"])
whole = figures(np.arange(size))
begin = time.perf_counter()
for _ in range(int(sys.argv[2])):
    figures(random.integers(0, size, size))
print(json.dumps([whole, (time.perf_counter() - begin) / int(sys.argv[2])]))
"""


def make_labels(reports: int) -> dict[str, np.ndarray]:
    """Labels as frequent as in MIMIC-CXR, and predictions of which nine in ten are right."""
    random = np.random.default_rng(20)
    values = np.array([1, 0, -1, NOT_MENTIONED], np.int8)
    truth = random.choice(values, (reports, LABELS), p=[0.12, 0.1, 0.03, 0.75])
    guess = random.choice(values, truth.shape)
    return {"truth": truth, "predicted": np.where(random.random(truth.shape) < 0.9, truth, guess)}


def score_with_peer(data: dict[str, np.ndarray], resamples: int) -> tuple[np.ndarray, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.npz"
        np.savez(path, **data)  # type: ignore[arg-type]
        command = [str(peer_python("bootstrap-scikit-learn")), "-W", "ignore", "-c", PEER]
        command += [str(path), str(resamples), json.dumps(list(TASKS.values()))]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures, seconds = json.loads(done.stdout)
    return np.array(figures, np.float64), seconds


def figures_of(agreements: tuple[TaskAgreement, ...]) -> np.ndarray:
    """(tasks, measures, labels + 2)"""
    return np.array(
        [
            [
                [getattr(one, measure).value for one in (*each.labels, each.micro, each.macro)]
                for measure in MEASURES
            ]
            for each in agreements
        ],
        np.float64,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reports", type=int, default=3_000)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--peer-resamples", type=int, default=20)
    options = parser.parse_args()
    data = make_labels(options.reports)
    expected, peer_seconds = score_with_peer(data, options.peer_resamples)
    names = [f"label {place}" for place in range(LABELS)]
    begin = time.perf_counter()
    agreements = label_agreement(
        data["predicted"], data["truth"], names, bootstrap=Bootstrap(options.resamples)
    )
    total = time.perf_counter() - begin
    seconds = total / options.resamples
    np.testing.assert_allclose(figures_of(agreements), expected, rtol=1e-12)
    ratio = peer_seconds / seconds
    print(
        f"{options.reports:,} reports x {LABELS} labels x {len(TASKS)} tasks, the same figures\n"
        f"scikit-learn {peer_seconds * 1000:8.2f} ms a resample\n"
        f"plainfilm    {seconds * 1000:8.2f} ms a resample, {total:.1f} s for"
        f" {options.resamples:,}\n"
        f"ratio {ratio:.0f}, at least {LEAST_RATIO} claimed"
    )
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
