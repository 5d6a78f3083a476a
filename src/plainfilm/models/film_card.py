"""The card of a model that makes a vector of a film, so that films can be told alike or not."""

from dataclasses import dataclass
from typing import Final

from plainfilm.errors import ModelError
from plainfilm.models.card import CommonCard

__all__ = ["FilmCard"]

_SIDES: Final = range(32, 2049)
_MOST_OUTPUTS: Final = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmCard(CommonCard):
    """Everything known of a model that makes a vector of a film's pixels.

    Attributes:
        side: of the square films that it takes, in pixels, 32 to 2048.
        outputs: the length of the vector.
    Raises:
        ModelError: a value is out of range.
    """

    side: int
    outputs: int

    def __post_init__(self) -> None:
        CommonCard.__post_init__(self)
        if self.side not in _SIDES:
            raise ModelError(f"side ({self.side}) must be 32 to {_SIDES[-1]} pixels")
        if not 1 <= self.outputs <= _MOST_OUTPUTS:
            raise ModelError(f"outputs ({self.outputs}) must be 1 to {_MOST_OUTPUTS}")
