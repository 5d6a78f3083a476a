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
from cleanlab.filter import find_label_issues
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
        (n, highest label + 1).
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
    """The films whose label confident learning doubts, the surest first.

    Args:
        probabilities: (n, classes), each row from a model that did not see the film.
        labels: (n,) numbers of classes.
    """
    there, compact = np.unique(labels, return_inverse=True)
    known = probabilities[:, there]
    known = known / known.sum(axis=1, keepdims=True)
    doubted = find_label_issues(
        compact,
        known,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    return [_suspect(int(number), compact[number], known[number], there) for number in doubted]


def _suspect(number: int, given: int, known: np.ndarray, there: np.ndarray) -> SuspectLabel:
    others = np.where(np.arange(len(known)) == given, -1.0, known)
    likely = int(others.argmax())
    return SuspectLabel(
        number, int(there[given]), int(there[likely]), float(known[given]), float(known[likely])
    )
