"""The step that asks one network which findings films show, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self, TypeAlias

import numpy as np

from plainfilm.errors import Reason
from plainfilm.findings.answers import located, predictions, usable
from plainfilm.findings.film_stream import BATCH_FILMS, framed_films, rejected, sorted_out
from plainfilm.findings.framing import Frame, FramedFilm
from plainfilm.findings.model_files import ModelFile, network_of
from plainfilm.models import FindingCard, FindingNetwork
from plainfilm.models.store import Stored
from plainfilm.records import Box, Film, Prediction, Rejection

__all__ = ["DEFAULT_LEVEL", "ReadChest", "Said", "frame_of"]

DEFAULT_LEVEL: Final = 180.0
"""Where heat maps are cut: the higher of the two published levels, whose boxes are tighter."""

Said: TypeAlias = Prediction | Box | Rejection

_AT_ONCE: Final = 2  # as many as the network computes at once


@dataclass(frozen=True)
class ReadChest:
    """Leaves a Prediction for each finding of a model, and boxes around those that are present.

    Attributes:
        model: of findings, for chest films or for any others.
        level: at which heat maps are cut, above 0, of 255.
        any_category: read films of categories that the model was not made for, too.
        provider: what computes; see `open_session`.
    """

    model: ModelFile
    level: float = DEFAULT_LEVEL
    any_category: bool = False
    provider: str = "cpu"

    name: ClassVar[str] = "findings_chest"
    version: ClassVar[str] = "2"
    keywords: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ("category",)
    batch_items: ClassVar[int] = BATCH_FILMS

    @classmethod
    def of(
        cls,
        model: Stored[FindingCard],
        *,
        level: float = DEFAULT_LEVEL,
        any_category: bool = False,
        provider: str = "cpu",
    ) -> Self:
        """The step that runs this model."""
        return cls(ModelFile.of(model), level, any_category, provider)

    def process(self, batch: Sequence[Film]) -> list[Said]:
        """For each film that the model reads a Prediction per label and its Boxes, see `located`;
        a Rejection for a film of another category, one that cannot be shown, or an answer that is
        no probability.

        Raises:
            ModelError: the model cannot be run, or was exchanged.
            SettingsError: the provider is not installed.
        """
        network = network_of(self.model, self.provider)
        card = network.card
        read, refused = sorted_out(batch, () if self.any_category else (card,))
        said: list[Said] = [*refused]
        waiting: list[tuple[Film, FramedFilm]] = []
        for film, framed in framed_films(read, [frame_of(card)]):
            if isinstance(framed, Rejection):
                said.append(framed)
                continue
            waiting.append((film, framed[0]))
            if len(waiting) == _AT_ONCE:
                said += self._read(network, waiting)
                waiting = []
        if waiting:
            said += self._read(network, waiting)
        return said

    def _read(
        self, network: FindingNetwork, films: Sequence[tuple[Film, FramedFilm]]
    ) -> Iterator[Said]:
        card = network.card
        squares = np.stack([framed.pixels for _, framed in films])[:, np.newaxis]
        answers = network.run(squares, maps=card.has_maps)
        for place, (film, framed) in enumerate(films):
            probabilities = answers.probabilities[place]
            maps = None if answers.maps is None else answers.maps[place]
            if not usable(probabilities, maps):
                yield rejected(film, Reason.UNUSABLE_ANSWER, f"of {card.name} {card.version}")
                continue
            told = list(predictions(film, card, probabilities))
            yield from told
            if maps is not None:
                yield from located(told, card, maps, framed, self.level)


def frame_of(card: FindingCard) -> Frame:
    """What a model of findings takes."""
    return Frame(card.side, card.side, card.framing)
