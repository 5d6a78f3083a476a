"""Claim: a training step of DenseNet-121 (batch 32, 224 px) takes at most 1.05 of a plain loop's.

    python benchmarks/chest_training.py [--steps N] [--batch N] [--threads N]

The plain loop is MONAI's. Both train its DenseNet-121 on the same films with AdamW and binary
cross-entropy, in turns, a step each, so that whatever else the machine does meets both. The plain
loop is that of MONAI's tutorials: forward, loss, backward, step; films lie in memory, are flipped
at random, and nothing else is done to them. Ours is the training of `train chest`, with averaged
weights, clipping, and the changes of films that it makes. The claim holds, and the exit code is 0,
with a ratio of the medians of at most 1.05.
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import torch
from monai.networks.nets import DenseNet121
from monai.transforms import RandFlip

from plainfilm.findings.training.classifier_learning import learn
from plainfilm.findings.training.classifier_plan import ClassifierPlan

LABELS, SIDE = 14, 224


def main() -> None:
    parser = argparse.ArgumentParser(description="A training step against a plain MONAI loop.")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    random = np.random.default_rng(0)
    films = random.integers(0, 255, (64, SIDE * 9 // 8, SIDE * 9 // 8)).astype(np.uint8)
    labels = random.integers(0, 2, (64, LABELS)).astype(np.float32)
    peer = plain_loop(films[:, :SIDE, :SIDE], labels, arguments.batch)
    ours = our_steps(films, labels, arguments.batch, arguments.steps + 1)
    next(peer), next(ours)  # the first step of either prepares what the others use
    times: list[list[float]] = [[], []]
    for _ in range(arguments.steps):
        for place, steps in enumerate((ours, peer)):
            start = time.perf_counter()
            next(steps)
            times[place].append(time.perf_counter() - start)
            print(f"{('ours', 'plain')[place]} {times[place][-1]:.2f} s", flush=True)
    medians = [statistics.median(each) for each in times]
    ratio = medians[0] / medians[1]
    print(f"ours {medians[0]:.2f} s, plain MONAI loop {medians[1]:.2f} s a step: ratio {ratio:.2f}")
    sys.exit(not ratio <= 1.05)


def plain_loop(films: np.ndarray, labels: np.ndarray, batch: int) -> Iterator[None]:
    torch.manual_seed(0)
    network = DenseNet121(spatial_dims=2, in_channels=1, out_channels=LABELS)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-4)
    loss_of = torch.nn.BCEWithLogitsLoss()
    flip = RandFlip(prob=0.5, spatial_axis=1)
    random = np.random.default_rng(0)
    network.train()
    while True:
        drawn = random.choice(len(films), batch)
        seen = [flip(torch.from_numpy(films[number]).float()[None] / 255) for number in drawn]
        optimizer.zero_grad()
        loss = loss_of(network(torch.stack(seen).float()), torch.from_numpy(labels[drawn]))
        loss.backward()
        optimizer.step()
        yield


def our_steps(films: np.ndarray, labels: np.ndarray, batch: int, steps: int) -> Iterator[None]:
    """Lets the training loop, in a thread of its own, do one step at a time."""
    go, done = threading.Semaphore(0), threading.Semaphore(0)
    plan = ClassifierPlan(batch=batch).shortened(steps)

    def progress(_step: int, _loss: float) -> None:
        done.release()
        go.acquire()

    def train() -> None:
        go.acquire()
        learn(films, labels, np.arange(len(films)), plan, progress)

    threading.Thread(target=train, daemon=True).start()
    while True:
        go.release()
        done.acquire()
        yield


if __name__ == "__main__":
    main()
