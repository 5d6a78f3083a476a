"""Training a detector and measuring it on patients that it never saw."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from plainfilm.errors import BadTable, SettingsError
from plainfilm.evaluate.boxes import BoxPair
from plainfilm.findings.training.box_changes import BoxChanges, ChangedFilm, change_film
from plainfilm.findings.training.detection_data import BoxedFilms, BoxFault, faults_message
from plainfilm.findings.training.detector_score import said_of
from plainfilm.findings.training.detectors import Detector, Target, make_detector
from plainfilm.findings.training.detectors.anchors import Anchors
from plainfilm.findings.training.film_store import FilmStore, StoredFilm, store_films
from plainfilm.models.patient_folds import deal_patients
from plainfilm.models.training import Checkpoint, Device, Schedule, fit_resumable
from plainfilm.records import Rejection

__all__ = ["DETECTOR_PRESETS", "DetectorPlan", "TrainedDetector", "learn_boxes", "train_detector"]

_STRIDE: Final = 32
_NO_BOX: Final = "no box"
_ANCHORED: Final = frozenset({"efficientdet", "faster-rcnn", "retinanet"})
_ORDER: Final = 1  # so that the order of films is drawn by other numbers than their changes

Progress = Callable[[str, int, int], None]
_Batch = tuple[Tensor, list[Target]]


@dataclass(frozen=True, slots=True)
class DetectorPlan:
    """How to train a detector.

    Attributes:
        detector: see `make_detector`.
        settings: of its architecture, beside its own defaults.
        rows, columns: of the films that the finished network takes, in pixels; multiples of 32.
        batch: films in each step.
        parts: into how many parts patients are dealt; one is held out and measured. 1 holds none
            out. Where the data say which films are for the test, those are taken.
        weights: see `make_detector`.
    Raises:
        SettingsError: a value is out of range.
    """

    detector: str = "efficientdet"
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    rows: int = 320
    columns: int = 192
    batch: int = 8
    schedule: Schedule = field(default_factory=Schedule)
    changes: BoxChanges = field(default_factory=BoxChanges)
    parts: int = 5
    seed: int = 0
    weights: str | None = None

    def __post_init__(self) -> None:
        if self.rows % _STRIDE or self.columns % _STRIDE or min(self.rows, self.columns) < _STRIDE:
            raise SettingsError(
                f"rows and columns ({self.rows}, {self.columns}) are multiples of {_STRIDE}"
            )
        if min(self.batch, self.parts, self.schedule.steps) < 1:
            raise SettingsError("batch, parts and steps must be at least 1")

    def shortened(self, steps: int) -> "DetectorPlan":
        """The same plan with another number of steps; warm-up and drops are scaled alike."""
        share = steps / self.schedule.steps
        drops = tuple(round(drop * share) for drop in self.schedule.drops)
        warm_up = round(self.schedule.warm_up * share)
        schedule = replace(self.schedule, steps=steps, warm_up=warm_up, drops=drops)
        return replace(self, schedule=schedule)

    def of(self, detector: str) -> "DetectorPlan":
        """The same plan for another detector, with the rates at which that one learns.

        One that matches boxes with findings one to one, as DETR does, goes astray at the rates of
        one that has anchors. Rates of SGD are left as they are.
        """
        schedule = self.schedule
        if detector not in _ANCHORED and schedule.optimizer == "adamw":
            schedule = replace(
                schedule, learning_rate=2e-4, head_ratio=2.0, weight_decay=1e-4, clip=1.0
            )
        return replace(self, detector=detector, settings={}, schedule=schedule)

    def named(self, labels: Sequence[str]) -> str:
        """The architecture in words, with what it finds."""
        own = ", ".join(f"{name} {value}" for name, value in sorted(self.settings.items()))
        return f"{self.detector} for {len(labels)} findings{f' ({own})' if own else ''}"


DETECTOR_PRESETS: Final = {
    "short": DetectorPlan(
        settings={"frozen_blocks": 5},
        schedule=Schedule(
            steps=500, learning_rate=4e-4, head_ratio=5.0, warm_up=40, averaging=0.98, clip=5.0
        ),
        changes=BoxChanges(shorter=(176, 208), longer=352, flip=0.0, shift=0.04, grey=0.3),
    ),
    "paper": DetectorPlan(
        settings={"anchors": Anchors(strides=(8, 16, 32, 64, 128), size=4.0)},
        rows=1344,
        columns=864,
        batch=16,
        schedule=Schedule(
            steps=50_000,
            learning_rate=1e-3,
            head_ratio=1.0,
            weight_decay=1e-4,
            warm_up=1000,
            averaging=0.0,
            clip=10.0,
            falling=False,
            drops=(30_000,),
            optimizer="sgd",
        ),
    ),
}
"""`short` learns something on a processor in minutes, from films of one size, such as the test data
of `spine_like_films`. `paper` is the plan of VinDr-SpineXR (Nguyen et al., MICCAI 2021), with this
package's backbone: shorter sides of 640 to 800, SGD, a tenth of the learning rate from step 30,000
of 50,000; it asks for a GPU."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainedDetector:
    """The outcome of a training.

    Attributes:
        network: learnt from the films that were not held out.
        films, held_out: how many were learnt from, and measured on.
        boxes: what it said of the held-out films against the truth; None where none was held out.
        rejections: films that could not be read.
        faults: annotations that could not be used, and whose films were left out.
    """

    network: Detector
    films: int
    held_out: int
    boxes: BoxPair | None
    rejections: tuple[Rejection, ...]
    faults: tuple[BoxFault, ...]


