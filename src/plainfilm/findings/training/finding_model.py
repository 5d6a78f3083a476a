"""Writing down what a training of findings made: ONNX, card, what was said of held-out films."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.evaluate import Bootstrap, Estimate
from plainfilm.evaluate.findings_scores import FindingScores, score_findings
from plainfilm.findings.training.calibration import (
    ENOUGH,
    MISCALLED,
    Calibrated,
    Scales,
    rarely_reached,
)
from plainfilm.findings.training.chest_data import FilmTable, labels_of
from plainfilm.findings.training.classifier import OUTPUTS, Classifier, Ensemble
from plainfilm.findings.training.classifier_plan import ClassifierPlan
from plainfilm.findings.training.classifier_run import TrainedClassifier
from plainfilm.findings.training.grad_cam import GradientMaps, has_gradient_maps, traced
from plainfilm.models.card import Data, Figure, write_card
from plainfilm.models.card_notes import Notes, read_notes
from plainfilm.models.export import export_onnx
from plainfilm.models.finding_card import FindingCard
from plainfilm.models.finding_network import FILMS
from plainfilm.models.store import FINDING_CARD_FILE, FINDING_NETWORK_FILE

__all__ = [
    "HELD_OUT_FILE",
    "TRUTH_FILE",
    "Notes",
    "Task",
    "present_thresholds",
    "read_notes",
    "scores_of",
    "write_classifier",
    "write_network",
    "youden_thresholds",
]

HELD_OUT_FILE: Final = "held_out.csv"
TRUTH_FILE: Final = "truth.csv"
_UNKNOWN: Final = -1
_BOOTSTRAPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is asked, and of which films.

    Attributes:
        name: `chest` or `spine`.
        categories: of the films that it reads; empty: any.
    """

    name: str
    categories: tuple[str, ...] = ()


def write_classifier(
    folder: Path,
    name: str,
    version: str,
    trained: TrainedClassifier,
    table: FilmTable,
    plan: ClassifierPlan,
    task: Task,
    notes: Notes,
) -> FindingCard:
    """Write a classifier's network and card, and `held_out.csv` and `truth.csv`, which
    `evaluate findings` reads.

    Args:
        table: the films that were given to the training.
    Raises:
        SettingsError: the folder cannot be written.
    """
    labels = labels_of(table.films)
    scales = Scales.fitted(trained.held_out, labels)
    shown = _with_maps(trained.network, plan.side)
    network, held_out = Calibrated(shown, scales), scales.applied(trained.held_out)
    network_file = folder / FINDING_NETWORK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            sha256 = write_network(network, plan.side, network_file)
        except ModelError:
            if shown is trained.network:
                raise
            network = Calibrated(trained.network, scales)  # its gradients cannot be exported
            sha256 = write_network(network, plan.side, network_file)
        _write_held_out(folder, held_out, table)
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error
    scores = scores_of(held_out, labels, table.labels)
    thresholds = youden_thresholds(scores, table.labels)
    # Of abnormal or not alone there are no false alarms of other findings to hold down.
    present_from = {} if plan.two_class else present_thresholds(held_out, labels, thresholds)
    card = FindingCard(
        name=name,
        version=version,
        sha256=sha256,
        task=task.name,
        labels=table.labels,
        side=plan.side,
        licence=notes.licence,
        architecture=plan.architecture,
        thresholds=thresholds,
        present_from=present_from,
        categories=task.categories,
        has_maps=network.has_maps,
        summary=notes.summary,
        data=_data(trained, table, notes),
        split=_split_words(trained, plan),
        figures=(*_figures(scores), *_told_figures(held_out, labels, table.labels, present_from)),
        known_failures=notes.known_failures,
        limits=(*notes.limits, *_limits(scores, plan), *_limits_of_maps(network)),
    )
    write_card(card, folder / FINDING_CARD_FILE)
    return card


def _with_maps(network: Classifier | Ensemble, side: int) -> Classifier | Ensemble | GradientMaps:
    """The network with maps by gradients where it has none of its own and gradients can tell."""
    if network.has_maps or isinstance(network, Ensemble):
        return network
    found = GradientMaps(network).eval()
    try:
        found(torch.zeros(1, 1, side, side))
    except ModelError:
        return network
    return found


def _limits_of_maps(network: nn.Module) -> tuple[str, ...]:
    by_gradients = (
        "Heat maps are by gradients (Grad-CAM): they show what spoke for a finding, relative to the"
        " same film's other places, and are no probabilities."
    )
    return (by_gradients,) if has_gradient_maps(network) else ()


def write_network(network: Classifier | Ensemble | Calibrated, side: int, path: Path) -> str:
    """Export a network, with its maps where it has them; returns the SHA-256 of the file."""
    outputs = OUTPUTS if network.has_maps else OUTPUTS[:1]
    example = torch.zeros(2, 1, side, side)
    module: nn.Module = network.eval()
    module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    if has_gradient_maps(module):
        module = traced(module, example)
    try:
        export_onnx(module, example, outputs, path, FILMS)
    except torch.onnx.OnnxExporterError as error:
        raise ModelError(
            "PyTorch cannot write this architecture as ONNX; choose another. What was learnt stays"
            " in the folder of checkpoints"
        ) from error
    return hashlib.sha256(path.read_bytes()).hexdigest()


