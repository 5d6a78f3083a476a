"""Which models a step runs, and the networks themselves, loaded once in each process."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from plainfilm.errors import ModelError
from plainfilm.models import (
    Detector,
    DetectorCard,
    FindingCard,
    FindingNetwork,
    find_detector,
    find_finding_model,
)
from plainfilm.models.store import Stored

__all__ = ["ModelFile", "detector_of", "network_of"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model: its bytes, which are a parameter of a step, and where they are, which is not.

    Attributes:
        sha256: of the ONNX file, so that another model computes every film anew.
        card: where the model's card is, beside the ONNX file.
    """

    sha256: str
    card: Path = field(metadata={"parameter": False})

    @classmethod
    def of(cls, model: Stored[Any]) -> Self:
        """The file of this model."""
        return cls(model.card.sha256, model.network.with_suffix(".json"))


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
    if model.card.sha256 != file.sha256:
        raise ModelError(f"{file.card}: the model was exchanged; start again")
