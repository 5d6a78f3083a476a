"""The card of a model that puts boxes around findings."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from plainfilm.errors import ModelError
from plainfilm.models.finding_card import TaskCard

__all__ = ["DetectorCard", "DetectorFraming"]

DetectorFraming: TypeAlias = Literal["pad", "stretch"]
"""How a film comes into the detector's rectangle: whole, in the middle of black; or whole, each
side scaled by itself."""

_SIDES: Final = range(32, 4097)
_MOST_BOXES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorCard(TaskCard):
    """Everything known of a model that puts boxes around findings.

    Attributes:
        rows, columns: of the films that it takes, in pixels, 32 to 4096.
        framing: how a film comes into these.
        least_score: boxes below are dropped.
        overlap: of two boxes of one label whose intersection over union is above it, the one with
            the lower score is dropped; None where the network leaves no such pairs.
        most_boxes: of one film, the best.
    Raises:
        ModelError: a value contradicts another or is out of range.
    """

    rows: int
    columns: int
    framing: DetectorFraming = "pad"
    least_score: float = 0.05
    overlap: float | None = 0.5
    most_boxes: int = 100

    def __post_init__(self) -> None:
        TaskCard.__post_init__(self)
        if self.rows not in _SIDES or self.columns not in _SIDES:
            raise ModelError(
                f"rows x columns ({self.rows} x {self.columns}) must be 32 to {_SIDES[-1]} each"
            )
        if self.framing not in get_args(DetectorFraming):
            raise ModelError(f"framing must be one of {', '.join(get_args(DetectorFraming))}")
        if not 0 <= self.least_score <= 1:
            raise ModelError(f"least_score ({self.least_score}) must be 0 to 1")
        if self.overlap is not None and not 0 < self.overlap <= 1:
            raise ModelError(f"overlap ({self.overlap}) must be above 0, and 1 at most")
        if not 1 <= self.most_boxes <= _MOST_BOXES:
            raise ModelError(f"most_boxes ({self.most_boxes}) must be 1 to {_MOST_BOXES:,}")
