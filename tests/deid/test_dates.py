"""Dates move by whole days, and what is no date does not get through."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.deid.dates import (
    parse_date,
    shift_date,
    shift_datetime,
    valid_time,
    valid_utc_offset,
)

TEN_DAYS_BACK = datetime.timedelta(days=-10)
DATES = st.dates(min_value=datetime.date(1900, 1, 1))
OFFSETS = st.integers(-3650, -1).map(lambda days: datetime.timedelta(days=days))


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("20210302", "20210220"),
        ("20200301", "20200220"),  # over a leap day
        ("2021.03.02", "20210220"),  # ACR-NEMA
        ("20210302 ", "20210220"),  # padded
        ("20210230", None),  # no such day
        ("2021", None),
        ("202103", None),
        ("20210302-20210305", None),  # a range, for queries only
        ("2021.0302", None),
        ("DOE^JANE", None),
        ("1956-03-04", None),
        ("00010101", None),  # out of the calendar
        ("٢٠٢١٠٣٠٢", None),  # digits of another script
    ],
)
def test_date_is_moved_or_refused(value, moved):
    assert shift_date(value, TEN_DAYS_BACK) == moved


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("20210302112359.123456+0130", "20210220112359.123456+0130"),
        ("20210302112359", "20210220112359"),
        ("2021030211", "2021022011"),
        ("20210302", "20210220"),
        ("2021", None),  # can't be moved by days
        ("202103", None),
        ("20210302112359 DOE", None),
        ("20210302992359", None),
        ("20210302+9900", None),
    ],
)
def test_datetime_is_moved_or_refused(value, moved):
    assert shift_datetime(value, TEN_DAYS_BACK) == moved


@pytest.mark.parametrize("value", ["11", "1123", "112359", "112359.1", "235960", "11:23:59"])
def test_time_of_day_is_valid(value):
    assert valid_time(value)


@pytest.mark.parametrize(
    "value", ["", "24", "1160", "112359.1234567", "1123-1200", "DOE", "11:2359"]
)
def test_what_is_no_time_of_day_is_not(value):
    assert not valid_time(value)


def test_utc_offset():
    assert valid_utc_offset("+0130")
    assert valid_utc_offset("-1200")
    assert not valid_utc_offset("+1560")
    assert not valid_utc_offset("Berlin")


@given(DATES, DATES, OFFSETS)
def test_intervals_are_kept(first, second, offset):
    moved = [parse_date(shift_date(f"{date:%Y%m%d}", offset)) for date in (first, second)]
    assert moved[1] - moved[0] == second - first
    assert moved[0] != first


@given(st.text(max_size=30), OFFSETS)
def test_any_text_gives_a_date_or_nothing(text, offset):
    for moved in (shift_date(text, offset), shift_datetime(text, offset)):
        assert moved is None or moved[:8].isdigit()
