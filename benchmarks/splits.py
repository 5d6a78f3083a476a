"""Claim: splits are as even as if all patients had been known at once, and adding moves nobody.

    python benchmarks/splits.py

Patients with the labels and views of the development films from ChestX-ray14, and invented ones
with labels as frequent as in MIMIC-CXR and thirty categories, are split 80/10/10 under eight keys.
Given are how many patients a split is off its share, in all and of each trait (mean and worst).
Peers in the same run: the keyed hash alone, which no other patient can move, and a greedy one in
the manner of Sechidis et al. (ECML 2011), which sees everyone at once and takes the rarest first.
Then a hundredth more patients come, and one in the middle goes; how many others change sides?
"""

import csv
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.splits import PatientTraits, SplitSizes, assign_splits

SOURCE: Final = Path(__file__).resolve().parents[2] / "shared/data/nih_chestxray14_1000"
SHARES: Final = (0.8, 0.1, 0.1)
KEYS: Final = 8
Patients: TypeAlias = Sequence[PatientTraits]
Splitter: TypeAlias = Callable[[Patients, bytes], Mapping[str, str]]


def real_patients() -> list[PatientTraits]:
    first: dict[str, frozenset[str]] = {}
    with (SOURCE / "labels.csv").open() as stream:
        for row in csv.DictReader(stream):
            traits = {row["View Position"], *row["Finding Labels"].split("|")}
            first.setdefault(row["Patient ID"], frozenset(traits))
    return [PatientTraits(patient, traits) for patient, traits in first.items()]


def invented_patients(count: int = 20_000) -> list[PatientTraits]:
    random = np.random.default_rng(0)
    frequencies = (0.3, 0.24, 0.22, 0.2, 0.2, 0.12, 0.07, 0.05, 0.05, 0.03, 0.03, 0.02, 0.01, 0.004)
    categories = np.minimum(random.zipf(1.6, count), 30)
    has = random.random((count, len(frequencies))) < frequencies
    return [
        PatientTraits(
            f"p{n}", frozenset({f"category {categories[n]}", *map(str, np.flatnonzero(has[n]))})
        )
        for n in range(count)
    ]


def ours(patients: Patients, key: bytes) -> Mapping[str, str]:
    return assign_splits(patients, SplitSizes(SHARES), key)


def hash_alone(patients: Patients, key: bytes) -> Mapping[str, str]:
    return assign_splits(patients, SplitSizes(SHARES), key, tolerance=math.inf)


def greedy(patients: Patients, _key: bytes) -> Mapping[str, str]:
    """Iterative stratification: the rarest trait first, to the split that wants it most."""
    frequency = Counter(trait for each in patients for trait in each.traits)
    wanted = {trait: [share * count for share in SHARES] for trait, count in frequency.items()}
    size = [share * len(patients) for share in SHARES]
    order = sorted(patients, key=lambda each: min((frequency[t] for t in each.traits), default=0))
    found = {}
    for each in order:
        rarest = min(each.traits, key=lambda t: frequency[t], default="")
        want = wanted.get(rarest, size)
        place = max(range(3), key=lambda n: (want[n], size[n]))
        found[each.patient] = SPLITS[place]
        size[place] -= 1
        for trait in each.traits:
            wanted[trait][place] -= 1
    return found


def off(patients: Patients, splits: Mapping[str, str]) -> tuple[float, float, float]:
    """Patients off their share: in all, mean over traits, worst of them."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in patients:
        for trait in ("", *each.traits):
            counts[trait][splits[each.patient]] += 1
    worst = {
        trait: max(
            abs(found[name] - share * found.total())
            for name, share in zip(SPLITS, SHARES, strict=True)
        )
        for trait, found in counts.items()
    }
    in_all = worst.pop("")
    return in_all, float(np.mean(list(worst.values()))), max(worst.values())


def moved(splitter: Splitter, before: Patients, after: Patients, key: bytes) -> float:
    one, other = splitter(before, key), splitter(after, key)
    both = [name for name in one if name in other]
    return sum(one[name] != other[name] for name in both) / len(both)


def measure(title: str, patients: Patients) -> None:
    keys = [f"key number {number:02} of them".encode() for number in range(KEYS)]
    print(
        f"{title}: {len(patients):,} patients; off by (all, mean trait, worst trait); moved by"
        " adding 1 %, by removing one"
    )
    splitters = {"ours": ours, "keyed hash alone": hash_alone, "greedy": greedy}
    for name, splitter in splitters.items():
        started = time.perf_counter()
        figures = np.mean([off(patients, splitter(patients, key)) for key in keys], axis=0)
        seconds = (time.perf_counter() - started) / KEYS
        fewer = patients[: -len(patients) // 100]
        without = [*patients[: len(patients) // 3], *patients[len(patients) // 3 + 1 :]]
        added = np.mean([moved(splitter, fewer, patients, key) for key in keys])
        removed = np.mean([moved(splitter, patients, without, key) for key in keys])
        told = ", ".join(f"{figure:5.1f}" for figure in figures)
        print(f"  {name:17} {told};  {added:6.1%} {removed:6.1%}  ({seconds:.2f} s)")


if __name__ == "__main__":
    measure("ChestX-ray14, sample", real_patients())
    measure("invented, as MIMIC-CXR", invented_patients())
