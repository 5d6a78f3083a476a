"""Writing down what a training made: the network as ONNX, its card, and what it said held out."""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from plainfilm.categories.training.films import CLASSES, TrainingFilm
from plainfilm.categories.training.held_out import (
    HeldOut,
    calibrated,
    fit_temperatures,
    thresholds,
)
from plainfilm.categories.training.network import HEADS, CategoryNetwork
from plainfilm.categories.training.run import TELLS_SIDE, Plan, Trained
from plainfilm.errors import SettingsError
from plainfilm.evaluate import Proportion, evaluate_categories
from plainfilm.evaluate.categories import CategoryEvaluation
from plainfilm.evaluate.categories_pairing import CategoryPair
from plainfilm.evaluate.proportions import WILSON_95
from plainfilm.models.card import FLAGS, Card, CategoryFigures, Data, Figure, write_card
from plainfilm.models.card_notes import Notes, SourceNotes
from plainfilm.models.export import export_onnx
from plainfilm.models.store import CARD_FILE, NETWORK_FILE

__all__ = [
    "HELD_OUT_FILE",
    "evaluated",
    "uncovered_of",
    "write_held_out",
    "write_model",
    "write_network",
]

HELD_OUT_FILE: Final = "held_out.csv"
_LEARNABLE: Final = 5  # films, below which a category is not covered
_OTHER: Final = CLASSES.index("other")
_CHEST: Final = ("chest_pa_ap", "chest_lateral")


def write_model(
    folder: Path,
    name: str,
    version: str,
    trained: Trained,
    films: Sequence[TrainingFilm],
    plan: Plan,
    notes: Notes,
) -> Card:
    """Write a model's network, its card and `held_out.csv`, which `evaluate categories` reads.

    Args:
        films: those that were given to the training.
    Raises:
        SettingsError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error
    sha256 = write_network(trained.network, plan.side, folder / NETWORK_FILE)
    measured = _Measured.of(trained, films)
    write_held_out(measured, films, folder / HELD_OUT_FILE)
    card = Card(
        name=name,
        version=version,
        sha256=sha256,
        side=plan.side,
        classes=CLASSES,
        licence=notes.licence,
        summary=notes.summary,
        uncovered=tuple(np.array(CLASSES)[measured.uncovered].tolist()),
        temperatures=measured.temperatures,
        thresholds=measured.thresholds,
        untrained=() if plan.poses else ("turn", *FLAGS),
        tells_mirrored=tuple(sorted(TELLS_SIDE)) if plan.poses else (),
        data=_data(trained, films, notes),
        split=_split_words(plan),
        figures=tuple(_figures(measured) + (_pose_figures(measured) if plan.poses else [])),
        categories=tuple(_by_category(measured.evaluation)),
        calibration=_calibration(measured.evaluation),
        known_failures=(*notes.known_failures, *notes.limits),
    )
    write_card(card, folder / CARD_FILE)
    return card


def write_network(network: CategoryNetwork, side: int, path: Path) -> str:
    """Export a network; returns the SHA-256 of the file."""
    example = torch.zeros(2, side, side, dtype=torch.uint8)
    export_onnx(network, example, HEADS, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Measured:
    """Held-out films with their truth, each (n, …), and what follows from them."""

    held_out: HeldOut
    truth: np.ndarray
    counts: np.ndarray
    upright: np.ndarray
    collage: np.ndarray
    tells_side: np.ndarray
    probabilities: np.ndarray
    uncovered: np.ndarray
    temperatures: dict[str, float]
    thresholds: dict[str, Any]
    evaluation: CategoryEvaluation

    @classmethod
    def of(cls, trained: Trained, films: Sequence[TrainingFilm]) -> "_Measured":
        held_out = trained.held_out
        shown = [films[number] for number in held_out.films.tolist()]
        truth = np.array([CLASSES.index(film.category) for film in shown])
        counts = np.array([film.measured for film in shown])
        upright = np.array([film.upright for film in shown])
        collage = np.array([film.collage for film in shown])
        tells_side = np.array([film.category in TELLS_SIDE and film.upright for film in shown])
        uncovered = uncovered_of(_read(trained, films))
        patients = [film.patient for film in shown]
        probabilities = calibrated(held_out.logits["category"], truth, patients, uncovered)
        return cls(
            held_out,
            truth,
            counts,
            upright,
            collage,
            tells_side,
            probabilities,
            uncovered,
            fit_temperatures(held_out, truth, collage, upright, tells_side),
            thresholds(probabilities, truth, CLASSES),
            evaluated(probabilities[counts], truth[counts]),
        )


def uncovered_of(films: Sequence[TrainingFilm]) -> np.ndarray:
    """(classes,) booleans: whether there are too few films to learn a class from."""
    learnt = Counter(film.category for film in films)
    return np.array([learnt[name] < _LEARNABLE for name in CLASSES])


def evaluated(probabilities: np.ndarray, truth: np.ndarray) -> CategoryEvaluation:
    """Score probabilities, (n, classes), against the numbers of the true classes, (n,)."""
    order = probabilities.argsort(axis=1)[:, ::-1]
    pair = CategoryPair(
        names=CLASSES,
        other="other",
        films=tuple(map(str, range(len(truth)))),
        predicted=order[:, 0].astype(np.int16),
        truth=truth.astype(np.int16),
        probability=probabilities.max(axis=1),
        second=order[:, 1].astype(np.int16),
        decision=None,
    )
    return evaluate_categories(pair)


def write_held_out(measured: _Measured, films: Sequence[TrainingFilm], path: Path) -> None:
    """Write what was said of each measured film while it was held out, as `classify` would."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", "category", "probability", "second", "second_probability", "truth"])
        for row in np.flatnonzero(measured.counts).tolist():
            said = measured.probabilities[row]
            best, second = said.argsort()[::-1][:2].tolist()
            film = films[int(measured.held_out.films[row])]
            table.writerow(
                [
                    film.name or film.location,
                    CLASSES[best],
                    f"{said[best]:.4f}",
                    CLASSES[second],
                    f"{said[second]:.4f}",
                    film.category,
                ]
            )


