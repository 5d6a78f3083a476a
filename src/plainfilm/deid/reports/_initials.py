"""The initials with which typists close a report: `JD/ab`, `:dm`, `D: 12/3 T: 12/4 jd`."""

import re
from collections.abc import Iterator
from typing import Final

from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.reports._spans import Found, Kind

__all__ = ["find_initials"]

_LINE: Final = re.compile(
    r"^[ \t]*((?:[A-Z]{2,4}\s?[/:]\s?(?:[a-z]{2,4}|[A-Z]{2,4}))(?:\s?/\s?[A-Za-z]{2,4})?)"
    r"[ \t]*(?:\d*)[ \t.]*$",
    re.M,
)
_AT_END: Final = re.compile(
    r"\b([A-Z]{2,3}\s?/\s?[a-z]{2,3})[ \t]*$"
    r"|^(?i:transcribed|typed|dictated|signed|[dt]:).*?\b([A-Z]{2,3}\s?/\s?[A-Z]{2,3})[ \t]*$",
    re.M,
)
_LABELLED: Final = re.compile(
    r"(?i:\b(?:transcribed|typed|dictated|d|t|transcriptionist|initials|signed)(?:\s?by)?)"
    r"\s?[:/]\s?([A-Z]{2,3}(?:\s?/\s?[A-Za-z]{2,3})?)\b(?![ \t]+[A-Z])"
)


def find_initials(text: str) -> Iterator[Found]:
    """Initials that stand on a line of their own or behind a typist's label."""
    for pattern in (_LINE, _AT_END, _LABELLED):
        for match in pattern.finditer(text):
            parts = re.findall(r"[a-z]+", (match[1] or match[2]).lower())
            if not all(map(is_medical_word, parts)):  # AP/LAT
                yield Found(*match.span(match.lastindex or 1), Kind.NAME, "initials")
