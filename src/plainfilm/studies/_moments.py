"""DICOM's dates and times as Python's."""

import re
from datetime import date, datetime, time
from typing import Final

_DATE: Final = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TIME: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.\d*)?)?)?")


def parse_date(text: str | None) -> date | None:
    """A DA value (PS3.5 section 6.2; with dots, as before 1993); None where it is none."""
    found = _DATE.fullmatch((text or "").strip())
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_time(text: str | None) -> time | None:
    """A TM value, to the second; None where it is none."""
    found = _TIME.fullmatch((text or "").strip())
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return time(hour, minute, second)
    except ValueError:  # among them second 60, which the standard allows for leap seconds
        return None


def parse_moment(day: str | None, hour: str | None) -> datetime | None:
    """A DA and a TM value together; None where either is missing."""
    on, at = parse_date(day), parse_time(hour)
    return datetime.combine(on, at) if on and at else None


def parse_datetime(text: str | None) -> datetime | None:
    """A DT value as local time: an offset from UTC is left out, as the other tags have none."""
    whole = re.split(r"[-+]", (text or "").strip(), maxsplit=1)[0]
    return parse_moment(whole[:8], whole[8:])
