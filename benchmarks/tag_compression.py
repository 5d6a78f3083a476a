"""Claim: clusters by an autoencoder's few numbers tell as much of tags as those by all columns.

    python benchmarks/tag_compression.py [--seeds N]

7,469 real headers of OpenI (wheel torchxrayvision 1.5.7). ViewPosition, BodyPartExamined and
PatientOrientation are no features. Each autoencoder is found by the small search, stored as ONNX,
and run by ONNX Runtime; K-medoids by Manhattan distance, over the published numbers of clusters.
Claimed: over these, no significant difference (p > 0.05, two-tailed) between original and
autoencoder, for homogeneity and both normalised mutual informations, by ViewPosition and by
BodyPartExamined, with a tenth of the columns and with 56 numbers. Homogeneity by ViewPosition at
K = 30 is reported.

Peers: no compression; truncated SVD of as many numbers; and the autoencoder as published, whose
loss leaves distances free (`--distances 0`, one shape).
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from plainfilm.clusters import (
    Compression,
    Encoded,
    Features,
    FeatureSettings,
    TagTable,
    TruncatedSvd,
    build_features,
    judge_by_k,
)
from plainfilm.clusters.training import Notes, Plan, train_tags, write_model
from plainfilm.evaluate import PAPER_KS, ClusterEvaluation
from suspicious_tags import headers

BY: Final = ("ViewPosition", "BodyPartExamined")
MEASURES: Final = ("homogeneity", "nmi_paper", "nmi_arithmetic")
SETTINGS: Final = FeatureSettings(leave_out=("PatientOrientation",))
REPORTED_K: Final = 30
_PUBLISHED_SIZE: Final = 56


def trained(features: Features, plan: Plan, folder: Path) -> Encoded:
    """An autoencoder, written down and read again."""
    began = time.perf_counter()
    found = train_tags(features, plan, lambda _what, _done, _of: None)
    write_model(folder, folder.name, "1", found, features, plan, Notes())
    print(
        f"\n{folder.name}: {found.shape.bottleneck} numbers, layers {found.shape.layers}, learning"
        f" rate {found.shape.learning_rate:g}; mean squared error {found.error:.5f} (columns' means"
        f" {found.column_means_error:.5f}), distances off by {found.distance_error:.3f};"
        f" {time.perf_counter() - began:.0f} s"
    )
    return Encoded.by(folder)


def judged(table: TagTable, compression: Compression) -> ClusterEvaluation:
    return judge_by_k(table, PAPER_KS, by=BY, settings=SETTINGS, compression=compression)


def told(name: str, found: ClusterEvaluation) -> bool:
    """Print the comparisons; whether none is significant."""
    print(f"{name:28} mean over K: original, compressed, p; * differs")
    for by in BY:
        for measure in MEASURES:
            pair = found.comparisons[by, measure, "original", "compressed"]
            print(
                f"  {by:18}{measure:18}{pair.first[0]:8.3f}{pair.second[0]:8.3f}{pair.p:8.3f}"
                f" {pair.test}{' *' if pair.different else ''}"
            )
    at = {
        data: found.scores[data, "ViewPosition", REPORTED_K].homogeneity
        for data in ("original", "compressed")
    }
    print(f"  homogeneity by ViewPosition at K = {REPORTED_K}: {at}")
    return not any(
        found.comparisons[by, measure, "original", "compressed"].different
        for by in BY
        for measure in MEASURES
    )


def round_of(
    table: TagTable, features: Features, sizes: Sequence[int], seed: int, folder: Path
) -> bool:
    reached = True
    for size in sizes:
        plans = {
            f"autoencoder-{size}-seed-{seed}": Plan(bottleneck=size, seed=seed),
            f"published-{size}-seed-{seed}": Plan(
                bottleneck=size, seed=seed, tried=1, distances=0.0
            ),
        }
        for name, plan in plans.items():
            same = told(name, judged(table, trained(features, plan, folder / name)))
            reached = reached and (same or name.startswith("published"))
    return reached


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    table = headers()
    features = build_features(table, FeatureSettings(leave_out=(*BY, *SETTINGS.leave_out)))
    columns = len(features.columns)
    sizes = (Plan().size(columns), _PUBLISHED_SIZE)
    print(f"{len(table):,} headers, {columns} columns")
    for size in sizes:
        svd = judged(table, TruncatedSvd(kept=size / columns))
        told(f"truncated SVD, {size} numbers", svd)
    with tempfile.TemporaryDirectory() as folder:
        rounds = [
            round_of(table, features, sizes, seed, Path(folder)) for seed in range(given.seeds)
        ]
    return 0 if all(rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
