"""The card of a model that makes a vector of a film, so that films can be told alike or not."""

from dataclasses import dataclass
from typing import Final

from plainfilm.errors import ModelError
from plainfilm.models.card import INTERFACE, Data, Figure, check_identity

__all__ = ["FilmCard"]

_SIDES: Final = range(32, 2049)
_MOST_OUTPUTS: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class FilmCard:
    """Everything known of a model that makes a vector of a film's pixels.

    Attributes:
        name, version, sha256, licence, interface, plainfilm_from, plainfilm_below, summary, data,
            split, figures, known_failures: as in `Card`.
        side: of the square films that it takes, in pixels, 32 to 2048.
        outputs: the length of the vector.
    Raises:
        ModelError: a value is out of range.
    """

    name: str
    version: str
    sha256: str
    side: int
    outputs: int
    licence: str
    interface: int = INTERFACE
    plainfilm_from: str = "0.1"
    plainfilm_below: str = ""
    summary: str = ""
    data: tuple[Data, ...] = ()
    split: str = ""
    figures: tuple[Figure, ...] = ()
    known_failures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_identity(self.name, self.sha256, self.plainfilm_from, self.plainfilm_below)
        if self.side not in _SIDES:
            raise ModelError(f"side ({self.side}) must be 32 to {_SIDES[-1]} pixels")
        if not 1 <= self.outputs <= _MOST_OUTPUTS:
            raise ModelError(f"outputs ({self.outputs}) must be 1 to {_MOST_OUTPUTS}")
