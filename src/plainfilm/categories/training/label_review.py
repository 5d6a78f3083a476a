"""Labels that look wrong, found before a network learns from them.

Labels come from tags, and tags are wrong at times. Each film is judged by a simple classifier
that never saw its patient; where that is surer of another category than films of that category
are as a rule, the label is listed for a person to look at.

Source: confident learning, Northcutt, Jiang and Chuang, JAIR 70 (2021), section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = ["SuspectLabel", "cross_validated", "suspect_labels"]

_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class SuspectLabel:
    """One film whose label is doubted.

    Attributes:
        number: the film's position.
        given, likely: numbers of the classes.
        given_probability, likely_probability: of the two, in [0, 1].
    """

    number: int
    given: int
    likely: int
    given_probability: float
    likely_probability: float


def cross_validated(
    features: np.ndarray, labels: np.ndarray, patients: Sequence[str], seed: int
) -> np.ndarray:
    """Probabilities of each class from a logistic regression that never saw the film's patient.

    Args:
        features: (n, channels).
        labels: (n,) numbers of classes.
    Returns:
        (n, highest label + 1); a class that a fold's training films lack has probability 0 there.
    """
    probabilities = np.zeros((len(labels), int(labels.max()) + 1))
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    for train, held in folds.split(features, labels, np.asarray(patients)):
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=300)
        )
        model.fit(features[train], labels[train])
        probabilities[np.ix_(held, model.classes_)] = model.predict_proba(features[held])
    return probabilities


def suspect_labels(probabilities: np.ndarray, labels: np.ndarray) -> list[SuspectLabel]:
    """The films off the diagonal of the confident joint, the surest first.

    Args:
        probabilities: (n, classes), each row from a model that did not see the film.
        labels: (n,) numbers of classes.
    """
    rows = np.arange(len(labels))
    own = probabilities[rows, labels]
    usual = np.array(
        [
            own[labels == number].mean() if (labels == number).any() else np.inf
            for number in range(probabilities.shape[1])
        ]
    )
    confident = np.where(probabilities >= usual, probabilities, -1.0)
    likely = confident.argmax(axis=1)
    doubted = (confident.max(axis=1) >= 0) & (likely != labels)
    found = [
        SuspectLabel(
            number,
            int(labels[number]),
            int(likely[number]),
            float(own[number]),
            float(probabilities[number, likely[number]]),
        )
        for number in np.flatnonzero(doubted).tolist()
    ]
    return sorted(found, key=lambda item: item.given_probability - item.likely_probability)
