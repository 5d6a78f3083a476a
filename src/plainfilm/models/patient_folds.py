"""Dealing patients out, so that what a network is measured on was never learnt from."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["deal_patients"]


def deal_patients(
    patients: Sequence[str], traits: Sequence[Collection[str]], parts: int
) -> NDArray[np.intp]:
    """Deal patients out so that each part gets its share of every trait, the rare ones first.

    Args:
        patients: (n,) whose each film is.
        traits: (n,) what each film counts for: its category, or its findings.
        parts: how many.
    Returns:
        (n,) the number of each film's part. The same films are always dealt the same way.
    """
    by_patient: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for patient, own_traits in zip(patients, traits, strict=True):
        by_patient[patient].update(own_traits)
    total = sum(by_patient.values(), Counter[str]())
    dealt = [Counter[str]() for _ in range(parts)]
    home: dict[str, int] = {}

    def order(patient: str) -> tuple[int, str]:
        return min((total[name] for name in by_patient[patient]), default=0), _digest(patient)

    for patient in sorted(by_patient, key=order):
        own = by_patient[patient]
        # How full a part would be of this patient's traits, then of films at all.
        fullness = [
            (sum((part[name] + own[name]) / total[name] for name in own), part.total())
            for part in dealt
        ]
        home[patient] = fullness.index(min(fullness))
        dealt[home[patient]] += own
    return np.array([home[patient] for patient in patients], np.intp)


def _digest(patient: str) -> str:
    return hashlib.sha256(patient.encode()).hexdigest()
