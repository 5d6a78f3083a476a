"""What single values of tags say: numbers in texts, the code in a sequence."""

import json
import math
import re
from functools import lru_cache
from typing import Final

from plainfilm.dicom import keyword_vr

__all__ = ["code_of", "is_missing", "is_number_tag", "numbers_of", "says_no_number"]

_NUMBER_VRS: Final = frozenset({"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})
_MOSTLY: Final = 0.9
_GAPS: Final = frozenset({"", "nan"})
_NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


@lru_cache(maxsize=8192)
def _is_number_vr(keyword: str) -> bool | None:
    entry = keyword_vr(keyword)
    return None if entry is None else entry[0] in _NUMBER_VRS


def is_number_tag(keyword: str, *, share_of_numbers: float = 0.0) -> bool:
    """Whether a tag holds numbers: by its VR. One that the Standard does not know does, where at
    least nine of ten films that have it have a number there.

    Source: DICOM PS3.5 section 6.2.
    """
    by_vr = _is_number_vr(keyword)
    return share_of_numbers >= _MOSTLY if by_vr is None else by_vr


def numbers_of(text: str, separator: str) -> tuple[float, ...]:
    """The numbers in a text that holds nothing else; none of them when one is not finite."""
    parts = text.split(separator)
    if not all(map(_NUMBER.fullmatch, parts)):
        return ()
    found = tuple(map(float, parts))
    return found if all(map(math.isfinite, found)) else ()


def is_missing(text: str, separator: str) -> bool:
    """Whether a text says that there is no value: it is empty, or as programs write a gap."""
    return not text or all(part.strip().lower() in _GAPS for part in text.split(separator))


def says_no_number(text: str, separator: str) -> bool:
    """Whether in a tag of numbers a text stands for none: not a number, infinite, or too large."""
    try:
        return not all(math.isfinite(float(part)) for part in text.split(separator))
    except ValueError:
        return False


def code_of(sequence: str) -> str:
    """What the first item of a code sequence means, or its code; empty where it tells neither.

    Args:
        sequence: JSON text, as the archive's tag table holds sequences.
    Source: DICOM PS3.3 section 8.
    """
    try:
        items = json.loads(sequence)
    except (ValueError, RecursionError):
        return ""
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict):
        return ""
    return next(
        (str(first[key]).strip() for key in ("CodeMeaning", "CodeValue") if first.get(key)), ""
    )