def train_detector(
    data: BoxedFilms,
    plan: DetectorPlan,
    keep: Path,
    progress: Progress,
    *,
    device: Device | None = None,
    leave_out_faults: bool = False,
) -> TrainedDetector:
    """Train a detector, and measure it on patients that it never saw.

    Args:
        keep: a folder for the checkpoint; a training that was stopped goes on from it.
        progress: called with what is being done, how much of it is done, and of how much.
        leave_out_faults: go on without films that have boxes reaching out of them.
    Raises:
        BadTable: no film could be read, none is left to learn from, no film has a box; or a box
            reaches out of its film, and the film may not be left out.
        SettingsError: the folder cannot be written, or the detector is not there.
        ModelError: weights or a package are missing; a checkpoint is of another architecture, of
            other films or another plan.
    """
    changes = plan.changes
    shorter = max(changes.shorter[1], min(plan.rows, plan.columns))
    longer = max(changes.longer, plan.rows, plan.columns)
    pixels = keep / "films"  # not in a folder for temporary files, which may be memory
    try:
        keep.mkdir(parents=True, exist_ok=True)
        store = store_films(
            data.films,
            data.labels,
            shorter,
            longer,
            pixels,
            lambda done: progress("reading films", done, len(data.films)),
        )
        if store.faults and not leave_out_faults:
            raise BadTable(faults_message("Boxes", store.faults))
        return _trained(data, store, plan, keep, progress, device or Device())
    except OSError as error:
        raise SettingsError(f"cannot write to {keep}: {error.strerror}") from error
    finally:
        with suppress(OSError):  # where it could not be made, that was told
            pixels.unlink()


def _trained(
    data: BoxedFilms,
    store: FilmStore,
    plan: DetectorPlan,
    keep: Path,
    progress: Progress,
    device: Device,
) -> TrainedDetector:
    learnt, held = _parted(data, store, plan)
    checkpoint = Checkpoint(
        keep / "detector.pt", plan.named(data.labels), _digest(data, learnt, plan)
    )
    steps = plan.schedule.steps
    network = learn_boxes(
        learnt,
        len(data.labels),
        plan,
        lambda step, _loss: progress("training", step + 1, steps),
        checkpoint=checkpoint,
        device=device,
    )
    boxes = said_of(network, held, data, (plan.rows, plan.columns)) if held else None
    return TrainedDetector(
        network, len(learnt), len(held), boxes, store.rejections, (*data.faults, *store.faults)
    )


