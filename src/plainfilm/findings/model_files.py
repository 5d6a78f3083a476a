"""Which models a step runs, and the networks themselves, loaded once in each process."""

import hashlib
import json
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from plainfilm.errors import ModelError
from plainfilm.models import (
    Detector,
    DetectorCard,
    FindingCard,
    FindingNetwork,
    TaskCard,
    find_detector,
    find_finding_model,
)
from plainfilm.models.store import Stored

__all__ = ["ModelFile", "detector_of", "network_of"]

_PROSE: Final = {"architecture", "data", "figures", "known_failures", "licence", "limits"} | {
    "notice", "plainfilm_below", "plainfilm_from", "split", "summary"
}  # fmt: skip
"""What a card says that no answer follows from."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model: what its answers follow from, which is a parameter of a step, and where it is,
    which is not.

    Attributes:
        sha256: of the ONNX file, so that another model computes every film anew.
        card_sha256: of what its card says of answers, so that another threshold does, too.
        card: where the model's card is, beside the ONNX file.
    """

    sha256: str
    card_sha256: str
    card: Path = field(metadata={"parameter": False})

    @classmethod
    def of(cls, model: Stored[Any]) -> Self:
        """The file of this model."""
        card = model.network.with_suffix(".json")
        return cls(model.card.sha256, _digest(model.card), card)


@lru_cache(maxsize=2)
def network_of(file: ModelFile, provider: str) -> FindingNetwork:
    """A model of findings.

    Raises:
        ModelError: it cannot be run, or is another than it was when the work began.
        SettingsError: the provider is not installed.
    """
    model: Stored[FindingCard] = find_finding_model(file.card)
    _same(model, file)
    return FindingNetwork(model, provider=provider)


@lru_cache(maxsize=2)
def detector_of(file: ModelFile, provider: str) -> Detector:
    """A model that puts boxes around findings; raises as `network_of`."""
    model: Stored[DetectorCard] = find_detector(file.card)
    _same(model, file)
    return Detector(model, provider=provider)


def _same(model: Stored[Any], file: ModelFile) -> None:
    if ModelFile.of(model) != file:
        raise ModelError(f"{file.card}: the model was exchanged; start again")


def _digest(card: TaskCard) -> str:
    said = {each.name: getattr(card, each.name) for each in fields(card)}
    told = {name: value for name, value in said.items() if name not in _PROSE}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
