"""Dates, times of day and ages, as reports in five languages write them."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from plainfilm.deid.reports._spans import Found, Kind
from plainfilm.deid.reports._tokens import Tokens
from plainfilm.deid.reports._words import cue_words, months

__all__ = ["find_ages", "find_ages_in_words", "find_dates", "find_times"]

OLDEST_KEPT_AGE: Final = 89
"""Years. Ages above are identity under the HIPAA Privacy Rule, 45 CFR 164.514(b)(2)(i)(C)."""

_YEAR: Final = r"(?:19|20)\d{2}"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_ALONE: Final = r"(?<![\w.,/-])"  # nothing in front that would make it part of another number
_END: Final = r"(?![\w/-]|[.,]\d)"
_CLOCK: Final = r"t[0-2]\d(?::?[0-5]\d(?::?[0-5]\d(?:[.,]\d+)?)?)?(?:z|[+-]\d\d:?\d\d)?"
"""A time behind a date as ISO 8601 writes it, folded."""
_NUMERIC: Final = re.compile(
    rf"(?<![\w/-])(?<!\d[.,])(?:"
    rf"{_YEAR}(?P<a>[-/.]){_MONTH}(?P=a){_DAY}(?:{_CLOCK})?"
    rf"|(?:{_DAY}\.?\s?[-\u2013]\s?)?{_DAY}\s?(?P<b>[-/.])\s?{_DAY}\s?(?P=b)\s?(?:{_YEAR}|\d{{2}})"
    rf"|(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:{_CLOCK}|[0-2]\d[0-5]\d(?:[0-5]\d)?)?"
    rf"|{_MONTH}[-/.]{_YEAR}|{_YEAR}[-/](?:0[1-9]|1[0-2])"
    rf")(?![\w/]|[-.,]\d)",
    re.ASCII,
)
_YEARS: Final = re.compile(
    rf"(?<![\w.,/#-]){_YEAR}(?:\s?[-\u2013/]\s?(?:{_YEAR}|\d\d))?(?!\s?(?:ml|cc|mg|g|mm|cm|hu|kvp?|mas|x)\b)"
    rf"(?![\w/-]|[.,]\d|:\d)",
    re.IGNORECASE,
)
_SHORT: Final = re.compile(rf"{_ALONE}{_DAY}(?P<mark>[/.])\s?{_DAY}(?P<stop>\.?){_END}")
_SHORT_YEAR: Final = re.compile(r"(?<=\s)['\u2019]\d\d\b")
_DAY_ALONE: Final = re.compile(
    rf"\b(?:on|since|until|through)\s+the\s+({_DAY}(?:st|nd|rd|th))(?=\s*(?:[.,;)\n]|at\b|and\b|$))",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?<![\d:.,/])(?:"
    r"(?:[01]?\d|2[0-4])[:.h]\s?[0-5]\d(?:[:.][0-5]\d)?(?:\.\d+)?\s*(?:[ap]m\b|[ap]\.\s?m\.|uhr\b|hrs?\b|hours?\b|horas?\b|h\b)"
    r"|(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
    r"|(?:[01]?\d|2[0-3])\s?h\s?[0-5]\d(?:\s?min)?\b"
    r"|(?:0?[1-9]|1[0-2])\s*(?:am|pm|a\.m\.|p\.m\.|a\.\s?m\.|p\.\s?m\.)(?!\w)"
    r"|(?:[01]\d|2[0-3])[0-5]\d\s*(?:hrs?|hours|uhr|horas|h)\b"
    r"|(?:[01]?\d|2[0-3])\s+uhr\b"
    r"|(?<=\bat )(?:[01]\d|2[0-3])[0-5]\d(?=\s*(?:[.,;)\n]|on\b|by\b|$))"
    r")(?:\s*(?:est|edt|cst|cdt|pst|pdt|gmt|utc)\b)?(?![\d:])(?!\s*(?:position|o['\u2019]?\s?clock))",
    re.IGNORECASE,
)
_CHINESE: Final = re.compile(
    r"(?:19|20)\d\d\s?年(?:\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?[日号])?)?|\d{1,2}\s?月\s?\d{1,2}\s?[日号]",
    re.ASCII,
)
_BEFORE: Final = re.compile(r"([^\W\d_]+)[\s,.:]*$")


def find_dates(folded: str, tokens: Tokens) -> Iterator[Found]:
    """Dates in a folded text: with numbers, with names of months, and years alone.

    A day and a month without a year count behind words such as `on` and `vom`. Weekdays go with
    their date; alone they stay, as do durations.
    """
    if tokens.has_digit:
        for match in _NUMERIC.finditer(folded):
            if not _counts_bones(folded, match):
                yield _date(folded, match.start(), match.end())
        for match in _YEARS.finditer(folded):
            yield _date(folded, match.start(), match.end())
        yield from _short_dates(folded)
        for match in _SHORT_YEAR.finditer(folded):
            yield Found(*match.span(), Kind.DATE, "date")
        for match in _DAY_ALONE.finditer(folded):
            yield Found(*match.span(1), Kind.DATE, "date")
        for match in _CHINESE.finditer(folded):
            yield Found(*match.span(), Kind.DATE, "date")
        for cue in tokens.cues.get("birth_label", ()):
            if match_at := _birth_date().match(folded, tokens.ends[cue.end - 1]):
                yield Found(*match_at.span(1), Kind.DATE, "date_label")
    if not months().keys().isdisjoint(tokens.folded):
        yield from _named_months(folded)


def _date(folded: str, start: int, end: int) -> Found:
    """A date with the weekday in front of it."""
    before = _BEFORE.search(folded, max(start - 16, 0), start)
    if before and before[1] in cue_words("weekday") and "\n" not in folded[before.start() : start]:
        start = before.start(1)
    end -= folded[start:end].endswith(".")
    return Found(start, end, Kind.DATE, "date")


def _counts_bones(folded: str, match: re.Match[str]) -> bool:
    """`ribs 7-8-10` are ribs; `image 3.2.10` is an image."""
    before = _BEFORE.search(folded, max(match.start() - 24, 0), match.start())
    return before is not None and before[1] in cue_words("ordered") and len(match[0]) < 9


def _short_dates(folded: str) -> Iterator[Found]:
    for match in _SHORT.finditer(folded):
        before = _BEFORE.search(folded, max(match.start() - 24, 0), match.start())
        if before is None or before[1] not in cue_words("on_date"):
            continue
        is_date = match["mark"] == "/" or (before[1] == "on" and match["stop"])
        if not is_date and before[1] in _ENGLISH_ON:
            continue  # `from 1.2 cm` is a length, `on 3.12` an image
        rest = folded[match.end() : match.end() + 8].split()
        if not (rest and rest[0] in _MEASURED):
            yield _date(folded, match.start(), match.end() - len(match["stop"] or ""))


_ENGLISH_ON: Final = frozenset(
    {"on", "from", "dated", "since", "until", "till", "and", "performed"}
    | {"obtained", "comparison", "em", "no", "ate", "le", "du", "el", "del", "desde", "hasta", "au"}
)
_MEASURED: Final = frozenset({"of", "the", "cm", "mm", "x", "de", "strength", "power"})


@cache
def _month_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Day and month with or without a year; month and year; a month alone behind `in`."""
    clear = "|".join(sorted((n for n, only in months().items() if only), key=len, reverse=True))
    every = "|".join(sorted(months(), key=len, reverse=True))
    day = rf"{_DAY}(?:\s?(?:st|nd|rd|th|er|o|a|[.º°ª]))?"
    days = rf"{day}(?:\s?(?:[-\u2013/]|and|und|y|e|et|to|bis|a|al|au)\s?{day})?"
    link = r"(?:\s*(?:of|de|del|[-/.,])\s*|\s*)"
    year = (
        rf"(?:{_YEAR}|['\u2019]?\d\d(?![\w:/%]|[.,]\d|\s?(?:mm|cm|year|yo|yr|ans|anos|jahr|h\b)))"
    )
    dated = (
        rf"(?<![\w.])(?:the\s+)?{days}{link}(?:(?:{clear})\b\.?(?:{link}{year})?"
        rf"|(?:{every})\b\.?{link}(?:{_YEAR}|['\u2019]\d\d))"
        rf"|(?<![\w.]){_DAY}(?P<dash>[-/.])(?:{every})\.?(?P=dash){year}"
        rf"|\b(?:{clear})\b\.?\s*{day}(?!\s?(?:mm|cm|%|x\b))\b"
        rf"(?:\s?[-\u2013]\s?{day})?(?:\s*,?\s*{year})?"
        rf"|\b(?:{every})\b\.?\s*{day},?\s*(?:of\s*)?{_YEAR}"
        rf"|\bmay\s+{day}\b(?=\s*(?:[,.;)]|at\b|and\b|$))"
    )
    monthly = rf"\b(?:{every})\b\.?{link}['\u2019]?{_YEAR}|\b(?:{clear})\b\.?\s*['\u2019]\d\d\b"
    lone = (
        r"\b(?:in|since|last|early|late|mid|im|seit|en|desde|em|depuis|de)\s+"
        rf"((?:{clear}))\b(?!\s*\d)"
    )
    flags = re.ASCII
    return re.compile(dated, flags), re.compile(monthly, flags), re.compile(lone, flags)


