"""Running a model that says which findings a film shows, with ONNX Runtime."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import ModelError
from plainfilm.models.finding_card import FindingCard
from plainfilm.models.runtime import open_session
from plainfilm.models.store import Stored

__all__ = ["FILMS", "MAPS", "PROBABILITIES", "FindingAnswers", "FindingNetwork"]

FILMS: Final = "films"
PROBABILITIES: Final = "probabilities"
MAPS: Final = "maps"
# Feature maps of two films stay in the processor's cache: a DenseNet-121 takes a fifth longer for
# each film of a batch of 4 (benchmarks/finding_network.py).
_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class FindingAnswers:
    """What a model says of n films.

    Attributes:
        probabilities: (n, labels) float32, as the network gave them: NaN has to be looked for.
        maps: (n, labels, rows, columns) float32, class activation maps before any scaling; None
            where they were not asked for, or the model has none.
    """

    probabilities: NDArray[np.float32]
    maps: NDArray[np.float32] | None = None


class FindingNetwork:
    """A loaded model of findings. It is not made for threads.

    The network takes `films`, (n, 1, side, side) float32 in [0, 1], and gives `probabilities`,
    (n, labels) float32, and where its card says so `maps`, (n, labels, rows, columns) float32. What
    it needs of normalisation is in the graph.

    Args:
        model: from `find_finding_model`.
        threads: that compute.
        provider: what computes; see `open_session`.
    Raises:
        ModelError: the file is missing, damaged, no ONNX, or does not take and give what its
            card says.
        SettingsError: the provider is not installed.
    """

    def __init__(self, model: Stored[FindingCard], threads: int = 1, provider: str = "cpu") -> None:
        self.card = model.card
        self._session = open_session(model, threads, provider)
        _check(self._session, model)

    def run(self, films: NDArray[np.float32], *, maps: bool = False) -> FindingAnswers:
        """Read films.

        Args:
            films: (n, 1, side, side) float32 in [0, 1], n ≥ 1, C-contiguous; more is brighter,
                bright = dense.
            maps: whether to give the maps, too; a model without them gives none.
        """
        names = [PROBABILITIES, *([MAPS] if maps and self.card.has_maps else [])]
        parts = [
            self._session.run(names, {FILMS: films[start : start + _AT_ONCE]})
            for start in range(0, len(films), _AT_ONCE)
        ]
        return FindingAnswers(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _check(session: Any, model: Stored[FindingCard]) -> None:
    """Make sure that inputs and outputs are the interface's, with the card's sizes."""
    card = model.card
    taken = {each.name: (each.type, each.shape[1:]) for each in session.get_inputs()}
    if taken != {FILMS: ("tensor(float)", [1, card.side, card.side])}:
        raise _mismatch(model, f"one input `{FILMS}`, float32 of n x 1 x {card.side} x {card.side}")
    given = {each.name: (each.type, each.shape[1:]) for each in session.get_outputs()}
    labels = len(card.labels)
    if given.get(PROBABILITIES) != ("tensor(float)", [labels]):
        raise _mismatch(model, f"an output `{PROBABILITIES}`, float32 of n x {labels}")
    kind, shape = given.get(MAPS, ("", []))
    if card.has_maps and (kind != "tensor(float)" or len(shape) != 3 or shape[0] != labels):
        raise _mismatch(model, f"an output `{MAPS}`, float32 of n x {labels} x rows x columns")


def _mismatch(model: Stored[FindingCard], wanted: str) -> ModelError:
    return ModelError(
        f"{model.network} does not have what its card says: {wanted}; export it anew, or mend"
        " its card"
    )
