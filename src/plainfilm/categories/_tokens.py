"""Cutting a description into words that compare equal however they were written."""

import re
import unicodedata
from typing import Final

SEPARATOR: Final = "|"
"""The token that stands for `+`, `/`, `,`, `;`, `&`, brackets: a list goes on, or a new thought."""

_LONGEST: Final = 1024
"""Characters that are read: descriptions have 64 (VR LO), and what is longer is prose."""
_PERSON_NAME: Final = re.compile(r"\S*\^\S*")  # VR PN, PS3.5 section 6.2: DOE^JANE
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DOTTED: Final = re.compile(r"(?<!\w)(?:[a-z]\.[ ]?)+[a-z]\.(?!\w)|(?<!\w)(?:[a-z]\.)+[a-z](?!\w)")
_DASHED_AP: Final = re.compile(r"(?<!\w)(?:(a)[-/](p)|(p)[-/](a))(?!\w)")
_DASHED_SPINE: Final = re.compile(r"(?<![a-z0-9-])([ctdls])-(?=sp(?:ine)?\b)")
_LETTERS_DIGITS: Final = re.compile(r"(?<=[a-z]{3})(?=\d)|(?<=\d)(?=[a-z]{2})")
_TOKEN: Final = re.compile(r"[a-z0-9]+|[+/,;&|()\[\]]")
_MARKS: Final = re.compile(r"[\u0300-\u036f]+")


def fold(text: str) -> str:
    """Lower case without accents: `Fuß` → `fuss`, `Tórax` → `torax`."""
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return text.casefold()


def tokens(text: str) -> tuple[str, ...]:
    """The words of a description, folded, with SEPARATOR between the members of a list.

    `Thorax a.p.` gives thorax, ap; `KNEE_AP/LAT` gives knee, ap, |, lat; `KneeLat2V` gives knee,
    lat, 2v. A name in DICOM's form (`DOE^JANE`) is left out.
    """
    text = text[:_LONGEST]
    if "^" in text:
        text = _PERSON_NAME.sub(" ", text)
    folded = fold(_CAMEL.sub(" ", text)).replace("'", "").replace("_", " ")
    if "." in folded:
        folded = _DOTTED.sub(_without_dots, folded)
    folded = _DASHED_AP.sub(r"\1\2\3\4", folded)
    # `T L-SPINE` is a lumbar spine on the table; `T-L SPINE` is thoracolumbar.
    folded = _DASHED_SPINE.sub(r"\1", folded)
    folded = _LETTERS_DIGITS.sub(" ", folded)
    return tuple(token if token[0].isalnum() else SEPARATOR for token in _TOKEN.findall(folded))


def _without_dots(match: re.Match[str]) -> str:
    return match[0].replace(".", "").replace(" ", "") + " "