@cache
def _birth_date() -> re.Pattern[str]:
    """What stands behind `DOB`, if it has the shape of a date: digits, or two to three parts."""
    part = rf"(?:\d{{1,4}}(?:st|nd|rd|th)?|{'|'.join(sorted(months(), key=len, reverse=True))})"
    link = r"(?:\s?[-/.,'\u2019]\s?|\s|\s(?:de|of)\s)"
    unit = r"(?![\w]|\s?(?:kg|g|cm|mm|weeks?|wochen|semanas?|semaines?)\b)"
    shape = rf"(?:{part}{link}){{1,2}}{part}{unit}|\d{{4,8}}{unit}"
    return re.compile(rf"[\s:.)=#-]*({shape})", re.ASCII)


def _named_months(folded: str) -> Iterator[Found]:
    dated, monthly, lone = _month_patterns()
    for pattern in (dated, monthly):
        for match in pattern.finditer(folded):
            yield _date(folded, match.start(), match.end())
    for match in lone.finditer(folded):
        if len(match[1]) > 3:  # `de set`, `in dec`: abbreviations stand beside numbers
            yield Found(*match.span(1), Kind.DATE, "date")


def find_times(folded: str) -> Iterator[Found]:
    """Times of day; the positions of a clock's hand (`at 3 o'clock`, `12:00 position`) stay."""
    for match in _TIME.finditer(folded):
        end = match.end() - (len(match[0]) - len(match[0].rstrip()))
        yield Found(match.start(), end, Kind.TIME, "time")