def _read(trained: Trained, films: Sequence[TrainingFilm]) -> list[TrainingFilm]:
    unread = {rejection.location for rejection in trained.rejections}
    return [film for film in films if film.location not in unread]


def _data(trained: Trained, films: Sequence[TrainingFilm], notes: Notes) -> tuple[Data, ...]:
    used = _read(trained, films)
    described = {each.source: each for each in notes.data}
    found = []
    for source in sorted({film.source for film in used}):
        of_source = [film for film in used if film.source == source]
        told = described.get(
            source, SourceNotes(source, source or "the table of films", "not stated")
        )
        found.append(
            Data(
                name=told.name,
                films=len(of_source),
                terms=told.terms,
                patients=len({film.patient for film in of_source}),
                source=told.citation,
            )
        )
    return tuple(found)


def _split_words(plan: Plan) -> str:
    held = "Each" if plan.measured == plan.folds else f"{plan.measured}"
    return (
        f"Patients were dealt into {plan.folds} parts, none into two. {held} of the parts was held"
        " out from a network of its own, trained on the others by the same recipe. The figures are"
        " what such networks said of films whose patients they had not seen, with probabilities"
        " calibrated on other patients. The model itself is trained on all films."
    )


def _figures(measured: _Measured) -> list[Figure]:
    scores, sure = measured.evaluation.scores, measured.evaluation.probabilities
    chest = np.isin(measured.truth, [CLASSES.index(name) for name in _CHEST])
    named = measured.counts & (measured.truth != _OTHER)
    right = measured.probabilities.argmax(axis=1) == measured.truth
    found = [
        _share("accuracy of named films", scores.accuracy_named),
        _share("accuracy of named films without chest", _of(right, named & ~chest)),
        _share("share of other kept out", scores.other_kept_out),
        _share("accuracy of all films", scores.accuracy),
    ]
    if scores.top_two is not None:
        found.append(_share("top-2 accuracy of all films", scores.top_two))
    if (~measured.counts).any():
        found.append(
            _share("accuracy of films that do not count above", _of(right, ~measured.counts))
        )
    if sure is not None and sure.auroc.value is not None:
        area = sure.auroc
        found.append(
            Figure(
                "AUROC of probability, right against wrong", sure.auroc.value, area.low, area.high
            )
        )
    return [figure for figure in found if figure.films != 0]


def _pose_figures(measured: _Measured) -> list[Figure]:
    """How well the other heads tell how a film lies, on films laid at random."""
    said, poses = measured.held_out.posed_logits, measured.held_out.poses
    upright = measured.counts & measured.upright & (poses.asked == "turn")
    turn = said["turn"].argmax(axis=1) == poses.turn
    found = [_share("accuracy of the quarter turn", _of(turn, upright))]
    for name, truth, among in (
        ("mirrored, chest and abdomen", poses.mirrored, measured.counts & measured.tells_side),
        ("inverted", poses.inverted, measured.counts),
    ):
        head = name.split(",", maxsplit=1)[0]
        told = (said[head] > 0) == truth
        found.append(_share(f"accuracy of {name}", _of(told, among & (poses.asked == head))))
    collage = measured.held_out.logits["collage"] > 0
    among = measured.counts
    found.append(_share("sensitivity for collages", _of(collage, among & measured.collage)))
    found.append(_share("specificity for collages", _of(~collage, among & ~measured.collage)))
    return [figure for figure in found if figure.films]


def _of(met: np.ndarray, among: np.ndarray) -> Proportion:
    return WILSON_95.of(int((met & among).sum()), int(among.sum()))


def _share(name: str, share: Proportion) -> Figure:
    estimate = share.estimate
    return Figure(name, estimate.value or 0.0, estimate.low, estimate.high, share.of)


def _by_category(evaluation: CategoryEvaluation) -> list[CategoryFigures]:
    return [
        CategoryFigures(
            each.category,
            each.films,
            each.sensitivity.estimate.value,
            each.sensitivity.estimate.low,
            each.sensitivity.estimate.high,
            each.ppv.estimate.value,
        )
        for each in evaluation.scores.categories
        if each.films
    ]


def _calibration(evaluation: CategoryEvaluation) -> dict[str, float]:
    sure = evaluation.probabilities
    if sure is None or sure.calibration_error is None:
        return {}
    return {"expected_calibration_error": sure.calibration_error}
