"""Claim: a short training on a processor finds planted lesions, and fusion does not find fewer.

    python benchmarks/planted_lesions.py [--detector NAME] [--steps N] [--keep DIR]

`train detector` by its preset `short` learns from 400 films of test data, spine-like drawings with
planted lesions of seven kinds (`spine_like_films`; they show no one). It is measured on 100 others.
A classifier, `train spine --preset short`, learns from the same films whether there is a lesion;
both are joined as VinDr-SpineXR joins them. The peer is the same detector untrained, which finds
nothing: what is reached is learnt. What it says of patients is nothing.

A detector that finds all leaves nothing to a fusion. So the table that the paper prints, detector
only against whole framework, class by class with 95 % intervals, is printed of earlier steps of the
same training as well, when the detector still errs.

The claim holds, and the exit code is 0, with a training of the detector of at most 10 minutes on
one core, mAP@0.5 of at least 0.5, and a mAP@0.5 of detector and classifier together that is not
below the detector's alone. How well each tells abnormal films from normal ones is told beside it.
With --detector, another one learns by the same plan at rates of its own, in a small form without
weights; no figure is claimed of it, and the exit code says whether it learnt anything.
"""

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from plainfilm.evaluate.boxes import BoxPair, CodedBoxes
from plainfilm.evaluate.detection_scores import score_detections
from plainfilm.evaluate.detection_tables import detector_grid, difference_grid
from plainfilm.evaluate.intervals import Bootstrap
from plainfilm.evaluate.roc import roc_auc, youden_threshold
from plainfilm.evaluate.tables import to_markdown
from plainfilm.findings import fuse, fused_probability
from plainfilm.findings.training.chest_data import FindingFilm, labels_of, load_squares
from plainfilm.findings.training.classifier import Classifier
from plainfilm.findings.training.classifier_learning import said_of
from plainfilm.findings.training.classifier_plan import PRESETS
from plainfilm.findings.training.classifier_run import train_classifier
from plainfilm.findings.training.detection_data import BoxedFilms
from plainfilm.findings.training.detector_run import (
    DETECTOR_PRESETS,
    DetectorPlan,
    train_detector,
)
from plainfilm.findings.training.detector_score import said_of as boxes_of
from plainfilm.findings.training.detectors import make_detector
from plainfilm.findings.training.film_store import store_films
from plainfilm.findings.training.read_boxed_films import read_boxed_films
from plainfilm.findings.training.spine_data import abnormality_table
from plainfilm.findings.training.spine_like_folder import write_spine_like_films
from plainfilm.models.training import read_checkpoint

MOST_SECONDS = 600.0
LEAST_MAP = 0.5
STEPS = 150  # of the classifier
BOOTSTRAPS = 1000
EARLIER = (50, 100, 150)  # steps after which the detector is measured, too
SHORT = DETECTOR_PRESETS["short"]
_RT = {
    "d_model": 96,
    "encoder_hidden_dim": 96,
    "encoder_ffn_dim": 192,
    "decoder_in_channels": [96, 96, 96],
    "decoder_ffn_dim": 192,
    "decoder_layers": 3,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "num_queries": 50,
    "num_denoising": 20,
}


