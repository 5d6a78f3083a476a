"""The card of a model that says which findings a film shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from plainfilm.errors import ModelError
from plainfilm.models.card import CommonCard

__all__ = ["NOTICE", "SIDES", "FindingCard", "Framing", "TaskCard"]

NOTICE: Final = "Research use only; not a medical device."

Framing: TypeAlias = Literal["pad", "crop", "stretch"]
"""How a film comes into the network's square: whole, in the middle of black; its central square;
or whole, each side scaled by itself."""

SIDES: Final = range(32, 2049)
"""Of the square films that a model takes, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCard(CommonCard):
    """What is known of a model of findings, whether it tells or boxes them.

    Attributes:
        task: what it is asked, which goes before its answers' names: `chest` or `spine`.
        labels: the findings; the network names them by their place here, counted from 0.
        architecture: of the network, in words.
        categories: of the films that it reads; others are refused. Empty: it reads any.
        limits: a sentence each on what must not be concluded from the figures.
        notice: what the model is not for.
    Raises:
        ModelError: the task or a label has no name, or a name comes twice.
    """

    task: str
    labels: tuple[str, ...]
    architecture: str = ""
    categories: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    notice: str = NOTICE

    def __post_init__(self) -> None:
        CommonCard.__post_init__(self)
        if not self.task or ":" in self.task:
            raise ModelError("task must be a name such as chest or spine, without a colon")
        for what, names in (("labels", self.labels), ("categories", self.categories)):
            named = all(name.strip() and name.isprintable() for name in names)
            if len(set(names)) != len(names) or not named:
                raise ModelError(f"{what} must have names, each once")
        if not self.labels:
            raise ModelError("labels must be there")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCard(TaskCard):
    """Everything known of a model that gives a probability for each of some findings.

    Attributes:
        side: of the square films that it takes, in pixels, 32 to 2048.
        thresholds: label → the probability that sensitivity and specificity are told of; below it
            a finding is absent. A label that is not named, or at None, has no threshold and is
            never called anything.
        present_from: label → the probability from which a finding is called present, and its place
            is shown; between its threshold and this it is possible. Where a label is not named, its
            threshold.
        has_maps: whether it tells where, too.
        framing: how a film comes into the square.
    Raises:
        ModelError: a value contradicts another or is out of range.
    """

    side: int
    thresholds: Mapping[str, float | None] = field(default_factory=dict, hash=False)
    present_from: Mapping[str, float] = field(default_factory=dict, hash=False)
    has_maps: bool = False
    framing: Framing = "pad"

    def __post_init__(self) -> None:
        TaskCard.__post_init__(self)
        if self.side not in SIDES:
            raise ModelError(f"side ({self.side}) must be 32 to {SIDES[-1]} pixels")
        if self.framing not in get_args(Framing):
            raise ModelError(f"framing must be one of {', '.join(get_args(Framing))}")
        if unknown := sorted({*self.thresholds, *self.present_from} - set(self.labels)):
            raise ModelError(f"thresholds name what is no label: {', '.join(unknown)}")
        for label, threshold in self.thresholds.items():
            if threshold is not None and not 0 <= threshold <= 1:
                raise ModelError(f"the threshold of {label} ({threshold}) must be 0 to 1")
        for label, least in self.present_from.items():
            threshold = self.thresholds.get(label)
            if threshold is None or not threshold <= least <= 1:
                raise ModelError(
                    f"{label} is present from {least}: that must be its threshold to 1"
                )
