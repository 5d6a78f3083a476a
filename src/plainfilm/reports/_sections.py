"""Where the sections of a report begin and end, and which of them count."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from plainfilm.errors import SettingsError

SECTION_CHOICES: Final = ("impression", "findings+impression")
"""`impression`: the impression, else the findings, else the final section, as MIMIC-CXR took.
`findings+impression`: both where they are there, else the final section."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the report: its normalised title (empty before the first title), how it may be
    used (`impression`, `findings`, `other`, `never`), and its span without the title."""

    title: str
    use: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Titles:
    pattern: re.Pattern[str]
    known: dict[str, tuple[str, str]]


@cache
def _titles() -> _Titles:
    text = resources.files(__package__).joinpath("sections.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    known = {
        title: (row["section"], row["use"])
        for row in csv.DictReader(io.StringIO("\n".join(lines)))
        for title in row["titles"].split(";")
    }
    longest_first = sorted(known, key=len, reverse=True)
    spelled = _spelled(longest_first)
    # With a colon a title may stand anywhere after a sentence's end; without, alone on its line in
    # capitals. Every repeat is bounded: the search is linear in the text.
    pattern = re.compile(
        rf"(?:^|(?<=[.\n!?:;)\]])|(?<=[ \t][ \t]))[ \t*#]{{0,4}}"
        rf"(?:(?P<colon>(?i:{spelled}))[ \t*#]{{0,4}}:|(?P<alone>{_spelled(title.upper() for title in longest_first)})[ \t]{{0,8}}$)",
        re.MULTILINE,
    )
    return _Titles(pattern, known)


def _spelled(titles: Iterable[str]) -> str:
    """An alternation of titles whose words may be parted by blanks, `/` or `&`."""
    return "|".join(title.replace(" ", r"[ \t/&]{1,3}") for title in titles)


def find_sections(text: str) -> list[Section]:
    """The report's sections in order; a report without titles is one section without a title."""
    titles = _titles()
    sections: list[Section] = []
    title, use, start = "", "other", 0
    for match in titles.pattern.finditer(text):
        sections.append(Section(title, use, start, match.start()))
        words = " ".join(re.findall(r"[a-z]+", (match["colon"] or match["alone"]).lower()))
        title, use = titles.known[words]
        start = match.end()
    sections.append(Section(title, use, start, len(text)))
    return [section for section in sections if text[section.start : section.end].strip()]


def check_choice(choice: str) -> None:
    """Raises SettingsError when there is no such choice of sections."""
    if choice not in SECTION_CHOICES:
        known = ", ".join(SECTION_CHOICES)
        raise SettingsError(f"sections '{choice}' is none of: {known}")


def counted_sections(sections: Sequence[Section], choice: str) -> list[Section]:
    """The sections that labels may come from, under one of SECTION_CHOICES."""
    impression = [section for section in sections if section.use == "impression"]
    findings = [section for section in sections if section.use == "findings"]
    if choice == "findings+impression" and (impression or findings):
        return [section for section in sections if section.use in {"impression", "findings"}]
    if impression or findings:
        return impression or findings
    return [section for section in sections if section.use == "other"][-1:]
