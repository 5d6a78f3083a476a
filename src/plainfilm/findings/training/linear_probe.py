"""The baseline that a trained network has to beat: logistic regression on features as they are."""

import warnings
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from plainfilm.findings.training.chest_data import Squares
from plainfilm.findings.training.classifier import MapClassifier
from plainfilm.findings.training.classifier_learning import Probabilities, shrunk

__all__ = ["features_of", "linear_probe"]

_AT_ONCE: Final = 32


def features_of(network: MapClassifier, squares: Squares, side: int) -> NDArray[np.float32]:
    """The backbone's maps, averaged over each film: (n, channels)."""
    network.eval()
    with torch.no_grad():
        found = [
            network.features(shrunk(squares[start : start + _AT_ONCE], side)).mean((2, 3)).numpy()
            for start in range(0, len(squares), _AT_ONCE)
        ]
    return np.concatenate(found)


def linear_probe(
    features: NDArray[np.float32],
    labels: NDArray[np.float32],
    parts: NDArray[np.intp],
    strength: float = 1e-3,
) -> Probabilities:
    """What logistic regressions say of films whose part they had not seen.

    Args:
        features: (n, channels).
        labels: (n, labels), 1 or 0.
        parts: (n,) the part of each film.
        strength: the inverse of the penalty on weights (scikit-learn's C).
    Returns:
        (n, labels) probabilities; where the other parts hold one kind of film only, its share.
    """
    said = np.zeros(labels.shape, np.float32)
    for part in np.unique(parts).tolist():
        held = parts == part
        for place in range(labels.shape[1]):
            known = labels[~held, place]
            if len(np.unique(known)) < 2:
                said[held, place] = known.mean()
                continue
            regression = make_pipeline(
                StandardScaler(), LogisticRegression(C=strength, max_iter=1000)
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                regression.fit(features[~held], known)
            said[held, place] = regression.predict_proba(features[held])[:, 1]
    return said