def _plans() -> dict[str, DetectorPlan]:
    """Detector → its plan: the preset, and small forms of others that a processor can train."""
    from transformers import RTDetrResNetConfig

    backbone = RTDetrResNetConfig(
        embedding_size=32,
        hidden_sizes=[32, 64, 96, 128],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    own = {"proposals": 30, "width": 64, "stages": 3, "heads": 4, "frozen_blocks": 5}
    rt = {**_RT, "backbone_config": backbone, "encoder_in_channels": [64, 96, 128]}
    return {
        "efficientdet": SHORT,
        "sparse-rcnn": replace(SHORT.of("sparse-rcnn"), settings=own, batch=4),
        "rt-detr-v2": replace(SHORT.of("rt-detr-v2"), settings=rt, batch=4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", choices=_plans(), default="efficientdet")
    parser.add_argument("--steps", type=int, default=SHORT.schedule.steps)
    parser.add_argument("--keep", type=Path, help="a folder for checkpoints, to go on from")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    plan = _plans()[chosen.detector]
    with tempfile.TemporaryDirectory() as folder:
        films = Path(folder) / "films"
        write_spine_like_films(films, train=400, test=100, seed=7)
        keep = chosen.keep or Path(folder) / "keep"
        data = read_boxed_films(films)
        untrained, _ = _detector(data, plan.shortened(1), Path(folder) / "untrained")
        alone, seconds = _detector(data, plan.shortened(chosen.steps), keep / chosen.detector)
        print(f"mAP@0.5, untrained detector: {_map(untrained):.3f}")
        print(f"mAP@0.5, {chosen.detector}: {_map(alone):.3f}")
        print(f"training of the detector: {seconds:.0f} s of one core")
        if chosen.detector != "efficientdet":
            print(_per_class(alone))
            sys.exit(0 if _map(alone) > _map(untrained) else 1)
        probabilities, threshold = _classifier(data, keep / "classifier")
        earlier = _earlier(data, plan, keep / chosen.detector)
    for steps, boxes in (*earlier, (chosen.steps, alone)):
        print(f"\nAfter {steps} steps\n")
        _print_tables(boxes, _fused(boxes, probabilities, threshold))
    for name, value in _areas(alone, probabilities).items():
        print(f"AUROC of a film's abnormality, {name}: {value:.3f}")
    ratio = _map(_fused(alone, probabilities, threshold)) / _map(alone)
    print(f"mAP@0.5, detector and classifier against detector alone: {ratio:.5f} x")
    sys.exit(0 if _map(alone) >= LEAST_MAP and ratio >= 1 and seconds <= MOST_SECONDS else 1)


def _detector(data: BoxedFilms, plan: DetectorPlan, keep: Path) -> tuple[BoxPair, float]:
    """What a detector says of the films for the test, and how long it learnt.

    Processor time is counted, of one thread: on a busy machine it is what the training would take
    on an idle one. A training that was stopped adds up what its parts took.
    """
    keep.mkdir(parents=True, exist_ok=True)
    spent = keep / "seconds.txt"
    before = float(spent.read_text()) if spent.exists() else 0.0
    start = time.process_time()

    def told(title: str, done: int, total: int) -> None:
        if title != "training":
            return
        if done % 10 == 0:
            spent.write_text(f"{before + time.process_time() - start}")
            print(f"{title} {done} of {total}", file=sys.stderr, flush=True)
        if done - 1 in EARLIER:  # the checkpoint of the step before this one
            shutil.copy(keep / "detector.pt", keep / f"after-{done - 1}.pt")

    trained = train_detector(data, plan, keep, told)
    assert trained.boxes is not None
    return trained.boxes, before + time.process_time() - start


def _earlier(data: BoxedFilms, plan: DetectorPlan, keep: Path) -> list[tuple[int, BoxPair]]:
    """What the detector said of the films for the test after some steps of its training."""
    tested = replace(data, films=tuple(film for film in data.films if film.part == "test"))
    sides = (max(plan.rows, plan.columns),) * 2
    store = store_films(tested.films, data.labels, *sides, keep / "tested", lambda _: None)
    found = []
    for steps in EARLIER:
        file = keep / f"after-{steps}.pt"
        if file.exists():
            network = make_detector(plan.detector, len(data.labels), settings=plan.settings)
            network.load_state_dict(read_checkpoint(file)["state"]["averaged"])
            found.append((steps, boxes_of(network, store.films, tested, (plan.rows, plan.columns))))
    return found


def _print_tables(alone: BoxPair, fused: BoxPair) -> None:
    """As table 5 of the paper, and by how much the framework is better, with intervals."""
    detectors = {"Detector only": alone, "Whole framework": fused}
    scores = score_detections(detectors, bootstrap=Bootstrap(BOOTSTRAPS))
    print(to_markdown(detector_grid(scores, 0.5)))
    print(to_markdown(difference_grid(scores, 0.5)))


def _classifier(data: BoxedFilms, keep: Path) -> tuple[dict[str, float], float]:
    """Film for the test → p(abnormal); and the threshold, chosen on films for training."""
    plan = replace(PRESETS["few-films"].shortened(STEPS), loss="two-class", folds=2)
    table = abnormality_table(data)
    trained = train_classifier(table, plan, keep, lambda *_: None)
    threshold = youden_threshold(labels_of(table.films)[:, 0], trained.held_out[:, 0])
    tested = [film for film in data.films if film.part == "test"]
    films = [FindingFilm(film.name, film.location, film.patient, (0.0,)) for film in tested]
    squares, _ = load_squares(films, plan.side, keep / "squares.npy", lambda _: None)
    assert isinstance(trained.network, Classifier)
    said = said_of(trained.network, squares, np.arange(len(squares)), plan.side)[:, 0].tolist()
    assert threshold is not None
    return dict(zip((film.name for film in films), said, strict=True)), threshold


def _fused(boxes: BoxPair, probabilities: dict[str, float], threshold: float) -> BoxPair:
    """The boxes that stay after the classifier was heard."""
    said = boxes.predicted
    kept: list[int] = []
    for place, image in enumerate(boxes.images):
        rows = np.flatnonzero(said.image == place).tolist()
        own = [_Scored(row, float(said.score[row])) for row in rows]
        kept += [box.row for box in fuse(own, probabilities[image], threshold)]
    order = np.array(sorted(kept), np.intp)
    found = CodedBoxes(said.image[order], said.label[order], said.corners[order], said.score[order])
    return replace(boxes, predicted=found)


@dataclass(frozen=True, slots=True)
class _Scored:
    row: int
    score: float


def _areas(boxes: BoxPair, probabilities: dict[str, float]) -> dict[str, float]:
    """AUROC of whether a film has a lesion, by what says so."""
    said, films = boxes.predicted, range(len(boxes.images))
    truth = np.isin(np.arange(len(boxes.images)), boxes.truth.image)
    own = [[_Scored(0, float(score)) for score in said.score[said.image == film]] for film in films]
    classifier = [probabilities[name] for name in boxes.images]
    ways = {
        "classifier alone": classifier,
        "detector alone": [max((box.score for box in each), default=0.0) for each in own],
        "joined": [
            fused_probability(probability, each)
            for probability, each in zip(classifier, own, strict=True)
        ],
    }
    return {name: roc_auc(truth, score) or 0.0 for name, score in ways.items()}


def _map(boxes: BoxPair) -> float:
    return score_detections({"": boxes})[""].mean.figures["ap"].value or 0.0


def _per_class(boxes: BoxPair) -> str:
    scores = score_detections({"": boxes})[""].labels
    return ", ".join(f"{each.label} {each.figures['ap'].value or 0:.2f}" for each in scores)


if __name__ == "__main__":
    main()
