"""Running a model that makes a vector of a film, with ONNX Runtime."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import ModelError
from plainfilm.models.film_card import FilmCard
from plainfilm.models.runtime import open_session
from plainfilm.models.store import Stored

__all__ = ["FILM_INPUT", "FILM_OUTPUT", "FilmEncoder"]

FILM_INPUT: Final = "film"
FILM_OUTPUT: Final = "embedding"
_LOGITS: Final = "category"
_AT_ONCE: Final = 4  # as many as the category network takes at once, for the same reason


class FilmEncoder:
    """A loaded model that makes vectors of films. It is not made for threads.

    A model of film categories gives the output `embedding` where it has one, else the logits of its
    classes: films that it takes for the same are near one another.

    Args:
        model: from `find_film_model`.
        threads: that compute.
    Raises:
        ModelError: the file is missing, damaged, no ONNX, or does not take and give what its
            card says.
    """

    def __init__(self, model: Stored[Any], threads: int = 1) -> None:
        self.card = model.card
        self._session = open_session(model, threads)
        self._output = _checked_output(self._session, model)

    @property
    def side(self) -> int:
        """Of the square films that it takes, in pixels."""
        return int(self.card.side)

    def __call__(self, films: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Make vectors.

        Args:
            films: (n, side, side) uint8, n ≥ 1, C-contiguous; more is brighter, bright = dense.
        Returns:
            (n, length of a vector).
        """
        parts = [
            self._session.run([self._output], {FILM_INPUT: films[start : start + _AT_ONCE]})[0]
            for start in range(0, len(films), _AT_ONCE)
        ]
        found: NDArray[np.float32] = np.concatenate(parts)
        return found


def _checked_output(session: Any, model: Stored[Any]) -> str:
    """The name of the output that is the vector."""
    card = model.card
    taken = {each.name: (each.type, each.shape[1:]) for each in session.get_inputs()}
    given = {each.name: (each.type, each.shape[1:]) for each in session.get_outputs()}
    name = FILM_OUTPUT if FILM_OUTPUT in given or isinstance(card, FilmCard) else _LOGITS
    kind, shape = given.get(name, ("", []))
    outputs = card.outputs if isinstance(card, FilmCard) else None
    right = kind == "tensor(float)" and len(shape) == 1 and outputs in {None, shape[0]}
    if taken != {FILM_INPUT: ("tensor(uint8)", [card.side, card.side])} or not right:
        sizes = f" x {outputs}" if outputs else " x its length"
        raise ModelError(
            f"{model.network} does not have what its card says: an input `{FILM_INPUT}`, uint8 of"
            f" n x {card.side} x {card.side}, and an output `{name}`, float32 of n{sizes};"
            " export it anew, or mend its card"
        )
    return name