def scores_of(
    said: NDArray[np.float32],
    labels: NDArray[np.float32],
    names: Sequence[str],
    bootstraps: int = _BOOTSTRAPS,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> FindingScores | None:
    """Score what was said of held-out films; None where no film was held out.

    Args:
        said: (n, labels) probabilities; NaN for films that were not held out.
        labels: (n, labels): 1, 0, -1 or NaN; the last two are not judged.
        thresholds: see `score_findings`.
    """
    held = ~np.isnan(said).any(axis=1)
    if not held.any():
        return None
    known = np.where(np.isin(labels[held], (0, 1)), labels[held], _UNKNOWN).astype(np.int8)
    return score_findings(
        known,
        said[held].astype(np.float64),
        tuple(names),
        thresholds=thresholds,
        bootstrap=Bootstrap(bootstraps),
    )


def _write_held_out(folder: Path, held_out: NDArray[np.float32], table: FilmTable) -> None:
    held = np.flatnonzero(~np.isnan(held_out).any(axis=1)).tolist()
    if not held:
        return
    said = {n: [f"{value:.5f}" for value in held_out[n]] for n in held}
    truth = {n: [_written(value) for value in table.films[n].labels] for n in held}
    for name, rows in ((HELD_OUT_FILE, said), (TRUTH_FILE, truth)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *table.labels])
            writer.writerows([table.films[n].name, *values] for n, values in rows.items())


def _written(label: float) -> str:
    return "" if np.isnan(label) else f"{label:.0f}"


def youden_thresholds(
    scores: FindingScores | None, labels: Sequence[str]
) -> dict[str, float | None]:
    """Label → the threshold that a card has by Youden's index; None where there were too few films
    to choose one."""
    if scores is None:
        return dict.fromkeys(labels)
    return {
        each.finding: round(each.threshold, 4)
        if each.threshold is not None and _is_enough(each.positives, each.negatives)
        else None
        for each in scores.findings
    }


def present_thresholds(
    held_out: NDArray[np.float32],
    labels: NDArray[np.float32],
    thresholds: Mapping[str, float | None],
) -> dict[str, float]:
    """From which probability each finding is called present: rarely reached without it, and its
    threshold at least.

    Args:
        held_out: (n, labels) probabilities; NaN for films that were not held out.
        labels: (n, labels), as `scores_of` takes them.
        thresholds: of `youden_thresholds`; a label at None gets none here either.
    """
    held = ~np.isnan(held_out).any(axis=1)
    return {
        name: max(threshold, rarely_reached(held_out[held & (labels[:, place] == 0), place]))
        for place, (name, threshold) in enumerate(thresholds.items())
        if threshold is not None
    }


def _is_enough(positives: int, negatives: int) -> bool:
    return min(positives, negatives) >= ENOUGH


def _figures(scores: FindingScores | None) -> tuple[Figure, ...]:
    if scores is None:
        return ()
    every = [each for each in scores.findings if each.auroc.value is not None]
    found = [_figure(f"AUROC of {each.finding}", each.auroc, each.positives) for each in every]
    if len(every) > 1 and all(_is_enough(each.positives, each.negatives) for each in every):
        found.insert(0, _figure(f"mean AUROC of {len(every)} findings", scores.mean.auroc, None))
    for each in every:
        if _is_enough(each.positives, each.negatives):
            found.append(
                _figure(f"sensitivity for {each.finding}", each.sensitivity, each.positives)
            )
            found.append(
                _figure(f"specificity for {each.finding}", each.specificity, each.negatives)
            )
    return tuple(found)


def _told_figures(
    held_out: NDArray[np.float32],
    labels: NDArray[np.float32],
    names: Sequence[str],
    present_from: Mapping[str, float],
) -> tuple[Figure, ...]:
    """In which share of the films with a finding it is called present."""
    scores = scores_of(held_out, labels, names, thresholds=present_from) if present_from else None
    every = () if scores is None else scores.findings
    return tuple(
        _figure(f"sensitivity for {each.finding}, called present", each.sensitivity, each.positives)
        for each in every
        if each.finding in present_from
    )


def _figure(name: str, estimate: Estimate, films: int | None) -> Figure:
    return Figure(name, estimate.value or 0.0, estimate.low, estimate.high, films)


def _data(trained: TrainedClassifier, table: FilmTable, notes: Notes) -> tuple[Data, ...]:
    used = [film for n, film in enumerate(table.films) if n not in trained.rejections]
    told = notes.data[0] if notes.data else None
    return (
        Data(
            name=told.name if told else "the table of films",
            films=len(used),
            terms=told.terms if told else "not stated",
            patients=len({film.patient for film in used}),
            source=told.citation if told else "",
        ),
    )


def _split_words(trained: TrainedClassifier, plan: ClassifierPlan) -> str:
    if trained.folds:
        return (
            f"Patients were dealt into {plan.folds} parts, none into two. Each part was held out"
            " from a network of its own, trained on the others by the same plan. The figures are"
            " what such networks said of films whose patients they had not seen; the model itself"
            " is trained on all films."
        )
    if (trained.parts >= 0).any():
        return "A list says which films are for training and which for the test, by patient."
    return "No film was held out, so that nothing is known of how good the model is."


def _limits(scores: FindingScores | None, plan: ClassifierPlan) -> tuple[str, ...]:
    if scores is None:
        return ()
    of_present = (
        ""
        if plan.two_class
        else f"; for calling a finding present, at most {MISCALLED:.0%} of the films without it"
    )
    chosen_there = (
        f"Thresholds (Youden's index{of_present}) were chosen, and probabilities calibrated, on the"
        " very films that the figures are of, which flatters all a little."
    )
    found = [chosen_there]
    few = [
        each.finding for each in scores.findings if not _is_enough(each.positives, each.negatives)
    ]
    if few:
        found.append(f"Fewer than {ENOUGH} films of a kind, so no threshold: {', '.join(few)}.")
    if few and plan.loss == "balanced":
        found.append(
            "Those were weighted up in training, so that their probabilities are too high."
        )
    return tuple(found)
