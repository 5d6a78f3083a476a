"""The patients of a publication, as splits are made of them: their traits, and who is pinned."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.publish.selection import CleanRow, Decided
from plainfilm.publish.splits import PatientTraits, SplitSizes, assign_splits
from plainfilm.text_files import decode, read_bytes

__all__ = ["SplitRequest", "patient_traits", "read_test_patients"]

_NAMED_AT_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class SplitRequest:
    """How patients are to be split, and what is known of them.

    Attributes:
        test_patients: a list of clean patient ids; see `read_test_patients`.
        labels: study_pk → finding → value.
        decisions: film_id → what the film was decided to be.
    """

    sizes: SplitSizes
    test_patients: Path | None = None
    labels: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    decisions: Mapping[int, Decided] = field(default_factory=dict)

    def pinned(self, published: Iterable[str]) -> frozenset[str]:
        """The clean ids of the test patients.

        Raises:
            BadTable: the list cannot be used.
        """
        if self.test_patients is None:
            return frozenset()
        return read_test_patients(self.test_patients, published)

    def splits(
        self,
        rows: Sequence[CleanRow],
        previous: Mapping[str, str],
        pinned: frozenset[str],
        key: bytes,
    ) -> dict[str, str]:
        """Clean patient id → split.

        Args:
            previous: the same in an earlier version, which are kept.
        Raises:
            SettingsError: the sizes cannot be met, or the key is too short.
        """
        patients = patient_traits(rows, self.labels, self.decisions)
        return assign_splits(patients, self.sizes, key, test_patients=pinned, previous=previous)


def patient_traits(
    rows: Iterable[CleanRow],
    labels: Mapping[int, Mapping[str, int]],
    decisions: Mapping[int, Decided],
) -> list[PatientTraits]:
    """What is to be as frequent in every split: what is known of each patient's first study.

    The category of the first film and the positive findings of the first study's reports. Later
    films and studies leave them as they are, and so leave the patient where it is.

    Args:
        labels: study_pk → finding → value.
        decisions: film_id → what the film was decided to be.
    Returns:
        in the order in which the archive met the patients.
    """
    first: dict[str, CleanRow] = {}
    for row in sorted(rows, key=lambda row: (row.patient_pk, row.study_pk, row.film.film_id)):
        first.setdefault(row.film.patient, row)
    patients = []
    for patient, row in first.items():
        findings = labels.get(row.study_pk, {}).items()
        traits = {f"finding {name}" for name, value in findings if value == 1}
        category = decisions.get(row.film.film_id, Decided()).category
        patients.append(PatientTraits(patient, frozenset({*traits, f"category {category}"})))
    return patients


def read_test_patients(path: Path, published: Iterable[str]) -> frozenset[str]:
    """Read a list of patients for the test split: clean ids, one a line; `#` begins a comment.

    Args:
        published: the clean ids of the patients to be published.
    Raises:
        BadTable: the file cannot be read, is empty, or names who is not published. Messages tell
            line numbers only: what stands there may be the hospital's own id.
    """
    known = set(published)
    lines = decode(read_bytes(path), path).splitlines()
    named = [(number, line.partition("#")[0].strip()) for number, line in enumerate(lines, 1)]
    listed = [(number, name) for number, name in named if name]
    if not listed:
        raise BadTable(f"{path}: the list of test patients is empty")
    unknown = [number for number, name in listed if name not in known]
    if unknown:
        more = f" and {len(unknown) - _NAMED_AT_MOST:,} more" if len(unknown) > 10 else ""
        numbers = ", ".join(map(str, unknown[:_NAMED_AT_MOST]))
        msg = f"{path}: no patient to be published has the id on line {numbers}{more}"
        raise BadTable(f"{msg}; the list holds PatientIDs of the de-identified films, one a line")
    return frozenset(name for _, name in listed)
