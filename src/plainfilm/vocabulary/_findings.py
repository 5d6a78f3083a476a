"""The sets of findings that chest-film labels come in, what spines show, and codes for all."""

from dataclasses import dataclass
from typing import Final

from plainfilm.errors import SettingsError
from plainfilm.vocabulary import _tables
from plainfilm.vocabulary._categories import Code

NO_FINDING: Final = "No Finding"

_CODES: Final = ("scheme", "code", "meaning", "site_code", "site_meaning", "source")
_COLUMNS: Final = ("label_set", "name", "title", *_CODES)
_SPINE_COLUMNS: Final = ("name", "title", "also", *_CODES)
_SPINE: Final = "spine"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a label set.

    Attributes:
        label_set: `spine` for what is looked for on spine films, which is no set of report labels.
        name: the column name that the set's tables use.
        code: SNOMED CT, else the Standard's own or RadLex; None where none says the same.
        site: where it is, in SNOMED CT, for a code that does not say it; None for one that does.
    """

    label_set: str
    name: str
    title: str
    code: Code | None
    site: Code | None
    source: str


def _load() -> dict[str, tuple[Finding, ...]]:
    sets: dict[str, list[Finding]] = {}
    text = _tables.bundled_text("findings.csv")
    for _, row in _tables.rows(text, _COLUMNS, "findings.csv"):
        finding = _finding(row["label_set"], row)
        sets.setdefault(finding.label_set, []).append(finding)
    return {name: tuple(members) for name, members in sets.items()}


def _load_spine() -> dict[str, Finding]:
    """By every name that they go by, those of the table first."""
    named: dict[str, Finding] = {}
    text = _tables.bundled_text("spine_findings.csv")
    for _, row in _tables.rows(text, _SPINE_COLUMNS, "spine_findings.csv"):
        finding = _finding(_SPINE, row)
        named[finding.name] = finding
        if row["also"]:
            named[row["also"]] = finding
    return named


def _finding(label_set: str, row: dict[str, str]) -> Finding:
    code = Code(row["code"], row["meaning"], row["scheme"]) if row["code"] else None
    site = Code(row["site_code"], row["site_meaning"]) if row["site_code"] else None
    return Finding(label_set, row["name"], row["title"], code, site, row["source"])


_FINDINGS: Final = _load()
_SPINE_FINDINGS: Final = _load_spine()

LABEL_SETS: Final[tuple[str, ...]] = tuple(_FINDINGS)
"""The names of the bundled label sets."""

SPINE_FINDINGS: Final[tuple[Finding, ...]] = tuple(dict.fromkeys(_SPINE_FINDINGS.values()))
"""What is looked for on spine films: whether one is abnormal, and seven kinds of lesions."""


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


def _spelling(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())


_BY_SPELLING: Final = {
    _spelling(name): finding
    for name, finding in (
        *((one.name, one) for name in LABEL_SETS for one in _FINDINGS[name]),
        *_SPINE_FINDINGS.items(),
    )
}


def known_finding(name: str) -> Finding | None:
    """The finding that goes by a name in any table; None where none does.

    Case, and blanks, underscores or hyphens between words, make no difference.
    """
    return _BY_SPELLING.get(_spelling(name))
