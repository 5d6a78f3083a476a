"""Films in fewer numbers before they are clustered: by an autoencoder, by truncated SVD, or not."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Protocol, Self

import numpy as np
from scipy.sparse.linalg import svds

from plainfilm.clusters.distances import PointsLike
from plainfilm.clusters.features import Features, build_features, features_like
from plainfilm.clusters.plan import FeatureSettings
from plainfilm.clusters.seeds import check_seed
from plainfilm.clusters.tag_table import TagTable
from plainfilm.errors import InputError, SettingsError
from plainfilm.models import TagCard, TagEncoder, find_tag_model

__all__ = [
    "Compression",
    "Encoded",
    "TruncatedSvd",
    "Uncompressed",
    "compressed_size",
    "compression_named",
]

KEPT: Final = 0.1
"""The published bottleneck: 56 of 565 columns."""


class Compression(Protocol):
    """From the tags of films to the points that are clustered."""

    @property
    def name(self) -> str: ...
    def features(self, table: TagTable, settings: FeatureSettings) -> Features:
        """The features that are compressed.

        Raises:
            SettingsError: the settings ask for other features than the compression takes.
        """
        ...

    def points(self, features: Features) -> PointsLike:
        """(films, numbers), of features with at least one column."""
        ...


@dataclass(frozen=True, slots=True)
class Uncompressed:
    """Features as they are."""

    name: ClassVar[str] = "none"

    def features(self, table: TagTable, settings: FeatureSettings) -> Features:
        return build_features(table, settings)

    def points(self, features: Features) -> PointsLike:
        return features.matrix


@dataclass(frozen=True, slots=True)
class TruncatedSvd:
    """The films' coordinates along the features' first right singular vectors.

    Where that would not be fewer numbers, features stay as they are.

    Attributes:
        kept: of the columns, the share that is kept, in (0, 1].
        seed: of the vector that the search begins at.
    Raises:
        SettingsError: `kept` or `seed` is out of range.
    Source: the implicitly restarted Lanczos method of ARPACK (Lehoucq, Sorensen, Yang, 1998).
    """

    kept: float = KEPT
    seed: int = 0

    name: ClassVar[str] = "svd"

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if not 0 < self.kept <= 1:
            raise SettingsError(f"the share of columns to keep ({self.kept}) is above 0, up to 1")

    def features(self, table: TagTable, settings: FeatureSettings) -> Features:
        return build_features(table, settings)

    def points(self, features: Features) -> PointsLike:
        fewer = min(features.matrix.shape)
        size = compressed_size(features.matrix.shape[1], self.kept)
        if size >= fewer:
            return features.matrix
        first = np.random.default_rng(self.seed).standard_normal(fewer)
        # Single precision would leave it to rounding which of nearly equal vectors come first.
        films = features.matrix.astype(np.float64)
        _, _, axes = svds(films, size, v0=first, return_singular_vectors="vh")
        # Not the left vectors, in which films that are alike differ by rounding.
        return np.ascontiguousarray(films @ axes[::-1].T, np.float32)


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bottleneck of an autoencoder that `plainfilm train tags` made."""

    encoder: TagEncoder = field(repr=False)

    @classmethod
    def by(cls, model: str | Path) -> Self:
        """By a model of the store, or at a path.

        Raises:
            ModelError: there is none, or it cannot be used.
        """
        return cls(TagEncoder(find_tag_model(model)))

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def card(self) -> TagCard:
        return self.encoder.card

    def features(self, table: TagTable, settings: FeatureSettings) -> Features:
        if settings.descriptions:
            raise SettingsError(f"the model {self.name} takes no words of descriptions")
        if both := sorted(set(settings.leave_out) & set(self.card.keywords)):
            raise SettingsError(
                f"the model {self.name} was trained with {', '.join(both)} among the features, so"
                " that its clusters cannot leave them out or judge them; train one without"
                " (`plainfilm train tags --by TAG`)"
            )
        met = self.met(table)
        if 2 * met < len(self.card.keywords):
            raise InputError(
                f"the films have {met} of the {len(self.card.keywords)} tags that the model"
                f" {self.name} was trained with, fewer than half; train one with films like these"
            )
        return features_like(table, self.card.inputs)

    def met(self, table: TagTable) -> int:
        """How many of the model's tags any of the films has."""
        columns = map(table.columns.get, self.card.keywords)
        return sum(column is not None and bool(column.known().any()) for column in columns)

    def points(self, features: Features) -> PointsLike:
        return self.encoder(features.matrix)


def compressed_size(columns: int, kept: float) -> int:
    """How many numbers are kept of so many: at least 1, at most all."""
    return min(columns, max(1, math.floor(kept * columns + 0.5)))


def compression_named(name: str, *, seed: int = 0) -> Compression:
    """What `none`, `svd`, or the name or path of a model stands for.

    Raises:
        ModelError: there is no such model, or it cannot be used.
    """
    match name:
        case Uncompressed.name:
            return Uncompressed()
        case TruncatedSvd.name:
            return TruncatedSvd(seed=seed)
    return Encoded.by(name)
