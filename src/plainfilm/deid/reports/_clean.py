"""Cleaning one report's text."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from plainfilm.deid.folding import fold
from plainfilm.deid.reports._dates import find_ages, find_ages_in_words, find_dates, find_times
from plainfilm.deid.reports._initials import find_initials
from plainfilm.deid.reports._known import KnownPerson, find_known
from plainfilm.deid.reports._numbers import find_contacts, find_ids
from plainfilm.deid.reports._people import find_people
from plainfilm.deid.reports._places import find_places
from plainfilm.deid.reports._spans import Found, Kind
from plainfilm.deid.reports._tokens import Tokens

__all__ = ["MASK", "CleanReport", "RemovedSpan", "clean_report"]

MASK: Final = "___"
"""What MIMIC-CXR puts in the place of identity."""

_JOINABLE: Final = re.compile(r"[\s,'\u2019&/-]*")


@dataclass(frozen=True, slots=True)
class RemovedSpan:
    """One mask of a cleaned report.

    Attributes:
        start, end: of the mask, in the new text, in characters, end exclusive.
        kind: what was there. rule: short code of what gave it away (`known`, `title`, `date` …).
        old: what was there; never to be printed or logged.
    """

    start: int
    end: int
    kind: Kind
    rule: str
    old: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CleanReport:
    """A report without identity, and what was removed, in the order of the text."""

    text: str
    spans: tuple[RemovedSpan, ...]


def clean_report(
    text: str, known: KnownPerson | None = None, *, keep_ages: bool = False
) -> CleanReport:
    """Replace what identifies in a report's text with `___`, as MIMIC-CXR does.

    | in a report | becomes |
    |---|---|
    | names: known ones in all spellings; behind titles, labels, signatures, roles, in front of
      credentials, in sentences that tell who spoke to whom, and listed ones | `___` |
    | dates with or without a year, with their weekday; years; months behind `in`, `since` | `___` |
    | times of day | `___`; positions of a clock's hand stay |
    | ages | `___`, as in MIMIC-CXR; with `keep_ages` only those over 89 years |
    | ids, telephone and pager numbers, mail and web addresses | `___` |
    | hospitals, rooms and wards, streets, postcodes with their towns | `___` |
    | findings, measurements, levels, sides, scores, durations, weekdays alone | themselves |

    Args:
        known: names, numbers and dates of the report's own people; see `known_from_dataset`.
        keep_ages: keep ages up to 89 years.
    Source: Johnson et al., MIMIC-CXR, Sci Data 2019; HIPAA Privacy Rule 45 CFR 164.514(b)(2).
    """
    text = unicodedata.normalize("NFC", text)
    found = _merged(text, sorted(_find(text, known, keep_ages=keep_ages)))
    parts: list[str] = []
    spans: list[RemovedSpan] = []
    place = length = 0
    for start, end, kind, rule in found:
        parts += (text[place:start], MASK)
        length += start - place
        spans.append(RemovedSpan(length, length + len(MASK), kind, rule, text[start:end]))
        length += len(MASK)
        place = end
    parts.append(text[place:])
    return CleanReport("".join(parts), tuple(spans))


def _find(text: str, known: KnownPerson | None, *, keep_ages: bool) -> Iterator[Found]:
    tokens = Tokens(text)
    folded = fold(text)
    if known is not None:
        yield from find_known(tokens, known)
    yield from find_people(tokens)
    yield from find_initials(text)
    yield from find_dates(folded, tokens)
    yield from find_ages_in_words(folded, keep=keep_ages)
    if tokens.has_digit:
        yield from find_times(folded)
        yield from find_ages(folded, keep=keep_ages)
        yield from find_ids(text, tokens)
    yield from find_contacts(text, tokens)
    yield from find_places(text, tokens)


def _merged(text: str, found: Sequence[Found]) -> list[Found]:
    """Overlapping spans, and neighbours of one kind, become one."""
    merged: list[Found] = []
    for span in found:
        last = merged[-1] if merged else None
        if last and (span.start < last.end or _belong_together(text, last, span)):
            merged[-1] = last._replace(end=max(last.end, span.end))
        else:
            merged.append(span)
    return merged


def _belong_together(text: str, first: Found, second: Found) -> bool:
    between = text[first.end : second.start]
    same = first.kind is second.kind and first.kind in (Kind.NAME, Kind.PLACE)
    return same and "\n" not in between and _JOINABLE.fullmatch(between) is not None
