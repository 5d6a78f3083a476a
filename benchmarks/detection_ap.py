"""Claim: pycocotools' and torchmetrics' average precision to 1e-6, ten times as fast.

    python benchmarks/detection_ap.py [--films 2000] [--labels 7] [--rounds 3]

Random boxes with many ties (`random_boxes.py`), seven labels. Compared are AP, AP@0.5, AP@0.75, AP
by size, recalls, and AP@0.5:0.95 of each label. The peer is torchmetrics' MeanAveragePrecision with
its default back end, in its own environment (`benchmarks/peers/detection-torchmetrics.txt`); its
time is that of `update` and `compute` with tensors at hand. Ours is that of the same figures from
columns of numbers, the strings of films and labels included. torchmetrics' thresholds are in single
precision by default, which moves precisions where a recall is met exactly; it is given COCO's.
The claim holds when all figures agree and the ratio of the best rounds is at least 10.
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
from plainfilm.evaluate import ImageBoxes, pair_boxes, score_detections
from random_boxes import coco_eval, random_boxes

LEAST_RATIO = 10
CLOSE = 1e-6
FIGURES = {
    "map": "coco_ap",
    "map_50": "ap",
    "map_75": "coco_ap75",
    "map_small": "coco_ap_small",
    "map_medium": "coco_ap_medium",
    "map_large": "coco_ap_large",
    "mar_1": "recall_1",
    "mar_10": "recall_10",
    "mar_100": "recall_100",
}
COCO_PLACES = ("map", "map_50", "map_75", "map_small", "map_medium", "map_large",
               "mar_1", "mar_10", "mar_100")  # fmt: skip

# Reads arrays of boxes and the number of rounds; prints the figures and the seconds of each round.
PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, torch
from torchmetrics.detection import MeanAveragePrecision

torch.set_default_dtype(torch.float64)
arrays = np.load(sys.argv[1])

def films(kind, scores):
    order = np.argsort(arrays[kind + "_image"], kind="stable")
    ends = np.searchsorted(arrays[kind + "_image"][order], np.arange(int(arrays["films"]) + 1))
    found = []
    for start, end in zip(ends[:-1], ends[1:]):
        rows = order[start:end]
        each = {"boxes": torch.tensor(arrays[kind + "_corners"][rows]),
                "labels": torch.tensor(arrays[kind + "_label"][rows])}
        if scores:
            each["scores"] = torch.tensor(arrays["said_score"][rows])
        found.append(each)
    return found

said, true = films("said", True), films("true", False)
seconds = []
for _ in range(int(sys.argv[2])):
    metric = MeanAveragePrecision(
        class_metrics=True, iou_thresholds=np.linspace(0.5, 0.95, 10).tolist(),
        rec_thresholds=np.linspace(0, 1, 101).tolist())
    start = time.perf_counter()
    metric.update(said, true)
    found = metric.compute()
    seconds.append(time.perf_counter() - start)
figures = {key: value.tolist() for key, value in found.items()}
print(json.dumps({"seconds": seconds, "figures": figures}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=2_000)
    parser.add_argument("--labels", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    predicted, truth = random_boxes(0, options.films, options.labels)
    print(f"{options.films:,} films, {len(truth):,} true and {len(predicted):,} predicted boxes")
    seconds = []
    for _ in range(options.rounds):
        start = time.perf_counter()
        scores = score_detections({"own": pair_boxes(predicted, truth)}, sizes=True)["own"]
        seconds.append(time.perf_counter() - start)
    own = {name: scores.mean.figures[figure].value for name, figure in FIGURES.items()}
    classes = [each.figures["coco_ap"].value for each in scores.labels]
    peer = run_peer(predicted, truth, options.films, options.rounds)
    coco = coco_eval(predicted, truth, films=options.films, labels=options.labels).stats
    gaps = {
        "torchmetrics": largest_gap(own, peer["figures"]),
        "torchmetrics, each label": float(
            np.abs(np.array(classes, np.float64) - peer["figures"]["map_per_class"]).max()
        ),
        "pycocotools": largest_gap(own, dict(zip(COCO_PLACES, coco, strict=False))),
    }
    for name, gap in gaps.items():
        print(f"largest difference to {name}: {gap:.1e}")
    ratio = min(peer["seconds"]) / min(seconds)
    print(f"own {min(seconds):.3f} s, torchmetrics {min(peer['seconds']):.2f} s, {ratio:.0f} x")
    held = ratio >= LEAST_RATIO and max(gaps.values()) <= CLOSE
    print("the claim holds" if held else "THE CLAIM DOES NOT HOLD")
    return 0 if held else 1


def largest_gap(own: dict[str, float | None], other: dict[str, float]) -> float:
    return max(abs((-1 if value is None else value) - other[name]) for name, value in own.items())


def run_peer(predicted: ImageBoxes, truth: ImageBoxes, films: int, rounds: int) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boxes.npz"
        arrays: dict[str, Any] = {"films": films, "said_score": predicted.score}
        for kind, boxes in (("said", predicted), ("true", truth)):
            arrays[f"{kind}_image"] = boxes.image_id.astype(int)
            arrays[f"{kind}_label"] = boxes.label.astype(int)
            arrays[f"{kind}_corners"] = boxes.corners
        np.savez(path, **arrays)
        command = [str(peer_python("detection-torchmetrics")), "-c", PEER, str(path), str(rounds)]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(ran.stdout)


if __name__ == "__main__":
    sys.exit(main())
