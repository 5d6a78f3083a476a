"""Where the sections of a report begin and end, and which of them count."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from plainfilm.errors import SettingsError

SECTION_CHOICES: Final = ("impression", "findings+impression")
"""`impression`: the impression, else the findings, else the final section, as MIMIC-CXR took.
`findings+impression`: both where they are there, else the final section."""

_COLON: Final = re.compile(r":")
_ALONE: Final = re.compile(r"^[ \t*#]{0,4}([A-Z][A-Z/& \t]{1,50}?)[ \t*#]{0,8}$", re.MULTILINE)
_WORD: Final = re.compile(r"[A-Za-z]+")
_SAYS: Final = re.compile(r"\w")
_MARKS: Final = " \t*#"
_LONGEST_TITLE: Final = 60
_MOST_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the report: its normalised title (empty before the first title), how it may be
    used (`impression`, `findings`, `other`, `never`), and its span without the title."""

    title: str
    use: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Title:
    """A title found: its span with its colon, and what the table says of it."""

    start: int
    end: int
    section: str
    use: str


@cache
def _known_titles() -> dict[str, tuple[str, str]]:
    """The words of a title, in lower case → (section, use)."""
    text = resources.files(__package__).joinpath("sections.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {
        title: (row["section"], row["use"])
        for row in csv.DictReader(io.StringIO("\n".join(lines)))
        for title in row["titles"].split(";")
    }


def find_sections(text: str) -> list[Section]:
    """The report's sections in order; a report without titles is one section without a title."""
    sections: list[Section] = []
    title, use, start = "", "other", 0
    for found in sorted((*_before_colons(text), *_alone(text)), key=lambda found: found.start):
        sections.append(Section(title, use, start, found.start))
        title, use, start = found.section, found.use, found.end
    sections.append(Section(title, use, start, len(text)))
    return [section for section in sections if _SAYS.search(text, section.start, section.end)]


def _before_colons(text: str) -> Iterator[_Title]:
    """Titles before a colon, in any case, that begin a line or follow the end of a sentence."""
    for colon in _COLON.finditer(text):
        first = max(0, colon.start() - _LONGEST_TITLE)
        words = list(_WORD.finditer(text, first, colon.start()))[-_MOST_WORDS:]
        for place, word in enumerate(words):
            known = _known_titles().get(" ".join(match[0].lower() for match in words[place:]))
            if known and _begins(text, word.start()) and _is_close(text, words, place, colon):
                yield _Title(word.start(), colon.end(), *known)
                break


def _begins(text: str, start: int) -> bool:
    """Whether a title may begin here: a line, after a sentence, or after a wide gap."""
    before = text[max(0, start - 4) : start]
    bare = before.rstrip(_MARKS)
    return not bare or bare[-1] in ".\n\r!?:;)]" or len(before) - len(bare) > 1


def _is_close(text: str, words: Sequence[re.Match[str]], place: int, colon: re.Match[str]) -> bool:
    """Whether nothing but blanks, `/` and `&` stands between the title's words and the colon."""
    ends = [*(match.start() for match in words[place + 1 :]), colon.start()]
    gaps = (text[match.end() : end] for match, end in zip(words[place:], ends, strict=True))
    return all(not gap.strip(" \t/&*#") for gap in gaps)


def _alone(text: str) -> Iterator[_Title]:
    """Titles in capitals alone on their line."""
    for match in _ALONE.finditer(text):
        words = " ".join(word.lower() for word in _WORD.findall(match[1]))
        known = _known_titles().get(words)
        if known:
            yield _Title(match.start(), match.end(), *known)


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
