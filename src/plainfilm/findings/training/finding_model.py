"""Writing down what a training of findings made: ONNX, card, what was said of held-out films."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from plainfilm.errors import SettingsError
from plainfilm.evaluate import Bootstrap, Estimate
from plainfilm.evaluate.findings_scores import FindingScores, score_findings
from plainfilm.findings.training.calibration import ENOUGH, Calibrated, Scales
from plainfilm.findings.training.chest_data import FilmTable, labels_of
from plainfilm.findings.training.classifier import OUTPUTS, Classifier, Ensemble
from plainfilm.findings.training.classifier_plan import ClassifierPlan
from plainfilm.findings.training.classifier_run import TrainedClassifier
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
    "read_notes",
    "scores_of",
    "write_classifier",
    "write_network",
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
    network, held_out = Calibrated(trained.network, scales), scales.applied(trained.held_out)
    network_file = folder / FINDING_NETWORK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sha256 = write_network(network, plan.side, network_file)
        _write_held_out(folder, held_out, table)
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error
    scores = scores_of(held_out, labels, table.labels)
    card = FindingCard(
        name=name,
        version=version,
        sha256=sha256,
        task=task.name,
        labels=table.labels,
        side=plan.side,
        licence=notes.licence,
        architecture=plan.architecture,
        thresholds=_thresholds(scores, table.labels),
        categories=task.categories,
        has_maps=trained.network.has_maps,
        summary=notes.summary,
        data=_data(trained, table, notes),
        split=_split_words(trained, plan),
        figures=_figures(scores),
        known_failures=notes.known_failures,
        limits=(*notes.limits, *_limits(scores, plan)),
    )
    write_card(card, folder / FINDING_CARD_FILE)
    return card


def write_network(network: Classifier | Ensemble | Calibrated, side: int, path: Path) -> str:
    """Export a network, with its maps where it has them; returns the SHA-256 of the file."""
    outputs = OUTPUTS if network.has_maps else OUTPUTS[:1]
    example = torch.zeros(2, 1, side, side)
    module: nn.Module = network
    export_onnx(module.to(memory_format=torch.contiguous_format), example, outputs, path, FILMS)  # type: ignore[call-overload]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def scores_of(
    said: NDArray[np.float32],
    labels: NDArray[np.float32],
    names: Sequence[str],
    bootstraps: int = _BOOTSTRAPS,
) -> FindingScores | None:
    """Score what was said of held-out films; None where no film was held out.

    Args:
        said: (n, labels) probabilities; NaN for films that were not held out.
        labels: (n, labels): 1, 0, -1 or NaN; the last two are not judged.
    """
    held = ~np.isnan(said).any(axis=1)
    if not held.any():
        return None
    known = np.where(np.isin(labels[held], (0, 1)), labels[held], _UNKNOWN).astype(np.int8)
    return score_findings(
        known, said[held].astype(np.float64), tuple(names), bootstrap=Bootstrap(bootstraps)
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


def _thresholds(scores: FindingScores | None, labels: Sequence[str]) -> dict[str, float | None]:
    """By Youden's index; none where there were too few films to choose one."""
    if scores is None:
        return dict.fromkeys(labels)
    return {
        each.finding: round(each.threshold, 4)
        if each.threshold is not None and _is_enough(each.positives, each.negatives)
        else None
        for each in scores.findings
    }


def _is_enough(positives: int, negatives: int) -> bool:
    return min(positives, negatives) >= ENOUGH


def _figures(scores: FindingScores | None) -> tuple[Figure, ...]:
    if scores is None:
        return ()
    every = [each for each in scores.findings if each.auroc.value is not None]
    found = [_figure(f"AUROC of {each.finding}", each.auroc, each.positives) for each in every]
    if every and all(_is_enough(each.positives, each.negatives) for each in every):
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
        return "A list says which films are for training and which for the test; no patient is both"
    return "No film was held out, so that nothing is known of how good the model is."


def _limits(scores: FindingScores | None, plan: ClassifierPlan) -> tuple[str, ...]:
    if scores is None:
        return ()
    chosen_there = (
        "Thresholds are those with the largest Youden's index on the very films that sensitivity"
        " and specificity are told of, and probabilities were calibrated on them, which flatters"
        " all a little."
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
