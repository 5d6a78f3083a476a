"""The sets of findings that chest-film labels come in."""

from dataclasses import dataclass
from typing import Final

from plainfilm.errors import SettingsError
from plainfilm.vocabulary import _tables
from plainfilm.vocabulary._categories import Code

NO_FINDING: Final = "No Finding"

_COLUMNS: Final = ("label_set", "name", "title", "snomed_code", "snomed_meaning", "source")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a label set.

    Attributes:
        name: the column name that the set's tables use.
        code: SNOMED CT; None where no code was verified.
    """

    label_set: str
    name: str
    title: str
    code: Code | None
    source: str


def _load() -> dict[str, tuple[Finding, ...]]:
    sets: dict[str, list[Finding]] = {}
    text = _tables.bundled_text("findings.csv")
    for _, row in _tables.rows(text, _COLUMNS, "findings.csv"):
        code = Code(row["snomed_code"], row["snomed_meaning"]) if row["snomed_code"] else None
        finding = Finding(row["label_set"], row["name"], row["title"], code, row["source"])
        sets.setdefault(finding.label_set, []).append(finding)
    return {name: tuple(members) for name, members in sets.items()}


_FINDINGS: Final = _load()

LABEL_SETS: Final[tuple[str, ...]] = tuple(_FINDINGS)
"""The names of the bundled label sets."""


def findings(name: str) -> tuple[Finding, ...]:
    """The findings of a label set, in the order of its publication.

    Raises:
        SettingsError: there is no such label set.
    """
    try:
        return _FINDINGS[name]
    except KeyError:
        known = ", ".join(LABEL_SETS)
        raise SettingsError(f"there is no label set '{name}'; known: {known}") from None


def label_set(name: str) -> tuple[str, ...]:
    """The names of a label set's findings, in the order of its publication.

    Raises:
        SettingsError: there is no such label set.
    """
    return tuple(finding.name for finding in findings(name))
