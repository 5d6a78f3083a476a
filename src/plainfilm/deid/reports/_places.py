"""Hospitals, wards, rooms, addresses and postcodes."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.folding import fold
from plainfilm.deid.reports._spans import Found, Kind
from plainfilm.deid.reports._tokens import Tokens
from plainfilm.deid.reports._words import Cue, cue_words, is_everyday

__all__ = ["find_places"]

_CAPITAL: Final = r"[^\W\d_a-zà-öø-ÿ][\w'\u2019.-]*"
_NAME: Final = r"[^\W\d_a-zà-öø-ÿ][\w'\u2019-]*"
_TOWN: Final = rf"(?:,?\s*(?:\d{{5}}(?:-\d{{3,4}})?\s+)?{_CAPITAL}(?:[ -]{_CAPITAL}){{0,2}})?"
_POSTCODE: Final = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|\d{5}-\d{3,4}"  # UK; Brazil and ZIP+4
    r"|[A-Z]{2}\s\d{5}(?:-\d{4})?"  # US state and ZIP
    rf"|(?:[DF]-)?\d{{5}} (?P<town>{_CAPITAL})(?:[ -]{_CAPITAL}){{0,2}})(?![\w-])"
)
_BOX: Final = re.compile(
    r"\b(?:P\.?\s?O\.?\s?Box|Postfach|Apartado|Caixa Postal)\s*\d+"
    # French `boîte postale`; alone, BP is a blood pressure.
    r"|(?-i:\bB\.?P\.?)\s?\d{1,5}(?=[ ,\n-]{1,3}(?:(?:F-)?\d{5}\s+[^\W\d_]|CEDEX\b))"
    r"|(?-i:\bB\.P\.)\s?\d{1,5}(?=\s*(?:$|\n))",
    re.I,
)
_NUMBERED: Final = re.compile(
    r"\s*(?:n[.º°o]?\.?\s*)?[:#.]?\s*((?=\w*\d)[A-Z]{0,2}-?\d{1,4}[A-Z]?(?:[-/.]\w{1,3})?)\b"
)
_BETWEEN: Final = frozenset(
    {"of", "de", "del", "la", "las", "los", "el", "da", "do", "das", "dos"}
    | {"du", "des", "der", "am", "an", "im", "zu", "rechts", "links", "isar", "e", "y", "et", "i"}
    | {
        "and",
        "the",
        "st",
        "sta",
        "sao",
        "santa",
        "san",
        "le",
        "l",
        "d",
        "for",
        "fur",
        "'",
        "\u2019",
        ".",
        "-",
        "s",
    }
)
_WARD_WORDS: Final = frozenset(
    {
        "unit",
        "sala",
        "ala",
        "box",
        "bay",
        "floor",
        "bed",
        "salle",
        "lit",
        "secteur",
        "planta",
        "andar",
        "stat",
        "bett",
        "cama",
        "zi",
    }
)
"""Labels that are ordinary words too."""
_GENERAL: Final = frozenset(
    {
        "general",
        "community",
        "university",
        "universitario",
        "memorial",
        "regional",
        "county",
        "city",
    }
)
"""Words of hospitals' names that stand beside their own."""
_COUNTS: Final = frozenset({"mm", "cm", "units", "ml", "mg", "days", "of", "x", "to"})


def find_places(text: str, tokens: Tokens) -> Iterator[Found]:
    """Names of hospitals, rooms and wards behind their labels, streets, towns with postcodes."""
    for cue in tokens.cues.get("hospital", ()):
        yield from _hospital(tokens, cue)
    for cue in tokens.cues.get("ward_label", ()):
        yield from _ward(text, tokens, cue)
    if tokens.has_digit:
        for pattern in (_street_patterns(), _POSTCODE, _BOX):
            for match in pattern.finditer(text):
                if not _is_prose(match):
                    yield Found(*match.span(), Kind.PLACE, "address")


def _is_prose(match: re.Match[str]) -> bool:
    """Whether what stands where a town or a street should is ordinary words: `pager 12345 Please
    call`, and in capitals `2 VIEWS OF CT`."""
    groups = match.groupdict()
    town, street = groups.get("town"), groups.get("street")
    if town:
        return is_everyday(fold(town))
    return street is not None and street.isupper() and all(map(is_everyday, fold(street).split()))


