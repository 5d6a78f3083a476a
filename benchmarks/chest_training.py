"""Claim: a training step of DenseNet-121 (batch 32, 224 px) takes at most 1.05 of a plain loop's.

    python benchmarks/chest_training.py [--steps N] [--batch N] [--threads N]

The plain loop is MONAI's: its DenseNet-121, AdamW, binary cross-entropy on logits; forward, loss,
backward, step. Ours is the training of `train chest`: the same network (of three colours, as
ImageNet's weights want it), optimiser and loss on the same films, and beside that dropout,
clipping, averaged weights, and all the changes of films that it makes. What would cost the plain
loop time and ours not is left out of it: films lie in memory as plain tensors, without MONAI's
metadata, and are flipped at random only.

What makes ours faster is the order in memory (channels last), one line that the plain loop does not
have; so a third loop is timed, the plain one with that line.

The loops take turns in one thread, a step each, so that whatever else the machine does meets all.
The claim holds, and the exit code is 0, where the median over turns of our time to the plain loop's
is at most 1.05. Its range is printed, and the same of processor time.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator

import numpy as np
import torch
from monai.networks.nets import DenseNet121
from monai.transforms import RandFlip

from plainfilm.findings.training.classifier_learning import learn
from plainfilm.findings.training.classifier_plan import ClassifierPlan

Times = tuple[float, float]

LABELS, SIDE = 14, 224
OURS, PLAIN, CHANNELS_LAST = "ours", "plain MONAI loop", "plain, channels last"


def main() -> None:
    parser = argparse.ArgumentParser(description="A training step against a plain MONAI loop.")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    random = np.random.default_rng(0)
    films = random.integers(0, 255, (64, SIDE * 9 // 8, SIDE * 9 // 8)).astype(np.uint8)
    labels = random.integers(0, 2, (64, LABELS)).astype(np.float32)
    seen = films[:, :SIDE, :SIDE]
    turns = Turns(
        {
            PLAIN: plain_loop(seen, labels, arguments.batch, torch.contiguous_format),
            CHANNELS_LAST: plain_loop(seen, labels, arguments.batch, torch.channels_last),
        }
    )
    plan = ClassifierPlan(batch=arguments.batch).shortened(arguments.steps + 1)
    learn(films, labels, np.arange(len(films)), plan, turns)
    ratios = [report(turns.times, peer) for peer in (PLAIN, CHANNELS_LAST)]
    sys.exit(not ratios[0] <= 1.05)


class Turns:
    """What our training calls after each of its steps: lets every other loop do one, too."""

    def __init__(self, peers: dict[str, Iterator[None]]) -> None:
        self.peers = peers
        self.times: dict[str, list[Times]] = {name: [] for name in (OURS, *peers)}
        self.start = now()

    def __call__(self, step: int, _loss: float) -> None:
        took = {OURS: since(self.start)}
        for name, steps in self.peers.items():
            start = now()
            next(steps)
            took[name] = since(start)
        if step:  # the first step prepares what the others use
            for name, times in took.items():
                self.times[name].append(times)
            print(", ".join(f"{name} {took[name][0]:.2f} s" for name in took), flush=True)
        self.start = now()


def now() -> Times:
    return time.perf_counter(), time.process_time()


def since(start: Times) -> Times:
    """Seconds that passed, and seconds of processors."""
    passed, worked = now()
    return passed - start[0], worked - start[1]


def report(times: dict[str, list[Times]], peer: str) -> float:
    """Print how ours compares with a peer; returns the median ratio of the time that passed."""
    medians = []
    for place, what in enumerate(("time", "processor time")):
        ours, theirs = ([each[place] for each in times[name]] for name in (OURS, peer))
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        medians.append(statistics.median(ratios))
        print(
            f"{what} of a step: ours {statistics.median(ours):.2f} s, {peer}"
            f" {statistics.median(theirs):.2f} s: ratio {medians[-1]:.3f}"
            f" ({min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} turns)"
        )
    return medians[0]


def plain_loop(
    films: np.ndarray, labels: np.ndarray, batch: int, order: torch.memory_format
) -> Iterator[None]:
    torch.manual_seed(0)
    network = DenseNet121(spatial_dims=2, in_channels=1, out_channels=LABELS)
    network.to(memory_format=order)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-4)
    loss_of = torch.nn.BCEWithLogitsLoss()
    flip = RandFlip(prob=0.5, spatial_axis=1)
    random = np.random.default_rng(0)
    network.train()
    while True:
        drawn = random.choice(len(films), batch)
        seen = torch.stack(
            [flip(torch.from_numpy(films[n]).float()[None] / 255).as_tensor() for n in drawn]
        )
        optimizer.zero_grad()
        said = network(seen.contiguous(memory_format=order))
        loss_of(said, torch.from_numpy(labels[drawn])).backward()
        optimizer.step()
        yield


if __name__ == "__main__":
    main()
