"""Splits by patient: stratified, of the sizes asked for, and stable when films are added.

Each patient's keyed hash proposes a split. The proposal stands unless it would give that split too
many patients, in all or with one of the patient's traits (its findings and categories); then the
split that lacks such patients most takes it. Patients are taken in the order in which the archive
met them, so that one who comes later never moves an earlier one, and traits are those of a
patient's first study and first film, so that later films do not move it either.

Source: the "big stick" rule of Soares and Wu, "Some restricted randomization rules in sequential
designs", Communications in Statistics 12 (1983); balance over several traits as in Pocock and
Simon, "Sequential treatment assignment with balancing for prognostic factors in the controlled
clinical trial", Biometrics 31 (1975).
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from plainfilm.errors import SettingsError
from plainfilm.publish.identifiers import SPLITS, split_throw

__all__ = ["PatientTraits", "SplitSizes", "assign_splits"]

_ALL: Final = ""  # the trait of every patient
_TOLERANCE: Final = 2.0
_FULL_TOLERANCE_FROM: Final = 200  # patients; fewer are split more strictly, from half of it on
_REST: Final = "rest"
_EXAMPLES: Final = "0.8,0.1,0.1 (shares) or rest,200,500 (patients)"


@dataclass(frozen=True, slots=True)
class SplitSizes:
    """How many patients train, validate and test get.

    Attributes:
        parts: shares in [0, 1] that sum to 1, or, with `counted`, numbers of patients; one of
            these may be None, the rest.
    Raises:
        SettingsError: they are no such numbers.
    """

    parts: tuple[float | None, float | None, float | None]
    counted: bool = False

    def __post_init__(self) -> None:
        known = [part for part in self.parts if part is not None]
        if self.counted:
            whole = all(part >= 0 and part % 1 == 0 for part in known)
            right = len(known) >= len(SPLITS) - 1 and whole
        else:
            right = len(known) == len(SPLITS) and all(0 <= part <= 1 for part in known)
            right = right and abs(sum(known) - 1) <= 1e-6
        if not right or len(self.parts) != len(SPLITS):
            raise SettingsError(
                f"split {self} must be three shares that sum to 1, or three numbers"
                f" of patients, one of which may be `{_REST}`: {_EXAMPLES}"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `0.8,0.1,0.1`, `rest,200,500` or `600,50,50`: train, validate, test.

        Raises:
            SettingsError: it is none of these.
        """
        words = [word.strip() for word in text.split(",")]
        try:
            train, validate, test = (None if word == _REST else float(word) for word in words)
        except ValueError as error:
            raise SettingsError(f"split {text} must be three parts: {_EXAMPLES}") from error
        parts = (train, validate, test)
        return cls(parts, counted=any(part is None or part > 1 for part in parts))

    def __str__(self) -> str:
        return ",".join(_REST if part is None else f"{part:g}" for part in self.parts)

    def shares(self, patients: int) -> tuple[float, float, float]:
        """Shares of so many patients, ≥ 1.

        Raises:
            SettingsError: the counts ask for more or fewer patients than there are.
        """
        asked = [part for part in self.parts if part is not None]
        rest = patients - sum(asked)
        if self.counted and (rest < 0 or (rest > 0 and len(asked) == len(SPLITS))):
            msg = f"split {self} asks for {sum(asked):,.0f} patients, and there are {patients:,}"
            raise SettingsError(f"{msg}; write `{_REST}` for one of the three")
        whole = patients if self.counted else 1
        train, validate, test = ((rest if part is None else part) / whole for part in self.parts)
        return train, validate, test


@dataclass(frozen=True, slots=True)
class PatientTraits:
    """A patient and what is to be as frequent in every split.

    Attributes:
        patient: the clean id.
        traits: such as `category chest_pa_ap` or `finding Edema`, of the first study.
    """

    patient: str
    traits: frozenset[str] = frozenset()


def assign_splits(
    patients: Sequence[PatientTraits],
    sizes: SplitSizes,
    key: bytes,
    *,
    test_patients: frozenset[str] = frozenset(),
    previous: Mapping[str, str] | None = None,
    tolerance: float = _TOLERANCE,
) -> dict[str, str]:
    """Give each patient a split: clean id → `train`, `validate` or `test`.

    Args:
        patients: in the order in which the archive met them.
        test_patients: those who are in the test split whatever their hash.
        previous: the splits of an earlier version, which are kept but for `test_patients`.
        tolerance: how many patients a split may have above its share, in all and of each trait:
            half of it at first, all of it from the 200th patient on. Infinity leaves everything
            to the hash.
    Raises:
        SettingsError: the sizes cannot be met, the key is too short, or a test patient is unknown.
    """
    names = {each.patient for each in patients}
    unknown = len(test_patients - names)
    if unknown:
        raise SettingsError(f"{unknown} of the test patients are not among the films to publish")
    shares = sizes.shares(max(1, len(patients)))
    limits = [share * len(patients) if sizes.counted else math.inf for share in shares]
    balance = _Balance(shares, limits, tolerance)
    fixed = dict(previous or {}) | dict.fromkeys(test_patients, "test")
    assigned: dict[str, str] = {}
    for each in patients:
        if each.patient in fixed:
            place = SPLITS.index(fixed[each.patient])
            balance.add(each.traits, place)
            assigned[each.patient] = SPLITS[place]
    for each in patients:
        if each.patient not in assigned:
            throw = split_throw(each.patient, key)
            assigned[each.patient] = SPLITS[balance.place(each.traits, throw)]
    return {each.patient: assigned[each.patient] for each in patients}


@dataclass(slots=True)
class _Balance:
    """How many patients each split has so far, in all and of each trait."""

    shares: tuple[float, float, float]
    limits: Sequence[float]
    tolerance: float
    counts: defaultdict[str, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0] * len(SPLITS))
    )

    def add(self, traits: frozenset[str], place: int) -> None:
        for trait in (_ALL, *traits):
            self.counts[trait][place] += 1

    def place(self, traits: frozenset[str], throw: float) -> int:
        """Choose a split for a new patient, by its hash in [0, 1), and count the patient."""
        chosen = self._thrown(throw)
        open_to = [n for n in range(len(SPLITS)) if self._has_room(n)]
        if open_to and (chosen not in open_to or self._excess(traits, chosen) > 0):
            chosen = min(open_to, key=lambda n: (self._excess(traits, n), n != chosen, n))
        self.add(traits, chosen)
        return chosen

    def _thrown(self, throw: float) -> int:
        if throw < self.shares[0]:
            return 0
        # Written this way round, rounding can't give a patient to a test split of share 0.
        return 2 if throw >= 1 - self.shares[2] else 1

    def _has_room(self, place: int) -> bool:
        return self.shares[place] > 0 and self.counts[_ALL][place] + 0.5 < self.limits[place]

    def _excess(self, traits: frozenset[str], place: int) -> float:
        """Patients beyond what is tolerated that a split would have, in all or of some trait."""
        return max(self._beyond(trait, place) for trait in (_ALL, *traits))

    def _beyond(self, trait: str, place: int) -> float:
        counts = self.counts[trait]
        patients = sum(counts) + 1
        tolerated = self.tolerance * (1 + min(1, patients / _FULL_TOLERANCE_FROM)) / 2
        return counts[place] + 1 - self.shares[place] * patients - tolerated
