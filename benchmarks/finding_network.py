"""Claim: a network of findings costs at most a tenth more than ONNX Runtime called bare.

    python benchmarks/finding_network.py [--rounds 12] [--seconds 1.0] [--model NAME|PATH]

Both run in this process, with one thread, as the workers of `findings` do, and in turn. Ours is
`FindingNetwork.run` with maps, as `findings` calls it, batches split. The peer is
`InferenceSession.run` on the same file with the same options, on arrays that are ready. For each
size of batch, the median over rounds of the ratio of seconds a film; the claim holds when the worst
of them is at most 1.1.
"""

import argparse
import sys
from functools import partial

import numpy as np

from network import MOST_RATIO, bare_session, measure
from plainfilm.models import DEFAULT_CHEST, FindingNetwork, find_finding_model

BATCHES = (1, 2, 4, 16)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one side in one round")
    parser.add_argument("--model", default=DEFAULT_CHEST)
    options = parser.parse_args()
    model = find_finding_model(options.model)
    side = model.card.side
    films = np.random.default_rng(1).random((max(BATCHES), 1, side, side), dtype=np.float32)
    network, session = FindingNetwork(model), bare_session(model.network)
    outputs = ["probabilities", *(["maps"] if model.card.has_maps else [])]
    np.testing.assert_allclose(
        network.run(films[:4], maps=True).probabilities,
        session.run(outputs, {"films": films[:4]})[0],
        atol=1e-5,
    )
    worst = max(
        measure(
            partial(network.run, films[:size], maps=True),
            partial(session.run, outputs, {"films": films[:size]}),
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
