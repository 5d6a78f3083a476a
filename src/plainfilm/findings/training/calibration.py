"""Making probabilities of findings mean what they say, and choosing from which of them a finding is
called present, on films that were held out."""

from dataclasses import dataclass
from math import floor
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from plainfilm.findings.training.classifier import Classifier, Ensemble
from plainfilm.findings.training.grad_cam import GradientMaps, has_gradient_maps

__all__ = ["ENOUGH", "MISCALLED", "Calibrated", "Scales", "rarely_reached"]

ENOUGH: Final = 30
"""Films of a kind, present and absent, below which nothing is fitted to them or chosen by them."""

MISCALLED: Final = 0.05
"""The share of held-out films without a finding in which it may be called present."""

_DIGITS: Final = 4
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
        found: NDArray[np.float32] = expit(self.slope * _logits(said) + self.offset)
        return found


def rarely_reached(said: NDArray[np.float32]) -> float:
    """The least probability, to four digits, that `MISCALLED` of some films reach at most; 1 where
    more of them have 1.

    Many findings are asked of one film, so that at Youden's thresholds most films have a false
    alarm of some kind. A bound on them holds whatever the findings' frequency, as the threshold
    that makes F1 largest does not.

    Args:
        said: (n,) probabilities of films without the finding, in [0, 1], n ≥ 1.
    Source: a point of high specificity beside another, both chosen on the development set, is how
        Gulshan et al. (JAMA 2016) put a classifier to use.
    """
    falling = np.sort(said)[::-1].astype(np.float64)
    highest_below = float(falling[int(MISCALLED * len(falling))])
    return min(1.0, (floor(highest_below * 10**_DIGITS) + 1) / 10**_DIGITS)


def _logits(said: NDArray[np.float32]) -> NDArray[np.float32]:
    inside = said.clip(_LEAST, 1 - _LEAST)
    found: NDArray[np.float32] = np.log(inside / (1 - inside))
    return found


class Calibrated(nn.Module):
    """A classifier whose logits, and maps with them, are scaled: maps stay log odds, whose mean is
    the logit; maps that are made by gradients are not, and have no offset."""

    slope: Tensor
    offset: Tensor

    def __init__(self, classifier: Classifier | Ensemble | GradientMaps, scales: Scales) -> None:
        super().__init__()
        self.classifier = classifier
        self.has_maps = classifier.has_maps
        self._log_odds = not has_gradient_maps(classifier)
        self.register_buffer("slope", torch.from_numpy(scales.slope))
        self.register_buffer("offset", torch.from_numpy(scales.offset))

    def forward(self, films: Tensor) -> tuple[Tensor, ...]:
        probabilities, *maps = self.classifier(films)
        logits = torch.logit(probabilities, _LEAST) * self.slope + self.offset
        scaled = [each * self.slope[:, None, None] for each in maps]
        if self._log_odds:
            scaled = [each + self.offset[:, None, None] for each in scaled]
        return torch.sigmoid(logits), *scaled