@cache
def _street_patterns() -> re.Pattern[str]:
    def any_of(kind: str) -> str:
        return "|".join(sorted(map(re.escape, cue_words(kind)), key=len, reverse=True))

    number = r"\d{1,5}(?:\s?[a-zA-Z]\b)?(?:\s?bis\b)?"
    names = rf"(?:{_CAPITAL}|d[eoau]s?|del|la|las|los|l['\u2019]|d['\u2019]|der|den|von|van)"
    return re.compile(
        rf"\b\d{{1,5}} +(?:[NSEW]\.? +)?(?P<street>(?:{_NAME} +){{1,3}})"
        rf"(?i:{any_of('street_after')})\b\.?"
        rf"(?:,?\s*(?i:apt|suite|unit|floor)\.?\s*#?\w+)?{_TOWN}"
        rf"|\b{_CAPITAL}(?:stra(?:ss|ß)e|str\.|{any_of('street_end')})\s?{number}{_TOWN}"
        rf"|\b{_CAPITAL}[ -](?:Stra(?:ss|ß)e|Str\.|Weg|Platz|Allee|Ring)\s?{number}{_TOWN}"
        rf"|\b(?i:{any_of('street_before')})\.?\s+(?:{names}\s*){{1,6}},?\s*(?:n?[.º°]{{0,2}}\s?){number}{_TOWN}"
        rf"|\b{number},?\s+(?i:rue|avenue|av\.?|boulevard|bd|place|allée|impasse|chemin|quai|cours)\s+"
        rf"(?:{names}\s*){{1,5}}{_TOWN}"
    )


def _hospital(tokens: Tokens, cue: Cue) -> Iterator[Found]:
    """The capitalised words around `Hospital`, with it; nothing where it is any hospital."""
    if not (tokens.words[cue.first][0].isupper()):
        return
    first, end = cue.first, cue.end
    while _is_before(tokens, first - 1):
        first -= 1
    while first < cue.first and _is_filler(tokens, first):
        first += 1
    named = end
    while named < len(tokens) and "\n" not in tokens.gap(named) and _is_behind(tokens, named):
        named += 1
    while named > end and _is_filler(tokens, named - 1):
        named -= 1
    if first < cue.first or named > end:
        yield Found(tokens.starts[first], tokens.ends[named - 1], Kind.PLACE, "hospital")


def _is_filler(tokens: Tokens, place: int) -> bool:
    """Whether a word at the edge of a name is no part of it."""
    word = tokens.folded[place]
    small = not tokens.words[place][0].isupper()
    return word in cue_words("generic_place") or (small and word in _BETWEEN)


def _is_before(tokens: Tokens, place: int) -> bool:
    if place < 0 or "\n" in tokens.gap(place + 1):
        return False
    word = tokens.folded[place]
    if word in {"'", "\u2019", "s", "&", "st", "sta", "san", "santa"} or (
        word in {".", "-"}
        and place
        and _is_before(tokens, place - 1)
        and len(tokens.words[place - 1]) < 4
    ):
        return True
    if not tokens.is_word(place) or not tokens.words[place][0].isupper():
        return word in {"of", "and", "de", "the"} and _is_before(tokens, place - 1)
    return _can_name_place(tokens, place)


def _is_behind(tokens: Tokens, place: int) -> bool:
    word = tokens.folded[place]
    if word in _BETWEEN:
        return place + 1 < len(tokens) and (_is_behind(tokens, place + 1))
    if not tokens.is_word(place) or not tokens.words[place][0].isupper():
        return False
    return _can_name_place(tokens, place)


def _can_name_place(tokens: Tokens, place: int) -> bool:
    word = tokens.folded[place]
    if word in cue_words("not_a_name") and word not in {"university"}:
        return False
    if word in _GENERAL:
        return True
    return not (is_everyday(word) if tokens.is_shouted(place) else is_medical_word(word))


def _ward(text: str, tokens: Tokens, cue: Cue) -> Iterator[Found]:
    value = _NUMBERED.match(text, tokens.ends[cue.end - 1])
    if value is None:
        return
    label = tokens.folded[cue.first]
    after = text[value.end() : value.end() + 8].split()
    capital = tokens.words[cue.first][0].isupper()
    if "\n" in value[0] or (after and after[0] in _COUNTS):
        return
    if label in _WARD_WORDS and not capital and value[1].isdigit():
        return
    yield Found(*value.span(1), Kind.PLACE, "ward")
