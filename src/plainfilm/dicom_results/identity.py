"""What the made objects are called: UIDs that the same findings always get, and descriptions."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final

from plainfilm.dicom_results.reading import Reading
from plainfilm.models import NOTICE

__all__ = [
    "LONGEST_NAME",
    "Identity",
    "Kind",
    "derived_uid",
    "identity_of",
    "kinds_for",
    "model_names",
    "short_names",
]

# Raised when the same findings would be written another way: another content, another UID.
_FORM: Final = "2"
_NAMESPACE: Final = uuid.UUID("5e4c4a35-3a0c-5d0f-9a58-0d6f2a1b7c11")
LONGEST_NAME: Final = 64  # characters of VR LO, PS3.5 table 6.2-1


class Kind(StrEnum):
    """The kinds of objects that findings are written as."""

    SR = "sr"
    PRESENTATION_STATE = "presentation-state"
    SEGMENTATION = "segmentation"
    KEY_IMAGE = "key-image"


_SERIES_NUMBERS: Final = {
    Kind.SR: 9001,
    Kind.PRESENTATION_STATE: 9002,
    Kind.SEGMENTATION: 9003,
    Kind.KEY_IMAGE: 9004,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What one made object is called.

    Attributes:
        series_uid: the same for all films of one study, task, model and kind.
        sop_uid: of this object alone.
    """

    series_uid: str
    series_number: int
    sop_uid: str
    series_description: str


def identity_of(
    kind: Kind,
    study_uid: str,
    film_uid: str,
    reading: Reading,
    *,
    heated: Sequence[str] | None = None,
) -> Identity:
    """What an object is called.

    Args:
        heated: the labels that a segmentation has heat maps of, where these are still to be made;
            those of `reading.heat_maps`, where not given.

    The same film, models and findings give the same UIDs, so a second export makes the same
    objects. Other findings of the same models give another object: under one SOP Instance UID
    there must never be two contents. Heat maps follow from film and model.

    Source: DICOM PS3.5 section 9 and B.2 (a name-based UUID under 2.25).
    """
    models = [list(astuple(model)) for model in reading.models]
    if heated is None:
        heated = [heat.label for heat in reading.heat_maps]
    shows = list(heated) if kind is Kind.SEGMENTATION else []
    series = (kind.value, study_uid, reading.task, models)
    return Identity(
        series_uid=derived_uid("series", *series),
        series_number=_SERIES_NUMBERS[kind],
        sop_uid=derived_uid("object", *series, film_uid, _fingerprint(reading), shows, _FORM),
        series_description=_described(f"{reading.task} findings"),
    )


def kinds_for(reading: Reading, *, heated: bool = False) -> tuple[Kind, ...]:
    """The kinds of objects that have something to show; a report there always is.

    Args:
        heated: there are heat maps, or will be.
    """
    kinds = [Kind.SR]
    if reading.marked:
        kinds += [Kind.PRESENTATION_STATE, Kind.KEY_IMAGE]
    if reading.boxes or reading.heat_maps or heated:
        kinds.append(Kind.SEGMENTATION)
    return tuple(kinds)


def derived_uid(*parts: object) -> str:
    """The same UID for the same JSON-ready parts, always."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, json.dumps(parts)).int}"


def model_names(reading: Reading) -> list[str]:
    """Every model with its version."""
    return [f"{model.name} {model.version}" for model in reading.models]


def short_names(reading: Reading) -> list[str]:
    """The same where an element holds no more than 64 characters; versions stay whole."""
    return [
        f"{model.name[: max(1, LONGEST_NAME - 1 - len(model.version))]} {model.version}"[
            :LONGEST_NAME
        ]
        for model in reading.models
    ]


def _described(what: str) -> str:
    """With the notice, which is never what is cut."""
    return f"{what[: LONGEST_NAME - len(NOTICE) - 2]}. {NOTICE}"


def _fingerprint(reading: Reading) -> str:
    """16 hex digits of everything that is written, but when, and heat maps."""
    content = (
        [astuple(found) for found in reading.findings],
        [astuple(box)[1:] for box in reading.boxes],  # the film's number is the catalog's own
        [astuple(point) for point in reading.points],
        reading.turn,
        reading.joined,
    )
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
