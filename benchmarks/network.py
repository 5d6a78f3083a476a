"""Claim: the network costs at most a tenth more than ONNX Runtime called bare on ready batches.

    python benchmarks/network.py [--rounds 12] [--seconds 1.0] [--model NAME|PATH]

Both run in this process, with one thread, as the workers of `classify` do, and in turn. Ours is
`Network`: it checks the file, splits batches, applies temperatures, leaves out uncovered classes
and gives probabilities. The peer is `InferenceSession.run` on the same file with the same options,
on arrays that are ready, and its logits are thrown away. For each size of batch, the median over
rounds of the ratio of seconds a film; the claim holds when the worst of them is at most 1.1.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime

from plainfilm.models import Network, find_model

BATCHES = (1, 4, 16, 64)
HEADS = ["category", "turn", "mirrored", "inverted", "collage"]
MOST_RATIO = 1.1


def bare_session(network: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def seconds_a_film(run: Callable[[], object], films: int, seconds: float) -> float:
    """Run for at least so many seconds."""
    begin = time.perf_counter()
    calls = 0
    while (spent := time.perf_counter() - begin) < seconds or not calls:
        run()
        calls += 1
    return spent / (calls * films)


def measure(
    run_ours: Callable[[], object],
    run_bare: Callable[[], object],
    films: int,
    rounds: int,
    seconds: float,
) -> float:
    """The median over rounds of the ratio of seconds a film."""
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(seconds_a_film(run_ours, films, seconds))
        bare.append(seconds_a_film(run_bare, films, seconds))
    ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
    print(
        f"batch {films:3}: plainfilm {statistics.median(ours) * 1000:6.2f} ms a film   "
        f"bare {statistics.median(bare) * 1000:6.2f} ms   ratio {ratio:.3f}"
    )
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one side in one round")
    parser.add_argument("--model")
    options = parser.parse_args()
    model = find_model(options.model)
    side = model.card.side
    films = np.random.default_rng(1).integers(0, 256, (max(BATCHES), side, side), dtype=np.uint8)
    network, session = Network(model), bare_session(model.network)
    np.testing.assert_array_equal(network(films[:4]).turn.argmax(1), session.run(
        ["turn"], {"film": films[:4]})[0].argmax(1))  # fmt: skip
    worst = max(
        measure(
            partial(network, films[:size]),
            partial(session.run, HEADS, {"film": films[:size]}),
            size,
            options.rounds,
            options.seconds,
        )
        for size in BATCHES
    )
    print(f"worst ratio {worst:.3f}, at most {MOST_RATIO} claimed")
    return 0 if worst <= MOST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
