"""Shifting DICOM dates and times by whole days."""

import datetime
import re
from functools import lru_cache
from typing import Final

__all__ = ["parse_date", "shift_date", "shift_datetime", "valid_time", "valid_utc_offset"]

# PS3.5 table 6.2-1; the dots are ACR-NEMA's, which readers shall still accept.
_DATE: Final = re.compile(r"(\d{4})(\.?)(\d{2})\2(\d{2})", re.ASCII)
_TIME: Final = re.compile(
    r"([01]\d|2[0-3])(:?)(?:[0-5]\d(?:\2(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?", re.ASCII
)
_DATETIME: Final = re.compile(
    r"(?P<date>\d{8})(?P<time>\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?(?P<zone>[+-]\d{4})?",
    re.ASCII,
)
_UTC_OFFSET: Final = re.compile(r"[+-](0\d|1[0-4])[0-5]\d", re.ASCII)


def parse_date(text: str) -> datetime.date | None:
    """The date of a DA value; None where it is not one, ranges included."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return datetime.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


@lru_cache(4096)
def shift_date(text: str, offset: datetime.timedelta) -> str | None:
    """Move a DA value; None where it cannot be moved: malformed, a range, out of the calendar.

    Source: DICOM PS3.5 table 6.2-1, PS3.15 E.3.6.
    """
    date = parse_date(text)
    if date is None:
        return None
    try:
        return (date + offset).strftime("%Y%m%d").rjust(8, "0")
    except OverflowError:
        return None


def shift_datetime(text: str, offset: datetime.timedelta) -> str | None:
    """Move a DT value by its date; time of day and UTC offset stay, so that intervals do.

    A value that names only a year or a month cannot be moved by days; it gives None like a
    malformed one.
    """
    match = _DATETIME.fullmatch(text.strip())
    if match is None:
        return None
    time, zone = match["time"] or "", match["zone"] or ""
    if (time and not valid_time(time)) or (zone and not valid_utc_offset(zone)):
        return None
    date = shift_date(match["date"], offset)
    return None if date is None else date + time + zone


@lru_cache(4096)
def valid_time(text: str) -> bool:
    """Whether a TM value is a time of day and nothing else."""
    return _TIME.fullmatch(text.strip()) is not None


def valid_utc_offset(text: str) -> bool:
    """Whether a value is an offset from UTC such as +0130 (PS3.3 C.12.1.1.8)."""
    return _UTC_OFFSET.fullmatch(text.strip()) is not None
