"""Where the sections of a report begin and end, and which of them count."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from plainfilm.errors import SettingsError
from plainfilm.reports._titles import SectionTitles
from plainfilm.reports._words import fold

__all__ = ["SECTION_CHOICES", "Section", "check_choice", "counted_sections", "find_sections"]

SECTION_CHOICES: Final = ("impression", "findings", "findings+impression", "all")
"""`impression`: the impression, else the findings, else the final section, as MIMIC-CXR took.
`findings`: the findings, else the impression, else the final section.
`findings+impression`: both where they are there, else the final section.
`all`: every section but indication, history, comparison and technique."""

_ALONE: Final = re.compile(r"^[ \t*#]*+[^\W\d_][\w/& \t*#\r]{1,60}+$", re.MULTILINE)
_WORD: Final = re.compile(r"[^\W\d_]+")
_LAST_WORD: Final = re.compile(r"[^\W\d_]+$")
_SAYS: Final = re.compile(r"\w")
_MARKS: Final = " \t*#"
_ENDS: Final = ".!?:;)]"
_WIDE_GAP: Final = 3
_LONGEST_TITLE: Final = 60


class Section(NamedTuple):
    """A stretch of the report: its normalised title (empty before the first title), how it may be
    used (`impression`, `findings`, `other`, `never`), and its span without the title."""

    title: str
    use: str
    start: int
    end: int


def find_sections(text: str, titles: SectionTitles) -> list[Section]:
    """The report's sections in order; a report without titles is one section without a title."""
    found = _before_colons(text, titles)
    alone = _alone(text, titles)
    if alone:
        found = sorted(found + alone)
    sections: list[Section] = []
    title, use, start = "", "other", 0
    for begin, end, next_title, next_use in found:
        if next_use == "part" and use in {"impression", "findings"}:
            continue
        if _SAYS.search(text, start, begin):
            sections.append(Section(title, use, start, begin))
        title, start = next_title, end
        use = "findings" if next_use == "part" else next_use
    if _SAYS.search(text, start):
        sections.append(Section(title, use, start, len(text)))
    return sections


_Title: TypeAlias = tuple[int, int, str, str]
"""Start of a title, end of it with its colon, its section and what that is good for."""


def _before_colons(text: str, titles: SectionTitles) -> list[_Title]:
    """Titles before a colon, in any case, that begin a line or follow the end of a sentence."""
    found: list[_Title] = []
    colon = -1
    for part in text.split(":")[:-1]:
        colon += len(part) + 1
        line = part.rpartition("\n")[2]
        window = line[-_LONGEST_TITLE:]
        known = titles.remember(window, len(line) == len(window), _title_before)
        if known:
            start, section, use = known
            found.append((colon - len(window) + start, colon + 1, section, use))
    return found


def _title_before(
    window: str, begins_line: bool, titles: SectionTitles
) -> tuple[int, str, str] | None:
    """Where in the text before a colon its title begins, with section and use."""
    folded = fold(window)
    words = list(_WORD.finditer(folded))[-titles.most_words :]
    for place, word in enumerate(words):
        known = titles.get(" ".join(match[0] for match in words[place:]))
        if (
            known
            and _begins(window, word.start(), begins_line)
            and _is_close(folded, words[place:])
        ):
            return word.start(), *known
    return None


def _begins(window: str, start: int, begins_line: bool) -> bool:
    """Whether a title may begin here: a line, after a sentence, or after a wide gap."""
    before = window[:start]
    bare = before.rstrip(_MARKS)
    if not bare:
        return begins_line
    return bare[-1] in "\r" + _ENDS or len(before) - len(bare) >= _WIDE_GAP


def _is_close(before: str, words: Sequence[re.Match[str]]) -> bool:
    """Whether nothing but blanks, `/` and `&` stands between the title's words and the colon."""
    ends = [*(match.start() for match in words[1:]), len(before)]
    gaps = (before[match.end() : end] for match, end in zip(words, ends, strict=True))
    return all(not gap.strip(" \t/&*#") for gap in gaps)


def _alone(text: str, titles: SectionTitles) -> list[_Title]:
    """Titles alone on their line, where the line before does not run on into it."""
    found: list[_Title] = []
    for match in _ALONE.finditer(text):
        words = " ".join(_WORD.findall(fold(match[0])))
        known = titles.get(words)
        if known and not _is_inside(text, match, titles):
            found.append((match.start(), match.end(), *known))
    return found


def _is_inside(text: str, line: re.Match[str], titles: SectionTitles) -> bool:
    """Whether a sentence runs on into the line or on from it: `the`, `of`, a comma beside it."""
    before = text[max(line.start() - _LONGEST_TITLE, 0) : line.start()]
    after = text[line.end() : line.end() + _LONGEST_TITLE]
    said_before, said_after = before.rstrip(_MARKS + "\r\n"), after.lstrip(_MARKS + "\r\n")
    if said_before and before.count("\n", len(said_before)) <= 1:
        last = _LAST_WORD.search(fold(said_before))
        if said_before[-1] == "," or (last and last[0] in titles.continues):
            return True
    first = _WORD.match(fold(said_after))
    near = after.count("\n", 0, len(after) - len(said_after)) <= 1
    return bool(near and first and first[0] in titles.continued)


def check_choice(choice: str) -> None:
    """Raises SettingsError when there is no such choice of sections."""
    if choice not in SECTION_CHOICES:
        known = ", ".join(SECTION_CHOICES)
        raise SettingsError(f"sections '{choice}' is none of: {known}")


def counted_sections(sections: Sequence[Section], choice: str) -> list[Section]:
    """The sections that labels may come from, under one of SECTION_CHOICES."""
    if choice == "all":
        return [section for section in sections if section.use != "never"]
    impression = [section for section in sections if section.use == "impression"]
    findings = [section for section in sections if section.use == "findings"]
    if choice == "findings+impression" and (impression or findings):
        return [section for section in sections if section.use in {"impression", "findings"}]
    first, second = (findings, impression) if choice == "findings" else (impression, findings)
    if first or second:
        return first or second
    return [section for section in sections if section.use == "other"][-1:]