def _parted(
    data: BoxedFilms, store: FilmStore, plan: DetectorPlan
) -> tuple[list[StoredFilm], list[StoredFilm]]:
    """Films to learn from, and films held out; no patient is in both."""
    own = [data.films[film.place] for film in store.films]
    if not own:
        raise BadTable("none of the films could be read")
    listed = any(film.part == "test" for film in own)
    if listed:
        held = [film.part == "test" for film in own]
    elif plan.parts == 1:
        held = [False] * len(own)
    else:
        traits = [set(film.labels) or {_NO_BOX} for film in own]
        if len({film.patient for film in own}) < plan.parts:
            raise BadTable(f"there are fewer patients than {plan.parts} parts")
        held = (deal_patients([film.patient for film in own], traits, plan.parts) == 0).tolist()
    learnt = [film for film, out in zip(store.films, held, strict=True) if not out]
    if not any(len(film.boxes) for film in learnt):
        raise BadTable("no film that is left to learn from has a box")
    tested = {film.patient for film, out in zip(own, held, strict=True) if out}
    both = tested & {film.patient for film, out in zip(own, held, strict=True) if not out}
    if both:
        raise BadTable(f"{len(both)} patients have films for training and for the test")
    return learnt, [film for film, out in zip(store.films, held, strict=True) if out]


def _digest(data: BoxedFilms, learnt: Sequence[StoredFilm], plan: DetectorPlan) -> str:
    """Changes with the films, their truth and the plan; not with how it is measured."""
    said = hashlib.sha256(repr(replace(plan, parts=1)).encode())
    for film in learnt:
        said.update(repr((data.films[film.place].name, film.labels.tolist())).encode())
        said.update(film.boxes.tobytes())
    return said.hexdigest()[:16]


def learn_boxes(
    films: Sequence[StoredFilm],
    classes: int,
    plan: DetectorPlan,
    progress: Callable[[int, float], None],
    *,
    checkpoint: Checkpoint | None = None,
    device: Device | None = None,
) -> Detector:
    """Train one detector.

    Raises:
        ModelError: weights are missing; the checkpoint is of another architecture or plan.
        SettingsError: there is no such detector.
    """
    torch.manual_seed(plan.seed)
    network = make_detector(plan.detector, classes, weights=plan.weights, settings=plan.settings)
    device = device or Device()
    return fit_resumable(
        network,
        network.backbone,
        lambda step: _batch(_drawn(films, plan, step), device.name),
        lambda learner, batch: sum(learner.losses(*batch).values(), torch.zeros(())),
        plan.schedule,
        progress,
        seed=plan.seed,
        checkpoint=checkpoint,
        device=device,
    )


def _drawn(films: Sequence[StoredFilm], plan: DetectorPlan, step: int) -> list[ChangedFilm]:
    """The changed films of a step; no film comes again before all others came."""
    rng = np.random.default_rng((plan.seed, step))
    changed = []
    for place in range(step * plan.batch, (step + 1) * plan.batch):
        order = np.random.default_rng((plan.seed, _ORDER, place // len(films)))
        film = films[int(order.permutation(len(films))[place % len(films)])]
        changed.append(change_film(film.pixels, film.boxes, film.labels, plan.changes, rng))
    return changed


def _batch(changed: Sequence[ChangedFilm], device: str) -> _Batch:
    """Films side by side, the smaller ones in the upper left corner of black."""
    rows = _whole_strides(max(film.pixels.shape[0] for film in changed))
    columns = _whole_strides(max(film.pixels.shape[1] for film in changed))
    films = torch.zeros(len(changed), 1, rows, columns)
    targets = []
    for place, film in enumerate(changed):
        down, across = film.pixels.shape
        films[place, 0, :down, :across] = torch.from_numpy(film.pixels)
        targets.append(_target(film.boxes, film.labels, device))
    return films.to(device), targets


def _target(boxes: NDArray[np.float64], labels: NDArray[np.int64], device: str) -> Target:
    coco = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return Target(torch.from_numpy(coco).float().to(device), torch.from_numpy(labels).to(device))


def _whole_strides(length: int) -> int:
    return math.ceil(length / _STRIDE) * _STRIDE
