"""Writing down what a training of a detector made: ONNX, card, and the held-out boxes."""

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from plainfilm.errors import ModelError, SettingsError
from plainfilm.evaluate.boxes import BoxPair, CodedBoxes
from plainfilm.evaluate.detection_scores import score_detections
from plainfilm.evaluate.intervals import Bootstrap
from plainfilm.findings.training.detection_data import BoxedFilms
from plainfilm.findings.training.detector_run import DetectorPlan, TrainedDetector
from plainfilm.findings.training.detector_score import LEAST_SCORE
from plainfilm.findings.training.detectors import OUTPUTS, Detector
from plainfilm.models.card import Data, Figure, write_card
from plainfilm.models.card_notes import Notes
from plainfilm.models.detector_card import DetectorCard
from plainfilm.models.export import export_onnx
from plainfilm.models.finding_network import FILMS
from plainfilm.models.store import DETECTOR_CARD_FILE, DETECTOR_NETWORK_FILE

__all__ = ["PREDICTED_FILE", "TRUTH_FILE", "BoxTask", "write_detector", "write_detector_network"]

PREDICTED_FILE: Final = "held_out_boxes.csv"
TRUTH_FILE: Final = "true_boxes.csv"
_COLUMNS: Final = ("image_id", "lesion_type", "xmin", "ymin", "xmax", "ymax")
_BOOTSTRAPS: Final = 1000
_CHECKS: Final = "TRANSFORMERS_DISABLE_TORCH_CHECK"
_FEW: Final = 30  # true boxes, below which a figure says little


@dataclass(frozen=True, slots=True)
class BoxTask:
    """What a detector is asked, and of which films.

    Attributes:
        name: `spine` or `chest`.
        categories: of the films that it reads; empty: any.
    """

    name: str = "spine"
    categories: tuple[str, ...] = ()


def write_detector(
    folder: Path,
    name: str,
    version: str,
    trained: TrainedDetector,
    data: BoxedFilms,
    plan: DetectorPlan,
    task: BoxTask,
    notes: Notes,
) -> DetectorCard:
    """Write a detector's network and card, and the boxes of the held-out films, predicted and
    true, in pixels of the network's frame, which `evaluate detection` reads.

    Raises:
        SettingsError: the folder cannot be written.
        ModelError: the detector cannot be exported.
    """
    network_file = folder / DETECTOR_NETWORK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_detector_network(trained.network, (plan.rows, plan.columns), network_file)
        sha256 = hashlib.sha256(network_file.read_bytes()).hexdigest()
        if trained.boxes is not None:
            _write_boxes(folder / PREDICTED_FILE, trained.boxes, trained.boxes.predicted, True)
            _write_boxes(folder / TRUTH_FILE, trained.boxes, trained.boxes.truth, False)
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error
    told = notes.data[0] if notes.data else None
    card = DetectorCard(
        name=name,
        version=version,
        sha256=sha256,
        task=task.name,
        labels=data.labels,
        rows=plan.rows,
        columns=plan.columns,
        licence=notes.licence,
        architecture=plan.detector,
        categories=task.categories,
        least_score=LEAST_SCORE,
        overlap=trained.network.overlap,
        summary=notes.summary,
        data=(
            Data(
                told.name if told else "films with boxes",
                trained.films + trained.held_out,
                told.terms if told else "not stated",
                source=told.citation if told else "",
            ),
        ),
        split=_split_words(trained, plan),
        figures=figures_of(trained.boxes),
        known_failures=notes.known_failures,
        limits=(*notes.limits, *_limits(trained.boxes)),
    )
    write_card(card, folder / DETECTOR_CARD_FILE)
    return card


def write_detector_network(network: Detector, frame: tuple[int, int], path: Path) -> None:
    """Export a detector.

    Args:
        frame: rows and columns of the films that it is to take.
    Raises:
        ModelError: it cannot be exported.
    """
    try:
        with _without_checks():
            example = torch.rand(1 if network.one_film else 2, 1, *frame)
            export_onnx(network, example, OUTPUTS, path, FILMS, traced=network.traced)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ModelError(
            f"this detector cannot be written as ONNX ({type(error).__name__}); the checkpoint is"
            " kept"
        ) from error


@contextmanager
def _without_checks() -> Iterator[None]:
    """Networks of transformers check their tensors' shapes by what ONNX has no operator for."""
    before = os.environ.get(_CHECKS)
    os.environ[_CHECKS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CHECKS]
        else:
            os.environ[_CHECKS] = before


def figures_of(boxes: BoxPair | None) -> tuple[Figure, ...]:
    """The mean average precision at an overlap of 0.5 with its 95 % interval, and each class's."""
    if boxes is None or not len(boxes.truth):
        return ()
    scores = score_detections({"": boxes}, bootstrap=Bootstrap(_BOOTSTRAPS))[""]
    found = []
    for each in (scores.mean, *scores.labels):
        estimate = each.figures["ap"]
        if estimate.value is not None:
            title = "mAP@0.5" if each is scores.mean else f"AP@0.5 of {each.label}"
            found.append(Figure(title, estimate.value, estimate.low, estimate.high, each.lesions))
    return tuple(found)


def _write_boxes(path: Path, pair: BoxPair, boxes: CodedBoxes, scored: bool) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*_COLUMNS, *(["score"] if scored else [])])
        for place in range(len(boxes)):
            row = [pair.images[boxes.image[place]], pair.labels[boxes.label[place]]]
            row += [f"{value:.2f}" for value in boxes.corners[place]]
            writer.writerow([*row, *([f"{boxes.score[place]:.5f}"] if scored else [])])


def _split_words(trained: TrainedDetector, plan: DetectorPlan) -> str:
    schedule = plan.schedule
    how = (
        f"{schedule.optimizer}, learning rate {schedule.learning_rate:g}, {schedule.steps:,} steps"
        f" of {plan.batch} films, seed {plan.seed}."
    )
    if not trained.held_out:
        return f"No film was held out, so that nothing is known of how good the model is. {how}"
    return (
        f"{trained.held_out:,} films were held out, of patients that the network never saw;"
        f" {trained.films:,} were learnt from. {how}"
    )


def _limits(boxes: BoxPair | None) -> Sequence[str]:
    if boxes is None:
        return ()
    few = [
        label
        for place, label in enumerate(boxes.labels)
        if int((boxes.truth.label == place).sum()) < _FEW
    ]
    return (
        (f"Fewer than {_FEW} held-out boxes of {', '.join(few)}: figures say little.",)
        if few
        else ()
    )
