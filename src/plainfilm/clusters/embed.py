"""Vectors of films, made by a model, as results of a step, so that the archive keeps them."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.film_squares import film_squares
from plainfilm.errors import ModelError
from plainfilm.models import FilmEncoder, find_film_model
from plainfilm.models.store import Stored
from plainfilm.records import Film, Prediction, Rejection

__all__ = ["EmbedFilms", "vectors_of"]

_STORED: Final = np.dtype("<f2")


@dataclass(frozen=True)
class EmbedFilms:
    """Leaves each film's vector as a Prediction, task `embedding`; its value is the model's name.

    Details: `model`, its SHA-256, and `vector`, see `vectors_of`.

    Attributes:
        sha256: of the model's ONNX file, so that another model makes every vector anew.
        card: where the model's card is, beside the ONNX file.
    """

    sha256: str
    card: Path = field(metadata={"parameter": False})

    name: ClassVar[str] = "embedding"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, model: Stored[Any]) -> Self:
        """The step that runs this model, of `find_film_model`."""
        return cls(model.card.sha256, model.network.with_suffix(".json"))

    def process(self, batch: Sequence[Film]) -> list[Prediction | Rejection]:
        """One Prediction per film; a Rejection for what cannot be shown.

        Raises:
            ModelError: the model cannot be run, or was exchanged.
        """
        encoder = _encoder(self.card, self.sha256)
        squares, places, rejections = film_squares(batch, encoder.side)
        if not places:
            return list(rejections)
        details = ({"model": self.sha256, "vector": _text(row)} for row in encoder(squares))
        told = [
            Prediction(batch[place].film_id, self.name, encoder.card.name, None, detail)
            for place, detail in zip(places, details, strict=True)
        ]
        return [*told, *rejections]


@lru_cache(maxsize=2)
def _encoder(card: Path, sha256: str) -> FilmEncoder:
    model = find_film_model(card)
    if model.card.sha256 != sha256:
        raise ModelError(f"{card}: the model was exchanged; start again")
    return FilmEncoder(model)


def _text(vector: NDArray[np.float32]) -> str:
    length = float(np.linalg.norm(vector))
    return base64.b64encode((vector / (length or 1.0)).astype(_STORED).tobytes()).decode("ascii")


def vectors_of(
    kept: Iterable[tuple[int, Mapping[str, Any]]], film_ids: Sequence[int] | NDArray[np.int64]
) -> NDArray[np.float32]:
    """The vectors that the archive keeps, which are of length 1, in half precision and base64.

    Args:
        kept: film id and details of predictions of the task `embedding`, all of one model.
        film_ids: (films,), of the films whose vectors are wanted.
    Returns:
        (films, length of a vector); NaN for films without one.
    Raises:
        ModelError: vectors are of different lengths, so that they are of different models.
    """
    place_of = {film_id: place for place, film_id in enumerate(map(int, film_ids))}
    found = {
        place_of[film_id]: np.frombuffer(base64.b64decode(details["vector"]), _STORED)
        for film_id, details in kept
        if film_id in place_of
    }
    lengths = {len(vector) for vector in found.values()}
    if len(lengths) > 1:
        raise ModelError("the archive's vectors are of different models; make them anew")
    vectors = np.full((len(place_of), *(lengths or {0})), np.nan, np.float32)
    for place, vector in found.items():
        vectors[place] = vector
    return vectors
