"""How a classifier of findings is trained: plans, and those that have names."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from plainfilm.errors import SettingsError
from plainfilm.findings.training.augment import Changes
from plainfilm.findings.training.losses import LOSSES, targets
from plainfilm.models.finding_card import SIDES
from plainfilm.models.training import Schedule

__all__ = ["PRESETS", "ClassifierPlan"]


@dataclass(frozen=True, slots=True)
class ClassifierPlan:
    """How to train a classifier.

    Attributes:
        architecture: see `make_classifier`.
        side: of the films that the network sees, 32 to 2048 pixels.
        loss: `plain`, `balanced` or `two-class`.
        uncertain, unmentioned: what becomes of such labels; see `targets`.
        batch: films in each step, at least 2: of one alone, batch norms may learn nothing.
        folds: into how many parts patients are dealt; each is measured with a network that learnt
            from the others. 1 measures none. Where films have parts by a list, those are taken.
        weights: where the architecture's are; see `make_backbone`.
        frozen_blocks: of an EfficientNet-Lite, which are not trained.
        copies: how many changed copies of each film pass through the frozen blocks, once for all
            folds; 0 changes films anew in every step.
    Raises:
        SettingsError: a value is out of range, or copies are asked for without frozen blocks.
    """

    architecture: str = "densenet121"
    side: int = 224
    loss: str = "plain"
    uncertain: str = "ignore"
    unmentioned: str = "zeros"
    batch: int = 32
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=4000, learning_rate=3e-4, head_ratio=1.0)
    )
    changes: Changes = field(default_factory=Changes)
    folds: int = 5
    seed: int = 0
    weights: str | None = None
    frozen_blocks: int = 0
    copies: int = 0

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise SettingsError(f"loss is one of {', '.join(LOSSES)}")
        if self.side not in SIDES:
            raise SettingsError(f"side must be {SIDES[0]} to {SIDES[-1]} pixels")
        if self.folds < 1 or self.batch < 2 or self.schedule.steps < 1:
            raise SettingsError("folds and steps must be at least 1, and batch at least 2")
        if self.copies and not self.frozen_blocks:
            raise SettingsError("copies pass through frozen blocks, and none are frozen")
        targets(np.zeros((0, 1), np.float32), self.uncertain, self.unmentioned)

    @property
    def two_class(self) -> bool:
        return self.loss == "two-class"

    def shortened(self, steps: int) -> "ClassifierPlan":
        """The same plan with another number of steps; the warm-up is scaled alike."""
        warm_up = round(self.schedule.warm_up * steps / self.schedule.steps)
        return replace(self, schedule=replace(self.schedule, steps=steps, warm_up=warm_up))

    def named(self, labels: Sequence[str]) -> str:
        """The architecture in words, with what it finds."""
        found = "1 finding" if len(labels) == 1 else f"{len(labels)} findings"
        return f"{self.architecture} for {found} at {self.side} pixels"


PRESETS: Final = {
    "default": ClassifierPlan(),
    "few-films": ClassifierPlan(
        architecture="efficientnet-lite0",
        schedule=Schedule(steps=300, learning_rate=4e-4, warm_up=40, averaging=0.99),
        changes=Changes(reach=0.6, flips=True),
        frozen_blocks=8,
        copies=4,
    ),
    "spine-paper": ClassifierPlan(
        loss="two-class",
        schedule=Schedule(
            steps=10_000,
            learning_rate=1e-3,
            head_ratio=1.0,
            weight_decay=0.0,
            warm_up=0,
            averaging=0.0,
            clip=float("inf"),
            falling=False,
            optimizer="sgd",
        ),
        changes=Changes(reach=0.3, greys=False),
    ),
}
"""`few-films` starts from ImageNet, and is what the shipped chest model was made with.
`spine-paper` is the classifier of VinDr-SpineXR (Nguyen et al., MICCAI 2021, section 3.1); it is
trained with densenet121, densenet169 and densenet201, whose mean is taken."""
