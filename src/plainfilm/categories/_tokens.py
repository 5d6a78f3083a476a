"""Cutting a description into words that compare equal however they were written."""

import re
import unicodedata
from typing import Final

SEPARATOR: Final = "|"
"""The token that stands for `+`, `/` and `&`: a list goes on."""

BREAK: Final = ","
"""The token that stands for commas, semicolons, brackets: a list goes on, or a new thought."""

CARET: Final = "^"
"""Parts the components of a person's name (VR PN, PS3.5 section 6.2), and some exams' names."""

_SIGNS: Final = {"/": SEPARATOR, "+": SEPARATOR, "&": SEPARATOR, "^": CARET}
_LONGEST: Final = 1024
"""Characters that are read: descriptions have 64 (VR LO), and what is longer is prose."""
# French writes Mr as `M.`, whose dot is gone once the text is cut; `Dr.` opens a text as a title,
# `DR` as digital radiography.
_DOTTED_TITLE: Final = re.compile(r"(?<!\S)M\. (?=[A-Z])|^D[rR]\. ")
_DOTTED: Final = re.compile(
    r"(?<!\w)(?:[A-Za-z]\. ?)+[A-Za-z]\.(?!\w)|(?<!\w)(?:[A-Za-z]\.)+[A-Za-z](?:\.|(?!\w))"
)
_DASHED_AP: Final = re.compile(
    r"(?<!\w)(?:(a)\.?(?:[-/]|->|→)(p)|(p)\.?(?:[-/]|->|→)(a))(?!\w)", re.IGNORECASE
)
_DASHED_SPINE: Final = re.compile(r"(?<![A-Za-z0-9-])([CTDLS])-(?=SP(?:INE)?\b)", re.IGNORECASE)
_ELISION: Final = re.compile("(?<!\\w)([LDld])['\u2019](?=\\w)")  # `l'épaule`, `d'Arcelin`
_RUN: Final = re.compile(r"[A-Za-z0-9]+|[+/,;&|()\[\]^]")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS_DIGITS: Final = re.compile(r"(?<=[a-z]{3})(?=\d)|(?<=\d)(?=[a-z]{2})")
_MARKS: Final = re.compile(r"[\u0300-\u036f]+")


def fold(text: str) -> str:
    """Lower case without accents: `Fuß` → `fuss`, `Tórax` → `torax`."""
    return _without_accents(text).casefold()


def tokens(text: str) -> tuple[str, ...]:
    """The words of a description, folded, with SEPARATOR or BREAK between members of a list.

    `Thorax a.p.` gives thorax, ap; `KNEE_AP/LAT` gives knee, ap, |, lat; `KneeLat2V` gives knee,
    lat, 2v.
    """
    return tuple(word for run in runs(text) for word in words_of_run(run))


def runs(text: str) -> list[str]:
    """The runs of letters and digits of a description as they are written, and its separators."""
    text = text[:_LONGEST]
    if not text.isascii():
        text = _without_accents(text)
    if "." in text:
        text = _DOTTED.sub(_without_dots, _DOTTED_TITLE.sub("mister ", text))
    if "'" in text or "\u2019" in text:
        text = _ELISION.sub("", text).replace("'", "").replace("\u2019", "")
    if "-" in text or "/" in text or "→" in text:
        text = _DASHED_AP.sub(r"\1\2\3\4", text)
        # `T L-SPINE` is a lumbar spine on the table; `T-L SPINE` is thoracolumbar.
        text = _DASHED_SPINE.sub(r"\1", text)
    return _RUN.findall(text)


def words_of_run(run: str) -> tuple[str, ...]:
    """The words in one run, folded: `KneeLat2V` holds knee, lat and 2v."""
    if run.isdigit():
        return (run,)
    if run.isalpha():
        if run.isupper() or run[1:].islower():
            return (run.lower(),)
    elif not run.isalnum():
        return (_SIGNS.get(run, BREAK),)
    return tuple(_LETTERS_DIGITS.sub(" ", _CAMEL.sub(" ", run).lower()).split())


def _without_accents(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).replace("ß", "ss")


def _without_dots(match: re.Match[str]) -> str:
    return match[0].replace(".", "").replace(" ", "") + " "
