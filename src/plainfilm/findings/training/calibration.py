"""Making probabilities of findings mean what they say, on films that were held out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from plainfilm.findings.training.classifier import Classifier, Ensemble

__all__ = ["ENOUGH", "Calibrated", "Scales"]

ENOUGH: Final = 30
"""Films of a kind, present and absent, below which nothing is fitted to them or chosen by them."""

_LEAST: Final = 1e-6  # what a probability of 0 is taken for
_LOOSE: Final = 1e6  # the inverse of a penalty that is next to none


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """What logits are multiplied by, and what is added then; each (labels,) float32."""

    slope: NDArray[np.float32]
    offset: NDArray[np.float32]

    @classmethod
    def fitted(cls, said: NDArray[np.float32], labels: NDArray[np.float32]) -> "Scales":
        """The scales that make what was said likeliest.

        Args:
            said: (n, labels) probabilities; NaN for films that were not held out.
            labels: (n, labels): 1, 0, -1 or NaN; the last two tell nothing.
        Source: Platt, Advances in Large Margin Classifiers (1999), without its priors.
        """
        slope, offset = np.ones(said.shape[1], np.float32), np.zeros(said.shape[1], np.float32)
        for place in range(said.shape[1]):
            known = ~np.isnan(said[:, place]) & np.isin(labels[:, place], (0, 1))
            truth = labels[known, place]
            if min((truth == 1).sum(), (truth == 0).sum()) < ENOUGH:
                continue
            logits = _logits(said[known, place])[:, np.newaxis]
            fitted = LogisticRegression(C=_LOOSE).fit(logits, truth)
            if fitted.coef_[0, 0] > 0:  # else it tells nothing, and order must stay
                slope[place], offset[place] = fitted.coef_[0, 0], fitted.intercept_[0]
        return cls(slope, offset)

    def applied(self, said: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities, (n, labels), after scaling; NaN stays."""
        found: NDArray[np.float32] = 1 / (1 + np.exp(-(self.slope * _logits(said) + self.offset)))
        return found


def _logits(said: NDArray[np.float32]) -> NDArray[np.float32]:
    inside = said.clip(_LEAST, 1 - _LEAST)
    found: NDArray[np.float32] = np.log(inside / (1 - inside))
    return found


class Calibrated(nn.Module):
    """A classifier whose logits, and maps with them, are scaled."""

    slope: Tensor
    offset: Tensor

    def __init__(self, classifier: Classifier | Ensemble, scales: Scales) -> None:
        super().__init__()
        self.classifier = classifier
        self.has_maps = classifier.has_maps
        self.register_buffer("slope", torch.from_numpy(scales.slope))
        self.register_buffer("offset", torch.from_numpy(scales.offset))

    def forward(self, films: Tensor) -> tuple[Tensor, ...]:
        probabilities, *maps = self.classifier(films)
        logits = torch.logit(probabilities, _LEAST) * self.slope + self.offset
        scaled = [each * self.slope[:, None, None] + self.offset[:, None, None] for each in maps]
        return torch.sigmoid(logits), *scaled