_OLD: Final = re.compile(
    r"(?<![\w.])(\d{1,3})(?:\s?(?:and a half|\d/\d|½))?(?:"
    r"[\s-]*(?:years?|yrs?|y|months?|mos?|mths?|weeks?|wks?|days?)[\s./-]*(?:of[\s-]age|old|o\b|olds\b)"
    r"|\s?(?:yo|y/o|y\.o\.|yof|yom|yow|yr\.?/o|m\.o\.)(?!\w)"
    r"|[\s-]*jahrig\w*|\s*(?:jahre?|monate?)\s+alte?[rns]?\b|\s?j\.(?=\s*(?:,|alt|m\b|w\b))"
    r"|\s*(?:anos|meses|ans|mois)\s+(?:de\s+(?:edad|idade)|d['\u2019]age)"
    r"|\s?(?:m|f|w)(?=\s+(?:with|who|presenting|s/p|mit|c/)|\s*[,.]\s*(?:with|presenting))"
    r")",
    re.ASCII,
)
_AGE_IN_WORDS: Final = (
    r"(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:[\s-]?(?:one|two|three|four|five|six|seven"
    r"|eight|nine))?|(?:one|a)[\s-]hundred(?:[\s-](?:and[\s-])?\w+)?|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|one|two|three|four|five|six|seven|eight|nine)"
)
_OLD_IN_WORDS: Final = re.compile(
    rf"\b(?:aged?:?\s+({_AGE_IN_WORDS})\b|({_AGE_IN_WORDS})[\s-]years?(?:[\s-]old\b|\sof\sage\b))"
)
_OLDEST_IN_WORDS: Final = re.compile(r"ninety|hundred|(?:one|a)[\s-]hundred")
_OLD_IN_CHINESE: Final = re.compile(r"(?<!\d)(\d{1,3})\s?[岁歳歲才]", re.ASCII)
_LABELLED_AGE: Final = re.compile(
    r"\b(?:age[ds]?|alter|edad|idade|agee?\s+de|edad\s+de|idade\s+de)\s*[:=]?\s*(\d{1,3})\b(?!\s*(?:%|mm|cm|[.,/]\d))",
    re.ASCII,
)
_YEARS_OF_PERSON: Final = re.compile(
    r"(?<![\w.])(\d{1,3})\s*(?:jahre?|anos|ans)\b(?!\s*(?:de|d['\u2019])\s*(?:evol|tabac|tabag|hist|antec))",
    re.ASCII,
)
_TWO_BEFORE: Final = re.compile(r"([^\W\d_]+)?[\s,.:(]+([^\W\d_]+)[\s,.:(]*$")
_FAR_YEARS: Final = re.compile(r"(?<![\w.,])(9\d|1[0-2]\d)[\s-]*(?:years?|yrs?|jahre?|anos|ans)\b")


def find_ages(folded: str, *, keep: bool) -> Iterator[Found]:
    """The numbers of ages: `65-year-old`, `65 Jahre alt`, `edad: 65`, `homme de 65 ans`.

    Args:
        keep: leave ages up to 89 years where they are.
    """
    for match in _ages(folded):
        if not keep or int(match[1]) > OLDEST_KEPT_AGE:
            yield Found(*match.span(1), Kind.AGE, "age")


def find_ages_in_words(folded: str, *, keep: bool) -> Iterator[Found]:
    """`aged ninety-two`, `sixty-five-year-old`; in English only.

    Args:
        keep: as `find_ages`.
    """
    for match in _OLD_IN_WORDS.finditer(folded):
        group = match.lastindex or 1
        if not keep or _OLDEST_IN_WORDS.match(match[group]):
            yield Found(*match.span(group), Kind.AGE, "age")


def _ages(folded: str) -> Iterator[re.Match[str]]:
    yield from _OLD.finditer(folded)
    yield from _LABELLED_AGE.finditer(folded)
    yield from _FAR_YEARS.finditer(folded)
    yield from _OLD_IN_CHINESE.finditer(folded)
    for match in _YEARS_OF_PERSON.finditer(folded):
        before = _TWO_BEFORE.search(folded, max(match.start() - 40, 0), match.start())
        nearby = {word for word in before.groups() if word} if before else set()
        if nearby & cue_words("person") and not nearby & cue_words("since"):
            yield match
