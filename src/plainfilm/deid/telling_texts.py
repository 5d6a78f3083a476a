"""Dates, telephone numbers, e-mail addresses and titled names: what tells of someone.

For texts that stay because their attribute is a technical one. Patterns so narrow that versions,
sizes and type numbers pass; descriptions have an allow-list instead (`plainfilm.deid.descriptors`).
"""

import re
from collections.abc import Iterator
from typing import Final

from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.folding import fold
from plainfilm.deid.text_features import date_spans

__all__ = ["telling_spans", "tells_of_someone"]

_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE: Final = re.compile(
    r"(?<![\w.+-])(?:"
    # With a prefix, as +49 30 5551234, (030) 555 12 34, 030/555-1234; …
    r"(?:\+\d{1,3}|\(\d{2,5}\)|0{1,2}[1-9]\d{0,4}(?=[ /()-]))[ /()-]{0,2}\d(?:[ /-]?\d){4,11}"
    r"|\d{3}[ .-]\d{3}[ .-]\d{4}|\d{3}-\d{4}"  # … as in North America …
    r")(?![\w.-])"
    # … or said to be one.
    r"|(?<![^\W_])(?:tel|telefon|telephone|phone|fon|fax|mobile|mobil|handy|cell|call)"
    r"[.:]? {0,2}[\d+(][\d ()/.-]{3,}\d",
    re.IGNORECASE,
)
_NUMERIC_DATE: Final = re.compile(r"(?:19|20)\d{6}|\d+([-./])\d+\1\d+")
_LONG_YEAR: Final = re.compile(r"\d{4}")
_YEARS: Final = range(1900, 2041)

_TITLED: Final = re.compile(
    # DR and MR are modalities, MS multiple sclerosis.
    r"(?<![^\W_])(?:Dr|Mr|Ms|(?i:doctor|dona|dra|drs|frau|herrn?|madame|mlle|mme|monsieur|mrs"
    r"|prof|professor|signora?|sra|srta))\.?[ ^]+"
    r"(?P<first>[^\W\d_]+)(?:[ ^-]+(?P<second>[^\W\d_]+))?"
)


def tells_of_someone(text: str) -> bool:
    """Whether a text in normal form NFC has any of `telling_spans`."""
    return next(telling_spans(text), None) is not None


def telling_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what tells of someone in a text in normal form NFC; spans may overlap."""
    if "@" in text:
        yield from (found.span() for found in _MAIL.finditer(text))
    if any(character.isdigit() for character in text):
        yield from (found.span() for found in _PHONE.finditer(text))
        yield from _dates(fold(text))
    yield from _titled_names(text)


def _dates(folded: str) -> Iterator[tuple[int, int]]:
    for span, readings in date_spans(folded):
        written = folded[slice(*span)]
        if any(day.year in _YEARS for day in readings) and _is_written_as_date(written):
            yield span


def _is_written_as_date(written: str) -> bool:
    """Tell a date from a version such as 12.03.21 and from numbers in a row."""
    if any(character.isalpha() for character in written):
        return True
    is_one = _NUMERIC_DATE.fullmatch(written) is not None
    return is_one and ("/" in written or _LONG_YEAR.search(written) is not None)


def _titled_names(text: str) -> Iterator[tuple[int, int]]:
    for found in _TITLED.finditer(text):
        if found["first"][0].isupper():
            # `Dr Hand` is a physician, too; of `Dr Hand left` the side stays.
            is_side = found["second"] and is_medical_word(fold(found["second"]))
            yield found.start(), found.end("first") if is_side else found.end()
