"""What models say of one film, in the form that DICOM objects are made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import InputError, SettingsError
from plainfilm.records import Box

__all__ = ["Finding", "HeatMap", "Model", "Point", "Reading", "check_places"]

_QUARTERS: Final = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Model:
    """The model that said something, by its card."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a model says of one finding of a film as a whole.

    Attributes:
        present: whether the model's card calls it so, of which a threshold alone may fall short;
            None where it has no threshold.
        probability: in [0, 1].
    """

    label: str
    probability: float
    present: bool | None
    model: Model


@dataclass(frozen=True, slots=True)
class Point:
    """Where a finding is, when its extent is not known; pixels of the stored frame, as in `Box`."""

    label: str
    x: float
    y: float
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """How much each part of a film counted for a finding.

    Attributes:
        values: (rows, columns) float in [0, 1], spread evenly over the stored frame; 1 is what
            counted most. No probabilities.
    """

    label: str
    values: NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What models say of one film for one task.

    Attributes:
        task: `chest` or `spine`.
        moment: when they said it, with its time zone.
        locator: the model that boxes, points and heat maps are from.
        turn: degrees clockwise by which the stored film must be turned to stand upright.
        joined: the probability that the film is abnormal, of classifier and locator together; None
            where they were not joined.
    Raises:
        InputError: a probability or score is no number in [0, 1], a heat map is empty, or a label
            or what a model is called cannot be written in DICOM.
        SettingsError: no model said anything, places without the model that they are from, or
            another turn than 0, 90, 180 or 270.
    """

    task: str
    moment: datetime
    findings: tuple[Finding, ...] = ()
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    locator: Model | None = None
    turn: int = 0
    joined: float | None = None

    def __post_init__(self) -> None:
        for label in (one.label for one in (*self.findings, *self.places, *self.heat_maps)):
            _check_text("a label", label)
        for model in self.models:
            _check_text("a model's name", model.name)
            _check_text("a model's version", model.version)
        for found in self.findings:
            _check_share("probability", found.label, found.probability)
        for place in self.places:
            _check_share("score", place.label, place.score)
        for heat in self.heat_maps:
            _check_heat(heat)
        if self.joined is not None:
            _check_share("joined probability", self.task, self.joined)
        if self.locator is None and (self.boxes or self.points or self.heat_maps):
            raise SettingsError("boxes, points and heat maps need the model that they are from")
        if not self.models:
            raise SettingsError("a reading needs a finding, or the model that found none")
        if self.turn not in _QUARTERS:
            raise SettingsError(f"turn ({self.turn}) must be 0, 90, 180 or 270 degrees")

    @property
    def models(self) -> tuple[Model, ...]:
        """Every model that had a part in it, each once."""
        named = [found.model for found in self.findings]
        return tuple(dict.fromkeys(named if self.locator is None else [*named, self.locator]))

    @property
    def places(self) -> tuple[Box | Point, ...]:
        """Boxes, then points: a place's number in every object counts them so."""
        return (*self.boxes, *self.points)

    @property
    def present(self) -> tuple[Finding, ...]:
        """The findings that are present, the most probable first."""
        present = (found for found in self.findings if found.present)
        return tuple(sorted(present, key=lambda found: (-found.probability, found.label)))

    @property
    def marked(self) -> tuple[str, ...]:
        """The labels that have a box or a point, each once."""
        return tuple(dict.fromkeys(place.label for place in self.places))


def check_places(reading: Reading, rows: int, columns: int) -> None:
    """Make sure that every box and point lies on the film.

    Raises:
        InputError: one does not, or a box has no area.
    """
    for box in reading.boxes:
        if not (0 <= box.xmin < box.xmax <= columns and 0 <= box.ymin < box.ymax <= rows):
            raise InputError(
                f"a box of {box.label} does not lie on the film of {rows} x {columns} pixels"
            )
    for point in reading.points:
        if not (0 <= point.x <= columns and 0 <= point.y <= rows):
            raise InputError(
                f"the point of {point.label} does not lie on the film of {rows} x {columns} pixels"
            )


def _check_text(what: str, text: str) -> None:
    # PS3.5 6.2: a backslash would make two values of it, and control characters are not text.
    if not text.strip() or not text.isprintable() or "\\" in text:
        raise InputError(f"{what} is empty, or has a backslash or control characters; see its card")


def _check_share(what: str, label: str, value: float) -> None:
    if not 0 <= value <= 1:  # NaN is neither
        raise InputError(f"the {what} of {label} ({value}) is no number from 0 to 1")


def _check_heat(heat: HeatMap) -> None:
    values = heat.values
    if values.ndim != 2 or not values.size:
        raise InputError(f"the heat map of {heat.label} has no rows and columns")
    if not bool(((values >= 0) & (values <= 1)).all()):
        raise InputError(f"the heat map of {heat.label} has values that are not from 0 to 1")
