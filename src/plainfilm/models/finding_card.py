"""The card of a model that says which findings a film shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from plainfilm.errors import ModelError
from plainfilm.models.card import INTERFACE, Data, Figure, check_identity

__all__ = ["NOTICE", "FindingCard", "Framing", "check_labels"]

NOTICE: Final = "Research use only; not a medical device."

Framing: TypeAlias = Literal["pad", "crop", "stretch"]
"""How a film comes into the network's square: whole, in the middle of black; its central square;
or whole, each side scaled by itself."""

_SIDES: Final = range(32, 2049)


@dataclass(frozen=True, slots=True)
class FindingCard:
    """Everything known of a model that gives a probability for each of some findings.

    Attributes:
        name, version, sha256, licence, interface, plainfilm_from, plainfilm_below, summary, data,
            split, figures, known_failures: as in `Card`.
        task: what it is asked, which goes before its answers' names: `chest` or `spine`.
        labels: the findings, in the order of the network's probabilities.
        side: of the square films that it takes, in pixels, 32 to 2048.
        architecture: of the network, in words.
        thresholds: label → the probability from which it counts as present; a label that is not
            named, or at None, has no threshold and is never called present or absent.
        categories: of the films that it reads; others are refused. Empty: it reads any.
        has_maps: whether it tells where, too.
        framing: how a film comes into the square.
        limits: a sentence each on what must not be concluded from the figures.
        notice: what the model is not for.
    Raises:
        ModelError: a value contradicts another or is out of range.
    """

    name: str
    version: str
    sha256: str
    task: str
    labels: tuple[str, ...]
    side: int
    licence: str
    architecture: str = ""
    thresholds: Mapping[str, float | None] = field(default_factory=dict, hash=False)
    categories: tuple[str, ...] = ()
    has_maps: bool = False
    framing: Framing = "pad"
    interface: int = INTERFACE
    plainfilm_from: str = "0.1"
    plainfilm_below: str = ""
    summary: str = ""
    data: tuple[Data, ...] = ()
    split: str = ""
    figures: tuple[Figure, ...] = ()
    known_failures: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    notice: str = NOTICE

    def __post_init__(self) -> None:
        check_identity(self.name, self.sha256, self.plainfilm_from, self.plainfilm_below)
        check_labels(self.task, self.labels, self.categories)
        if self.side not in _SIDES:
            raise ModelError(f"side ({self.side}) must be 32 to {_SIDES[-1]} pixels")
        if self.framing not in get_args(Framing):
            raise ModelError(f"framing must be one of {', '.join(get_args(Framing))}")
        if unknown := sorted(set(self.thresholds) - set(self.labels)):
            raise ModelError(f"thresholds name what is no label: {', '.join(unknown)}")
        for label, threshold in self.thresholds.items():
            if threshold is not None and not 0 <= threshold <= 1:
                raise ModelError(f"the threshold of {label} ({threshold}) must be 0 to 1")


def check_labels(task: str, labels: tuple[str, ...], categories: tuple[str, ...]) -> None:
    """Make sure of what the cards of findings and of detectors have in common.

    Raises:
        ModelError: the task or a label has no name, or a name comes twice.
    """
    if not task or ":" in task:
        raise ModelError("task must be a name such as chest or spine, without a colon")
    for what, names in (("labels", labels), ("categories", categories)):
        if len(set(names)) != len(names) or "" in names:
            raise ModelError(f"{what} must have names, each once")
    if not labels:
        raise ModelError("labels must be there")
